"""One spelling for the many ways in which people write the name of a street or a place."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "đ": "d", "ŧ": "t", "ŋ": "n"})
# "Storgaten", "Storgata" and "Storgt." are one street; so are "Kirkeveien", "Kirkevegen" and "Kirkev."
_ENDINGS = (
    (re.compile(r"(?:gaten|gata|gate|gt)$"), "gate"),
    (re.compile(r"(?:veien|vegen|vei|veg|vn)$"), "vei"),
    (re.compile(r"^(?:g)$"), "gate"),
    (re.compile(r"^(?:v)$"), "vei"),
)
_TYPED_OUT = (("aa", "a"), ("oe", "o"))  # å and ø as typed on a keyboard without them


def plain(name: str) -> str:
    """`name` in small letters without accents and punctuation."""
    text = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return " ".join(re.findall(r"[^\W_]+", "".join(letter for letter in text if not unicodedata.combining(letter))))


def key_of(name: str) -> str:
    """The key under which `name` is looked up: case, accents, punctuation, "ae/oe/aa" and street endings made one."""
    words = []
    for word in plain(name).split():
        for typed, letter in _TYPED_OUT:
            word = word.replace(typed, letter)
        for ending, one in _ENDINGS:
            if (changed := ending.sub(one, word)) != word:
                word = changed
                break
        words.append(word)
    return " ".join(words)


_SMALL = {"i", "og", "på", "av", "ved", "de", "den", "det", "for", "til", "under", "over", "mellom", "von", "van"}


def place_name(capitals: str) -> str:
    """A name of the registers, which write in capitals, as it is written on a map: "MO I RANA" becomes "Mo i Rana"."""
    words = ["-".join(part.capitalize() for part in word.split("-")) for word in capitals.strip().split()]
    return " ".join(word.lower() if n and word.lower() in _SMALL else word for n, word in enumerate(words))
