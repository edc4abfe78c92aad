"""Counting how it went, without anything that leads to a person, and telling it to staff."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, TextChoices
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind
from directory.listings.pages import districts_of
from directory.municipalities.models import District, Municipality
from directory.providers.models import Provider
from portal.frontline.models import Outcome, OutcomeSum
from portal.kit.small_numbers import lots, protected

MONTHS = 24


def count(*, listing: Any, municipality: Municipality, outcome: Outcome, day: date) -> None:
    """One more. Of the listing only the kind of its provider and its part of town are kept; of one that has gone, nothing."""
    cell: dict[str, Any] = {
        "municipality": municipality,
        "month": day.replace(day=1),
        "provider_kind": provider_kind(listing) if listing else "",
        "district": district_slug(listing) if listing else "",
        "outcome": outcome,
    }
    with transaction.atomic():
        row, _new = OutcomeSum.objects.get_or_create(**cell)
        OutcomeSum.objects.filter(pk=row.pk).update(count=F("count") + 1)


def provider_kind(listing: Any) -> str:
    """The kind of who offers it."""
    if listing.KIND == Kind.PROVIDER:
        return str(listing.kind)
    provider = getattr(listing, "provider", None)
    return str(provider.kind) if provider else ""


def district_slug(listing: Any) -> str:
    """The part of town it belongs to: its own, or that of its first place."""
    places = listing.public_places() if listing.KIND == Kind.ACTIVITY else []
    for thing in (listing, *places[:1]):
        for district in districts_of(thing):
            if district.kind == District.Kind.NEIGHBOURHOOD:
                return str(district.slug)
    return ""


class Step(TextChoices):
    """How far families came, as columns of the tables."""

    COMING = "coming", _("said that they are coming")
    STARTED = "started", _("got started")
    NOT = "not", _("did not start, or not yet")
    STILL = "still", _("still going after eight weeks")
    STOPPED = "stopped", _("stopped")


def step_of(outcome: str) -> Step:
    """The column an answer is told in."""
    named = {Outcome.HANDED_OVER: Step.COMING, Outcome.STARTED: Step.STARTED, Outcome.STILL: Step.STILL}
    return named.get(Outcome(outcome)) or (Step.STOPPED if outcome.startswith("stopped") else Step.NOT)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: what of, and a figure for each step."""

    label: str
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """How far families came, by kind of provider and part of town, and why some did not. Each figure a sum of rounded cells."""

    kinds: tuple[Line, ...]
    districts: tuple[Line, ...]
    all: Line
    reasons: tuple[Line, ...]


def figures(municipality: Municipality, today: date, lang: str) -> Figures:
    """What staff may see: whole months that are over, so that no count grows while it is watched. Two queries."""
    first = date(today.year - MONTHS // 12, today.month, 1)
    lot = lots()
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    districts: dict[str, Counter[str]] = defaultdict(Counter)
    steps: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    rows = OutcomeSum.objects.filter(municipality=municipality, month__gte=first, month__lt=today.replace(day=1))
    for row in rows:
        name = f"outcome|{municipality.pk}|{row.month}|{row.provider_kind}|{row.district}|{row.outcome}"
        if told := protected(row.count, lot(name)):
            step = step_of(row.outcome)
            kinds[row.provider_kind][step] += told
            districts[row.district][step] += told
            steps[step] += told
            answers[row.outcome] += told
    order = municipality.order_for(lang)
    names = {row.slug: str(row.name_in(order)) for row in District.objects.filter(municipality=municipality)}
    return Figures(
        lines(kinds, dict(Provider.ProviderKind.choices)),
        lines(districts, names),
        Line("", tuple(steps[step] for step in Step)),
        tuple(Line(str(one.label), (answers[one],)) for one in Outcome if step_of(one) in (Step.NOT, Step.STOPPED)),
    )


def lines(found: Mapping[str, Counter[str]], called: Mapping[str, Any]) -> tuple[Line, ...]:
    """A line for each key, by its name; what is not known stands last."""
    ordered = sorted(found, key=lambda key: (key not in called, str(called.get(key, key))))
    return tuple(Line(str(called.get(key, "")), tuple(found[key][step] for step in Step)) for key in ordered)
