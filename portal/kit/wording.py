"""Two texts side by side: whether they are the same, and what has changed between them, word by word."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"\s+|[^\s]+")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
FEW = 0.5  # so small a part of the words in common is chance: the texts are shown one after the other
SHORT = 6  # words; in so few the marks are read whatever they say
MOST = 4_000_000  # pairs of words; beyond it whole lines are compared: the time grows with the product


def digest(text: str) -> str:
    """A short name of a text; line ends and outer space do not count."""
    return hashlib.sha256("\n".join(text.strip().splitlines()).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Part:
    """A run of words that is the same in both, gone or new."""

    how: str  # "same", "gone", "new"
    text: str


def changes(before: str, now: str) -> list[Part]:
    """The new text with what is gone and what is new marked."""
    old, new = WORD.findall(before), WORD.findall(now)
    if len(old) * len(new) > MOST:
        old, new = LINE.findall(before), LINE.findall(now)
    if len(old) * len(new) > MOST:
        old, new = [before], [now]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if before.strip() and now.strip() and is_another(old, matcher):
        return [Part("gone", f"{before.rstrip()}\n"), Part("new", now)]
    parts: list[Part] = []
    for how, a, b, c, d in matcher.get_opcodes():
        if how == "equal":
            parts.append(Part("same", "".join(new[c:d])))
            continue
        if a < b:
            parts.append(Part("gone", "".join(old[a:b])))
        if c < d:
            parts.append(Part("new", "".join(new[c:d])))
    return parts


def is_another(old: list[str], matcher: SequenceMatcher[str]) -> bool:
    """Whether so little of the first text stands in the second that marks between its words could not be read."""
    words = sum(not word.isspace() for word in old)
    kept = sum(not word.isspace() for at, _in_new, size in matcher.get_matching_blocks() for word in old[at : at + size])
    return words > SHORT and kept < FEW * words
