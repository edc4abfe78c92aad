"""Sums over whole weeks, as they may be told: `Scope.told` rounds each cell, and every figure is a sum of these.

True counts do not leave `Scope.told`. How the rounding is done, and why, stands in portal/kit/small_numbers.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone

from directory.municipalities.models import Municipality
from portal.kit.small_numbers import lots, protected
from portal.usage.models import DailySum, What
from search import documents

MODELS: dict[str, Any] = {kind: documents.MODELS[kind] for kind in ("activity", "place", "provider", "support")}  # as shown
STEPS = ("week", "month")


def monday(day: date) -> date:
    """The first day of the week that a day is in."""
    return day - timedelta(days=day.weekday())


def last_day() -> date:
    """The last Sunday that is told, from the Tuesday after it: by then nothing of its week waits to be written.

    A count that grew while it was watched would show single visits.
    """
    return monday(timezone.localdate() - timedelta(days=1)) - timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Whole weeks (Monday to Sunday): all that have a day between `first` and `last`, in steps of a week or a month."""

    first: date
    last: date
    step: str = "week"

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", monday(self.first))
        object.__setattr__(self, "last", monday(self.last) + timedelta(days=6))

    @property
    def weeks(self) -> list[date]:
        """The Mondays."""
        return [self.first + timedelta(days=n) for n in range(0, (self.last - self.first).days, 7)]

    def starts(self) -> list[date]:
        """The first day of each step."""
        return list(dict.fromkeys(map(self.start_of, self.weeks)))

    def start_of(self, week: date) -> date:
        """The first day of the step that a week belongs to; it belongs to the month in which it begins."""
        return week.replace(day=1) if self.step == "month" else week


@dataclass(frozen=True, slots=True)
class Cell:
    """The finest count there is, rounded."""

    week: date
    what: str
    lang: str
    district: str
    kiosk: bool
    key: str
    count: int


@dataclass(frozen=True)
class Scope:
    """Whose figures, of which time, and narrowed to which language or part of town."""

    municipality: Municipality
    period: Period
    lang: str = ""
    district: str = ""
    only: tuple[str, ...] = ()  # of which sorts; none named: of all

    @cached_property
    def told(self) -> dict[str, list[Cell]]:
        """What → its cells, each rounded as it is in every other scope. One query."""
        rows = DailySum.objects.filter(
            municipality=self.municipality, day__range=(self.period.first, min(self.period.last, last_day()))
        )
        rows = rows.filter(lang=self.lang) if self.lang else rows
        rows = rows.filter(district=self.district) if self.district else rows
        rows = rows.filter(what__in=self.only) if self.only else rows
        columns = ("week", "what", "lang", "district", "kiosk", "key")
        counted = rows.annotate(week=TruncWeek("day")).order_by().values_list(*columns).annotate(total=Sum("count"))
        found: dict[str, list[Cell]] = {}
        lot = lots()
        for week, what, lang, district, kiosk, key, total in counted.iterator():
            name = "|".join((str(self.municipality.pk), str(week), what, lang, district, str(int(kiosk)), key))
            if count := protected(total, lot(name)):
                found.setdefault(what, []).append(Cell(week, what, lang, district, kiosk, key, count))
        return found

    def cells(self, what: str) -> list[Cell]:
        """The cells of one sort."""
        return self.told.get(what, [])

    def total(self, what: str, *, kiosk: bool = False) -> int:
        """How often in all, or on public screens only."""
        return sum(cell.count for cell in self.cells(what) if cell.kiosk or not kiosk)

    def by(self, column: str, what: str) -> Counter[Any]:
        """Value of a column → how often."""
        found: Counter[Any] = Counter()
        for cell in self.cells(what):
            found[getattr(cell, column)] += cell.count
        return found


def over_time(scope: Scope, what: str) -> list[int]:
    """One number for each step of the period."""
    found = dict.fromkeys(scope.period.starts(), 0)
    for week, count in scope.by("week", what).items():
        found[scope.period.start_of(week)] += count
    return list(found.values())


def most(counts: Counter[Any], limit: int) -> dict[Any, int]:
    """The highest numbers, in an order that does not change from one time to the next."""
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit])


def viewed(scope: Scope, kind: str) -> Counter[int]:
    """Number of a listing of a kind → how often it was opened."""
    found = scope.by("key", What.VIEW).items()
    return Counter({int(key.partition(":")[2]): count for key, count in found if key.startswith(f"{kind}:")})


def most_viewed(scope: Scope, kind: str, limit: int) -> list[tuple[Any, int]]:
    """The listings of a kind that were opened most, with how often. What is not public any more is left out."""
    counts = most(viewed(scope, kind), limit * 3)
    rows = MODELS[kind].objects.public().filter(municipality=scope.municipality, pk__in=counts)
    return sorted(((row, counts[row.pk]) for row in rows), key=lambda pair: (-pair[1], pair[0].pk))[:limit]


def opened(scope: Scope, kind: str) -> tuple[int, int]:
    """How many public listings of a kind have a figure at all, and how many there are."""
    public = MODELS[kind].objects.public().filter(municipality=scope.municipality)
    return len(viewed(scope, kind).keys() & set(public.values_list("pk", flat=True))), public.count()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words of searches, how often, and how much of it is known by language and part of town."""

    words: str
    count: int
    langs: Counter[str]
    districts: Counter[str]


def most_asked(scope: Scope, what: str, limit: int) -> list[Wanted]:
    """The words asked for most: of searches that found something (WORDS) or nothing (UNMET)."""
    found = {words: Wanted(words, count, Counter(), Counter()) for words, count in most(scope.by("key", what), limit).items()}
    for cell in scope.cells(what):
        if (wanted := found.get(cell.key)) is not None:
            if cell.lang:
                wanted.langs[cell.lang] += cell.count
            if cell.district:
                wanted.districts[cell.district] += cell.count
    return list(found.values())


def last_weeks(number: int, step: str = "week") -> Period:
    """The last whole weeks that are told."""
    last = last_day()
    return Period(last - timedelta(days=7 * number - 1), last, step)


def found_nothing(municipalities: Iterable[Municipality], *, weeks: int, limit: int) -> list[tuple[Municipality, Wanted]]:
    """What was asked for and not found in the last weeks, most wanted first."""
    period = last_weeks(weeks)
    found = [
        (municipality, wanted)
        for municipality in municipalities
        for wanted in most_asked(Scope(municipality, period, only=(What.UNMET,)), What.UNMET, limit)
    ]
    return sorted(found, key=lambda pair: (-pair[1].count, pair[1].words))[:limit]
