"""Where is that? Understands what people write as the place they want to be near.

    locate("Nansetgata 40", municipality) → Located(lat, lon, "Nansetgata 40", "postcode")

Coordinates, a postcode, a district, a postal town, a street or known place, a municipality: first in the municipality
itself, then towns and municipalities of the whole country. Nobody outside is asked, so it may run while a page is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from directory.geography.boundaries import all_boundaries, boundary_of, read_geometry
from directory.geography.postcodes import Postcode, postcode, towns
from directory.geography.spelling import key_of, plain
from directory.geography.streets import Street, streets_of
from directory.listings.kinds import Precision
from portal.languages import CODES

if TYPE_CHECKING:
    from directory.municipalities.models import District, Municipality

_LONGEST = 200
_SIMILAR = 88  # per cent; one wrong letter in a name of eight
# The Nordic countries with Svalbard. A point read the other way round never lies inside.
_SOUTH, _NORTH, _WEST, _EAST = 54.0, 81.0, -25.0, 32.0

_DEGREES = r"[NSEWØVnsewøv]?\s*[-−]?\d{1,3}(?:%s\d+)?\s*°?\s*[NSEWØVnsewøv]?"
_PAIRS = [
    re.compile(rf"^\s*({_DEGREES % '[.]'})(?:\s*[,;/|]\s*|\s+)({_DEGREES % '[.]'})\s*$"),
    re.compile(rf"^\s*({_DEGREES % '[,.]'})(?:\s*[;/|]\s*|\s*,\s+|\s+)({_DEGREES % '[,.]'})\s*$"),
    re.compile(r"^\s*(-?\d{1,3},\d+),(-?\d{1,3},\d+)\s*$"),
]
_HOUSE = re.compile(r"^(?P<street>.*[^\W\d_].*?)\s+(?P<number>\d{1,4})\s*[A-Za-z]?$")

_CODE = re.compile(r"(?:^|[,;]\s*|\s(?=\d{4}\s+[^\W\d]))(?:NO?[- ]?)?(?P<code>[0-9]{4})(?![0-9])", re.I)
_CODE_LAST = re.compile(r"^(?P<town>\D+?)\s+(?P<code>[0-9]{4})$")


@dataclass(frozen=True, slots=True)
class Located:
    """A point somebody asked to be near: what to call it, and how well it is known (a value of `Precision`)."""

    lat: float
    lon: float
    label: str
    precision: str


def locate(text: str, municipality: Municipality | None = None) -> Located | None:
    """The point that `text` means to somebody in `municipality`, or None when nobody could tell."""
    text = (text or "").strip()
    if not text or len(text) > _LONGEST:
        return None
    return (
        _coordinates(text)
        or _in_municipality(text, municipality)
        or _postcode(text)
        or _in_country(key_of(text))
        or _nearly(text, municipality)
    )


# ── coordinates ─────────────────────────────────────────────────────────────────────────────────────────────
def _coordinates(text: str) -> Located | None:
    plain = text.strip("[](){} \t\n")
    for pattern in _PAIRS:
        if found := pattern.match(plain):
            return _point(found[1], found[2])
    return None


def _point(first: str, second: str) -> Located | None:
    lat, lon = _number(first), _number(second)
    east_first = re.search("[EWØV]", first.upper()) or re.search("[NS]", second.upper())
    if east_first or (not _nordic(lat, lon) and _nordic(lon, lat)):
        lat, lon = lon, lat
    if abs(lat) > 90 or abs(lon) > 180:
        return None
    return Located(lat, lon, f"{lat:.4f}, {lon:.4f}", Precision.EXACT)


def _number(text: str) -> float:
    sign = -1 if re.search("[SWV−-]", text.upper()) else 1
    return sign * float(re.sub(r"[^\d.]", "", text.replace(",", ".")))


def _nordic(lat: float, lon: float) -> bool:
    return _SOUTH <= lat <= _NORTH and _WEST <= lon <= _EAST


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────
def _in_municipality(text: str, municipality: Municipality | None) -> Located | None:
    if municipality is None:
        return None
    key = key_of(text)
    # "Nansetgata 40, 3269 Larvik": the street decides as long as it lies in that postcode, else the postcode.
    code = _code_in(text)
    street_text = text.split(",")[0] if code or "," in text else text
    return (
        _town(key, municipality.number)
        or _district(key, municipality)
        or _street(street_text, municipality.number, code.code if code else "")
        or _own_name(key, municipality)
    )


def _code_in(text: str) -> Postcode | None:
    """The postcode in an address. Four digits at the end may be a house number, unless the town stands before them."""
    if found := _CODE.search(text):
        return postcode(found["code"])
    if (found := _CODE_LAST.match(text)) and (code := postcode(found["code"])) and key_of(found["town"]) == key_of(code.town):
        return code
    return None


def _postcode(text: str) -> Located | None:
    found = _code_in(text)
    return Located(found.lat, found.lon, f"{found.code} {found.town}", Precision.POSTCODE) if found else None


def _middle(codes: Iterable[Postcode]) -> tuple[float, float]:
    codes = list(codes)
    lived_in = [code for code in codes if code.has_streets] or codes
    return sum(c.lat for c in lived_in) / len(lived_in), sum(c.lon for c in lived_in) / len(lived_in)


def _town(key: str, number: str) -> Located | None:
    codes = [code for code in towns().get(key, []) if code.municipality == number]
    return Located(*_middle(codes), codes[0].town, Precision.POSTCODE) if codes else None


def _district(key: str, municipality: Municipality) -> Located | None:
    for district in municipality.districts.all():
        names = [getattr(district, f"name_{lang}", None) for lang in CODES]
        if any(name and key_of(name) == key for name in names):
            return _of_district(district)
    return None


def _of_district(district: District) -> Located | None:
    if district.lat is not None and district.lon is not None:
        point = (district.lat, district.lon)
    elif district.boundary and (geometry := read_geometry(district.boundary)) is not None:
        inside = geometry.representative_point()
        point = (inside.y, inside.x)
    elif codes := [found for code in district.postcodes if (found := postcode(str(code)))]:
        point = _middle(codes)
    else:
        return None
    return Located(*point, str(district), Precision.POSTCODE)


def _street(text: str, number: str, code: str = "") -> Located | None:
    streets = streets_of(number)
    if parts := streets.get(key_of(text)):
        return _of_street(parts, None, code)
    if (found := _HOUSE.match(text.strip())) and (parts := streets.get(key_of(found["street"]))):
        return _of_street(parts, int(found["number"]), code)
    return None


def _of_street(parts: list[Street], number: int | None, code: str) -> Located | None:
    here = [part for part in parts if not code or part.postcode == code]
    if not here:
        return None
    at_number = [part for part in here if number is not None and part.has(number)] or here
    codes = [found for part in at_number if (found := postcode(part.postcode))]
    label = f"{here[0].name} {number}" if number is not None else here[0].name
    return Located(*_middle(codes), label, Precision.POSTCODE)


def _own_name(key: str, municipality: Municipality) -> Located | None:
    if key not in {key_of(municipality.name), key_of(f"{municipality.name} kommune")}:
        return None
    if municipality.lat is not None and municipality.lon is not None:
        return Located(municipality.lat, municipality.lon, municipality.name, Precision.MUNICIPALITY)
    boundary = boundary_of(municipality.number)
    return Located(*boundary.middle, municipality.name, Precision.MUNICIPALITY) if boundary else None


@lru_cache(maxsize=1)
def _municipalities() -> dict[str, str]:
    """Key of a municipality's name, in each of its languages, → its number."""
    found: dict[str, str] = {}
    for boundary in all_boundaries().values():
        for name in (boundary.name, *boundary.name.split(" - ")):
            found.setdefault(key_of(name), boundary.number)
    return found


