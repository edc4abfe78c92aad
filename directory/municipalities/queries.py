"""Which municipality."""

from __future__ import annotations

import copy
import time

from django.conf import settings
from django.http import HttpRequest
from wagtail.models import Site

from directory.municipalities.models import Municipality

LOOKED_UP = 2.0  # seconds for which a host's municipality is not asked for again, where public pages are kept at all
MOST_HOSTS = 200  # anybody may ask for any host
_known: dict[tuple[str, str], tuple[float, Site | None, Municipality | None]] = {}


def municipality_of_host(request: HttpRequest) -> Municipality | None:
    """The municipality whose site answers at the request's host; the default site's for an unknown host.

    Half of what a kept page costs would be these two questions, so each process asks them every other second.
    """
    if not settings.KEPT_SECONDS:
        return _look_up(request)[1]
    key, now = (request.get_host(), request.get_port()), time.monotonic()
    until, site, municipality = _known.get(key, (0.0, None, None))
    if now >= until:
        site, municipality = _look_up(request)
        if site is not None:
            site._state.fields_cache.pop("root_page", None)  # staff may write on their front page at any moment
        if len(_known) >= MOST_HOSTS:
            _known.clear()
        _known[key] = (now + LOOKED_UP, site, municipality)
    request._wagtail_site = copy.copy(site)  # type: ignore[attr-defined]  # where `Site.find_for_request` looks first
    return copy.copy(municipality)  # a request may write on its own


def forget_hosts() -> None:
    """Ask again for each host, at once."""
    _known.clear()


def _look_up(request: HttpRequest) -> tuple[Site | None, Municipality | None]:
    site = Site.find_for_request(request)
    if site is None:
        return None, None
    # A boundary is large, and most pages draw none.
    return site, Municipality.objects.filter(site=site).defer("boundary").first()


def default_municipality() -> Municipality | None:
    """The municipality of the default site."""
    return Municipality.objects.filter(site__is_default_site=True).first()
