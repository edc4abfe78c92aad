"""Loading what somebody may offer with. One way in, so that neither tenant nor role can be forgotten."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from cards.offers.models import Offer, ProviderAgreement
from directory.providers.models import Provider
from portal.desk.doors import get_provider_for


def get_offer(request: HttpRequest, slug: str, pk: int) -> Offer:
    """An offer of a provider whose page one keeps; 404 for every other one."""
    provider = get_provider_for(request, slug)
    rows = Offer.objects.filter(pk=pk, agreement__provider=provider)
    offer = rows.select_related("agreement__programme", "agreement__municipality", "activity", "place").first()
    if offer is None:
        raise Http404
    offer.agreement.provider = provider
    return offer


def get_agreement(request: HttpRequest, slug: str, pk: int) -> ProviderAgreement:
    """An agreement of a provider whose page one keeps; 404 for every other one."""
    provider: Provider = get_provider_for(request, slug)
    rows = ProviderAgreement.objects.filter(pk=pk, provider=provider).select_related("programme", "municipality")
    agreement = rows.first()
    if agreement is None:
        raise Http404
    agreement.provider = provider
    return agreement
