"""Makes events of pages that were shown. Asks the database nothing, keeps nothing of who asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.kit.counting import Asked, Shown, told
from portal.usage.actions import record
from portal.usage.models import MOST_KEY, What
from portal.usage.rules import is_robot, normalised
from portal.usage.tally import Event, Tally

log = logging.getLogger("portal.usage")
tally = Tally(record, settings.USAGE_FLUSH_SECONDS)


#: What nobody has come here to see: a page that browsers fetch to have it without a net, and lists that stand in other
#: sites' pages and are loaded with each of them.
NO_VISITS = {"offline", "embed"}


class UsageMiddleware:
    """Counts after the page is made. Stands near the end, so that what others answer in a page's place is not counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        try:
            if is_counted(request, response):
                tally.add(events_of(request, response))
        except Exception:  # a page is never lost for a count
            log.exception("Not counted: %s", request.path)
        return response


def is_counted(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether a person has been shown a public page. Staff and others who have signed in are not counted."""
    return (
        request.method == "GET"
        and response.status_code == 200
        and getattr(request, "municipality", None) is not None
        and request.resolver_match is not None
        and request.resolver_match.url_name not in NO_VISITS
        and request.path.startswith(f"/{getattr(request, 'LANGUAGE_CODE', '')}/")
        and response.headers.get("Content-Type", "").startswith("text/html")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and not request.headers.get("Sec-Purpose", "").startswith("prefetch")
        and not is_robot(request.headers.get("User-Agent", ""))
    )


def events_of(request: HttpRequest, response: HttpResponse) -> Iterator[Event]:
    """A view of the page; of a results page also the search, its words, and that it found nothing."""
    fact = told(request)
    common: dict[str, Any] = {
        "municipality": request.municipality.pk,  # type: ignore[attr-defined]
        "day": timezone.localdate(),
        "lang": request.LANGUAGE_CODE,  # type: ignore[attr-defined]
        "kiosk": getattr(request, "kiosk", False),
    }
    if isinstance(fact, Asked):
        common |= {"district": fact.district, "place": fact.place, "point": fact.point}
        if fact.first_page:
            yield Event(what=What.SEARCH, **common)
            if not fact.hits:
                yield Event(what=What.NOTHING, **common)
            if (words := normalised(fact.words)) and not refines(request, words):
                what = What.WORDS if fact.hits else What.UNMET
                yield Event(what=what, key=words, **common)
    elif isinstance(fact, Shown):
        common["district"] = fact.district
    yield Event(what=What.VIEW, key=key_of(request, response, fact)[:MOST_KEY], **common)


def key_of(request: HttpRequest, response: HttpResponse, fact: Shown | Asked | None) -> str:
    """What a page is called in the sums: "activity:12" for a listing, "page:7" for a page of the CMS, else its address's name."""
    if isinstance(fact, Shown):
        return fact.key
    page = (getattr(response, "context_data", None) or {}).get("page")
    if page is not None and hasattr(page, "pk"):
        return f"page:{page.pk}"
    return (request.resolver_match.url_name if request.resolver_match else None) or ""


def refines(request: HttpRequest, words: str) -> bool:
    """Whether the reader only changed a filter: the page before asked for the same words. They are counted once."""
    before = urlsplit(request.headers.get("Referer", "")[:2000])
    if before.path != request.path or before.netloc != request.get_host():
        return False
    return normalised(" ".join(parse_qs(before.query).get("q", []))) == words
