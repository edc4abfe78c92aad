"""Loading what somebody may see of a provider's statements: those who keep its page, and its treasurers."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from cards.offers.models import Settlement
from cards.offers.states import SettlementState
from directory.municipalities.models import TenantLogEntry
from directory.providers.models import Membership, Provider
from portal.desk.doors import get_provider_for

ROLES = (Membership.Role.EDITOR, Membership.Role.TREASURER)


def statements_of(provider: Provider) -> QuerySet[Settlement]:
    """What the provider has been sent; and what came back to the municipality with the provider's words."""
    rows = Settlement.objects.filter(provider=provider).exclude(Q(state=SettlementState.DRAFT, objection=""))
    return rows.select_related("municipality", "year__programme").order_by("-period_to", "-pk")


def get_statement(request: HttpRequest, slug: str, pk: int) -> Settlement:
    """One of them, or 404."""
    provider = get_provider_for(request, slug, ROLES)
    settlement = statements_of(provider).filter(pk=pk).first()
    if settlement is None:
        raise Http404
    settlement.provider = provider
    return settlement


def wrote(settlement: Settlement) -> bool:
    """Whether what stands about a statement that is looked into are the provider's own words, and not the municipality's."""
    entries = TenantLogEntry.objects.for_instance(settlement).filter(action="settlement.object")
    last = entries.order_by("-timestamp", "-pk").values_list("user", flat=True).first()
    return last is None or Membership.objects.filter(user=last, provider=settlement.provider_id, role__in=ROLES).exists()


def get_sent(request: HttpRequest, slug: str, pk: int) -> Settlement:
    """One whose figures stand: none that the municipality is working on."""
    settlement = get_statement(request, slug, pk)
    if settlement.state == SettlementState.DRAFT:
        raise Http404
    return settlement
