"""Where a site is reached: addresses in letters begin with it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from wagtail.models import Site


def address_of(site: Site | None) -> str:
    """A site's address as it is reached now: a demo that was built for one port may run on another."""
    base = settings.SITE_URL.rstrip("/")
    if site is None or site.is_default_site:
        return base
    here = urlsplit(base)
    return f"{here.scheme}://{site.hostname}" + (f":{here.port}" if here.port else "")
