"""Where things stand in a demo town: districts from real postcodes, addresses from real streets, points on land.

Each postcode gets the part of the municipality that lies nearest to its middle; a district is the parts of its postcodes.
A point is drawn near the middle of a postcode, inside its part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import shapely
from shapely import affinity
from shapely.geometry import MultiPoint, Point, mapping
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from directory.geography.boundaries import Boundary, boundary_of
from directory.geography.postcodes import Postcode, all_postcodes
from directory.geography.streets import streets_of
from directory.listings.kinds import Precision
from portal.demo.texts import read


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its position, and how well that is known."""

    street: str
    postcode: str
    city: str
    lat: float
    lon: float
    precision: str
    district: str  # the name of its neighbourhood


class Ground:
    """The map of one demo town. `key` is the table of districts.toml ("larvik")."""

    def __init__(self, number: str, key: str) -> None:
        boundary = boundary_of(number)
        if boundary is None:
            raise ValueError(f"no boundary for {number}")
        self.number = number
        self.boundary: Boundary = boundary
        self.neighbourhoods: list[dict[str, Any]] = read("districts")[key]
        self.schools: list[dict[str, Any]] = read("districts").get(f"{key}_schools", [])
        self.codes: dict[str, Postcode] = {
            code: found
            for entry in self.neighbourhoods
            for code in entry["postcodes"]
            if (found := all_postcodes().get(code)) and found.has_streets
        }

    @cached_property
    def parts(self) -> dict[str, BaseGeometry]:
        """Postcode → its part of the municipality."""
        squeeze = math.cos(math.radians(59))  # a degree of longitude is that much shorter here
        land = affinity.scale(self.boundary.geometry, xfact=squeeze, yfact=1, origin=(0, 0))
        middles = {code: Point(found.lon * squeeze, found.lat) for code, found in self.codes.items()}
        cells = shapely.voronoi_polygons(MultiPoint(list(middles.values())), extend_to=land)
        parts = {}
        for cell in cells.geoms:
            for code, middle in middles.items():
                if cell.contains(middle):
                    parts[code] = affinity.scale(cell.intersection(land), xfact=1 / squeeze, yfact=1, origin=(0, 0))
        return parts

    def outline(self, postcodes: list[str]) -> tuple[dict[str, Any] | None, float, float]:
        """A district's boundary as GeoJSON, and (lat, lon) of a point in it, near the middle of its first postcode."""
        parts = [self.parts[code] for code in postcodes if code in self.parts]
        if not parts:
            return None, *self.boundary.middle
        geometry = unary_union(parts).simplify(0.0004)
        geojson = mapping(shapely.set_precision(geometry, 0.00001))
        lat = sum(self.codes[code].lat for code in postcodes if code in self.codes) / len(parts)
        lon = sum(self.codes[code].lon for code in postcodes if code in self.codes) / len(parts)
        if not geometry.contains(Point(lon, lat)):
            inside = geometry.representative_point()
            lat, lon = inside.y, inside.x
        return {"type": geojson["type"], "coordinates": geojson["coordinates"]}, round(lat, 5), round(lon, 5)

    def pick_neighbourhood(self, chance: Random, name: str = "") -> str:
        """A neighbourhood: one the name hints at, else by weight."""
        for words, wanted in _HINTS:
            if any(word in name for word in words):
                fitting = [e["name"] for e in self.neighbourhoods if any(part in e["name"] for part in wanted)]
                if fitting:
                    return chance.choice(fitting)
        names = [entry["name"] for entry in self.neighbourhoods]
        return chance.choices(names, weights=[entry["weight"] for entry in self.neighbourhoods])[0]

    def address(self, chance: Random, neighbourhood: str, *, numbered: bool = False) -> Address:
        """An address in a neighbourhood. `numbered`: with a house number and the point of a house."""
        entry = next(e for e in self.neighbourhoods if e["name"] == neighbourhood)
        code = self.codes[chance.choice([c for c in entry["postcodes"] if c in self.codes])]
        street, number = self._street(chance, code.code)
        point = self._point(chance, code)
        if not numbered and chance.random() < 0.1:  # some give no more than their postcode
            return Address("", code.code, code.town, code.lat, code.lon, Precision.POSTCODE, neighbourhood)
        if numbered and number:
            return Address(f"{street} {number}", code.code, code.town, *point, Precision.ADDRESS, neighbourhood)
        return Address(street, code.code, code.town, *point, Precision.STREET, neighbourhood)

    def _street(self, chance: Random, code: str) -> tuple[str, int]:
        name, ranges = chance.choice(self._streets_by_code.get(code) or _COUNTRY_ROADS)
        if not ranges:
            return name, chance.randint(1, 40)
        low, high = chance.choice(ranges)
        return name, min(low + 2 * chance.randint(0, 15), high)

    @cached_property
    def _streets_by_code(self) -> dict[str, list[tuple[str, tuple[tuple[int, int], ...]]]]:
        found: dict[str, list[tuple[str, tuple[tuple[int, int], ...]]]] = {}
        for parts in streets_of(self.number).values():
            for street in parts:
                if not street.is_place:
                    found.setdefault(street.postcode, []).append((street.name, street.ranges))
        return {code: sorted(streets) for code, streets in found.items()}

    def _point(self, chance: Random, code: Postcode) -> tuple[float, float]:
        part = self.parts[code.code]
        reach = min(0.012, math.sqrt(part.area) / 3)
        for _try in range(40):
            lat = code.lat + chance.uniform(-reach, reach) * 0.6
            lon = code.lon + chance.uniform(-reach, reach)
            if part.contains(Point(lon, lat)):
                return round(lat, 5), round(lon, 5)
        inside = part.representative_point()
        return round(inside.y, 5), round(inside.x, 5)


# The list of streets knows none in the countryside.
_COUNTRY_ROADS: list[tuple[str, tuple[tuple[int, int], ...]]] = [
    (name, ())
    for name in ("Grendeveien", "Kirkeveien", "Elveveien", "Gamleveien", "Lauvåsveien", "Kvernbekkveien", "Solbergveien")
]

# A name that says where it is ought to be there.
_HINTS = (
    (("Dalen", "dalen", "Låven", "låven", "gård", "Gård", "Stall", "Bygd"), ("Kvelde", "Lardal", "Hedrum", "Tjodalyng", "Andebu", "Eidanger")),
    (("Kyst", "kyst", "Brygg", "Molo", "Naust", "Småbåt", "Strand", "strand", "Kajakk", "Seil", "Hav", "Sjø", "Ro", "Tare"),
     ("Stavern", "Østre Halsen", "Helgeroa", "Langestrand", "Framnes", "Brevik")),
    (("Sentrum", "sentrum", "Torg", "Nygata", "Kanalgata", "Hjørnet", "hjørnet", "Bokbølgen", "Sølvlerretet", "Biblioteket", "Museet"),
     ("sentrum", "Torstrand")),
)  # fmt: skip
