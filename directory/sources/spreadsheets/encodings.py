"""Which encoding a CSV was saved in, told by what its letters become.

Excel on Windows saves "CSV" as cp1252, on an old Mac as Mac Roman, and "Unicode text" as UTF-16; old registers give
cp850. The same byte is "ø" in one and "¯" in another, so each candidate is scored by how Nordic its text looks.
"""

import codecs
import re

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EIGHT_BIT = ("cp1252", "mac-roman", "cp850")
_EXPECTED = re.compile("[æøåÆØÅäöÄÖéÉèüÜáÁčšžŠŽđ]")
_PASSABLE = re.compile("[–—«»“”‘’…•€´½°§©®™\u00a0]")
# A letter of another alphabet's code page in the middle of a word, or a box-drawing sign, tells of the wrong page.
_ODD = re.compile("[\x80-\x9f\u2500-\u259f¤¦¬¯¸¹²³¶¾¿¡×÷ƒˆ˜‰‹›∂∆∏∑√∞≈≠≤≥◊\uf8ff]|[†‡](?=\\w)")
_SAMPLE = 400_000


def detect(data: bytes) -> str | None:
    """The encoding to read these bytes by, or None where they are no text at all."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return name
    sample = data[:_SAMPLE]
    if sample.count(0) > len(sample) // 5:
        # UTF-16 without a mark: one of the two bytes of nearly every Latin letter is zero.
        name = "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
        text = sample[: len(sample) // 2 * 2].decode(name, errors="replace")
        latin = sum(1 for c in text if " " <= c < "\u0250" or c in "\t\r\n")
        return name if latin > len(text) * 0.8 else None
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    if _looks_binary(sample):
        return None
    scored = [(_score(sample, name), -place, name) for place, name in enumerate(_EIGHT_BIT)]
    best, _place, name = max(scored)
    if best < 0:
        guess = from_bytes(sample).best()
        if guess is not None:
            return guess.encoding
    return name


def decode(data: bytes, encoding: str) -> str:
    """The text; bytes the encoding has no letter for become a question mark rather than stop the import."""
    return data.decode(encoding, errors="replace")


def _looks_binary(sample: bytes) -> bool:
    control = sum(sample.count(code) for code in range(32) if code not in (9, 10, 13, 0x1A))
    return control > len(sample) // 100 + 8


def _score(sample: bytes, name: str) -> float:
    text = sample.decode(name, errors="replace")
    high = sum(1 for c in text if ord(c) > 127)
    if not high:
        return 1.0
    good = len(_EXPECTED.findall(text))
    bad = len(_ODD.findall(text)) + 2 * text.count("\ufffd")
    # "BLÅBÆR" is likely, "blÆbÅr" is not: a capital in the middle of small letters tells of the wrong page.
    bad += len(re.findall(r"[a-zæøå][ÆØÅÄÖÉÜÁÞÐ][a-zæøå]", text))
    return (good + 0.2 * len(_PASSABLE.findall(text)) - 2 * bad) / high
