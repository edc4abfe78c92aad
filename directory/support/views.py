"""Support schemes: all of them, and one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from directory.listings.cards import drawing_of
from directory.listings.columns import LABELS
from directory.listings.loading import Gone, get_public, gone, municipality_of
from directory.listings.pages import page_context, reader_lang, texts_of
from directory.listings.structured import structured
from directory.listings.words import kroner
from directory.support.models import SupportScheme
from portal.kit.texts import best


def support_index(request: HttpRequest) -> HttpResponse:
    """Every scheme that can help somebody take part, with what it pays for and who applies."""
    municipality = municipality_of(request)
    order = municipality.order_for(reader_lang())
    schemes = SupportScheme.objects.public().filter(municipality=municipality).prefetch_related("categories__parent")
    rows = [
        {
            "scheme": scheme,
            "name": best(scheme, "name", order),
            "summary": best(scheme, "summary", order) or best(scheme, "covers", order),
            "drawing": drawing_of(scheme),
        }
        for scheme in schemes
    ]
    return render(request, "directory/support/index.html", {"rows": rows, "schemes": schemes})


def support(request: HttpRequest, slug: str) -> HttpResponse:
    """One scheme: who may apply, for what, how."""
    queryset = SupportScheme.objects.select_related("image", "provider").prefetch_related(*LABELS)
    try:
        listing = get_public(request, queryset, slug)
    except Gone as absent:
        return gone(request, absent.listing)
    return show(request, listing)


def show(request: HttpRequest, listing: SupportScheme) -> HttpResponse:
    """The page of one scheme. A draft in a preview comes here without having been loaded."""
    context = page_context(request, listing)
    context["texts"] |= texts_of(listing, "who_may_apply", "covers", "how_to_apply")
    host = listing.public_provider
    context |= {
        "amount": kroner(listing.max_amount) if listing.max_amount else "",
        "provider": host,
        "provider_name": best(host, "name", listing.municipality.order_for(reader_lang())) if host else None,
    }
    context["facts"] = structured(context, request.build_absolute_uri(request.path))
    return render(request, "directory/support/support.html", context)
