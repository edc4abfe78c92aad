"""Pages of the CMS, and a front page that answers even where the tree is broken."""

from __future__ import annotations

import logging

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail.models import Site
from wagtail.views import serve

from directory.municipalities.models import Municipality
from portal.pages.home import home_context
from portal.pages.models import HomePage

log = logging.getLogger("portal.pages")


def page(request: HttpRequest, path: str) -> HttpResponse:
    """A page of the tree. One whose own row or type is gone is no fault of the reader's."""
    try:
        return serve(request, path)
    except ObjectDoesNotExist:
        log.exception("The page at %s cannot be read; `manage.py check_pages` says what is wrong", request.path)
        raise Http404("This page cannot be read.") from None


def front_page(request: HttpRequest) -> HttpResponse:
    """The municipality's front page; without one, the same ways in. Without a municipality, the ways to those there are."""
    municipality = getattr(request, "municipality", None)
    if municipality is None:
        rows = Municipality.objects.filter(site__isnull=False).select_related("site").defer("boundary")
        found = [(f"{row.site.root_url}/", row) for row in rows if root_of(row) is not None]  # type: ignore[union-attr]
        return render(request, "pages/no_municipality.html", {"found": found}, status=200 if found else 404)
    try:
        if root_of(municipality) is not None:
            return page(request, "")
    except Http404:
        log.error("The front page of %s cannot be shown; `manage.py check_pages` says why", municipality)
    stand_in = HomePage(title=municipality.name)
    stand_in._municipality = municipality
    return render(request, "pages/home.html", {"page": stand_in, **home_context(request, stand_in)})


def root_of(municipality: Municipality) -> HomePage | None:
    """The front page that a municipality's site starts at, if it can be shown."""
    site: Site | None = municipality.site
    if site is None:
        return None
    return HomePage.objects.live().filter(pk=site.root_page_id).first()
