"""An activity's page, and its sessions for a calendar."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from directory.activities.calendars import calendar_of
from directory.activities.models import Activity
from directory.activities.words import meetings
from directory.listings.columns import LABELS, named
from directory.listings.loading import Gone, get_public, gone
from directory.listings.pages import first_of, page_context, reader_lang, texts_of, today
from directory.listings.structured import structured
from directory.listings.words import price_in_words
from directory.places.models import Place
from directory.providers.models import Provider
from portal.kit.texts import best

MOST = 6


def loaded() -> Any:
    of_others = (named("provider", Provider), named("places", Place), "sessions", named("sessions__place", Place))
    return Activity.objects.select_related("image").prefetch_related(*of_others, "seasons", *LABELS)


def activity(request: HttpRequest, slug: str) -> HttpResponse:
    """What it is, when and where it meets, what it costs and how to start."""
    try:
        listing = get_public(request, loaded(), slug)
    except Gone as absent:
        return gone(request, absent.listing)
    return show(request, listing)


def show(request: HttpRequest, listing: Activity) -> HttpResponse:
    """The page of one activity. A draft in a preview comes here without having been loaded."""
    order = listing.municipality.order_for(reader_lang())
    sessions = list(listing.sessions.all())
    places = listing.public_places()
    context = page_context(request, listing, places[0] if places else None)
    context["texts"] |= texts_of(listing, "price_note", "trial", "first_steps", "bring")
    others = Activity.objects.public().filter(provider=listing.provider).exclude(pk=listing.pk)
    context |= {
        "meetings": meetings(sessions, today()),
        "had_sessions": bool(sessions),
        "places": [(place, best(place, "name", order)) for place in places],
        "seasons": [(season, season.name_in(order)) for season in listing.seasons.all()],
        "price": price_in_words(listing.is_free, listing.price, listing.price_per),
        "provider": listing.public_provider,
        "provider_name": best(listing.public_provider, "name", order),
        "first_contact": listing.first_contact(),
        "more": first_of(others, MOST),
    }
    context["facts"] = structured(context, request.build_absolute_uri(request.path))
    return render(request, "directory/activities/activity.html", context)


def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The sessions as an iCalendar file."""
    try:
        listing = get_public(request, loaded(), slug)
    except Gone as absent:
        return gone(request, absent.listing)
    if not listing.sessions.all():
        raise Http404("No sessions to put in a calendar.")
    body = calendar_of(
        listing,
        url=request.build_absolute_uri(reverse("activity", args=[slug])),
        host=request.get_host().split(":")[0],
        lang=reader_lang(),
        today=today(),
    )
    return HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{listing.slug}.ics"'},
    )
