"""Streets and known places, and the postcodes they lie in, as far as an offline list tells.

The list covers Vestfold and is from 2011 (reference/README.md): good for "near Nansetgata", not an address register.
House numbers stand inside the street's text there, odd and even apart: "Nansetgata 1-63, 2-68", "Fresjeveien 5-slutt".
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache

from directory.geography.postcodes import REFERENCE, postcode
from directory.geography.spelling import key_of

_NUMBERS = re.compile(r"^(?P<name>.*?\D)\s+(?P<numbers>\d+(?:\s*-\s*(?:\d+|slutt))?(?:\s*,\s*\d+(?:\s*-\s*(?:\d+|slutt))?)*)$")
_TO_THE_END = 1_000_000


@dataclass(frozen=True, slots=True)
class Street:
    """A street, or the part of one, that lies in one postcode. Without `ranges` it is all of it."""

    name: str
    postcode: str
    ranges: tuple[tuple[int, int], ...] = ()
    is_place: bool = False

    def has(self, number: int) -> bool:
        """Whether house `number` stands here; a range holds only odd or only even numbers."""
        return not self.ranges or any(
            low <= number <= high and (low == high or low % 2 == number % 2) for low, high in self.ranges
        )


def read_street(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A street of the list taken apart into its name and its ranges of house numbers."""
    text = re.sub(r"\s*\(.*?\)", "", text).strip()
    found = _NUMBERS.match(text)
    if not found:
        return text, ()
    ranges = []
    for part in found["numbers"].split(","):
        low, _dash, high = (piece.strip() for piece in part.partition("-"))
        ranges.append((int(low), _TO_THE_END if high == "slutt" else int(high or low)))
    return found["name"].strip(), tuple(ranges)


@lru_cache(maxsize=1)
def all_streets() -> dict[str, dict[str, list[Street]]]:
    """Municipality number → key of the name → the street's parts."""
    found: dict[str, dict[str, list[Street]]] = {}
    with (REFERENCE / "streets-vestfold.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code = postcode(row["postnummer"])
            name, ranges = read_street(row["gate"])
            # The municipalities of 2011 have merged since; the postcode tells today's.
            if code and name and (key := key_of(name)):
                street = Street(name, code.code, ranges, is_place=row["type"] == "Kjend stadnamn")
                found.setdefault(code.municipality, {}).setdefault(key, []).append(street)
    return found


def streets_of(municipality: str) -> dict[str, list[Street]]:
    """The streets and known places of a municipality by key; empty where the list does not reach."""
    return all_streets().get(municipality, {})
