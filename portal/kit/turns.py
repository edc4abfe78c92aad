"""Short transactions that many want at once have their turns one after the other, on SQLite.

SQLite has one writer, and who comes second sleeps and asks again, a little longer each time, up to a tenth of a second: with
eight tills one in a hundred waits half a second though a use takes two thousandths. Here the threads of a process wait for each
other without sleeping, and one of each process asks every fifth of a thousandth whether the turn of another process is over.

A turn guards nothing: the database does, whoever comes without one. So nobody waits for long for who does not go on, and a
folder that cannot be written to costs the turns and nothing else.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

PATIENCE = 5.0  # seconds; then the database's own waiting begins
PAUSE = 0.0002  # seconds between two questions to other processes

_in_process = threading.Lock()
_files: dict[tuple[int, str], int] = {}  # descriptors, by process: one that is inherited would be the same turn


@contextmanager
def in_turn() -> Iterator[None]:
    """Around a transaction, not within one: there the database has been told to wait already."""
    if connection.vendor != "sqlite" or connection.in_atomic_block or connection.is_in_memory_db():  # type: ignore[attr-defined]
        yield
        return
    end = time.monotonic() + PATIENCE
    if not _in_process.acquire(timeout=PATIENCE):
        yield
        return
    try:
        file = _file_beside(connection.settings_dict["NAME"])
        is_ours = file is not None and _taken(file, end)
        try:
            yield
        finally:
            if file is not None and is_ours:
                fcntl.flock(file, fcntl.LOCK_UN)
    finally:
        _in_process.release()


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


def _file_beside(database: Any) -> int | None:
    mine = (os.getpid(), str(database))
    if mine not in _files:
        try:
            _files[mine] = os.open(f"{database}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
    return _files[mine]
