"""Loaded and authorised in one step: a provider for who may look after its tills, a till by what it proves itself with."""

from __future__ import annotations

from django.http import HttpRequest

from cards.offers.models import Device
from cards.offers.tills import find_till
from directory.listings.loading import municipality_of
from directory.providers.models import Membership, Provider
from portal.desk.doors import get_provider_for

ROLES = (Membership.Role.EDITOR, Membership.Role.TILL)
BEARER = "Bearer "


def get_provider_with_tills(request: HttpRequest, slug: str) -> Provider:
    """A provider for somebody who keeps its page or its till; the same 404 for everybody else."""
    return get_provider_for(request, slug, ROLES)


def till_of(request: HttpRequest) -> Device | None:
    """The till that asks, at its own municipality's address."""
    header = request.headers.get("Authorization", "")
    device = find_till(header.removeprefix(BEARER)) if header.startswith(BEARER) else None
    if device is None or device.provider.municipality_id != municipality_of(request).pk:
        return None
    return device
