"""Loading a listing for a visitor: tenant, publication and absence are decided here, once."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse

from directory.listings.models import MovedListing
from directory.municipalities.models import Municipality

MOST_STEPS = 5  # from one old address to the next: what was merged may be merged again


class Gone(Exception):
    """The listing was public once and is not any more. One that is public here is where the old address leads."""

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
    """The municipality's public listing with this slug, or one on a break; 404 or, where one was, `Gone`."""
    municipality = municipality_of(request)
    listing = queryset.filter(municipality=municipality, slug=slug).first()
    if listing is None or not listing.has_page:
        follow_moved(queryset.model, municipality, slug, there=listing is not None)
    if listing is None:
        raise Http404("No such listing.")
    listing.municipality = municipality  # at hand already, and without its boundary
    if not listing.has_page:
        if listing.first_published_at or listing.delisted_at or listing.hidden_at:
            raise Gone(listing)
        raise Http404("Not published.")
    return listing


def follow_moved(model: Any, municipality: Municipality, slug: str, *, there: bool) -> None:
    """Raise `Gone` with the listing that this old address leads to; for one that was deleted, with an empty one.

    `there`: a listing with this address still exists, and tells by itself why it is not shown.
    """
    at, known = slug, False
    for _step in range(MOST_STEPS):
        moved = MovedListing.objects.filter(municipality=municipality, kind=model.KIND.value, slug=at).first()
        if moved is None:
            break
        known = True
        target = model.objects.filter(municipality=municipality, pk=moved.to_id).first() if moved.to_id else None
        if target is None:
            break
        if target.is_public:
            target.municipality = municipality
            raise Gone(target)
        at = target.slug
    if known and not there:
        raise Gone(model(municipality=municipality, slug=slug, live=False))


def gone(request: HttpRequest, listing: Any) -> HttpResponse:
    """On to where an old address leads, for good; else a page that says that this is gone, and where to look instead."""
    match = request.resolver_match
    if listing.pk and listing.is_public and match is not None:
        kwargs = {**match.captured_kwargs, "slug": listing.slug}  # type: ignore[attr-defined]
        address = reverse(match.view_name, kwargs=kwargs)
        question = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(f"{address}?{question}" if question else address)
    return render(request, "410.html", {"kind": listing.KIND.value}, status=410)
