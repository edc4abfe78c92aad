"""What a body works with, as the voluntary register says it (ICNPO), and which category that is here.

The codes are too coarse for residents ("1200" holds every sport), so they are kept beside the categories, for
statistics. Codes of politics, faith and unions say something about an association, never about who uses it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

REFERENCE = Path(__file__).parent / "reference"

# Code, or the group it is in → slug of the category a new municipality starts with (listings/labels.toml).
CATEGORY_OF = {
    "1100": "kunst-og-kultur",
    "1200": "idrett-og-fysisk-aktivitet",
    "1300": "rekreasjon-og-sosiale",
    "2": "humanitaere-og-ideelle",
    "3": "humanitaere-og-ideelle",
    "4": "humanitaere-og-ideelle",
    "5100": "natur-og-friluftsliv",
    "5200": "interesseorganisasjoner",
    "6100": "frivilligsentraler-og-moteplasser",
    "6200": "frivilligsentraler-og-moteplasser",
    "6300": "humanitaere-og-ideelle",
    "7": "interesseorganisasjoner",
    "8100": "humanitaere-og-ideelle",
    "8200": "frivilligsentraler-og-moteplasser",
    "9": "humanitaere-og-ideelle",
    "10": "tro-og-livssyn",
    "11": "interesseorganisasjoner",
    "12": "rekreasjon-og-sosiale",
    "13": "rekreasjon-og-sosiale",
    "14": "innvandrerorganisasjoner",
}
TARGETS_OF = {"13100": ("barn", "ungdom")}


@dataclass(frozen=True, slots=True)
class Purpose:
    """One code of the list; `parent` is empty for a group."""

    code: str
    parent: str
    name_nb: str
    name_en: str


@lru_cache(maxsize=1)
def all_purposes() -> dict[str, Purpose]:
    """The code list, by code."""
    with (REFERENCE / "icnpo.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: Purpose(**row) for row in csv.DictReader(file)}


def tidy_code(written: object) -> str:
    """A code as the list has it: "1 100" and "01100" are 1100; empty for what holds no digits."""
    return re.sub(r"\D", "", str(written or "")).lstrip("0")


def category_slugs(codes: Iterable[str]) -> list[str]:
    """The categories of some codes, each once, in the order of the codes."""
    found = [CATEGORY_OF.get(code) or CATEGORY_OF.get(code[:-3], "") for code in codes]
    return list(dict.fromkeys(slug for slug in found if slug))


def target_slugs(codes: Iterable[str]) -> list[str]:
    """The target groups that some codes name."""
    return list(dict.fromkeys(slug for code in codes for slug in TARGETS_OF.get(code, ())))
