"""Reads printed cards back: pictures of the pages, what the picture codes on them say, and the text."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress

import pypdfium2 as pdfium
import pypdfium2.raw as raw
import zxingcpp

DPI = 150
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
LANG = re.compile(rb"/Lang ?\(([^)]*)\)")


class Sheets:
    """A PDF that was opened to be read."""

    def __init__(self, pdf: bytes) -> None:
        self.pdf = pdf
        self.document = pdfium.PdfDocument(pdf)

    def __enter__(self) -> Sheets:
        return self

    def __exit__(self, *_error: object) -> None:
        self.document.close()

    def __len__(self) -> int:
        return len(self.document)

    def codes(self) -> list[tuple[str, float]]:
        """What each picture code says, and its width in millimetres, page by page."""
        found = []
        for page in self.document:
            picture = page.render(scale=DPI / 72, grayscale=True).to_numpy()
            for code in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode):
                at = code.position
                width = ((at.top_right.x - at.top_left.x) ** 2 + (at.top_right.y - at.top_left.y) ** 2) ** 0.5
                found.append((code.text, width / DPI * 25.4))
        return found

    def text(self, page: int = 0) -> str:
        return self.document[page].get_textpage().get_text_bounded()

    @property
    def is_tagged(self) -> bool:
        return bool(raw.FPDFCatalog_IsTagged(self.document))

    @property
    def claims_ua(self) -> bool:
        """Whether the file says of itself that it is PDF/UA-1: what typst writes only after it has checked the rules."""
        return b"<pdfuaid:part>1</pdfuaid:part>" in self.pdf

    def languages(self) -> set[str]:
        """The languages the file and the words in it are marked with."""
        found = set(LANG.findall(self.pdf))
        for stream in STREAM.findall(self.pdf):
            with suppress(zlib.error):  # not all are compressed
                found |= set(LANG.findall(zlib.decompress(stream)))
        return {code.decode() for code in found}
