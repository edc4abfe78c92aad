"""Loading what somebody may edit. One way in, so that neither tenant nor role can be forgotten."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from directory.activities.models import Activity
from directory.places.models import Place
from directory.providers.models import Provider
from portal.desk.doors import get_provider_for
from portal.desk.editing.steps import KINDS


def get_listing(request: HttpRequest, slug: str, kind: str, pk: int) -> Any:
    """A page of a provider that one may edit, whatever its state; 404 for every other one."""
    provider = get_provider_for(request, slug)
    model = KINDS.get(kind)
    if model is None:
        raise Http404
    if model is Provider:
        if pk != provider.pk:
            raise Http404
        return provider
    listing = model.objects.filter(pk=pk, provider=provider, municipality=provider.municipality).first()
    if listing is None:
        raise Http404
    listing.municipality, listing.provider = provider.municipality, provider
    return listing


def pages_of(provider: Provider) -> list[Any]:
    """Everything a provider may edit: its own page, its activities, its places."""
    rows: list[Any] = [provider]
    for model in (Activity, Place):
        found = list(model.objects.filter(provider=provider, municipality=provider.municipality).order_by("name_nb", "pk"))
        for row in found:
            row.municipality, row.provider = provider.municipality, provider
        rows += found
    return rows
