"""Figures crossed with agency, or with card type and so with target group and age: never exact.

The finest count there is (a cell) is one month, one card type and one agency of one municipality. It is rounded as
portal/kit/small_numbers.py says, and every crossed figure on screen and in files is a sum of such cells. Offers and areas are not
crossed with agencies at all, and no kroner stand beside crossed figures: a price would tell the number.

A cell is told when its month is over. A count that grew while it was watched would show single uses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from cards.offers.models import Redemption, UseSum
from cards.offers.settling import COUNTED, tickets_of
from cards.programmes.models import Card, ProgrammeYear
from directory.municipalities.models import Municipality
from portal.kit.small_numbers import lots, protected

MEASURES = ("cards", "activated", "tickets")
Key = tuple[date, int, int | None]  # month, card type, agency
Lot = Callable[[str], int]


@dataclass(slots=True)
class Counts:
    """One cell, or a sum of cells."""

    cards: int = 0
    activated: int = 0
    tickets: int = 0

    def add(self, other: Counts) -> None:
        for name in MEASURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Crossed:
    """What may be told, summed up by card type and by agency; None is the coordinator's own batches."""

    by_card_type: dict[int, Counts] = field(default_factory=dict)
    by_agency: dict[int | None, Counts] = field(default_factory=dict)


def first_of(day: date) -> date:
    """The month of a day."""
    return day.replace(day=1)


def name_of(municipality_id: int, year_id: int, key: Key, measure: str) -> str:
    """What a cell is called when its lot is drawn. The same wherever it is rounded."""
    month, card_type, agency = key
    return f"cards|{municipality_id}|{year_id}|{month:%Y-%m}|{card_type}|{agency or 0}|{measure}"


def told(municipality_id: int, year_id: int, key: Key, counts: Counts, lot: Lot) -> Counts:
    """A cell as it may be told. What has been rounded before stays as it is."""
    return Counts(
        **{
            measure: protected(getattr(counts, measure), lot(name_of(municipality_id, year_id, key, measure)))
            for measure in MEASURES
        }
    )


def crossed_of(municipality: Municipality, year: ProgrammeYear, first: date, last: date, at: datetime) -> Crossed:
    """The crossed figures of the months from `first` to `last` that are over."""
    lot, found = lots(), Crossed()
    over = first_of(timezone.localdate(at))
    # What was handed out ahead of the year, or taken back after it, belongs to it.
    begins = date.min if first <= year.opens else first_of(first)
    ends = date.max if last >= year.closes else last
    for key, counts in _true_cells(municipality.pk, year.pk).items():
        month, card_type, agency = key
        if not begins <= month <= ends or month >= over:
            continue
        shown = told(municipality.pk, year.pk, key, counts, lot)
        found.by_card_type.setdefault(card_type, Counts()).add(shown)
        found.by_agency.setdefault(agency, Counts()).add(shown)
    return found


def _true_cells(municipality_id: int, year_id: int) -> dict[Key, Counts]:
    """True counts do not leave this module but into `UseSum`, when a year is closed."""
    cells: dict[Key, Counts] = {}

    def put(month: date, card_type: int, agency: int | None, **counts: int) -> None:
        cells.setdefault((month, card_type, agency), Counts()).add(Counts(**counts))

    kept = UseSum.objects.filter(municipality=municipality_id, year=year_id)
    for month, card_type, agency, tickets, cards, activated in kept.values_list(
        "month", "card_type", "agency", "tickets", "cards", "activated"
    ):
        put(month, card_type, agency, tickets=tickets, cards=cards, activated=activated)
    uses = Redemption.objects.filter(municipality=municipality_id, year=year_id, state__in=COUNTED, card_type__isnull=False)
    for month, card_type, agency, tickets in (
        uses.order_by().annotate(month=TruncMonth("day")).values_list("month", "card_type", "agency").annotate(n=tickets_of())
    ):
        put(month, card_type, agency, tickets=tickets)
    for key, counts in cells_of_cards(municipality_id, year_id).items():
        put(*key, cards=counts.cards, activated=counts.activated)
    return cells


def cells_of_cards(municipality_id: int, year_id: int) -> dict[Key, Counts]:
    """Cards handed out and first used. One that replaces another is not a new card, and is first used when the other was not."""
    cells: dict[Key, Counts] = {}
    rows = Card.objects.filter(batch__municipality=municipality_id, batch__card_type__year=year_id).order_by()
    handed_out = rows.filter(replaces__isnull=True).annotate(month=TruncMonth("batch__made_on"))
    used = rows.filter(Q(replaces__isnull=True) | Q(replaces__activated_on__isnull=True), activated_on__isnull=False)
    for measure, some in (("cards", handed_out), ("activated", used.annotate(month=TruncMonth("activated_on")))):
        for month, card_type, agency, count in some.values_list("month", "batch__card_type", "batch__agency").annotate(
            n=Count("pk")
        ):
            cells.setdefault((month, card_type, agency), Counts()).add(Counts(**{measure: count}))
    return cells


def round_what_is_over(before: date) -> int:
    """Round the kept cells of months that ended before `before`: then the database too holds no more than what is told."""
    lot, count = lots(), 0
    for row in UseSum.objects.filter(month__lt=first_of(before)):
        key = (row.month, row.card_type_id, row.agency_id)
        shown = told(row.municipality_id, row.year_id, key, Counts(row.cards, row.activated, row.tickets), lot)
        values = {measure: getattr(shown, measure) for measure in MEASURES if getattr(shown, measure) != getattr(row, measure)}
        # Only as it was read: what was added meanwhile is rounded next time.
        if values and UseSum.objects.filter(pk=row.pk, tickets=row.tickets, cards=row.cards, activated=row.activated).update(
            **values
        ):
            count += 1
    return count
