"""A district's page, and the municipality's outline for maps."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from shapely import set_precision
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry

from directory.geography.boundaries import all_boundaries, read_geometry
from directory.listings.loading import municipality_of
from directory.listings.pages import reader_lang
from directory.municipalities.models import District
from directory.providers.models import Provider
from portal.kit.counting import Shown, tell
from portal.kit.texts import best


def district(request: HttpRequest, slug: str) -> HttpResponse:
    """The district with its committee; what is found there comes from the search."""
    municipality = municipality_of(request)
    found = municipality.districts.filter(slug=slug).first()
    if found is None:
        raise Http404("No such district.")
    order = municipality.order_for(reader_lang())
    committees = [
        {
            "committee": committee,
            "name": best(committee, "name", order),
            "summary": best(committee, "summary", order),
            "email": committee.contact("email"),
            "phone": committee.contact("phone"),
        }
        for committee in Provider.objects.public().filter(committee_of=found)
    ]
    others = [(other, other.name_in(order)) for other in municipality.districts.filter(kind=found.kind).exclude(pk=found.pk)]
    context = {
        "district": found,
        "name": found.name_in(order),
        "intro": best(found, "intro", order),
        "committees": committees,
        "others": others,
    }
    tell(request, Shown("district", found.slug if found.kind == District.Kind.NEIGHBOURHOOD else ""))
    return render(request, "directory/municipalities/district.html", context)


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
