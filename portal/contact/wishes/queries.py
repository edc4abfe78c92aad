"""Wishes as they may be told: each cell (half-year, category, age, part of town) rounded once, every figure a sum of cells.

True counts do not leave `Told.cells`; how and why stands in portal/kit/small_numbers.py. Words are read apart from age
and part of town, so that nobody can be recognised by the three together.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Count
from django.utils import timezone

from directory.municipalities.models import Municipality
from portal.contact.wishes.models import Wish, WordsState
from portal.kit.small_numbers import lots, protected

LISTED = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """The finest count there is, rounded. 0 stands for "no category", "no part of town"."""

    half: str
    category: int
    age_band: str
    district: int
    count: int


def half_of(day: date) -> str:
    """The half-year of a day: "2026-2" from July on. Finer times would leave cells of one."""
    return f"{day.year}-{1 if day.month < 7 else 2}"


def last_day() -> date:
    """The Sunday before this week: a figure that grew while it was watched would show single wishes."""
    today = timezone.localdate()
    return today - timedelta(days=today.isoweekday())


@dataclass(frozen=True)
class Told:
    """The wishes of a municipality, of one half-year or of all."""

    municipality: Municipality
    half: str = ""

    @cached_property
    def cells(self) -> list[Cell]:
        """All cells that have a figure. One query."""
        columns = ("day", "category", "age_band", "district")
        rows = Wish.objects.filter(municipality=self.municipality, day__lte=last_day()).order_by()
        counted = rows.values_list(*columns).annotate(n=Count("pk"))
        true: Counter[tuple[str, int, str, int]] = Counter()
        for day, category, age_band, district, n in counted.iterator():
            half = half_of(day)
            if self.half in ("", half):
                true[half, category or 0, age_band, district or 0] += n
        lot = lots()
        return [
            Cell(*key, told)
            for key, n in sorted(true.items())
            if (told := protected(n, lot("|".join(("wish", str(self.municipality.pk), *map(str, key))))))
        ]

    def total(self) -> int:
        """How many."""
        return sum(cell.count for cell in self.cells)

    def by(self, *columns: str) -> Counter[tuple[object, ...]]:
        """How many for each value of one or more columns."""
        found: Counter[tuple[object, ...]] = Counter()
        for cell in self.cells:
            found[tuple(getattr(cell, column) for column in columns)] += cell.count
        return found


def halves(municipality: Municipality) -> list[str]:
    """The half-years in which somebody wished, the last first."""
    days = Wish.objects.filter(municipality=municipality, day__lte=last_day()).order_by().values_list("day", flat=True).distinct()
    return sorted({half_of(day) for day in days}, reverse=True)


def words_shown(municipality: Municipality) -> list[Wish]:
    """The last words that staff have looked at and let everybody read."""
    rows = Wish.objects.filter(municipality=municipality, words=WordsState.SHOWN).exclude(text="")
    return list(rows.select_related("category").order_by("-day", "-pk")[:LISTED])
