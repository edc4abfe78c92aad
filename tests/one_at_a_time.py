"""Requests of a test's live server and the test itself, one after the other where they share a connection.

A database in memory has one connection for all threads. Two requests at once would then stand in one transaction, and
what the one takes back is lost to the other: that happens on no real site, where each has a connection of its own. So a
request has its turn from beginning to end, a test for each question and for each transaction of its own, and what a test
wrote goes when no request is left that could ask for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.transaction import Atomic
from django.http import HttpRequest, HttpResponse
from django.test import TransactionTestCase

PATIENCE = 60.0  # seconds after which somebody goes on beside another, rather than wait for ever for one who waits for them

_turn = threading.RLock()
_counting = threading.Lock()
_inside = 0  # requests that have come and are not answered
_of_thread = threading.local()  # its open transactions: whether each took a turn


def _shared(database: Any) -> bool:
    return bool(database.vendor == "sqlite" and database.is_in_memory_db())


@contextmanager
def my_turn() -> Iterator[None]:
    """Nobody else asks the shared connection meanwhile."""
    mine = _turn.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if mine:
            _turn.release()


@contextmanager
def nobody_inside() -> Iterator[None]:
    """As `my_turn`, and all requests that had come are answered."""
    end = time.monotonic() + PATIENCE
    while True:
        with my_turn():
            if not _inside or time.monotonic() > end:
                yield
                return
        time.sleep(0.001)


class OneAtATimeMiddleware:
    """Stands outermost. Only a server has more than one thread; a test's own client passes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        global _inside
        if not request.META.get("wsgi.multithread") or not _shared(connection):
            return self.get_response(request)
        with _counting:
            _inside += 1
        try:
            with my_turn():
                return self.get_response(request)
        finally:
            with _counting:
                _inside -= 1


_ask = CursorWrapper._execute_with_wrappers
_enter, _leave = Atomic.__enter__, Atomic.__exit__
_end = TransactionTestCase._post_teardown


def _asked(self: CursorWrapper, *args: Any, **kwargs: Any) -> Any:
    if not _shared(self.db):
        return _ask(self, *args, **kwargs)
    with my_turn():
        return _ask(self, *args, **kwargs)


def _entered(self: Atomic) -> None:
    """Those around a whole test or file have their mark, and let requests in."""
    mine = not self._from_testcase and _shared(connection) and _turn.acquire(timeout=PATIENCE)
    try:
        _enter(self)
    except BaseException:
        if mine:
            _turn.release()
        raise
    _of_thread.__dict__.setdefault("turns", []).append(mine)


def _left(self: Atomic, *raised: Any) -> None:
    try:
        _leave(self, *raised)
    finally:
        if _of_thread.turns.pop():
            _turn.release()


def _ended(self: TransactionTestCase) -> None:
    with nobody_inside():
        _end(self)


def use() -> None:
    """Bind tests too, and what they leave."""
    CursorWrapper._execute_with_wrappers = _asked  # type: ignore[method-assign]
    Atomic.__enter__, Atomic.__exit__ = _entered, _left  # type: ignore[method-assign]
    TransactionTestCase._post_teardown = _ended  # type: ignore[method-assign]
