"""Counting how it went, without anything that leads to a person, and telling it to staff."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F

from directory.listings.kinds import Kind
from directory.listings.pages import districts_of
from directory.municipalities.models import District, Municipality
from directory.providers.models import Provider
from portal.frontline.models import Outcome, OutcomeSum
from portal.kit.small_numbers import lots, protected

MONTHS = 24


def count(*, listing: Any, municipality: Municipality, outcome: Outcome, day: date) -> None:
    """One more. Of the listing only the kind of its provider and its part of town are kept; of one that has gone, nothing."""
    cell = {
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


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: what of, and a figure for each answer."""

    label: str
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Answers by kind of provider and by part of town; each figure a sum of rounded cells."""

    outcomes: tuple[Outcome, ...]
    kinds: tuple[Line, ...]
    districts: tuple[Line, ...]
    all: Line


def figures(municipality: Municipality, today: date, lang: str) -> Figures:
    """What staff may see: whole months that are over, so that no count grows while it is watched. Two queries."""
    first = date(today.year - MONTHS // 12, today.month, 1)
    lot = lots()
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    districts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    total: dict[str, int] = defaultdict(int)
    rows = OutcomeSum.objects.filter(municipality=municipality, month__gte=first, month__lt=today.replace(day=1))
    for row in rows:
        name = f"outcome|{municipality.pk}|{row.month}|{row.provider_kind}|{row.district}|{row.outcome}"
        if told := protected(row.count, lot(name)):
            kinds[row.provider_kind][row.outcome] += told
            districts[row.district][row.outcome] += told
            total[row.outcome] += told
    order = municipality.order_for(lang)
    names = {row.slug: str(row.name_in(order)) for row in District.objects.filter(municipality=municipality)}
    labels = dict(Provider.ProviderKind.choices)
    shown = tuple(Outcome)

    def lines(found: dict[str, dict[str, int]], called: dict[str, Any]) -> tuple[Line, ...]:
        ordered = sorted(found, key=lambda key: (key not in called, str(called.get(key, key))))
        return tuple(Line(str(called.get(key, "")), tuple(found[key][outcome] for outcome in shown)) for key in ordered)

    return Figures(shown, lines(kinds, labels), lines(districts, names), Line("", tuple(total[o] for o in shown)))
