"""Folding of what people type, so that "Org.nr.", "ORG NR" and "org_nr" are one word."""

import re
import unicodedata

# Letters that Unicode does not take apart. "aa" for "å" is left alone: it is a real spelling of its own in names.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "đ": "d", "ŧ": "t", "ŋ": "n", "ß": "ss", "ł": "l"})
_NOT_WORD = re.compile(r"[^\w]+|_+")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(text: str) -> str:
    """The text as a person meant it: no invisible characters, no-break spaces as spaces, ends trimmed."""
    text = _INVISIBLE.sub("", text).replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def fold(text: str) -> str:
    """Lower case, no accents, no punctuation, single spaces: "Org.nr. " and "ORG NR" become "org nr"."""
    text = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    text = "".join(c for c in text if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", text).strip()


def compact(text: str) -> str:
    """Folded without spaces: "E-post adresse" and "epostadresse" become one."""
    return fold(text).replace(" ", "")
