"""Giving listings the exact position of their address."""

from __future__ import annotations

from django.apps import apps
from geopy.geocoders.base import Geocoder

from directory.geography.addresses import read_address
from directory.geography.geocoder import find
from directory.listings.kinds import Precision
from directory.listings.models import Listing

_KNOWN = {Precision.ADDRESS, Precision.STREET, Precision.EXACT}


def model_of(kind: str) -> type[Listing]:
    """The model of a kind of listing."""
    return next(
        model for model in apps.get_app_config("directory").get_models() if issubclass(model, Listing) and kind == model.KIND
    )


def find_position(*, kind: str, pk: int, by: Geocoder) -> bool:
    """Ask the geocoder `by` for a listing's address and write the position it tells; returns whether it wrote one.

    Nothing but the position is written, and only if the address is still the one that was asked about. Done twice, the
    second time asks nobody. Remote errors are the caller's.
    """
    model = model_of(kind)
    listing = model.objects.select_related("municipality").filter(pk=pk).first()
    if listing is None or listing.precision in _KNOWN or listing.point_precision in _KNOWN:
        return False
    address = read_address(listing.street)
    if address is None:
        return False
    match = find(
        by, address, postcode=listing.postcode.strip(), town=listing.city.strip(), municipality=listing.municipality.number
    )
    if match is None:
        return False
    asked_about = model.objects.filter(
        pk=pk, located_for=listing.located_for, street=listing.street, postcode=listing.postcode, city=listing.city
    )
    return bool(asked_about.update(lat=match.lat, lon=match.lon, precision=match.precision))
