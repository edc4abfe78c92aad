"""Cards on paper, set by typst: picture code, the same code in groups, until when, in Norwegian and other languages.

Typst shapes every script, tags the file (PDF/UA-1), and takes nothing from the machine: the fonts stand in `portal/fonts`. The
cards look like any ticket: no agency, no kind of card, nothing that says why somebody has one. Picture codes are vectors.
"""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import segno
import typst
from django.conf import settings
from django.db.models import F, TextChoices
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cards.ledger.codes import ALPHABET, CODE_LENGTH, in_groups
from cards.ledger.money import in_kroner
from cards.programmes.models import Allowance, Batch, Card, CardType
from cards.programmes.sheets import Slip
from cards.programmes.states import Unit
from directory.municipalities.models import Municipality
from portal.kit.texts import best
from portal.languages import COMPLETE, direction, interface_of

ROOT = Path(__file__).resolve().parent
FONTS = "portal/fonts"
QUIET_ZONE = 2  # modules; the layout leaves as many again
IN_ONE_FILE = 1_000  # cards; more come in parts
MANY = 50  # picture codes for which a table is worth its while
RUN = re.compile("1+")
_one_at_a_time = threading.Lock()


class Layout(TextChoices):
    """How many stand on a sheet of A4."""

    TEN = "ten", gettext_lazy("Ten on a sheet")
    EIGHT = "eight", gettext_lazy("Eight on a sheet, with room for more languages")
    ONE = "one", gettext_lazy("One on a sheet, with large letters")


#: So many languages beside Norwegian have room.
MOST_LANGUAGES = {Layout.TEN: 3, Layout.EIGHT: 4, Layout.ONE: 4}


def why_not_languages(layout: str, languages: Sequence[str]) -> str:
    """That so many languages have no room on a sheet, in words."""
    most = MOST_LANGUAGES[Layout(layout)]
    if len(languages) <= most:
        return ""
    return ngettext("There is room for %(most)s language.", "There is room for %(most)s languages.", most) % {"most": most}


@dataclass(frozen=True, slots=True)
class Printed:
    """What all cards of one print have in common. `host` is the address of the site: "https://larvik.example.org"."""

    name: str
    host: str
    activate_by: date
    valid_to: date
    languages: tuple[str, ...] = ()
    help_phone: str = ""
    layout: Layout = Layout.TEN


def languages_for(municipality: Municipality) -> list[str]:
    """The languages a card can be printed in beside bokmål."""
    return [code for code in municipality.languages if code in COMPLETE and code != "nb"]


def address_of(host: str, code: str) -> str:
    """What the picture says: behind the `#`, so that no log on the way holds it."""
    return f"{host}/k#{code}"


def printed_of(batch: Batch, *, host: str, languages: Iterable[str], layout: str, card: Card | None = None) -> Printed:
    """What stands on the cards of a batch. Its dates are those of one of its cards: a replacement has its own."""
    programme = batch.card_type.year.programme
    card = card or Card.objects.filter(batch=batch).order_by("pk").first()
    dates: Card | CardType = card or batch.card_type
    layout = Layout(layout)
    chosen = [code for code in dict.fromkeys(languages) if code in languages_for(batch.municipality)]
    return Printed(
        name=programme.text("name", batch.municipality.order_for("nb")).value,
        host=host,
        activate_by=dates.activate_by,
        valid_to=dates.valid_to,
        languages=tuple(chosen[: MOST_LANGUAGES[layout]]),
        help_phone=programme.help_phone,
        layout=layout,
    )


def with_holds(batch: Batch, slips: Sequence[Slip], layout: str) -> list[Slip]:
    """The slips with what each card holds, in Norwegian, where the layout has room: one of them may hold something extra."""
    if layout != Layout.ONE:
        return list(slips)
    rows = Allowance.objects.filter(card__batch=batch).select_related("card").prefetch_related("offer", "category")
    order, found = batch.municipality.order_for("nb"), defaultdict[str, list[str]](list)
    with translation.override("nb"):
        for row in rows.order_by(F("line__sort_order").asc(nulls_last=True), "pk"):
            if words := line_in_words(row, order):
                found[row.card.public_id].append(words)
    return [replace(slip, holds=tuple(found[slip.public_id])) for slip in slips]


def line_in_words(line: Allowance, order: list[str]) -> str:
    """ "3 × Bading", "500 kr: Medlemskap"; empty where nothing is left on it."""
    what = best(line.offer, "title", order) if line.offer_id else best(line.category, "name", order)
    if line.left <= 0:
        return ""
    return f"{in_kroner(line.left)}: {what}" if line.unit == Unit.ORE else f"{line.left} × {what}"


