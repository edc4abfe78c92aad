"""Exact positions of Norwegian addresses, from Kartverket's open address register.

    find(address, …)   the ladder: the exact text in its postcode, freely in it, misspelt in the municipality

Elsewhere than in Norway GEOCODER_URL may name a Nominatim. Runs from the queue, never while a page is made.
Source of the positions: Kartverket, CC BY 4.0, "© Kartverket".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from geopy.exc import GeocoderParseError
from geopy.geocoders import Nominatim
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location
from geopy.point import Point

from directory.geography.addresses import StreetAddress
from directory.listings.kinds import Precision

PAGE_SIZE = 20


class Kartverket(Geocoder):  # type: ignore[misc]  # geopy has no types
    """Kartverket's address search as a geopy geocoder. Positions are WGS84."""

    geocode_path = "/sok"
    reverse_path = "/punktsok"

    def __init__(
        self,
        *,
        url: str = "https://ws.geonorge.no/adresser/v1",
        timeout: Any = DEFAULT_SENTINEL,
        proxies: Any = DEFAULT_SENTINEL,
        user_agent: str | None = None,
        ssl_context: Any = DEFAULT_SENTINEL,
        adapter_factory: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(
            scheme=urlsplit(url).scheme or "https",
            timeout=timeout,
            proxies=proxies,
            user_agent=user_agent,
            ssl_context=ssl_context,
            adapter_factory=adapter_factory,
        )
        self.url = url.rstrip("/")

    def geocode(
        self,
        query: str,
        *,
        exactly_one: bool = True,
        timeout: Any = DEFAULT_SENTINEL,
        kommunenummer: str | None = None,
        postnummer: str | None = None,
        exact_text: bool = False,
        fuzzy: bool = False,
        limit: int = PAGE_SIZE,
    ) -> Location | list[Location] | None:
        """Addresses that match `query`. `exact_text` asks for that very address text instead of searching freely."""
        params: dict[str, Any] = {"adressetekst" if exact_text else "sok": query}
        if fuzzy:
            params["fuzzy"] = "true"
        if kommunenummer:
            params["kommunenummer"] = kommunenummer
        if postnummer:
            params["postnummer"] = postnummer
        params |= {"treffPerSide": 1 if exactly_one else limit, "side": 0, "utkoordsys": 4258, "asciiKompatibel": "true"}
        return self._ask(self.geocode_path, params, exactly_one, timeout)

    def reverse(
        self, query: Any, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL, radius: int = 100, limit: int = PAGE_SIZE
    ) -> Location | list[Location] | None:
        """The addresses within `radius` metres of a point, nearest first."""
        point = Point(query)
        params = {
            "lat": f"{point.latitude:.7f}",
            "lon": f"{point.longitude:.7f}",
            "radius": radius,
            "koordsys": 4258,
            "utkoordsys": 4258,
            "treffPerSide": limit,
            "side": 0,
        }
        return self._ask(self.reverse_path, params, exactly_one, timeout)

    def _ask(self, path: str, params: dict[str, Any], exactly_one: bool, timeout: Any) -> Location | list[Location] | None:
        callback = partial(self._parse, exactly_one=exactly_one)
        answer: Location | list[Location] | None = self._call_geocoder(
            f"{self.url}{path}?{urlencode(params)}", callback, timeout=timeout
        )
        return answer

    def _parse(self, answer: Any, *, exactly_one: bool) -> Location | list[Location] | None:
        if not isinstance(answer, dict):
            raise GeocoderParseError("The address register answered with something that is no list of addresses.")
        items = [item for item in answer.get("adresser") or [] if isinstance(item, dict)]
        items.sort(key=lambda item: item.get("meterDistanseTilPunkt") or 0)
        found = [location for item in items if (location := _location(item))]
        if not found:
            return None
        return found[0] if exactly_one else found


def _location(item: dict[str, Any]) -> Location | None:
    point = item.get("representasjonspunkt") or {}
    try:
        lat, lon = float(point["lat"]), float(point["lon"])
    except (KeyError, TypeError, ValueError):
        return None
    town = f"{item.get('postnummer') or ''} {(item.get('poststed') or '').title()}".strip()
    return Location(", ".join(filter(None, [item.get("adressetekst"), town])), (lat, lon, 0), item)


@dataclass(frozen=True, slots=True)
class Match:
    """Where an address is, and how well that is known: the house or only its street."""

    lat: float
    lon: float
    precision: str


def geocoder(**options: Any) -> Geocoder | None:
    """The geocoder of this installation; None where it is switched off (GEOCODER_URL=none)."""
    url = settings.GEOCODER_URL
    if not url:
        return None
    options = {"timeout": settings.REMOTE_TIMEOUT, "user_agent": settings.USER_AGENT, **options}
    parts = urlsplit(url)
    if "nominatim" in (parts.hostname or ""):
        return Nominatim(domain=f"{parts.netloc}{parts.path}".rstrip("/"), scheme=parts.scheme, **options)
    return Kartverket(url=url, **options)


def find(by: Geocoder, address: StreetAddress, *, postcode: str, town: str = "", municipality: str = "") -> Match | None:
    """The position of an address; None when there is no hit that can be trusted without a person looking at it."""
    if isinstance(by, Kartverket):
        return _climb(by, address, postcode, municipality)
    hits = by.geocode(
        {"street": str(address), "postalcode": postcode, "city": town}, exactly_one=False, limit=5, addressdetails=True
    )
    for hit in hits or []:
        facts = hit.raw.get("address") or {}
        if address.is_street(facts.get("road") or "") and facts.get("postcode") in {postcode, None}:
            is_house = address.number is not None and facts.get("house_number", "").upper() == f"{address.number}{address.letter}"
            return Match(hit.latitude, hit.longitude, Precision.ADDRESS if is_house else Precision.STREET)
    return None


def _climb(by: Kartverket, address: StreetAddress, postcode: str, municipality: str) -> Match | None:
    rungs: list[dict[str, Any]] = []
    if postcode:
        if address.number is not None:
            rungs.append({"exact_text": True, "postnummer": postcode})
        rungs.append({"postnummer": postcode})
    if municipality:
        rungs.append({"kommunenummer": municipality, "fuzzy": True})
    for rung in rungs:
        hits = by.geocode(str(address), exactly_one=False, **rung) or []
        if match := choose(address, (hit.raw for hit in hits), postcode=postcode, municipality=municipality):
            return match
    return None


def choose(address: StreetAddress, items: Iterable[dict[str, Any]], *, postcode: str, municipality: str) -> Match | None:
    """The one of the register's addresses that is meant, if it is beyond doubt."""
    on_street = [
        item
        for item in items
        if ((postcode and item.get("postnummer") == postcode) or (municipality and item.get("kommunenummer") == municipality))
        and address.is_street(item.get("adressenavn") or "")
    ]
    in_postcode = [item for item in on_street if item.get("postnummer") == postcode]
    on_street = in_postcode or on_street
    streets = {(item.get("adressenavn"), item.get("postnummer")) for item in on_street}
    same_name = [s for s in streets if s[0] and s[0].casefold() == address.street.casefold()]
    if len(same_name) == 1:
        on_street = [item for item in on_street if (item.get("adressenavn"), item.get("postnummer")) == same_name[0]]
    elif len({name for name, _code in streets}) != 1 or (len(streets) > 1 and not in_postcode):
        return None  # two streets of that name, and nothing to tell them apart
    houses = [item for item in on_street if item.get("nummer") == address.number] if address.number is not None else []
    with_letter = [item for item in houses if (item.get("bokstav") or "").upper() == address.letter]
    for items_there, precision in ((with_letter, Precision.ADDRESS), (houses, Precision.ADDRESS), (on_street, Precision.STREET)):
        if items_there and (location := _location(items_there[0])):
            # Another letter of the same house number is the same building or its neighbour: known as the street.
            exact = precision if items_there is not houses or not address.letter else Precision.STREET
            return Match(location.latitude, location.longitude, exact)
    return None
