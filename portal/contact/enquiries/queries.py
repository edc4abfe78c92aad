"""Enquiries as their receivers, their senders and staff see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Count, Q, QuerySet, When

from directory.providers.models import Provider
from portal.contact.enquiries.models import Channel, Enquiry
from portal.contact.standing import Standing

A_PAGE = 20


def received_by(standing: Standing) -> QuerySet[Enquiry]:
    """What came to those somebody speaks for: what waits first, then the newest.

    That is their providers; answers to notices of their agencies, whoever put these up; for staff, of the municipality.
    """
    mine = Q(provider__in=standing.providers) | Q(notice__provider=None, notice__agency__in=standing.agencies)
    if standing.is_staff:
        mine |= Q(notice__isnull=False, notice__provider=None, notice__agency=None)
    rows = Enquiry.objects.passed_on().filter(mine, municipality=standing.municipality)
    waits = Case(When(answered_at=None, erased_at=None, then=0), default=1)
    return rows.select_related("provider", "from_provider").order_by(waits, "-created_at", "-pk")


def sent_by(standing: Standing) -> QuerySet[Enquiry]:
    """What somebody wrote to others, and what was written for the providers they edit."""
    mine = Q(from_user=standing.user) | Q(from_provider__in=standing.providers)
    rows = Enquiry.objects.filter(mine, municipality=standing.municipality, channel__in=(Channel.PROVIDER, Channel.NOTICE))
    return rows.select_related("provider", "from_provider").order_by("-created_at", "-pk")


@dataclass(frozen=True, slots=True)
class Figures:
    """How many enquiries there were, how many were answered, and how many wait."""

    received: int
    answered: int
    waiting: int


def enquiries_of(provider: Provider, first: date | None = None, last: date | None = None) -> Figures:
    """The enquiries of one provider that were ever passed on; of the days from `first` to `last`, where they are given."""
    rows = Enquiry.objects.passed_on().filter(provider=provider)
    rows = rows.filter(created_at__date__gte=first) if first else rows
    rows = rows.filter(created_at__date__lte=last) if last else rows
    found = rows.aggregate(
        received=Count("pk"),
        answered=Count("pk", filter=~Q(answered_at=None)),
        waiting=Count("pk", filter=Q(answered_at=None, erased_at=None)),
    )
    return Figures(**found)
