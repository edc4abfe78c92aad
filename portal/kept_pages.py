"""Public pages kept for some seconds, so that a newsletter to everybody is no flood.

Three thousand people open the same few pages in ten minutes. A page is the same for all who have no cookie, so what one
was given the next is given too, as long as nothing is seen to have changed: `stamp` moves with every change of a listing (the
index is written in the same transaction) and with deeds in the staff screens (each leaves an entry in a log), whichever
process they were done in. What neither tells of shows after `KEPT_SECONDS`.

In a rush (a page a second is made, which takes a tenth of the time) not everything is made anew at the moment of a change, or
all who ask would stand in one queue. A page that shows what changed (portal/what_changed.py) has its turn within a minute, one
after ten seconds and another after fifty; one that does not is right all the same, and serves on for some minutes.

One page is made at a time in a process. Four at once would take four times as long each, and what is kept would wait among them.

Never kept: what was made for somebody with a cookie, what was asked for near a place (it may be where somebody is), pages
with a form to send (its token is good for one sending), pages with a policy of their own for frames or scripts, and
addresses with a parameter that no public page knows: there is no end of these.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.hosts import forget_hosts
from portal.kit.counting import Asked, Shown, tell, told
from portal.stamps import stamp_of
from portal.what_changed import what_changed
from search.query import PARAMS

ROOM = 30_000_000  # bytes in each process
LARGEST = 300_000
BESIDE = 3_000  # bytes that a page takes beside its own
GRACE = 60.0  # seconds that a page may outlive a change that it shows in a rush, at most
LASTS = 300.0  # seconds that it may serve on in a rush beyond its time, where nothing it shows has changed
LOOKED_AT = 10.0  # seconds that tell whether there is a rush
BUSY = LOOKED_AT / 10  # so many of them spent on making pages are one …
MANY = 10  # … where so many were made: one that took long is none
PATIENCE = 2.0  # seconds for which one page waits until another is made
STAMPS = 200  # of the past whose end is remembered
#: What public pages read from their address.
KNOWN = frozenset({*PARAMS, "kiosk", "day", "week", "month", "from", "by"})
#: A response that says one of these is like no other.
OWN_RULES = ("_csp_replace", "_csp_update", "_csp_config", "_csp_exempt", "xframe_options_exempt")


Key = tuple[str, str, str]  # scheme, host, path with its question


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it was made, and what is told of it to whoever counts."""

    stamp: str
    until: float
    content: bytes
    headers: dict[str, str]
    match: Any
    fact: Shown | Asked | None
    page_pk: int | None

    @property
    def size(self) -> int:
        """About so many bytes of memory."""
        return len(self.content) + BESIDE


def share_of(key: Key) -> float:
    """A number from 0 to 1 that is the page's own, so that not all are made anew at the same moment."""
    return zlib.crc32("".join(key).encode()) / 2**32


