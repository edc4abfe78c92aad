"""Loading a listing for a visitor: tenant, publication and absence are decided here, once."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from directory.municipalities.models import Municipality


class Gone(Exception):
    """The listing was public once and is not any more."""

    def __init__(self, listing: Any) -> None:
        self.listing = listing
        super().__init__(str(listing))


def municipality_of(request: HttpRequest) -> Municipality:
    """The municipality of the host that was asked; 404 where there is none."""
    municipality = getattr(request, "municipality", None)
    if municipality is None:
        raise Http404("No municipality answers here.")
    return municipality


def get_public(request: HttpRequest, queryset: Any, slug: str) -> Any:
    """The municipality's public listing with this slug. 404 when there never was one, `Gone` when there was."""
    municipality = municipality_of(request)
    listing = queryset.filter(municipality=municipality, slug=slug).first()
    if listing is None:
        raise Http404("No such listing.")
    listing.municipality = municipality  # at hand already, and without its boundary
    if not listing.is_public:
        if listing.first_published_at or listing.delisted_at or listing.hidden_at:
            raise Gone(listing)
        raise Http404("Not published.")
    return listing


def gone(request: HttpRequest, listing: Any) -> HttpResponse:
    """The page for something that is no longer here: it says so, and where to look instead."""
    return render(request, "410.html", {"kind": listing.KIND.value}, status=410)
