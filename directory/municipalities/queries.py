"""Which municipality."""

from __future__ import annotations

from django.http import HttpRequest
from wagtail.models import Site

from directory.municipalities.models import Municipality


def municipality_of_host(request: HttpRequest) -> Municipality | None:
    """The municipality whose site answers at the request's host; the default site's for an unknown host."""
    site = Site.find_for_request(request)
    if site is None:
        return None
    return Municipality.objects.filter(site=site).defer("boundary").first()  # a boundary is large, and most pages draw none


def default_municipality() -> Municipality | None:
    """The municipality of the default site."""
    return Municipality.objects.filter(site__is_default_site=True).first()
