"""What the clock does for agreements and offers, each job harmless when it runs twice or in two workers.

    renew_agreements   asks both sides in time; carries on what goes on by itself; ends what is long over
    warn_of_ends       tells when few of an offer, or little of a month's ceiling, are left

A letter goes out with the compare-and-set that writes down that it did, so of two workers one sends it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from wagtail.log_actions import log as note

from cards.offers import emails
from cards.offers.conditions import day_of
from cards.offers.models import Ceiling, Offer, ProviderAgreement
from cards.offers.offering import end_agreement, tell_listings
from cards.offers.states import AgreementState, OfferState, Renewal

log = logging.getLogger("cards.offers")

ASK_BEFORE = timedelta(days=60)
END_AFTER = timedelta(days=60)  # so long an agreement that is over may still be renewed
FEW = 10  # per cent that are left of an offer, or of a ceiling, when both are told
FEW_AT_LEAST = 3  # clips


def renew_agreements(at: datetime) -> tuple[int, int, int]:
    """How many agreements were asked about, carried on, and ended."""
    today = day_of(at)
    agreed = ProviderAgreement.objects.filter(state=AgreementState.AGREED)
    carried = _each(agreed.filter(renewal=Renewal.RENEW, valid_to__lte=today), carry_on, today)
    asked = _each(agreed.filter(asked_on=None, valid_to__range=(today, today + ASK_BEFORE)), ask, today)
    over = agreed.exclude(renewal=Renewal.RENEW).filter(valid_to__lt=today - END_AFTER)
    return asked, carried, _each(over, lambda row, _today: bool(end_agreement(agreement=row, by=None, at=at)), today)


def _each(rows: Any, deed: Callable[[Any, date], bool], today: date) -> int:
    done = 0
    for row in rows.select_related("municipality__site", "provider__municipality__site", "programme").order_by("pk"):
        try:
            done += deed(row, today)
        except Exception:  # one odd row must not keep the others waiting
            log.exception("Agreement %s could not be looked after", row.pk)
    return done


@transaction.atomic
def ask(agreement: ProviderAgreement, today: date) -> bool:
    """Tell both that the period ends, once."""
    if not ProviderAgreement.objects.filter(pk=agreement.pk, asked_on=None).update(asked_on=today):
        return False
    note(agreement, "agreement.ask", user=None)
    emails.ask_renewal(agreement)
    return True


def a_year_on(day: date) -> date:
    """The same day of the next year."""
    return day.replace(year=day.year + 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + 1)


@transaction.atomic
def carry_on(agreement: ProviderAgreement, today: date) -> bool:
    """On its last day an agreement that goes on by itself gets another year; one that was forgotten gets as many as it takes."""
    last = until = agreement.valid_to
    while until <= today:
        until = a_year_on(until)
    rows = ProviderAgreement.objects.filter(pk=agreement.pk, valid_to=last, state=AgreementState.AGREED, renewal=Renewal.RENEW)
    if not rows.update(valid_to=until, asked_on=None, wished_to=None):
        return False
    agreement.valid_to = until
    note(agreement, "agreement.renew", user=None, data={"until": until.isoformat()})
    tell_listings(agreement.offers.filter(state=OfferState.PUBLISHED).select_related("agreement"))
    emails.tell_renewed(agreement)
    return True


def warn_of_ends(at: datetime) -> tuple[int, int]:
    """How many offers and ceilings were warned of."""
    today = day_of(at)
    few = F("released") - F("used")
    offers: Iterable[Offer] = (
        Offer.objects.shown_on(today)
        .filter(warned=False, released__gt=0)
        .annotate(left_now=few)
        .filter(Q(left_now__lte=FEW_AT_LEAST) | Q(left_now__lte=F("released") * FEW / 100))
        .filter(used__gt=0)
        .select_related("agreement__municipality__site", "agreement__provider__municipality__site", "agreement__programme")
        .order_by("pk")
    )
    ceilings: Iterable[Ceiling] = (
        Ceiling.objects.filter(month=today.replace(day=1), warned=False, quantity__gt=0, agreement__state=AgreementState.AGREED)
        .filter(used__gte=F("quantity") * (100 - FEW) / 100)
        .select_related("agreement__municipality__site", "agreement__provider__municipality__site", "agreement__programme")
        .order_by("pk")
    )
    return sum(_warn(offer, emails.warn_of_offer) for offer in offers), sum(
        _warn(ceiling, emails.warn_of_ceiling) for ceiling in ceilings
    )


@transaction.atomic
def _warn(row: Any, tell: Callable[[Any], None]) -> bool:
    if not type(row).objects.filter(pk=row.pk, warned=False).update(warned=True):
        return False
    tell(row)
    return True
