"""Short transactions that many want at once have their turns one after the other, on SQLite.

SQLite has one writer, and who comes second sleeps and asks again, a little longer each time, up to a tenth of a second: with
eight tills one in a hundred waits half a second though a use takes two thousandths. Here the threads of a process wait for each
other without sleeping, and one of each process asks every fifth of a thousandth whether the turn of another process is over.

A turn guards nothing: the database does, whoever comes without one. So nobody waits for long for who does not go on, and a
folder that cannot be written to costs the turns and nothing else.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

PATIENCE = 5.0  # seconds; then the database's own waiting begins
PAUSE = 0.0002  # seconds between two questions to other processes

log = logging.getLogger("portal.turns")

_in_process = threading.Lock()
_of_thread = threading.local()
_files: dict[str, int | None] = {}  # descriptors, by database; None where there can be no file


@contextmanager
def in_turn() -> Iterator[None]:
    """Around a transaction, not within one: there the database has been told to wait already."""
    end, here = time.monotonic() + PATIENCE, _in_process
    if not _is_wanted() or not here.acquire(timeout=PATIENCE):
        yield
        return
    file = None
    try:
        _of_thread.has_one = True
        file = _file_beside(str(connection.settings_dict["NAME"]))
        if file is not None and not _taken(file, end):
            file = None
        yield
    finally:
        try:
            if file is not None:
                fcntl.flock(file, fcntl.LOCK_UN)
        finally:
            _of_thread.has_one = False
            here.release()


def _is_wanted() -> bool:
    if connection.vendor != "sqlite" or connection.in_atomic_block or getattr(_of_thread, "has_one", False):
        return False
    return not connection.is_in_memory_db()  # type: ignore[attr-defined]


def _taken(file: int, end: float) -> bool:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(PAUSE)
        except OSError:  # a file system without locks
            return False
        else:
            return True


def _file_beside(database: str) -> int | None:
    if database not in _files:
        try:
            # To be read by all who may read the database: whoever made it first may have been another user.
            _files[database] = os.open(f"{database}-turn", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as fault:
            log.warning("Processes do not wait for each other's turns: %s", fault)
            _files[database] = None
    return _files[database]


def _begin_anew() -> None:
    """In a child: its parent's locks would never be free here, and its parent's file would be the same turn."""
    global _in_process, _of_thread
    _in_process, _of_thread = threading.Lock(), threading.local()
    for file in filter(None, _files.values()):
        os.close(file)
    _files.clear()


os.register_at_fork(after_in_child=_begin_anew)
