"""A place's page."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from directory.activities.models import Activity, Session
from directory.listings.columns import LABELS, named
from directory.listings.loading import Gone, get_public, gone
from directory.listings.pages import first_of, page_context, reader_lang, texts_of
from directory.listings.structured import structured
from directory.listings.words import price_in_words
from directory.places.models import Place
from directory.places.words import open_now, opening_hours
from directory.providers.models import Provider
from portal.kit.texts import best

MOST = 12


def place(request: HttpRequest, slug: str) -> HttpResponse:
    """Where it is, when it is open, what happens or can be borrowed there."""
    queryset = Place.objects.select_related("image").prefetch_related(named("provider", Provider), "opening_times", *LABELS)
    try:
        listing = get_public(request, queryset, slug)
    except Gone as absent:
        return gone(request, absent.listing)
    return show(request, listing)


def show(request: HttpRequest, listing: Place) -> HttpResponse:
    """The page of one place. A draft in a preview comes here without having been loaded."""
    # Two lists of numbers, each from an index; joined tables would be gone through from end to end.
    said = Activity.places.through.objects.filter(place=listing.pk or 0).values("activity")
    met = Session.objects.filter(place=listing.pk or 0).values("activity")
    here = Activity.objects.public().filter(Q(pk__in=said) | Q(pk__in=met))
    times = list(listing.opening_times.all())
    context = page_context(request, listing)
    context["texts"] |= texts_of(listing, "price_note", "opening_note", "equipment", "loan_terms")
    host = listing.public_provider
    context |= {
        "opening": opening_hours(times),
        "open_now": open_now(times, timezone.localtime()) if times else None,
        "price": price_in_words(listing.is_free, listing.price),
        "provider": host,
        "provider_name": best(host, "name", listing.municipality.order_for(reader_lang())) if host else None,
        "activities": first_of(here, MOST),
        "activity_count": here.count(),
    }
    context["facts"] = structured(context, request.build_absolute_uri(request.path))
    return render(request, "directory/places/place.html", context)
