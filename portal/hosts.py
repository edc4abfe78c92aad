"""Which municipality is asked, remembered by each process.

The look-up is nearly all that a kept page would cost. A visitor without a cookie may be given what was found a moment ago, as
long as the stamp is the same; whoever sends something or is signed in is always looked up. Tills send something all the time, and
nobody is signed in there: what they may do hangs on their token, which is looked up. They are shown nothing that was kept, so
they do not ask for the stamp either.
"""

from __future__ import annotations

import copy
import time

from django.conf import settings
from django.http import HttpRequest
from wagtail.models import Site

from directory.municipalities.models import Municipality
from directory.municipalities.queries import municipality_of_host
from portal.stamps import stamp_of

REMEMBERED = 2.0  # seconds, for what leaves no entry in a log, and for tills
TILLS = "/api/v1/till/"
MOST_HOSTS = 200  # anybody may ask for any host
Host = tuple[str, str, str]  # stamp or tills, host, port
_found: dict[Host, tuple[float, Site | None, Municipality | None]] = {}


def municipality_of(request: HttpRequest) -> Municipality | None:
    """The municipality whose site answers at the request's host; each request has a copy of its own."""
    by_till = request.path.startswith(TILLS)
    may_be_older = settings.KEPT_SECONDS and (by_till or request.method in {"GET", "HEAD"}) and not request.COOKIES
    if not may_be_older or not (at := TILLS if by_till else stamp_of(request)):
        return municipality_of_host(request)
    key, now = (at, request.get_host(), request.get_port()), time.monotonic()
    until, site, municipality = _found.get(key, (0.0, None, None))
    if now >= until:
        municipality = municipality_of_host(request)
        if (site := copy.copy(Site.find_for_request(request))) is not None:
            site._state.fields_cache.pop("root_page", None)  # staff may write on their front page at any moment
        if len(_found) >= MOST_HOSTS:
            _found.clear()
        _found[key] = (now + REMEMBERED, site, municipality)
    request._wagtail_site = copy.copy(site)  # type: ignore[attr-defined]  # where `Site.find_for_request` looks first
    return copy.copy(municipality)


def forget_hosts() -> None:
    """Look each host up again, at once."""
    _found.clear()
