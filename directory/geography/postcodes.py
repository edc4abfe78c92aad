"""Norwegian postcodes and the middle of each.

Source: Erik Bolstad, www.erikbolstad.no/postnummer, CC BY 3.0 (reference/README.md).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

REFERENCE = Path(__file__).parent / "reference"


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode. `lat`, `lon` in WGS84; `municipality` is today's number, empty where unknown."""

    code: str
    town: str
    municipality: str
    lat: float
    lon: float


@lru_cache(maxsize=1)
def all_postcodes() -> dict[str, Postcode]:
    """Every postcode that has a position, by code."""
    found = {}
    with (REFERENCE / "postcodes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["lat"] and row["lon"]:
                found[row["postnummer"]] = Postcode(
                    row["postnummer"], row["poststed"].title(), row["kommunenummer_2024"], float(row["lat"]), float(row["lon"])
                )
    return found


def postcode(code: str) -> Postcode | None:
    """The postcode `code` ("3256"), or None when there is none or nobody knows where it is."""
    return all_postcodes().get(code.strip())
