"""A film of a QR code that Chromium takes for its camera."""

from __future__ import annotations

import io
from pathlib import Path

import segno
from PIL import Image

from tests.conftest import CHROMIUM_ARGS

GROUND = (120, 110, 100)


def frame(code: Image.Image | None = None, pixels: int = 250, angle: int = 7) -> bytes:
    """A picture of a table, with a code on it where there is one: held a little askew."""
    picture = Image.new("RGB", (640, 480), GROUND)
    if code is not None:
        code = code.convert("RGB").resize((pixels, pixels)).rotate(angle, expand=True, fillcolor=GROUND)
        picture.paste(code, ((640 - code.width) // 2, (480 - code.height) // 2))
    out = io.BytesIO()
    picture.save(out, format="JPEG", quality=90)
    return out.getvalue()


def film(path: Path, text: str) -> Path:
    """Nothing for a moment, then the code; Chromium begins again at its end."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=8, border=4)
    return film_of_picture(path, Image.open(out))


def film_of_picture(path: Path, code: Image.Image) -> Path:
    """The same of a picture that was taken of a screen."""
    path.write_bytes(frame() * 5 + frame(code) * 60)
    return path


def camera_args(film_of: Path) -> list[str]:
    return [
        *CHROMIUM_ARGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film_of}",
    ]
