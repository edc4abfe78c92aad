"""The written words of the demo town, read from the files in texts/.

    kinds_of_provider()  kinds_of_activity()  kinds_of_place()  schemes()  holiday_activities()
    words(room, key)     → {language: Words}, Norwegian and English always, five more for a good part

One key is one *kind* of provider or activity that a town has several of; names and variants make the rows.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "texts"
TRANSLATED = ("uk", "ar", "so", "ti", "pl")
LANGUAGES = ("nb", "en", *TRANSLATED)


@dataclass(frozen=True, slots=True)
class Words:
    """What a listing says in one language. `name` is empty where the name is a proper one."""

    name: str
    summary: str
    description: str


@lru_cache(maxsize=32)
def read(file: str) -> dict[str, Any]:
    """A text file of the demo town as a dictionary."""
    with (FOLDER / f"{file}.toml").open("rb") as stream:
        return tomllib.load(stream)


def kinds_of_provider() -> dict[str, dict[str, Any]]:
    return read("providers-1") | read("providers-2")


def kinds_of_activity() -> dict[str, dict[str, Any]]:
    return read("activities-1") | read("activities-2") | read("activities-3")


def kinds_of_place() -> dict[str, dict[str, Any]]:
    return read("places")


def schemes() -> dict[str, dict[str, Any]]:
    return read("support")


def holiday_activities() -> dict[str, dict[str, Any]]:
    return read("holidays")


def phrase(lang: str, key: str, *values: object) -> str:
    """A shared sentence in one language."""
    return str(read("phrases")[lang][key]).format(*values)


_ROOMS = {
    "providers": kinds_of_provider,
    "activities": kinds_of_activity,
    "places": kinds_of_place,
    "support": schemes,
    "holidays": holiday_activities,
}


def words(room: str, key: str) -> dict[str, Words]:
    """The texts of one kind, in every language it is written in."""
    entry = _ROOMS[room]()[key]
    found = {lang: _split(entry[lang]) for lang in ("nb", "en")}
    for lang in TRANSLATED:
        if text := read(f"translations/{lang}").get(room, {}).get(key):
            found[lang] = _split(text)
    return found


def _split(text: str) -> Words:
    parts = [part.strip() for part in text.split("|")]
    if len(parts) == 2:
        parts.insert(0, "")
    name, summary, description = parts
    return Words(name, summary, description)
