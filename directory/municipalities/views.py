"""A district's page, and the municipality's outline for maps."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from shapely import set_precision
from shapely.geometry import mapping

from directory.geography.boundaries import all_boundaries, read_geometry
from directory.listings.loading import municipality_of
from directory.listings.pages import reader_lang
from directory.providers.models import Provider
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
    return render(request, "directory/municipalities/district.html", context)


def outline(request: HttpRequest) -> HttpResponse:
    """The municipality's boundary, coarse, as the ground of a map without tiles."""
    municipality = municipality_of(request)
    response = JsonResponse(coarse_outline(municipality.number, json.dumps(municipality.boundary)))
    patch_cache_control(response, public=True, max_age=86400)
    return response


@lru_cache(maxsize=400)
def coarse_outline(number: str, own: str) -> dict[str, Any]:
    """A boundary with some sixty metres of tolerance: the municipality's own, else the register's."""
    known = all_boundaries().get(number)
    geometry = read_geometry(json.loads(own)) or (known.geometry if known else None)
    if geometry is None:
        return {"type": "FeatureCollection", "features": []}
    return {"type": "Feature", "properties": {}, "geometry": mapping(set_precision(geometry.simplify(0.0006), 0.0001))}
