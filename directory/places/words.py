"""When a place is open, in words. In the active language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from directory.activities.words import hours
from directory.places.models import OpeningTime


@dataclass(frozen=True, slots=True)
class Hours:
    """One line of the opening hours: days, hours, notes."""

    days: str
    hours: str
    note: str


def opening_hours(times: Iterable[OpeningTime]) -> list[Hours]:
    """The week's opening times, neighbouring days with the same hours on one line."""
    per_day: dict[int, tuple[tuple[object, ...], ...]] = {}
    for time in sorted(times, key=lambda t: (t.weekday, t.opens)):
        per_day[time.weekday] = (*per_day.get(time.weekday, ()), (time.opens, time.closes, time.note))
    lines: list[tuple[list[int], tuple[tuple[object, ...], ...]]] = []
    for weekday, spans in per_day.items():
        if lines and lines[-1][1] == spans and lines[-1][0][-1] == weekday - 1:
            lines[-1][0].append(weekday)
        else:
            lines.append(([weekday], spans))
    out = []
    for weekdays, spans in lines:
        first, last = str(WEEKDAYS[weekdays[0] - 1]), str(WEEKDAYS[weekdays[-1] - 1])
        days = first if len(weekdays) == 1 else _("%(first)s to %(last)s") % {"first": first, "last": last}
        note = "; ".join(dict.fromkeys(str(span[2]) for span in spans if span[2]))
        out.append(Hours(days[:1].upper() + days[1:], ", ".join(hours(span[0], span[1]) for span in spans), note))  # type: ignore[arg-type]
    return out


def open_now(times: Iterable[OpeningTime], now: datetime) -> bool:
    """Whether the place is open at this moment, hours past midnight included."""
    today, clock = now.isoweekday(), now.time()
    yesterday = 7 if today == 1 else today - 1
    for time in times:
        if time.opens < time.closes:
            if time.weekday == today and time.opens <= clock < time.closes:
                return True
        elif (time.weekday == today and clock >= time.opens) or (time.weekday == yesterday and clock < time.closes):
            return True
    return False


def in_words(time: OpeningTime) -> str:
    """One opening time with its note."""
    day = str(WEEKDAYS[time.weekday - 1])
    return f"{day[:1].upper()}{day[1:]} {hours(time.opens, time.closes)}" + (f" ({time.note})" if time.note else "")
