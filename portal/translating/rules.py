"""Decides how a text stands, from the words alone.

    standings(row, languages, known)   every text of a row in every language but the one it was written in

A text goes out of date when the words it was made from are no longer those that stand there. A text that differs from
what is known of it was written by a person since, with today's source before their eyes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.translating.models import Origin, Translation
from portal.translating.pieces import Piece, Row
from portal.translating.states import State

Known = Mapping[tuple[str, str], Translation]  # by field and language


def digest(text: str) -> str:
    """A short name of a text; line ends and outer space do not count."""
    return hashlib.sha256("\n".join(text.strip().splitlines()).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Standing:
    """One text in one language. `unknown`: what is known of it, if anything, is of another text."""

    piece: Piece
    lang: str
    source_lang: str
    source: str
    text: str
    state: State
    origin: Origin
    known: Translation | None
    unknown: bool = False
    #: The words a text that is out of date was made from.
    old_source: str = ""

    @property
    def is_machine(self) -> bool:
        return self.state in (State.COMPLETE, State.STALE) and self.origin == Origin.MACHINE

    @property
    def for_machine(self) -> bool:
        """Whether a machine may write here: where nothing stands, or its own text that is out of date."""
        if not self.piece.by_machine:
            return False
        return self.state == State.MISSING or (self.state == State.STALE and self.origin == Origin.MACHINE)


def standings(row: Row, languages: list[str], known: Known) -> Iterator[Standing]:
    """How every text of a row stands in the languages of its municipality."""
    for piece in row.pieces:
        source_lang = row.source(piece.field, languages)
        if not source_lang:
            continue
        for lang in languages:
            if piece.column and piece.whole != ((piece.column, lang) in row.apart):
                continue  # either text by text, or as a whole
            if lang != source_lang:
                yield standing(row, piece, source_lang, lang, known.get((piece.field, lang)))


def standing(row: Row, piece: Piece, source_lang: str, lang: str, known: Translation | None) -> Standing:
    """How one text stands in one language."""
    source = row.texts[piece.field, source_lang]
    text = row.texts.get((piece.field, lang), "")
    if not text and known is not None and known.pending:
        text = known.pending  # translated, and waits for the rest of its page
    if not text:
        state = State.OPTIONAL if piece.optional else State.MISSING
        emptied = known if known is not None and known.text_hash == digest("") else None  # by hand: can be undone
        return Standing(piece, lang, source_lang, source, "", state, Origin.PERSON, emptied)
    if known is None or known.text_hash != digest(text):
        return Standing(piece, lang, source_lang, source, text, State.COMPLETE, Origin.PERSON, known, unknown=True)
    against = row.texts.get((piece.field, known.source_lang), source)
    stale = digest(against) != known.source_hash
    return Standing(
        piece,
        lang,
        source_lang,
        source,
        text,
        State.STALE if stale else State.COMPLETE,
        Origin(known.origin),
        known,
        old_source=known.source_text if stale else "",
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """How far a row has come in one language."""

    texts: int = 0
    missing: int = 0
    stale: int = 0
    machine: int = 0


def figures(found: list[Standing]) -> dict[str, Figures]:
    """The figures of a row by language."""
    out: dict[str, Figures] = {}
    for one in found:
        if one.state == State.OPTIONAL:
            continue
        sum_ = out.get(one.lang, Figures())
        out[one.lang] = Figures(
            sum_.texts + 1,
            sum_.missing + (one.state == State.MISSING),
            sum_.stale + (one.state == State.STALE),
            sum_.machine + one.is_machine,
        )
    return out
