"""When something is on: the standard's recurrence (RFC 5545) into weekly meetings, as far as one can be made of it.

A rule that a weekly plan cannot hold ("the 2nd and 3rd of every month", weeks 41 and 42) is told in words beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from directory.sources.openreferral.package import text

_DAYS = {"MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6, "SU": 7}
NO_END = 2099  # registers write 31 December of this year, or of 9999, where no end is known
_WORDS = {"MONDAY": 1, "TUESDAY": 2, "WEDNESDAY": 3, "THURSDAY": 4, "FRIDAY": 5, "SATURDAY": 6, "SUNDAY": 7}


@dataclass(frozen=True, slots=True)
class Meeting:
    """One weekly meeting, or one date. `weeks` is a value of `Session.Weeks`."""

    weekday: int | None
    starts: time | None
    ends: time | None
    weeks: str = "every"
    first_day: date | None = None
    last_day: date | None = None
    date: date | None = None
    note: str = ""


def read_schedule(row: Mapping[str, Any]) -> tuple[list[Meeting], str]:
    """(meetings, what could not be put into them in words)."""
    starts, ends = read_time(row.get("opens_at")), read_time(row.get("closes_at"))
    if ends is not None and ends == starts:
        ends = None
    first = read_date(row.get("valid_from")) or read_date(row.get("dtstart"))
    last = read_date(row.get("valid_to")) or read_date(row.get("until"))
    if last and last.year >= NO_END:
        last = None
    if first and last and first >= last:
        # A period of no length is a form filled in by habit.
        first, last = (first, None) if first > last else (None, None)
    plain = Meeting(None, starts, ends, first_day=first, last_day=last, note=text(row.get("notes"))[:160])
    words = text(row.get("description")) or text(row.get("notes"))
    freq = text(row.get("freq")).upper()
    days = _days(text(row.get("byday")))
    odd = [name for name in ("byweekno", "bymonthday", "byyearday") if text(row.get(name))]
    if freq == "DAILY":
        days = days or [(0, n) for n in range(1, 8)]
    if not days:
        start = read_date(row.get("dtstart")) or read_date(row.get("valid_from"))
        if not freq and start and (starts or ends):
            return [replace(plain, date=start, first_day=None, last_day=None)], ""
        if freq == "WEEKLY" and start:
            days = [(0, start.isoweekday())]
        else:
            return [], words or " ".join(filter(None, [freq, text(row.get("bymonthday"))]))
    weeks = "every"
    if freq in ("", "WEEKLY", "DAILY"):
        interval = text(row.get("interval"))
        if interval == "2":
            start = read_date(row.get("dtstart")) or first
            weeks = ("odd" if start.isocalendar().week % 2 else "even") if start else "every"
        elif interval not in ("", "0", "1"):
            return [], words or f"interval {interval}"
    meetings = []
    for place, weekday in days:
        at = {0: weeks, 1: "first", -1: "last"}.get(place)
        if at is None or (freq == "MONTHLY" and place == 0):
            return [], words or text(row.get("byday"))
        meetings.append(replace(plain, weekday=weekday, weeks=at))
    return meetings, (words or ", ".join(odd)) if odd else ""


def _days(byday: str) -> list[tuple[int, int]]:
    found = []
    for part in re.split(r"[,;\s]+", byday.upper()):
        if match := re.fullmatch(r"([+-]?\d*)(MO|TU|WE|TH|FR|SA|SU)", part):
            found.append((int(match[1] or 0), _DAYS[match[2]]))
        elif part in _WORDS:
            found.append((0, _WORDS[part]))
    return list(dict.fromkeys(found))


def read_time(value: Any) -> time | None:
    """A clock time, with or without seconds and zone; the clock on the wall counts."""
    found = re.match(r"^(\d{1,2})[:.](\d{2})", text(value))
    if not found or int(found[1]) > 24 or int(found[2]) > 59:
        return None
    return time(int(found[1]) % 24, int(found[2]))


def read_date(value: Any) -> date | None:
    """A date, also one that stands in a moment."""
    found = re.match(r"^(\d{4})-?(\d{2})-?(\d{2})", text(value))
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3])).date() if found else None
    except ValueError:
        return None
