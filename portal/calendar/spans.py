"""A stretch of the calendar: a day, a week or a month, as its address names it.

?day=2026-12-05     ?week=2026-W49     ?month=2026-12     nothing: this week
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

BACK, AHEAD = timedelta(days=370), timedelta(days=740)  # how far one may leaf; a robot would never come to an end
_WEEK = re.compile(r"(\d{4})-W(\d{2})\Z", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})\Z", re.ASCII)


class Unit(StrEnum):
    """How much is shown; the value is the parameter."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` to `last`, both included."""

    unit: Unit
    first: date
    last: date

    @classmethod
    def around(cls, day: date, unit: Unit) -> Span:
        """The day, week or month that holds a day."""
        if unit == Unit.DAY:
            return cls(unit, day, day)
        if unit == Unit.WEEK:
            monday = day - timedelta(days=day.weekday())
            return cls(unit, monday, monday + timedelta(days=6))
        return cls(unit, day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))

    @property
    def value(self) -> str:
        """What stands in the address."""
        if self.unit == Unit.DAY:
            return self.first.isoformat()
        if self.unit == Unit.WEEK:
            year, week, _weekday = self.first.isocalendar()
            return f"{year}-W{week:02}"
        return f"{self.first:%Y-%m}"

    @property
    def days(self) -> list[date]:
        """Every day of it."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def previous(self) -> Span:
        """The one before, of the same unit."""
        return Span.around(self.first - timedelta(days=1), self.unit)

    @property
    def next(self) -> Span:
        """The one after."""
        return Span.around(self.last + timedelta(days=1), self.unit)

    def holds(self, day: date) -> bool:
        """Whether a day is part of it."""
        return self.first <= day <= self.last

    def is_in_reach(self, today: date) -> bool:
        """Whether one may leaf to it."""
        return self.last >= today - BACK and self.first <= today + AHEAD

    def words(self) -> str:
        """ "Saturday 5 December 2026", "Week 49: 30 November – 6 December 2026", "December 2026"."""
        if self.unit == Unit.DAY:
            return f"{str(WEEKDAYS[self.first.weekday()]).capitalize()} {date_format(self.first, 'DATE_FORMAT')}"
        if self.unit == Unit.WEEK:
            first = date_format(self.first, "MONTH_DAY_FORMAT" if self.first.year == self.last.year else "DATE_FORMAT")
            last = date_format(self.last, "DATE_FORMAT")
            return _("Week %(week)s: %(first)s – %(last)s") % {
                "week": self.first.isocalendar().week,
                "first": first,
                "last": last,
            }
        return str(date_format(self.first, "YEAR_MONTH_FORMAT")).capitalize()


def span_of(params: QueryDict, today: date) -> tuple[Span, tuple[str, str] | None]:
    """The stretch an address asks for, and the parameter and value that made no sense, if any did not."""
    for unit in Unit:
        value = params.get(unit.value, "").strip()
        if not value:
            continue
        try:
            span = Span.around(_day(unit, value), unit)
            if span.is_in_reach(today):
                return span, None
        except (ValueError, OverflowError):
            pass
        return Span.around(today, unit), (unit.value, value[:40])
    return Span.around(today, Unit.WEEK), None


def _day(unit: Unit, value: str) -> date:
    if unit == Unit.WEEK and (found := _WEEK.match(value)):
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    if unit == Unit.MONTH and (found := _MONTH.match(value)):
        return date(int(found[1]), int(found[2]), 1)
    if unit == Unit.DAY and len(value) == 10:
        return date.fromisoformat(value)
    raise ValueError(value)
