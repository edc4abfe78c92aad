"""What an agency sees of its own cards: what it may hand out, what it printed, one card by its stub. Never another agency's."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from cards.ledger.codes import PUBLIC_LENGTH, normalised
from cards.programmes.models import AgencyQuota, Batch, Card, ProgrammeYear
from cards.programmes.rules import why_not_offered
from cards.programmes.states import CardState, YearState
from directory.agencies.models import Agency, AgencyRole


def without_people() -> QuerySet[Agency]:
    """Agencies of which nobody can help a card any more: not in use, or with nobody who works there."""
    working = AgencyRole.objects.filter(agency=OuterRef("pk"), user__is_active=True)
    return Agency.objects.filter(Q(is_active=False) | ~Exists(working))


def quotas_of(agency: Agency) -> list[AgencyQuota]:
    """The agency's quotas of years that are not over, the newest year first."""
    rows = AgencyQuota.objects.filter(agency=agency, card_type__year__state=YearState.OPEN)
    rows = rows.select_related("card_type__year__programme")
    return list(rows.order_by("card_type__year__opens", "card_type__year__programme", "card_type__name", "pk"))


def kinds_of(agency: Agency, day: date) -> list[AgencyQuota]:
    """What the agency can hand out now, with how many are left."""
    return [quota for quota in quotas_of(agency) if quota.left > 0 and why_not_offered(quota, day) is None]


def years_of(agency: Agency) -> list[ProgrammeYear]:
    """The years in which the agency has handed out cards, or may."""
    rows = ProgrammeYear.objects.filter(card_types__quotas__agency=agency).select_related("programme").distinct()
    return list(rows.order_by("-opens", "programme"))


def batches_of(agency: Agency) -> QuerySet[Batch]:
    """What the agency printed, the newest first."""
    rows = Batch.objects.filter(agency=agency, card_type__year__state=YearState.OPEN)
    return rows.select_related("card_type__year__programme").order_by("-pk")


def batch_of(agency: Agency, number: str) -> Batch | None:
    """One of the agency's batches."""
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        return None
    rows = Batch.objects.filter(agency=agency, pk=int(number)).select_related("card_type__year__programme")
    return rows.first()


def card_of(agency: Agency, number: str) -> Card | None:
    """The agency's card with this number on its stub, however it was typed."""
    read = normalised(number)
    if len(read) != PUBLIC_LENGTH:
        return None
    rows = Card.objects.filter(batch__agency=agency, public_id=read)
    return rows.select_related("batch__card_type__year__programme", "batch__agency").first()


def lapsed_of(agency: Agency, year: ProgrammeYear, day: date) -> dict[int, int]:
    """Card type → how many of the agency's cards were not taken into use in time. Exact: not for anybody's eyes as it is."""
    rows = Card.objects.filter(
        batch__agency=agency, batch__card_type__year=year, state=CardState.ISSUED, activate_by__lt=day
    ).values_list("batch__card_type", flat=True)
    found: dict[int, int] = {}
    for card_type in rows:
        found[card_type] = found.get(card_type, 0) + 1
    return found
