"""The one signal of our own: a listing's public facts have changed.

Sent by directory (and cards) in the transaction that changes the row, with `kind` (a value of
`directory.listings.kinds.Kind`) and `pks`. Its receivers are `search/apps.py`, which writes the index
at once, and `portal/translating/apps.py`, which leaves a mark for the worker.
Who changes many rows says so: indexing a listing by itself costs ten times what it costs among others.

    with transaction.atomic(), told_together():
        …
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.dispatch import Signal

listing_changed = Signal()
_gathered: ContextVar[dict[tuple[Any, str], dict[int, None]] | None] = ContextVar("gathered", default=None)


def send_changed(model: Any, kind: str, pks: Iterable[int]) -> None:
    """Send the signal, or keep it for the end of `told_together`."""
    gathered = _gathered.get()
    if gathered is None:
        listing_changed.send(sender=model, kind=kind, pks=list(pks))
    else:
        gathered.setdefault((model, kind), {}).update(dict.fromkeys(pks))


@contextmanager
def told_together() -> Iterator[None]:
    """Send each kind of listing once, at the end of the block. Stands inside the transaction, so that the index is part of it."""
    if _gathered.get() is not None:
        yield
        return
    gathered: dict[tuple[Any, str], dict[int, None]] = {}
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    for (model, kind), pks in gathered.items():
        listing_changed.send(sender=model, kind=kind, pks=list(pks))
