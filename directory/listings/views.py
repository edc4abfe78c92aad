"""What every kind of listing has beside its page: a QR code of the page's address, to print and to show."""

from __future__ import annotations

import io

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from directory.listings.loading import Gone, get_public, gone
from directory.listings.models import Listing
from directory.listings.pages import reader_lang
from portal.kit.texts import Text, best


def qr(request: HttpRequest, slug: str, model: type[Listing]) -> HttpResponse:
    """The page's address as a QR code (SVG), for posters and print; with `?languages` it opens with its languages in view."""
    try:
        listing = get_public(request, model.objects.all(), slug)
    except Gone as absent:
        return gone(request, absent.listing)
    return qr_of(request, listing.get_absolute_url())


def qr_page(request: HttpRequest, slug: str, model: type[Listing]) -> HttpResponse:
    """The code in large, for a neighbour's phone: what it leads to, and the same code in the other languages."""
    try:
        listing = get_public(request, model.objects.select_related("municipality"), slug)
    except Gone as absent:
        return gone(request, absent.listing)
    name = best(listing, "name", listing.municipality.order_for(reader_lang()))
    return shown(request, name, listing.get_absolute_url(), reverse(f"{listing.KIND.value}-qr", args=[slug]))


def shown(request: HttpRequest, name: Text, href: str, code_href: str) -> HttpResponse:
    """The page of a code: of the page `href`, called `name`; the picture is at `code_href`."""
    context = {"name": name, "href": href, "code_href": code_href, "canonical_params": []}
    return render(request, "directory/listings/qr.html", context)


def qr_of(request: HttpRequest, path: str) -> HttpResponse:
    """A page's address as a QR code; `?languages` as above."""
    return drawn(request.build_absolute_uri(path) + ("#languages" if request.GET.get("languages") else ""))


def drawn(address: str) -> HttpResponse:
    """An address as a QR code."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", scale=4, border=2, xmldecl=False, svgns=True, light="#fff")
    return HttpResponse(out.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})
