"""Parts of a municipality: the list, each one's page, and the outline for maps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from shapely import set_precision
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry

from directory.geography.boundaries import all_boundaries, read_geometry
from directory.geography.districts import PRECISE, Chart, chart_of
from directory.geography.places import Located, locate
from directory.geography.spelling import key_of
from directory.listings.loading import municipality_of
from directory.listings.pages import public_contact, reader_lang
from directory.listings.views import qr_of, shown
from directory.municipalities.models import District, Municipality
from directory.providers.models import Provider
from portal.kit.counting import Shown, tell
from portal.kit.texts import Text, best
from portal.languages import CODES


def district(request: HttpRequest, slug: str) -> HttpResponse:
    """The district with its committee and its neighbours; what is found there comes from the search."""
    municipality = municipality_of(request)
    found = get_district(municipality, slug)
    order = municipality.order_for(reader_lang())
    chart = chart_of(municipality)
    tell(request, Shown("district", found.slug if found.kind == District.Kind.NEIGHBOURHOOD else ""))
    context = {
        "district": found,
        "name": found.name_in(order),
        "intro": best(found, "intro", order),
        "committees": [committee_of(row, order) for row in Provider.objects.public().filter(committee_of=found)],
        "beside": named(chart.beside(found), order),
        "others": named((row for row in chart.districts if row.kind == found.kind and row.pk != found.pk), order),
    }
    return render(request, "directory/municipalities/district.html", context)


def get_district(municipality: Municipality, slug: str) -> District:
    """The municipality's district with this slug; 404 where there is none."""
    found = municipality.districts.filter(slug=slug).first()
    if found is None:
        raise Http404("No such district.")
    return found


def named(districts: Iterable[District], order: list[str]) -> list[tuple[District, Text]]:
    """Districts with their names."""
    return [(row, row.name_in(order)) for row in districts]


def committee_of(committee: Provider, order: list[str]) -> dict[str, Any]:
    """A committee as everybody may see it: of its contacts only those that are public."""
    return {
        "committee": committee,
        "name": best(committee, "name", order),
        "summary": best(committee, "summary", order),
        "contact": public_contact(committee),
    }


def district_index(request: HttpRequest) -> HttpResponse:
    """All parts of the municipality, and which of them an address is in."""
    municipality = municipality_of(request)
    order = municipality.order_for(reader_lang())
    chart = chart_of(municipality)
    near = " ".join(request.GET.get("near", "").replace("\x00", "").split())[:120]
    spot = locate(near, municipality) if near else None
    mine = districts_meant(chart, near, spot)
    kinds = {kind: [row for row in chart.districts if row.kind == kind] for kind in District.Kind}
    context = {
        "neighbourhoods": [
            (row, name, best(row, "intro", order)) for row, name in named(kinds[District.Kind.NEIGHBOURHOOD], order)
        ],
        "schools": named(kinds[District.Kind.SCHOOL], order),
        "near": near,
        "spot": spot,
        "mine": named(mine, order),
        "canonical_params": [],
    }
    return render(request, "directory/municipalities/district_index.html", context)


def districts_meant(chart: Chart, near: str, spot: Located | None) -> list[District]:
    """The districts of that name, else those that an address, a postcode or a place is in."""
    wanted = key_of(near)
    by_name = [row for row in chart.districts if wanted and wanted in {key_of(row.name_in([code]).value) for code in CODES}]
    if by_name or spot is None:
        return by_name
    code = re.search(r"(?<!\d)\d{4}(?!\d)", near)
    return chart.at((spot.lat, spot.lon), code[0] if code else "", precise=spot.precision in PRECISE)


def district_qr(request: HttpRequest, slug: str) -> HttpResponse:
    """The address of a district's page as a QR code (SVG)."""
    found = get_district(municipality_of(request), slug)
    return qr_of(request, reverse("district", args=[found.slug]))


def district_qr_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The same code in large."""
    municipality = municipality_of(request)
    found = get_district(municipality, slug)
    name = found.name_in(municipality.order_for(reader_lang()))
    return shown(request, name, reverse("district", args=[found.slug]), reverse("district-qr", args=[found.slug]))


def outline(request: HttpRequest) -> HttpResponse:
    """The ground of a map without tiles: the municipality, the land around it, and the names of its parts."""
    municipality = municipality_of(request)
    order = municipality.order_for(reader_lang())
    names = [
        {
            "type": "Feature",
            "properties": {"part": "name", "name": str(row.name_in(order))},
            "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
        }
        for row in municipality.districts.filter(kind=District.Kind.NEIGHBOURHOOD, lat__isnull=False, lon__isnull=False)
    ]
    land = coarse_land(municipality.number, json.dumps(municipality.boundary))
    response = JsonResponse({"type": "FeatureCollection", "features": [*land, *names]})
    patch_cache_control(response, public=True, max_age=86400)
    return response


def coarse(geometry: BaseGeometry, part: str, tolerance: float) -> dict[str, Any]:
    """A geometry with so many degrees of tolerance: 0.0006 are some sixty metres."""
    return {
        "type": "Feature",
        "properties": {"part": part},
        "geometry": mapping(set_precision(geometry.simplify(tolerance), 0.0001)),
    }


@lru_cache(maxsize=400)
def coarse_land(number: str, own: str) -> list[dict[str, Any]]:
    """The municipality's boundary (its own, else the register's) and, so that land does not look like sea, its neighbours'."""
    known = all_boundaries().get(number)
    geometry = read_geometry(json.loads(own)) or (known.geometry if known else None)
    if geometry is None:
        return []
    west, south, east, north = geometry.bounds
    around = box(west - (east - west), south - (north - south) / 2, east + (east - west), north + (north - south) / 2)
    others = [
        coarse(piece, "beside", 0.0015)
        for other in all_boundaries().values()
        if other.number != number and not (piece := other.geometry.intersection(around)).is_empty
    ]
    return [*others, coarse(geometry, "own", 0.0006)]
