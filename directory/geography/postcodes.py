"""Norwegian postcodes and the middle of each.

Source: Erik Bolstad, www.erikbolstad.no/postnummer, CC BY 3.0 (reference/README.md).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from directory.geography.spelling import key_of, place_name

REFERENCE = Path(__file__).parent / "reference"
_OUT_OF_USE = "(ikkje i bruk)"


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode. `lat`, `lon` in WGS84; `municipality` is today's number, empty where unknown."""

    code: str
    town: str
    municipality: str
    lat: float
    lon: float
    has_streets: bool = True  # false for post boxes and codes out of use: nobody lives there


@lru_cache(maxsize=1)
def all_postcodes() -> dict[str, Postcode]:
    """Every postcode that has a position, by code."""
    found = {}
    with (REFERENCE / "postcodes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["lat"] and row["lon"]:
                found[row["postnummer"]] = Postcode(
                    code=row["postnummer"],
                    town=place_name(row["poststed"].replace(_OUT_OF_USE, "")),
                    municipality=row["kommunenummer_2024"],
                    lat=float(row["lat"]),
                    lon=float(row["lon"]),
                    has_streets=row["bruk"].startswith("Gate"),
                )
    return found


def postcode(code: str) -> Postcode | None:
    """The postcode `code` ("3256"), or None when there is none or nobody knows where it is."""
    return all_postcodes().get(code.strip())


@lru_cache(maxsize=1)
def towns() -> dict[str, list[Postcode]]:
    """The postcodes of each postal town, by the town's key."""
    found: dict[str, list[Postcode]] = {}
    for code in all_postcodes().values():
        found.setdefault(key_of(code.town), []).append(code)
    return found
