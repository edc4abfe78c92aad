"""Names from the municipality's own lists: categories, target groups, adaptations, districts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from directory.sources.spreadsheets.words import fold

_CUT = re.compile(r"[,;/|\n•·]|\s&\s|\s\+\s|\bog\b|\band\b|\bsamt\b")
_NUMBERED = re.compile(r"^\s*(?:kat(?:egori)?\.?\s*)?(\d{1,2})\s*[.):\-–]?\s*(.*)$", re.I | re.S)


@dataclass
class Choices:
    """One list: what may stand in a cell → the row it means. Built once for a whole sheet."""

    by_word: dict[str, int] = field(default_factory=dict)
    by_number: dict[str, int] = field(default_factory=dict)

    def add(self, pk: int, words: Iterable[str], number: int | None = None) -> None:
        """Teach the list a row: its slug, its names in every language, its synonyms, its number."""
        for word in words:
            if word and (key := fold(word)):
                self.by_word.setdefault(key, pk)
        if number is not None:
            self.by_number.setdefault(str(number), pk)

    def read(self, text: str) -> tuple[list[int], list[str]]:
        """The rows meant, in order, and the words nobody knows."""
        found: list[int] = []
        unknown: list[str] = []
        for group in re.split(r"[;|\n]", text):
            pieces = [p for p in _CUT.split(group) if fold(p)]
            at = 0
            while at < len(pieces):
                # Names hold commas and "og" themselves, so the longest run of pieces goes first.
                for end in range(len(pieces), at, -1):
                    if (pk := self._exactly(" ".join(pieces[at:end]))) is not None:
                        found.append(pk)
                        at = end
                        break
                else:
                    if (pk := self._alike(fold(pieces[at]))) is not None:
                        found.append(pk)
                    else:
                        unknown.append(pieces[at].strip())
                    at += 1
        if unknown and not found and (pk := self._alike(fold(text))) is not None:
            return [pk], []
        return list(dict.fromkeys(found)), unknown

    def _exactly(self, text: str) -> int | None:
        word = fold(text)
        if word in self.by_word:
            return self.by_word[word]
        loose = _without_and(word)
        if loose in self._loose:
            return self._loose[loose]
        if numbered := _NUMBERED.match(text):
            number, rest = numbered[1], _without_and(fold(numbered[2]))
            if rest:
                return self._loose.get(rest)
            return self.by_number.get(number)
        return None

    def _alike(self, word: str) -> int | None:
        """A spelling mistake in a word long enough to be sure of."""
        if len(word) < 6:
            return None
        close = process.extractOne(word, self.by_word.keys(), scorer=fuzz.ratio, score_cutoff=88)
        return self.by_word[close[0]] if close else None

    @property
    def _loose(self) -> dict[str, int]:
        if self._loose_of != len(self.by_word):
            self._loose_words = {_without_and(word): pk for word, pk in self.by_word.items()}
            self._loose_of = len(self.by_word)
        return self._loose_words

    _loose_words: dict[str, int] = field(default_factory=dict, repr=False)
    _loose_of: int = -1


def _without_and(word: str) -> str:
    return " ".join(w for w in word.split() if w not in ("og", "and", "samt", "eller"))