class Pages:
    """What is kept in this process: what was not asked for longest makes room."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Key, Kept] = OrderedDict()
        self.size = 0
        self.swept = 0.0
        self.seen = ""  # the newest stamp
        self.ended: OrderedDict[str, float] = OrderedDict()  # earlier stamps, and when the next was seen
        self.touched: dict[Key, float] = {}  # pages that show what has changed since they were made, and when that was seen
        self.made: deque[tuple[float, float]] = deque()  # when pages were made, and how many seconds each took
        self.lock = threading.Lock()
        self.making = threading.Lock()

    def get(self, key: Key, at: str, now: float) -> Kept | None:
        """A page that is still right, or in a rush was so some seconds ago; one that is not is forgotten."""
        with self.lock:
            self._see(at, now)
            found = self.kept.get(key)
            if found is None:
                return None
            if (over := self._over(found, at, now)) is not None and not (self._is_rush(now) and self._lasts(key, over, now)):
                self._forget(key)
                return None
            self.kept.move_to_end(key)
            return found

    def took(self, seconds: float, now: float) -> None:
        """A page was made in so many seconds."""
        with self.lock:
            self.made.append((now, seconds))

    def _see(self, at: str, now: float) -> None:
        if at != self.seen:
            changed = what_changed(self.seen, at) if self.kept else None
            for key, page in self.kept.items():
                if changed is None or any(address in page.content for address in changed):
                    self.touched.setdefault(key, now)
            self.ended[self.seen], self.seen = now, at
            if len(self.ended) > STAMPS:
                self.ended.popitem(last=False)

    def _lasts(self, key: Key, over: float, now: float) -> bool:
        """Whether a page whose time is over may serve on in a rush."""
        share = share_of(key)
        changed = self.touched.get(key)
        return now < over + LASTS * (1 + share) / 2 and (changed is None or now < changed + GRACE * share)

    def _over(self, found: Kept, at: str, now: float) -> float | None:
        """Since when a page is not right any more; None while it is."""
        ends = [found.until] if found.until <= now else []
        if found.stamp != at:
            ends.append(self.ended.get(found.stamp, float("-inf")))
        return min(ends, default=None)

    def _is_rush(self, now: float) -> bool:
        while self.made and self.made[0][0] < now - LOOKED_AT:
            self.made.popleft()
        return len(self.made) >= MANY and sum(seconds for _at, seconds in self.made) > BUSY

    def put(self, key: Key, page: Kept, now: float) -> None:
        """Keep a page, within `ROOM`."""
        with self.lock:
            if key in self.kept:
                self._forget(key)
            self.seen = self.seen or page.stamp
            if page.stamp != self.seen:  # it was made of older facts, or newer ones
                self.touched[key] = self.ended.get(page.stamp, now)
            if now - self.swept > settings.KEPT_SECONDS:
                self.swept = now
                for old in [old for old, found in self.kept.items() if found.until + LASTS <= now]:
                    self._forget(old)
            self.kept[key] = page
            self.size += page.size
            while self.size > ROOM:
                self._forget(next(iter(self.kept)))

    def clear(self) -> None:
        """Keep nothing, nor which municipality is whose host's."""
        forget_hosts()
        with self.lock:
            self.kept.clear()
            self.touched.clear()
            self.made.clear()
            self.size = 0

    def _forget(self, key: Key) -> None:
        self.touched.pop(key, None)
        self.size -= self.kept.pop(key).size


pages = Pages()


class KeptPagesMiddleware:
    """Stands last: everything that is done for each visit is done outside of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.KEPT_SECONDS or not may_be_shared(request):
            return self.get_response(request)
        key = (str(request.scheme), request.get_host(), request.get_full_path())
        now, at = time.monotonic(), stamp_of(request)
        if not at:
            return self.get_response(request)
        if (found := pages.get(key, at, now)) is not None:
            return given_again(request, found)
        alone = pages.making.acquire(timeout=PATIENCE)
        try:
            now = time.monotonic()
            if (found := pages.get(key, at, now)) is not None:  # somebody made it while we waited
                return given_again(request, found)
            response = self.get_response(request)
            pages.took(time.monotonic() - now, now)
        finally:
            if alone:
                pages.making.release()
        if is_for_all(response):
            page = (getattr(response, "context_data", None) or {}).get("page")
            kept = Kept(
                at,
                now + settings.KEPT_SECONDS,
                response.content,
                dict(response.headers),
                request.resolver_match,
                told(request),
                getattr(page, "pk", None),
            )
            pages.put(key, kept, now)
        return response


def may_be_shared(request: HttpRequest) -> bool:
    """Whether somebody else asking the same would be given the same."""
    lang = getattr(request, "LANGUAGE_CODE", "")
    return (
        request.method == "GET"
        and not request.COOKIES
        and "Authorization" not in request.headers
        and getattr(request, "municipality", None) is not None
        and request.path.startswith(f"/{lang}/")
        and len(request.META.get("QUERY_STRING", "")) <= 300
        and "near" not in request.GET
        and request.GET.keys() <= KNOWN
    )


def is_for_all(response: HttpResponse) -> bool:
    """Whether a page holds nothing that was made for one visitor."""
    return (
        response.status_code == 200
        and not response.streaming
        and response.headers.get("Content-Type", "").startswith("text/html")
        and not response.cookies
        and "no-store" not in response.headers.get("Cache-Control", "")
        and not response.has_header("Vary")
        and not any(hasattr(response, name) for name in OWN_RULES)
        and len(response.content) <= LARGEST
        and b'method="post"' not in response.content.lower()
    )


def given_again(request: HttpRequest, kept: Kept) -> HttpResponse:
    """The page once more, and what its making would have left with the request."""
    response = HttpResponse(kept.content, headers=kept.headers)
    request.resolver_match = kept.match
    if kept.fact is not None:
        tell(request, kept.fact)
    if kept.page_pk is not None:
        response.context_data = {"page": SimpleNamespace(pk=kept.page_pk)}  # type: ignore[attr-defined]
    return response
