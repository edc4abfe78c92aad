"""The boundaries of the municipalities, and which of them a point lies in.

Source: Kartverket, CC BY 4.0 (reference/README.md). The boundaries end at the coast, so that a quay or an islet may lie
outside all of them: the nearest municipality is then taken if it is close.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shapely import STRtree, make_valid
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from directory.geography.postcodes import REFERENCE

_NEAR_THE_COAST = 0.03  # degrees, about two kilometres


@dataclass(frozen=True, slots=True)
class Boundary:
    """A municipality's boundary: `geojson` is a GeoJSON geometry, longitude first; `geometry` the same for computing."""

    number: str
    name: str
    geojson: Mapping[str, Any]
    geometry: BaseGeometry

    @property
    def middle(self) -> tuple[float, float]:
        """(latitude, longitude) of a point inside, near the middle."""
        point = self.geometry.representative_point()
        return point.y, point.x


def read_geometry(geojson: Any) -> BaseGeometry | None:
    """The geometry of a GeoJSON geometry, feature or collection; None for what is none."""
    try:
        if geojson.get("type") == "FeatureCollection":
            geojson = {"type": "GeometryCollection", "geometries": [f["geometry"] for f in geojson["features"]]}
        geometry = shape(geojson.get("geometry") or geojson)
        return None if geometry.is_empty else geometry if geometry.is_valid else make_valid(geometry)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        return None


@lru_cache(maxsize=1)
def all_boundaries() -> dict[str, Boundary]:
    """Every municipality's boundary by number; the finer one where there is one."""
    found = {}
    for name in ("municipalities.geojson", "municipalities-vestfold.geojson"):
        for feature in json.loads((REFERENCE / name).read_text(encoding="utf-8"))["features"]:
            geometry = read_geometry(feature["geometry"])
            if geometry is not None:
                facts = feature["properties"]
                number = facts["kommunenummer"]
                found[number] = Boundary(number, facts["kommunenavn"], feature["geometry"], geometry)
    return found


@lru_cache(maxsize=1)
def _tree() -> tuple[STRtree, list[Boundary]]:
    boundaries = list(all_boundaries().values())
    return STRtree([boundary.geometry for boundary in boundaries]), boundaries


def boundary_of(number: str) -> Boundary | None:
    """The boundary of the municipality with this number, or None."""
    return all_boundaries().get(number)


def municipality_at(lat: float, lon: float) -> str | None:
    """The number of the municipality at a point, or None at sea and abroad."""
    tree, boundaries = _tree()
    point = Point(lon, lat)
    inside = tree.query(point, predicate="intersects")
    if len(inside):
        return boundaries[min(inside)].number
    nearest = tree.query_nearest(point, max_distance=_NEAR_THE_COAST)
    return boundaries[min(nearest)].number if len(nearest) else None
