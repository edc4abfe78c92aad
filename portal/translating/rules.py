"""Decides how a text stands, from the words alone.

    standings(row, languages)   every text of a row in every language but the one it was written in

A text goes out of date when the words it was made from are no longer those that stand there, or are gone. A text that
differs from what is known of it was written by a person since, with today's source before their eyes; one that is known
of and no longer there was taken away by a person, and a machine does not bring it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.kit.wording import digest
from portal.translating.models import Origin, Translation
from portal.translating.pieces import Piece, Row
from portal.translating.states import State


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
    #: A person took away what stood here.
    left_empty: bool = False
    #: A machine made it (or copied a name), and the words it was made from are gone from a language that is still offered.
    withdrawn: bool = False

    @property
    def is_machine(self) -> bool:
        return self.state in (State.COMPLETE, State.STALE) and self.origin == Origin.MACHINE

    @property
    def is_orphan(self) -> bool:
        """Whether nothing stands there any more that this could be a translation of."""
        return not self.source

    @property
    def for_machine(self) -> bool:
        """Whether a machine may write here: where nobody has written, or its own text that is out of date."""
        if not self.piece.by_machine or self.is_orphan or self.left_empty:
            return False
        return self.state == State.MISSING or (self.state == State.STALE and self.origin == Origin.MACHINE)


def standings(row: Row, languages: list[str]) -> Iterator[Standing]:
    """How every text of a row stands in the languages of its municipality."""
    written_in = {(name, one.source_lang) for (name, _lang), one in row.known.items()}
    for piece in row.pieces:
        for lang in languages:
            if piece.column and piece.whole != ((piece.column, lang) in row.apart):
                continue  # either text by text, or as a whole
            if one := standing(row, piece, lang, languages, written_in):
                yield one


def standing(
    row: Row, piece: Piece, lang: str, languages: list[str], written_in: set[tuple[str, str]] | None = None
) -> Standing | None:
    """How one text stands in one language; None in the language it was written in, and where there is no such text.

    `written_in`: (field, language) of every source that translations of this row were made from.
    """
    source_lang = row.source(piece.field, languages)
    known = row.known.get((piece.field, lang))
    text = row.texts.get((piece.field, lang), "")
    if not source_lang:
        if known is None or not text or known.text_hash != digest(text):
            return None
        return _stale(row, piece, known, text, "", known.source_lang, languages)
    if lang == source_lang:
        return None
    source = row.texts[piece.field, source_lang]
    if not text and known is not None and known.pending:
        text = known.pending  # translated, and waits for the rest of its page
    if not text:
        if written_in is None:
            written_in = {(name, one.source_lang) for (name, _lang), one in row.known.items()}
        state = State.OPTIONAL if piece.optional else State.MISSING
        emptied = known is not None and known.text_hash == digest("")  # at the board, where it can be undone
        left_empty = known is not None or (piece.field, lang) in written_in
        return Standing(
            piece,
            lang,
            source_lang,
            source,
            "",
            state,
            Origin.PERSON,
            known if emptied else None,
            unknown=left_empty and not emptied,
            left_empty=left_empty,
        )
    if known is None or known.text_hash != digest(text):
        return Standing(piece, lang, source_lang, source, text, State.COMPLETE, Origin.PERSON, known, unknown=True)
    if digest(row.texts.get((piece.field, known.source_lang), source)) != known.source_hash:
        return _stale(row, piece, known, text, source, source_lang, languages)
    return Standing(piece, lang, source_lang, source, text, State.COMPLETE, Origin(known.origin), known)


def _stale(
    row: Row, piece: Piece, known: Translation, text: str, source: str, source_lang: str, languages: list[str]
) -> Standing:
    return Standing(
        piece,
        known.lang,
        source_lang,
        source,
        text,
        State.STALE,
        Origin(known.origin),
        known,
        old_source=known.source_text,
        withdrawn=(known.origin == Origin.MACHINE or bool(piece.column and not piece.by_machine and not source))
        and not known.pending
        and known.source_lang in languages
        and (piece.field, known.source_lang) not in row.texts,
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
