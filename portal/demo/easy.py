"""Some listings of the demo town told in easy words, from texts/easy.toml."""

from __future__ import annotations

from directory.listings.models import Listing
from portal.demo.texts import read


def put_easy_words(row: Listing, key: str) -> None:
    """Give a row its text in easy words, if its kind has one. `key` is the row's own: "activity:choir:…"."""
    for lang, text in read("easy").get(":".join(key.split(":")[:2]), {}).items():
        setattr(row, f"easy_{lang}", text)
