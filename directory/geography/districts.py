"""Which districts a point or an address lies in.

    chart = chart_of(municipality)          one query, however many listings are asked about
    chart.districts_of(listing)             → [District, …]

A boundary decides where the point is known better than its postcode's middle; otherwise the postcode does. What
staff chose by hand for a listing goes before both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import TextField
from django.db.models.functions import Cast
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from directory.geography.boundaries import read_geometry
from directory.geography.postcodes import postcode
from directory.listings.kinds import Precision

if TYPE_CHECKING:
    from directory.listings.models import Listing
    from directory.municipalities.models import District, Municipality

PRECISE = {Precision.EXACT, Precision.ADDRESS, Precision.STREET}


@lru_cache(maxsize=2048)
def _geometry(geojson: str) -> BaseGeometry | None:
    return read_geometry(json.loads(geojson))


def _boundary_text(district: District) -> str:
    """The boundary as the database keeps it, where it was asked for so: read anew for each page it would cost the most."""
    return district.boundary_text or "null" if hasattr(district, "boundary_text") else json.dumps(district.boundary)


class Chart:
    """The districts of one municipality, ready to be asked about many points."""

    def __init__(self, districts: Iterable[District]) -> None:
        self.districts = list(districts)
        self.geometries = {d.pk: geometry for d in self.districts if (geometry := _geometry(_boundary_text(d))) is not None}

    def at(self, point: tuple[float, float] | None, postcode: str = "", *, precise: bool = True) -> list[District]:
        """The districts at (latitude, longitude); a point that is only its postcode's middle is `precise=False`."""
        found = []
        for district in self.districts:
            geometry = self.geometries.get(district.pk)
            by_code = bool(postcode) and postcode.strip() in {str(code).strip() for code in district.postcodes or []}
            if geometry is not None and point is not None and (precise or not district.postcodes):
                inside = geometry.intersects(Point(point[1], point[0]))
            else:
                inside = by_code
            if inside:
                found.append(district)
        return found

    def beside(self, district: District) -> list[District]:
        """The districts of the other kind on the same ground: a neighbourhood's schools, a school's neighbourhoods."""
        others = [other for other in self.districts if other.kind != district.kind]
        return [other for other in others if self._share_ground(district, other)]

    def _share_ground(self, one: District, other: District) -> bool:
        if one.postcodes and other.postcodes:
            return bool({str(code).strip() for code in one.postcodes} & {str(code).strip() for code in other.postcodes})
        mine, theirs = self.geometries.get(one.pk), self.geometries.get(other.pk)
        if mine is not None and theirs is not None:
            # Boundaries drawn by two hands overlap a little along their edges.
            return mine.intersection(theirs).area > 0.02 * min(mine.area, theirs.area)
        drawn, told = (mine, other) if mine is not None else (theirs, one)
        known = [found for code in told.postcodes or [] if (found := postcode(str(code)))]
        return drawn is not None and any(drawn.intersects(Point(found.lon, found.lat)) for found in known)

    def districts_of(self, listing: Listing, chosen: Iterable[District] | None = None) -> list[District]:
        """The districts of a listing: those chosen by hand (`chosen`, if already at hand), else those of its address."""
        by_hand = list(listing.districts.all() if chosen is None else chosen)
        if by_hand:
            return by_hand
        return self.at(listing.point, listing.postcode, precise=listing.point_precision in PRECISE)


def chart_of(municipality: Municipality) -> Chart:
    """The chart of a municipality, by one query."""
    return Chart(municipality.districts.defer("boundary").annotate(boundary_text=Cast("boundary", TextField())))


def districts_of(
    point: tuple[float, float] | None, postcode: str, municipality: Municipality, *, precise: bool = True
) -> list[District]:
    """The districts at a point or postcode. Ask a chart when there are many points."""
    return chart_of(municipality).at(point, postcode, precise=precise)
