"""Which municipality."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.http.request import split_domain_port
from wagtail.models import Site

from directory.municipalities.models import Municipality

ASKED, NUMBER = "asked", -1  # stand in a kept question where the value comes


def municipality_of_host(request: HttpRequest) -> Municipality | None:
    """The municipality whose site answers at the request's host; the default site's for an unknown host.

    The site is the one that Wagtail finds (`Site.find_for_request`), and is left where Wagtail looks first. Every request asks
    this, so its two questions are put into SQL once: that took eight ninths of the time.
    """
    if not hasattr(request, "_wagtail_site"):
        # As Wagtail: before it is known whether the host is allowed.
        hostname = split_domain_port(request._get_raw_host())[0]  # type: ignore[attr-defined]
        request._wagtail_site = site_of(hostname, int(request.get_port()))  # type: ignore[attr-defined]
    site: Site | None = request._wagtail_site  # type: ignore[attr-defined]
    if site is None:
        return None
    return next(iter(Municipality.objects.raw(*_filled(_of_municipality(connection.vendor), site.pk))), None)


def site_of(hostname: str, port: int) -> Site | None:
    """The site for a host: its own at this port, its only one, or the default one."""
    found = list(Site.objects.raw(*_filled(_of_sites(connection.vendor), hostname)))
    own = [site for site in found if site.hostname == hostname]
    default = next((site for site in found if site.is_default_site), None)
    exact = next((site for site in own if site.port == port), None)
    if exact or (default in own):
        return exact or default
    if len(own) == 1:
        return own[0]
    return default


@cache
def _of_sites(vendor: str) -> tuple[str, tuple[Any, ...]]:
    sites = Site.objects.filter(Q(hostname=ASKED) | Q(is_default_site=True)).order_by("pk")
    return sites.query.sql_with_params()  # type: ignore[no-any-return]


@cache
def _of_municipality(vendor: str) -> tuple[str, tuple[Any, ...]]:
    # A boundary is large, and most pages draw none.
    rows = Municipality.objects.filter(site=NUMBER).defer("boundary").order_by("pk")
    return rows.query.sql_with_params()  # type: ignore[no-any-return]


def _filled(question: tuple[str, tuple[Any, ...]], value: Any) -> tuple[str, list[Any]]:
    sql, params = question
    return sql, [value if param in (ASKED, NUMBER) else param for param in params]


def default_municipality() -> Municipality | None:
    """The municipality of the default site."""
    return Municipality.objects.filter(site__is_default_site=True).first()
