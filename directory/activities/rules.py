"""When a session meets: pure date arithmetic, no database."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Protocol

Date = date  # the name is taken below


class Meeting(Protocol):
    """What the arithmetic needs of a session."""

    weekday: int | None
    date: Date | None
    weeks: str
    first_day: Date | None
    last_day: Date | None


def meets_on(session: Meeting, day: date) -> bool:
    """Whether the session meets on this day."""
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


def days_of(session: Meeting, start: date, end: date) -> Iterator[date]:
    """The days from `start` to `end`, both included, on which the session meets."""
    if session.date is not None:
        if start <= session.date <= end:
            yield session.date
        return
    day = start
    while day <= end:
        if meets_on(session, day):
            yield day
        day += timedelta(days=1)


def next_day(session: Meeting, today: date) -> date | None:
    """The next day the session meets, today included; None when it is over or a year brings none."""
    begin = max(today, session.first_day) if session.first_day else today
    return next(days_of(session, begin, begin + timedelta(days=366)), None)