def _in_country(key: str) -> Located | None:
    if codes := towns().get(key):
        # A name that several places share means the one with most postcodes.
        shares: dict[str, list[Postcode]] = {}
        for code in codes:
            shares.setdefault(code.municipality, []).append(code)
        most = max(shares.values(), key=len)
        return Located(*_middle(most), most[0].town, Precision.POSTCODE)
    if (number := _municipalities().get(key)) and (boundary := boundary_of(number)):
        return Located(*boundary.middle, boundary.name, Precision.MUNICIPALITY)
    return None


def _nearly(text: str, municipality: Municipality | None) -> Located | None:
    """A name of the municipality with a spelling mistake in it, or only begun ("Nansetg")."""
    if municipality is None:
        return None
    found = _HOUSE.match(text)
    begun = plain(found["street"] if found else text.split(",")[0])
    if len(begun) < 4:
        return None
    names = {plain(codes[0].town): codes[0].town for codes in _towns_of(municipality.number)}
    names |= {plain(str(district)): str(district) for district in municipality.districts.all()}
    names |= {plain(parts[0].name): parts[0].name for parts in streets_of(municipality.number).values()}
    going_on = [name for name in names if name.startswith(begun)]
    if len(going_on) == 1:
        best = names[going_on[0]]
    elif match := process.extractOne(begun, names.keys(), scorer=fuzz.ratio, score_cutoff=_SIMILAR):
        best = names[match[0]]
    else:
        return None
    at_house = _in_municipality(f"{best} {found['number']}", municipality) if found else None
    return at_house or _in_municipality(best, municipality)


@lru_cache(maxsize=64)
def _towns_of(number: str) -> list[list[Postcode]]:
    return [codes for codes in towns().values() if any(code.municipality == number for code in codes)]
