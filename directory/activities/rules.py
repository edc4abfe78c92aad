"""When a session meets: pure date arithmetic, no database."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Protocol

Date = date  # the name is taken below
AHEAD = timedelta(days=20 * 366)  # what comes later is not looked for; "until 9999-12-31" means "no end known"


class Meeting(Protocol):
    """What the arithmetic needs of a session."""

    weekday: int | None
    date: Date | None
    weeks: str
    first_day: Date | None
    last_day: Date | None
    cancelled: Sequence[str]  # days in ISO form on which it does not meet after all


def meets_on(session: Meeting, day: date) -> bool:
    """Whether the session meets on this day."""
    return is_planned(session, day) and day.isoformat() not in (session.cancelled or ())


def is_planned(session: Meeting, day: date) -> bool:
    """Whether the session would meet on this day if nothing were cancelled."""
    if session.date is not None:
        return session.date == day
    if session.weekday != day.isoweekday():
        return False
    if (session.first_day and day < session.first_day) or (session.last_day and day > session.last_day):
        return False
    if session.weeks == "odd":
        return day.isocalendar().week % 2 == 1
    if session.weeks == "even":
        return day.isocalendar().week % 2 == 0
    if session.weeks == "first":
        return day.day <= 7
    if session.weeks == "last":
        return day.day > calendar.monthrange(day.year, day.month)[1] - 7
    return True


def may_meet_on(session: Meeting, weekdays: Collection[int]) -> bool:
    """Whether the day of the week is one of these; any will do where none are given."""
    return not weekdays or (session.date.isoweekday() if session.date else session.weekday) in weekdays


def planned_days(session: Meeting, start: date, end: date) -> Iterator[date]:
    """The days from `start` to `end`, both included, on which the session meets or was to meet."""
    if session.date is not None:
        if start <= session.date <= end:
            yield session.date
        return
    if session.weekday is None:
        return
    begin = max(start, session.first_day) if session.first_day else start
    end = min(end, session.last_day) if session.last_day else end
    # From one week to the next; only then the rarer rules are asked.
    day = begin.toordinal() + (session.weekday - begin.isoweekday()) % 7
    for ordinal in range(day, min(end.toordinal(), date.max.toordinal()) + 1, 7):
        if session.weeks == "every" or is_planned(session, date.fromordinal(ordinal)):
            yield date.fromordinal(ordinal)


def days_of(session: Meeting, start: date, end: date) -> Iterator[date]:
    """The days from `start` to `end`, both included, on which the session meets."""
    cancelled = frozenset(session.cancelled or ())
    for day in planned_days(session, start, end):
        if not cancelled or day.isoformat() not in cancelled:
            yield day


def next_day(session: Meeting, today: date) -> date | None:
    """The next day the session meets, today included; None when it is over, a year brings none, or it is too far ahead."""
    begin = max(today, session.first_day) if session.first_day else today
    if begin - today > AHEAD:
        return None
    return next(days_of(session, begin, begin + timedelta(days=366)), None)


def cancelled_days(session: Meeting, start: date, end: date) -> list[date]:
    """The days from `start` to `end` on which it was to meet and does not."""
    named = {day for text in session.cancelled or () if (day := _day_or_none(text))}
    return sorted(day for day in named if start <= day <= end and is_planned(session, day))


def _day_or_none(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def why_not_day(day: date | None, today: date) -> tuple[int, int] | None:
    """The first and last year that make sense where this day's does not; None for a day that is fine or missing."""
    first, last = 1900, (today + AHEAD).year - 1
    return None if day is None or first <= day.year <= last else (first, last)


def end_of_long_year(day: date) -> date:
    """The last day of the first ISO year of 53 weeks that ends on `day` or later.

    Two odd weeks then follow each other, and between even ones lie three weeks: "every second week" is right only up to here.
    """
    year = day.isocalendar().year
    while date(year, 12, 28).isocalendar().week < 53:
        year += 1
    return date.fromisocalendar(year, 53, 7)
