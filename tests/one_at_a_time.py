"""Requests of a test's live server, one after the other where they share a connection.

A database in memory has one connection for all threads. Two requests at once would then stand in one transaction, and
what the one takes back is lost to the other: that happens on no real site, where each has a connection of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse

PATIENCE = 60.0  # seconds after which a request goes on beside another, rather than for ever wait for one it answers itself


class OneAtATimeMiddleware:
    """Stands outermost. Only a server has more than one thread; a test's own client passes."""

    alone = threading.RLock()

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.META.get("wsgi.multithread") or connection.vendor != "sqlite" or not connection.is_in_memory_db():  # type: ignore[attr-defined]
            return self.get_response(request)
        mine = self.alone.acquire(timeout=PATIENCE)
        try:
            return self.get_response(request)
        finally:
            if mine:
                self.alone.release()
