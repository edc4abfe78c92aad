"""Events wait in memory and are written by a thread of their own every few seconds, many at once.

A page never waits for this: adding is a few microseconds under a lock that is held for nothing else. When the database
cannot be written, the events wait for the next round. A process that is killed loses the last few seconds; one that is
ended in order writes them first.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from django.db import connection

log = logging.getLogger("portal.usage")

#: So many different events waiting wake the writer before its time.
MANY = 500
#: More are not held: what comes then is not counted, rather than filling the memory.
MOST = 20_000


class Event(NamedTuple):
    """One thing to count. `point` and `place`: where a search asked to look, from which the part of town is found later."""

    municipality: int
    day: date
    what: str
    lang: str
    district: str = ""
    kiosk: bool = False
    key: str = ""
    place: str = ""
    point: tuple[float, float] | None = None


class Tally:
    """The events of this process. `every` seconds between two writings; 0 leaves the writing to whoever calls `flush`."""

    def __init__(self, write: Callable[[Mapping[Event, int]], None], every: float) -> None:
        self.write = write
        self.every = every
        self.waiting: Counter[Event] = Counter()
        self.lock = threading.Lock()
        self.writing = threading.Lock()
        self.wake = threading.Event()
        self.pid = 0
        self.lost = 0

    def add(self, events: Iterable[Event]) -> None:
        """Count events. Fast, and never fails a page."""
        if self.pid != os.getpid():
            self._begin()
        with self.lock:
            for event in events:
                if event in self.waiting or len(self.waiting) < MOST:
                    self.waiting[event] += 1
                else:
                    self.lost += 1
            many = len(self.waiting) >= MANY
        if many:
            self.wake.set()

    def flush(self) -> bool:
        """Write what waits. False when it could not be written and goes on waiting."""
        with self.writing:
            with self.lock:
                taken, self.waiting = self.waiting, Counter()
                lost, self.lost = self.lost, 0
            if lost:
                log.warning("%s events were not counted: the database could not be written for too long.", lost)
            if not taken:
                return True
            try:
                self.write(taken)
            except Exception as error:  # whatever is wrong with counting, the site goes on
                log.warning("Counts wait for the next round: %s: %s", type(error).__name__, error)
                with self.lock:
                    self.waiting.update(taken)
                return False
            return True

    def _begin(self) -> None:
        """Once in every process, also in one that was forked: the parent's events are the parent's to write."""
        with self.lock:
            if self.pid == os.getpid():
                return
            self.pid = os.getpid()
            self.waiting.clear()
            self.wake = threading.Event()
        if self.every:
            threading.Thread(target=self._run, name="usage", daemon=True).start()
            atexit.register(self.flush)

    def _run(self) -> None:
        while True:
            self.wake.wait(self.every)
            self.wake.clear()
            if not self.flush():
                threading.Event().wait(self.every)
            connection.close()  # nothing of this thread stays open between two rounds
