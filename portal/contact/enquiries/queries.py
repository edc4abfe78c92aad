"""Enquiries as their receivers, their senders and staff see them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Count, Q, QuerySet, When

from directory.providers.models import Provider
from portal.contact.enquiries.models import Channel, Enquiry
from portal.contact.standing import Standing

A_PAGE = 20


def received_by(standing: Standing) -> QuerySet[Enquiry]:
    """What came to the providers somebody edits, and to themselves: what waits first, then the newest."""
    mine = Q(provider__in=standing.providers) | Q(to_user=standing.user)
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


def enquiries_of(provider: Provider) -> Figures:
    """The enquiries of one provider, for its own statistics: all that were ever passed on."""
    found = Enquiry.objects.passed_on().filter(provider=provider).aggregate(
        received=Count("pk"),
        answered=Count("pk", filter=~Q(answered_at=None)),
        waiting=Count("pk", filter=Q(answered_at=None, erased_at=None)),
    )  # fmt: skip
    return Figures(**found)
