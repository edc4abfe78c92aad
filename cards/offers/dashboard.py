"""What of the activity card waits for staff: offers to approve, agreements to answer, uses to decide, statements."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.db.models import Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cards.offers.models import Offer, ProviderAgreement, Redemption, Settlement
from cards.offers.states import AgreementState, OfferState, SettlementState, UseState
from cards.programmes.tenancy import own_rows_of, sees_money
from directory.municipalities.dashboard import Queue
from directory.municipalities.models import TenantLogEntry


def queues(user: Any) -> list[Queue]:
    """For coordinators of municipalities that use the card."""
    if not sees_money(user):
        return []
    offers = own_rows_of(Offer, user).filter(state=OfferState.OFFERED)
    agreements = own_rows_of(ProviderAgreement, user).filter(
        Q(state=AgreementState.PROPOSED) | Q(state=AgreementState.AGREED, wished_to__isnull=False)
    )
    uses = own_rows_of(Redemption, user).filter(state=UseState.DISPUTED)
    statements = own_rows_of(Settlement, user)
    came_back = statements.filter(state=SettlementState.DRAFT).exclude(objection="")
    to_pay = statements.filter(state=SettlementState.APPROVED)
    first_use = uses.aggregate(day=Min("day"))["day"]
    return [
        Queue(_("Offers to approve"), offers.count(), _since("offer.send", offers), _list(Offer) + "?state=offered"),
        Queue(
            _("Agreements that are proposed, or that providers wish to go on with"),
            agreements.count(),
            _since("agreement.propose", agreements),
            _list(ProviderAgreement),
        ),
        Queue(
            _("Uses to decide"),
            uses.count(),
            timezone.make_aware(datetime.combine(first_use, time.min)) if first_use else None,
            _list(Redemption) + "?state=disputed",
        ),
        Queue(
            _("Statements that came back"),
            came_back.count(),
            _since("settlement.object", came_back),
            _list(Settlement) + "?state=draft",
        ),
        Queue(
            _("Statements to pay"), to_pay.count(), _since("settlement.approve", to_pay), _list(Settlement) + "?state=approved"
        ),
    ]


def _since(deed: str, rows: Any) -> datetime | None:
    """When the oldest of these was last sent in."""
    pks = [str(pk) for pk in rows.values_list("pk", flat=True)[:500]]
    sent: dict[str, datetime] = {}
    entries = TenantLogEntry.objects.filter(action=deed, object_id__in=pks, content_type__app_label="cards")
    for pk, at in entries.order_by("timestamp").values_list("object_id", "timestamp"):
        sent[pk] = at
    return min(sent.values(), default=None)


def _list(model: Any) -> str:
    return reverse(model.snippet_viewset.get_url_name("list"))
