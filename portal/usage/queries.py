"""Sums over a period. True numbers: whoever shows them goes through portal/kit/small_numbers.py (tables.py does)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from directory.activities.models import Activity
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from directory.support.models import SupportScheme
from portal.usage.models import DailySum, What

MODELS: dict[str, Any] = {"activity": Activity, "place": Place, "provider": Provider, "support": SupportScheme}
STEPS = ("day", "week", "month")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, the last one included, in steps of a day, a week (Monday to Sunday) or a month."""

    first: date
    last: date
    step: str = "week"

    def starts(self) -> list[date]:
        """The first day of each step, the first of them perhaps before the period."""
        found, day = [], self.start_of(self.first)
        while day <= self.last:
            found.append(day)
            day = self.start_of(day + timedelta(days={"day": 1, "week": 7, "month": 31}[self.step]))
        return found

    def start_of(self, day: date) -> date:
        """The first day of the step that a day is in."""
        if self.step == "week":
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self.step == "month" else day


def yesterday() -> date:
    """The last day that is told: who watched the day that goes on would see every single visit in it."""
    return timezone.localdate() - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose sums, of which time, and narrowed to which language or part of town."""

    municipality: Municipality
    period: Period
    lang: str = ""
    district: str = ""

    def sums(self, *what: str) -> QuerySet[DailySum]:
        """The sums in the scope."""
        rows = DailySum.objects.filter(
            municipality=self.municipality, day__range=(self.period.first, self.period.last), what__in=what
        )
        if self.lang:
            rows = rows.filter(lang=self.lang)
        return rows.filter(district=self.district) if self.district else rows

    def total(self, what: str, **narrowed: Any) -> int:
        """How often in all."""
        return self.sums(what).filter(**narrowed).aggregate(total=Sum("count"))["total"] or 0


def over_time(scope: Scope, what: str) -> list[int]:
    """One number for each step of the period."""
    found = dict.fromkeys(scope.period.starts(), 0)
    for day, count in scope.sums(what).values_list("day").annotate(total=Sum("count")):
        found[scope.period.start_of(day)] += count
    return list(found.values())


def by(scope: Scope, column: str, what: str) -> dict[str, int]:
    """Value of a column → how often."""
    return dict(scope.sums(what).order_by().values_list(column).annotate(total=Sum("count")))


def most_viewed(scope: Scope, kind: str, limit: int) -> list[tuple[Any, int]]:
    """The listings of a kind that were opened most, with how often. What is not public any more is left out."""
    found = scope.sums(What.VIEW).filter(key__startswith=f"{kind}:").order_by().values_list("key")
    ranked = found.annotate(total=Sum("count")).order_by("-total", "key")[: limit * 3]
    counts = {int(key.partition(":")[2]): total for key, total in ranked}
    rows = MODELS[kind].objects.public().filter(municipality=scope.municipality, pk__in=counts)
    return sorted(((row, counts[row.pk]) for row in rows), key=lambda pair: (-pair[1], pair[0].pk))[:limit]


def opened(scope: Scope, kind: str) -> tuple[int, int]:
    """How many public listings of a kind were opened at all, and how many there are."""
    public = MODELS[kind].objects.public().filter(municipality=scope.municipality)
    keys = scope.sums(What.VIEW).filter(key__startswith=f"{kind}:").values_list("key", flat=True).distinct()
    seen = {int(key.partition(":")[2]) for key in keys}
    return len(seen & set(public.values_list("pk", flat=True))), public.count()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words of searches, how often, and how much of it is known by language and part of town."""

    words: str
    count: int
    langs: dict[str, int]
    districts: dict[str, int]


def most_asked(scope: Scope, what: str, limit: int) -> list[Wanted]:
    """The words asked for most: of searches that found something (WORDS) or nothing (UNMET)."""
    top = scope.sums(what).order_by().values_list("key").annotate(total=Sum("count")).order_by("-total", "key")[:limit]
    counts = dict(top)
    langs = spread(scope, what, "lang", counts)
    districts = spread(scope, what, "district", counts)
    return [Wanted(words, count, langs.get(words, {}), districts.get(words, {})) for words, count in counts.items()]


def spread(scope: Scope, what: str, column: str, words: Iterable[str]) -> dict[str, dict[str, int]]:
    """Words → value of a column → how often; what is not known is left out."""
    found: dict[str, dict[str, int]] = {}
    rows = scope.sums(what).filter(key__in=list(words)).exclude(**{column: ""}).order_by()
    for key, value, total in rows.values_list("key", column).annotate(total=Sum("count")):
        found.setdefault(key, {})[value] = total
    return found


def found_nothing(municipalities: Iterable[Municipality], *, days: int, limit: int) -> list[tuple[Municipality, Wanted]]:
    """What was asked for and not found in the last days, most wanted first."""
    last = yesterday()
    period = Period(last - timedelta(days=days - 1), last)
    found = [
        (municipality, wanted)
        for municipality in municipalities
        for wanted in most_asked(Scope(municipality, period), What.UNMET, limit)
    ]
    return sorted(found, key=lambda pair: (-pair[1].count, pair[1].words))[:limit]
