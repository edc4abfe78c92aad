"""PNG pictures set by typst: shared links and the icons of the installed app.

Typst shapes every script as it should be and takes nothing from the machine: the fonts stand in `portal/fonts`. A picture is
drawn once and kept under VAR_DIR; where that cannot be written, it is drawn again. Only so many are kept, and only one is
drawn at a time in a process, so that a robot reading all of them slows nobody down.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import threading
from pathlib import Path

import typst
from django.conf import settings

from portal.languages import direction
from portal.reach.subjects import Subject
from portal.templatetags.front import BUILD, manifest
from portal.theme.colours import contrast

log = logging.getLogger("portal.reach")
ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "fonts"
SOURCES = ROOT / "reach" / "drawings"
INK = "#1d2526"
MOST_KEPT = 4_000
WAIT = 8.0  # seconds in a queue of pictures; then the asker is told to come back
_one_at_a_time = threading.Lock()

# name → (pixels, share of the picture that the sign takes)
ICONS = {"any-192": (192, 100), "any-512": (512, 100), "maskable-512": (512, 72), "apple-180": (180, 78)}


class Busy(Exception):
    """Too many pictures are being asked for."""


def social(subject: Subject, lang: str) -> bytes:
    """The picture for a shared link, 1200 × 630."""
    built = manifest()
    name = f"drawing-{subject.drawing}.svg"
    inputs = {
        "title": str(subject.title),
        "title_lang": subject.title.lang,
        "title_dir": direction(subject.title.lang),
        "below": str(subject.below),
        "below_lang": subject.below.lang,
        "below_dir": direction(subject.below.lang),
        "dir": direction(lang),
        "place": subject.place,
        "colour": subject.colour,
        "on_colour": max(("#ffffff", INK), key=lambda ink: contrast(ink, subject.colour)),
        "drawing": f"/static/portal/build/{built.get(name, built['drawing-activity.svg'])}",
        "logo": logo(subject.colour),
    }
    return kept(f"social-{subject.digest(lang)}", "social.typ", inputs)


def icon(name: str, colour: str) -> bytes:
    """The sign of the site in its own colour, as phones want it on their screens."""
    pixels, share = ICONS[name]
    inputs = {"pixels": str(pixels), "share": str(share), "colour": colour, "logo": logo(colour)}
    return kept(f"icon-{name}-{colour.lstrip('#').lower()}", "icon.typ", inputs)


def logo(colour: str) -> str:
    """The product's sign with its ground in this colour."""
    svg = (BUILD / manifest()["logo.svg"]).read_text(encoding="utf-8")
    plain = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", svg)  # a picture has no reader's scheme to follow
    return re.sub(r"\.a\{fill:[^}]*\}", f".a{{fill:{colour}}}", plain)


def kept(name: str, source: str, inputs: dict[str, str]) -> bytes:
    """The picture from VAR_DIR, else drawn and put there."""
    folder = Path(settings.VAR_DIR) / "pictures"
    path = folder / f"{name}.png"
    try:
        return path.read_bytes()
    except OSError:
        pass
    picture = draw(source, inputs)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        make_room(folder)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as out:
            out.write(picture)
        os.replace(out.name, path)
    except OSError as error:
        log.warning("A picture could not be kept in %s: %s", folder, error.strerror)
    return picture


def draw(source: str, inputs: dict[str, str]) -> bytes:
    """Set one picture. The texts are given as values: nothing in them is read as markup."""
    if not _one_at_a_time.acquire(timeout=WAIT):
        raise Busy
    try:
        return typst.compile(
            str(SOURCES / source),
            root=str(ROOT),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            format="png",
            ppi=72.0,
            sys_inputs=inputs,
        )
    finally:
        _one_at_a_time.release()


def make_room(folder: Path, most: int = MOST_KEPT) -> None:
    """Take away the oldest half when there are too many."""
    names = os.listdir(folder)
    if len(names) < most:
        return
    paths = sorted((folder / name for name in names), key=lambda path: path.stat().st_mtime)
    for path in paths[: len(paths) // 2]:
        path.unlink(missing_ok=True)
