"""A provider's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from directory.activities.models import Activity
from directory.listings.columns import LABELS
from directory.listings.loading import Gone, get_public, gone
from directory.listings.pages import first_of, page_context, texts_of, today
from directory.listings.structured import structured
from directory.places.models import Place
from directory.providers.models import Provider
from directory.providers.queries import attested_on
from directory.support.models import SupportScheme

MOST = 12


def provider(request: HttpRequest, slug: str) -> HttpResponse:
    """Who they are, what they offer, where, and how to reach them."""
    queryset = Provider.objects.select_related("image", "logo", "committee_of").prefetch_related(*LABELS)
    try:
        listing = get_public(request, queryset, slug)
    except Gone as absent:
        return gone(request, absent.listing)
    return show(request, listing)


def show(request: HttpRequest, listing: Provider) -> HttpResponse:
    """The page of one provider. A draft in a preview comes here without having been loaded."""
    activities = Activity.objects.public().filter(provider=listing.pk or 0)
    context = page_context(request, listing)
    context["texts"] |= texts_of(listing, "membership_note")
    context |= {
        "activities": first_of(activities, MOST),
        "activity_count": activities.count(),
        "places": first_of(Place.objects.public().filter(provider=listing.pk or 0), MOST),
        "schemes": first_of(SupportScheme.objects.public().filter(provider=listing.pk or 0), MOST),
        "attested_on": attested_on(listing, today()) if listing.pk else None,
        "committee_district": (
            (listing.committee_of, listing.committee_of.name_in(listing.municipality.order_for(request.LANGUAGE_CODE)))  # type: ignore[attr-defined]
            if listing.committee_of
            else None
        ),
    }
    context["facts"] = structured(context, request.build_absolute_uri(request.path))
    return render(request, "directory/providers/provider.html", context)
