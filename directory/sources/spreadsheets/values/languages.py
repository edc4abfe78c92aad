# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""Languages people speak, from their names and codes."""

import re

from directory.sources.spreadsheets import headers
from directory.sources.spreadsheets.values import NotUnderstood
from directory.sources.spreadsheets.words import compact

_OF = {compact(word): code for code, words in headers.LANGUAGES.items() for word in words.split(",")}

# Spoken, though no column of ours is written in them.
for _code, _words in {
    "prs": "dari", "ps": "pashto, pasjto", "ckb": "sorani", "ro": "rumensk, romanian", "sw": "swahili", "am": "amharisk, amharic", "my": "burmesisk, burmese",
    "th": "thai, thailandsk", "vi": "vietnamesisk, vietnamese", "ur": "urdu", "ta": "tamil, tamilsk", "da": "dansk, danish", "nsl": "tegnspråk, norsk tegnspråk, sign language",
}.items():  # fmt: skip
    _OF.update({compact(word): _code for word in [_code, *_words.split(",")]})


def languages(text: str) -> list[str]:
    """Codes in the order they stand; raises with the rest where a part is no language we know."""
    found: list[str] = []
    rest: list[str] = []
    for piece in re.split(r"[,;/|\n+&]|\bog\b|\band\b|\bsamt\b", text):
        word = compact(piece)
        if not word:
            continue
        if code := _OF.get(word):
            found.append(code)
        else:
            # "Norsk Engelsk" without a sign between.
            codes = [_OF.get(compact(w)) for w in piece.split()]
            if codes and all(codes):
                found += [c for c in codes if c]
            else:
                rest.append(piece.strip())
    found = list(dict.fromkeys(found))
    if rest:
        error = NotUnderstood("partly_understood" if found else "not_understood", text, ", ".join(rest))
        error.found = found  # type: ignore[attr-defined]
        raise error
    return found
