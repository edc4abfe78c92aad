"""Public pages kept for some seconds, so that a newsletter to everybody is no flood.

Three thousand people open the same few pages in ten minutes. A page is the same for all who have no cookie, so what one
was given the next is given too, as long as nothing has changed: `stamp` moves with every change of a listing (the index is
written in the same transaction) and every deed in the staff screens (each leaves an entry in a log), whichever process
it was done in. What neither tells of shows after `KEPT_SECONDS`.

Never kept: what was made for somebody with a cookie, what was asked for near a place (it may be where somebody is), pages
with a form to send (its token is good for one sending), and pages with a policy of their own for frames or scripts.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.models import ModelLogEntry, PageLogEntry

from directory.municipalities.models import TenantLogEntry
from portal.kit.counting import Asked, Shown, tell, told
from search.models import SearchState

MOST = 400  # pages in each process, some ten megabytes
LARGEST = 300_000
#: A response that says one of these is like no other.
OWN_RULES = ("_csp_replace", "_csp_update", "_csp_config", "_csp_exempt", "xframe_options_exempt", "_csp_nonce")


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


def stamp() -> str:
    """Changes with every change that can be seen on public pages."""
    logs = ", ".join(f"(SELECT MAX(id) FROM {table})" for table in _LOGS)  # noqa: S608  (our own tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT epoch, last_seq, {logs} FROM {SearchState._meta.db_table}")  # noqa: S608  (our own tables)
        row = cursor.fetchone()
    return "|".join(map(str, (*row, timezone.localdate()))) if row else ""


_LOGS = tuple(model._meta.db_table for model in (PageLogEntry, ModelLogEntry, TenantLogEntry))


class KeptPagesMiddleware:
    """Stands last: everything that is done for each visit is done outside of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.pages: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self.lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.KEPT_SECONDS or not may_be_shared(request):
            return self.get_response(request)
        key = (str(request.scheme), request.get_host(), request.get_full_path())
        now, at = time.monotonic(), stamp()
        if not at:
            return self.get_response(request)
        with self.lock:
            kept = self.pages.get(key)
        if kept is not None and kept.stamp == at and kept.until > now:
            return given_again(request, kept)
        response = self.get_response(request)
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
            with self.lock:
                self.pages[key] = kept
                self.pages.move_to_end(key)
                while len(self.pages) > MOST:
                    self.pages.popitem(last=False)
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