def instructions(printed: Printed, lang: str) -> str:
    """How the card is used and until when, in a language."""
    with translation.override(interface_of(lang)):
        days = {
            "first": date_format(printed.activate_by, "DATE_FORMAT"),
            "last": date_format(printed.valid_to, "DATE_FORMAT"),
        }
        return " ".join(
            (
                _("Scan the code with a phone, or show this card."),
                _("First use by %(first)s at the latest. Last day: %(last)s") % days,
            )
        )


def print_cards(*, slips: Sequence[Slip], printed: Printed) -> bytes:
    """The cards as a PDF, tagged for those who listen to it."""
    with translation.override("nb"):
        data = {
            "title": printed.name,
            "name": printed.name,
            "layout": printed.layout.value,
            "alt": _("Picture code with the same code as is written below it"),
            "keep": _("Keep this part. With the number a card that is lost can be stopped."),
            "on_card": _("On this card"),
            "help": _("Help: %(phone)s") % {"phone": printed.help_phone} if printed.help_phone else "",
            "parts": [
                {"lang": code, "dir": direction(code), "words": instructions(printed, code)}
                for code in ("nb", *printed.languages)
            ],
        }
    pictures = drawn([address_of(printed.host, slip.code) for slip in slips])
    data["cards"] = [
        {"svg": svg, "groups": in_groups(slip.code), "number": in_groups(slip.public_id), "holds": list(slip.holds)}
        for slip, svg in zip(slips, pictures, strict=True)
    ]
    with _one_at_a_time:
        return typst.compile(
            str(ROOT / "layouts" / "cards.typ"),
            root=str(ROOT),
            font_paths=[str(settings.BASE_DIR / FONTS)],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            sys_inputs={"data": json.dumps(data)},
        )


# ── picture codes ───────────────────────────────────────────────────────────────────────────────────────────
def drawn(addresses: Sequence[str]) -> list[str]:
    """A picture code for each address, as vectors. Many of one length share the version, level and mask of the first."""
    if len(addresses) < MANY:
        return [svg_of(*bits_of(segno.make(address, error="m", micro=False))) for address in addresses]
    tables: dict[str, PictureTable] = {}
    pictures = []
    for address in addresses:
        stem = address[:-CODE_LENGTH]
        table = tables.get(stem) or tables.setdefault(stem, PictureTable(stem))
        pictures.append(svg_of(table.bits_of(address[-CODE_LENGTH:]), table.size))
    return pictures


class PictureTable:
    """Picture codes of addresses that differ in the card's code only.

    Of two picture codes with one version, level and mask the difference hangs on the difference of their data alone: each bit of
    the code turns the same modules over, wherever it stands (check bytes are linear, the mask is added). So what each bit turns
    over is asked of segno once, a hundred times; after that a picture is sixteen additions. The plain twin: `segno.make`.
    """

    PLAIN = "0" * CODE_LENGTH

    def __init__(self, stem: str) -> None:
        first = segno.make(stem + self.PLAIN, error="m", micro=False)
        self._like: dict[str, Any] = {"error": first.error, "version": first.version, "mask": first.mask}
        self.base, self.size = bits_of(first)
        self.turns: list[dict[str, int]] = []
        for place in range(CODE_LENGTH):
            of_bits = [self._asked(stem, place, chr(ord("0") ^ 1 << bit)) for bit in range(7)]
            self.turns.append({sign: self._sum(of_bits, ord(sign) ^ ord("0")) for sign in ALPHABET})

    def _asked(self, stem: str, place: int, sign: str) -> int:
        text = stem + self.PLAIN[:place] + sign + self.PLAIN[place + 1 :]
        return bits_of(segno.make(text, mode="byte", micro=False, boost_error=False, **self._like))[0] ^ self.base

    @staticmethod
    def _sum(of_bits: list[int], bits: int) -> int:
        found = 0
        for number, turned in enumerate(of_bits):
            if bits >> number & 1:
                found ^= turned
        return found

    def bits_of(self, code: str) -> int:
        found = self.base
        for turns, sign in zip(self.turns, code, strict=True):
            found ^= turns[sign]
        return found


def bits_of(code: segno.QRCode) -> tuple[int, int]:
    """The modules of a picture code as one number, the first of them the highest, and how many there are in a row."""
    rows = [bytes(row) for row in code.matrix]
    return int("".join(str(module & 1) for row in rows for module in row), 2), len(rows)


def svg_of(bits: int, size: int) -> str:
    """One path of dark runs, row by row."""
    modules, path = f"{bits:0{size * size}b}", []
    for number in range(size):
        for run in RUN.finditer(modules, number * size, (number + 1) * size):
            width = run.end() - run.start()
            path.append(f"M{run.start() - number * size + QUIET_ZONE} {number + QUIET_ZONE}h{width}v1h-{width}z")
    whole = size + 2 * QUIET_ZONE
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}"><path d="{"".join(path)}"/></svg>'
