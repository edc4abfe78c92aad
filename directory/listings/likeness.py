"""How much two names are alike, as people read them."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

from directory.listings.models import fold

ALIKE = 86  # per cent, from which on two names are worth a look

# Words that say what kind of body it is, or where, and tell two of them apart hardly ever.
COMMON = frozenset(
    {
        *("il", "fk", "bk", "sk", "idrettslag", "idrettslaget", "idrettsforening", "foreningen", "forening", "forbund", "laget"),
        *("lag", "klubb", "klubben", "sportsklubb", "avd", "avdeling", "lokallag", "lokallaget", "the", "og", "i", "for", "av"),
    }
)
WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=20_000)
def plain(name: str) -> str:
    """A name without case, accents of Norwegian letters, signs and the words that many have."""
    words = WORD.findall(fold(name).casefold())
    return " ".join([word for word in words if word not in COMMON] or words)


def likeness(one: str, other: str) -> float:
    """0 to 100. The order of the words does not count."""
    return fuzz.token_sort_ratio(plain(one), plain(other))
