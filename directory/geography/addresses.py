"""Norwegian street addresses: taken apart, compared, and freed of what no address register knows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from directory.geography.spelling import key_of, plain

_SIMILAR = 88  # per cent, of names brought to one spelling

# What stands in address fields beside the address.
_BOX = re.compile(r"^\s*(?:postboks|boks|pb|p\.?\s?b\.?|postb\.?)\b.*$", re.I)
_CARE_OF = re.compile(r"^\s*(?:c\s*/\s*o|v\s*/|att\.?:?|at\b)\s*.*$", re.I)
_HINTS = re.compile(
    r"\(.*?\)"
    r"|\b\d{1,2}\.?\s*(?:etg|etasje|et)\b\.?"
    r"|\b(?:første|annen|andre|tredje|fjerde)\s+etasje\b"
    r"|\b[HULK]\d{4}\b"  # a dwelling's number: H0201
    r"|\b(?:inngang|oppgang|kjeller|loftet|underetasje|u\.\s?etg)\b.*$",
    re.I,
)
_NUMBERED = re.compile(
    r"^(?P<street>.*[^\W\d_][^,]*?)[\s,]+(?P<number>\d{1,5})\s*(?P<letter>[a-zæøå](?![a-zæøå]))?(?:\s*[-/–]\s*\d+\s*[a-z]?)?$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class StreetAddress:
    """A street and perhaps a house: ("Eksempelveien", 1, "C")."""

    street: str
    number: int | None = None
    letter: str = ""

    def __str__(self) -> str:
        return f"{self.street} {self.number}{self.letter}" if self.number is not None else self.street

    def is_street(self, name: str) -> bool:
        """Whether `name` is the same street, a spelling mistake apart."""
        if not key_of(self.street) or not key_of(name):
            return False
        return any(fuzz.ratio(spelt(self.street), spelt(name)) >= _SIMILAR for spelt in (key_of, plain))


def read_address(text: str) -> StreetAddress | None:
    """The street address in a field, without post box, c/o and floor; None when no street is left."""
    lines = [
        line
        for line in re.split(r"[\n;]|,\s*(?=[^\d\s]|\d{4}\s+[^\W\d])", text)
        if not _BOX.match(line) and not _CARE_OF.match(line)
    ]
    for line in lines:
        plain = " ".join(_HINTS.sub(" ", line).split()).strip(" ,-")
        if re.fullmatch(r"\d{4}\s+\D+", plain):
            continue  # a postcode and its town
        if found := _NUMBERED.match(plain):
            return StreetAddress(found["street"].strip(" ,"), int(found["number"]), (found["letter"] or "").upper())
        if len(plain) > 2 and re.search(r"[^\W\d_]{3}", plain):
            return StreetAddress(plain)
    return None
