"""Breaks and endings that a provider decides about: pause, come back, close; and what it may only ask staff for.

A listing on a break is found in no list; its own page stays, and says until when. A provider's break is that of all it
offers; each thing it paused by itself keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from directory.activities.models import Activity
from directory.freshness.actions import OFFERED, delist_provider
from directory.places.models import Place
from directory.providers.models import Provider
from directory.reports.emails import send_report
from directory.reports.models import ErrorReport
from directory.support.models import SupportScheme
from portal.kit.refusals import refuse_if

MODELS: tuple[Any, ...] = (Provider, Place, Activity, SupportScheme)
LONGEST_BREAK = 366  # days
BY_PROVIDER = "Tilbyderen har lukket siden"  # shown to staff before what the provider says


class Why(TextChoices):
    """Why a page cannot be paused, closed or asked for."""

    NOT_PUBLIC = "not-public", _("This page is not public now.")
    PAST = "past", _("Choose a day that is still to come.")
    FAR = "far", _("Choose a day within a year. For longer, close the page.")
    ASKED = "asked", _("You have asked for this already. The municipality answers.")
    NOT_CLOSED = "not-closed", _("This page is open.")
    ITSELF = "itself", _("Choose two different pages.")


def why_not_pause(listing: Any, until: date, today: date) -> Why | None:
    """Whether a listing may go on a break that ends on a day. One on a break may get another day."""
    if not listing.live or listing.delisted_at or listing.hidden_at:
        return Why.NOT_PUBLIC
    if until <= today:
        return Why.PAST
    return Why.FAR if (until - today).days > LONGEST_BREAK else None


@transaction.atomic
def pause(*, listing: Any, until: date, by: Any, at: datetime) -> None:
    """Put a listing on a break; of a provider also all that it offers and that is not on a break of its own."""
    refuse_if(why_not_pause(listing, until, timezone.localdate(at)))
    type(listing).objects.filter(pk=listing.pk).update(paused_at=at, paused_until=until)
    if isinstance(listing, Provider):
        together = Q(paused_at=None) | Q(paused_at=listing.paused_at)  # what went with it before gets its new day too
        for model in OFFERED:
            model.objects.filter(together, provider=listing.pk).update(paused_at=at, paused_until=until)
    log(listing, "listing.pause", user=by, data={"until": until.isoformat()})


@transaction.atomic
def resume(*, listing: Any, by: Any) -> None:
    """End a break, and of what a provider offers the break that began with it."""
    began = type(listing).objects.filter(pk=listing.pk).values_list("paused_at", flat=True).first()
    if began is None:
        return
    type(listing).objects.filter(pk=listing.pk).update(paused_at=None, paused_until=None)
    if isinstance(listing, Provider):
        for model in OFFERED:
            model.objects.filter(provider=listing.pk, paused_at=began).update(paused_at=None, paused_until=None)
    log(listing, "listing.resume", user=by)


def end_breaks(at: datetime) -> int:
    """End the breaks whose day has come: a job by the clock. How many."""
    count = 0
    for model in MODELS:
        for listing in model.objects.filter(paused_until__lte=timezone.localdate(at)).exclude(paused_at=None):
            resume(listing=listing, by=None)
            count += 1
    return count


@transaction.atomic
def close(*, listing: Any, reason: str, by: Any, at: datetime) -> None:
    """Take a listing off the public list because its provider says that it has ended. With a provider goes what it offers."""
    refuse_if(Why.NOT_PUBLIC if not listing.live or listing.delisted_at else None)
    said = f"{BY_PROVIDER}: {reason.strip()}"[:200].rstrip(": ")
    if isinstance(listing, Provider):
        delist_provider(provider=listing, reason=said, at=at)
    else:
        type(listing).objects.filter(pk=listing.pk, delisted_at=None).update(delisted_at=at, delisted_reason=said)
    log(listing, "listing.close", user=by, data={"reason": reason.strip()[:200]})


def asked_for(listing: Any, topic: str) -> bool:
    """Whether staff have not answered yet what a provider asked them for."""
    return ErrorReport.objects.filter(kind=listing.KIND.value, listing_id=listing.pk, topic=topic, handled_at=None).exists()


def _ask(listing: Any, topic: str, text: str, url: str, lang: str) -> None:
    """Put a question to staff among the reports, where they look every day."""
    refuse_if(Why.ASKED if asked_for(listing, topic) else None)
    report = ErrorReport.objects.create(
        municipality=listing.municipality,
        kind=listing.KIND.value,
        listing_id=listing.pk,
        listing_name=str(listing)[:160],
        topic=topic,
        text=text,
        lang=lang,
    )
    send_report(report, url)


@transaction.atomic
def ask_to_reopen(*, listing: Any, reason: str, by: Any, url: str, lang: str) -> None:
    """Ask staff to put a closed page back."""
    refuse_if(Why.NOT_CLOSED if listing.delisted_at is None else None)
    _ask(listing, ErrorReport.Topic.REOPEN, reason.strip()[:2000], url, lang)
    log(listing, "listing.ask_reopen", user=by)


@transaction.atomic
def ask_to_merge(*, listing: Any, other: Any, reason: str, by: Any, url: str, lang: str) -> None:
    """Ask staff to make one page of two: they decide which facts stay."""
    refuse_if(Why.ITSELF if type(other) is not type(listing) or other.pk == listing.pk else None)
    text = f"“{listing}” + “{other}” ({other.get_absolute_url()})\n\n{reason.strip()}".strip()[:2000]
    _ask(listing, ErrorReport.Topic.MERGE, text, url, lang)
    log(listing, "listing.ask_merge", user=by, data={"other": other.pk})


def questions_of(listings: list[Any]) -> Iterator[ErrorReport]:
    """What was asked of staff about these listings, newest first."""
    found = Q(pk__in=[])
    for listing in listings:
        found |= Q(kind=listing.KIND.value, listing_id=listing.pk)
    topics = [ErrorReport.Topic.REOPEN, ErrorReport.Topic.MERGE]
    yield from ErrorReport.objects.filter(found, topic__in=topics).order_by("-created_at")
