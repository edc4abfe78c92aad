"""What laying out days asks of many documents, kept by each process as long as the index is the same.

A month lays out up to 2,000 activities and writes out a hundred of them. Reading all 2,000 whole took most of the page's time;
their hours are a fraction of it, and only what is written out is read whole.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from django.db import connection

from search.engines import get_engine
from search.engines.base import Found
from search.presenters import session_from

MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Outline:
    """Of a document: what it is, and when it meets. `type` is the kind of place or provider."""

    seq: int
    kind: str
    listing_id: int
    type: str
    is_open: bool
    sessions: tuple[SimpleNamespace, ...]


@dataclass
class _Shelf:
    stamp: str
    outlines: dict[int, Outline]


_shelf = _Shelf("", {})
_lock = threading.Lock()


def outlines(seqs: Sequence[int]) -> list[Outline]:
    """Outlines by number, in the order asked for; one that is gone meanwhile is left out."""
    engine = get_engine()
    known = _known(engine.stamp())
    if missing := [seq for seq in seqs if seq not in known]:
        read = {doc.seq: outline_of(doc) for doc in engine.fetch(missing)}
        known.update(read)
    return [known[seq] for seq in seqs if seq in known]


def _known(stamp: str) -> dict[int, Outline]:
    """What is kept of this state of the index. What a transaction has written may be rolled back, so it keeps nothing."""
    global _shelf
    if connection.in_atomic_block:
        return {}
    with _lock:
        if _shelf.stamp != stamp or len(_shelf.outlines) > MOST_KEPT:
            _shelf = _Shelf(stamp, {})
        return _shelf.outlines


def outline_of(doc: Found) -> Outline:
    """The outline of a document."""
    sessions = tuple(session_from(values) for values in doc.card.get("sessions", ()))
    return Outline(doc.seq, doc.kind, doc.listing_id, doc.card.get("type", ""), bool(doc.card.get("open")), sessions)


def whole(seqs: Sequence[int]) -> dict[int, Found]:
    """Documents by number, for what is written out."""
    return {doc.seq: doc for doc in get_engine().fetch(sorted(set(seqs)))} if seqs else {}
