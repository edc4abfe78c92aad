"""When an offer may be used, and by how many: data of the offer, read into one value.

    {"hours": {"1": [["10:00", "16:00"]], "2": [["10:00", "12:00"], ["14:00", "24:00"]]},   weekdays 1 Monday … 7 Sunday
     "only": [["06-15", "08-15"], ["2027-02-20", "2027-02-28"]],                            any of these; every year, or once
     "never": [["12-24", "12-26"]],                                                         none of these
     "most_per_day": 1, "most_per_visit": 2, "age_from": 6, "age_to": 12}

Everything may be left out, and then does not limit. With hours, a weekday that is not named is closed. Hours hold from the
first minute until the last one is over (10–16: not at 16:00), by the clock on the wall in Oslo; days from their first second to
their last. Who may come along stands on the offer itself (`companions`), as it costs clips.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory.activities.words import JOINER, and_list
from directory.listings.words import isolated

OSLO = ZoneInfo("Europe/Oslo")
MIDNIGHT = 24 * 60
WHOLE_DAY = ((0, MIDNIGHT),)
MOST_SPANS = 3  # times of opening on one weekday
MOST_DAYS = 40  # entries of days
LEAP = 2000  # a year in which every day of the calendar exists
CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
YEARLY = re.compile(r"(\d\d)-(\d\d)")

Hours = tuple[tuple[int, int], ...]  # minutes after midnight, from and until


def clock_of(at: datetime) -> datetime:
    """The moment by the clock on the wall in Oslo."""
    return at.astimezone(OSLO)


def day_of(at: datetime) -> date:
    """The day it is in Oslo."""
    return clock_of(at).date()


@dataclass(frozen=True, slots=True)
class Days:
    """Some days: every year ("06-15" to "08-15", also over New Year) or once ("2027-02-20" to "2027-02-28")."""

    first: str
    last: str

    @property
    def yearly(self) -> bool:
        return len(self.first) == 5

    def __contains__(self, day: date) -> bool:
        text = f"{day:%m-%d}" if self.yearly else day.isoformat()
        if self.first <= self.last:
            return self.first <= text <= self.last
        return text >= self.first or text <= self.last

    def words(self) -> str:
        first, last = (self._words_of(text) for text in (self.first, self.last))
        return first if self.first == self.last else _("from %(first)s to %(last)s") % {"first": first, "last": last}

    def _words_of(self, text: str) -> str:
        if self.yearly:
            return date_format(date.fromisoformat(f"{LEAP}-{text}"), "MONTH_DAY_FORMAT")
        return date_format(date.fromisoformat(text), "DATE_FORMAT")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What limits an offer. `hours` holds weekdays and their times, sorted; empty: always open."""

    hours: tuple[tuple[int, Hours], ...] = ()
    only: tuple[Days, ...] = ()
    never: tuple[Days, ...] = ()
    most_per_day: int | None = None
    most_per_visit: int | None = None
    age_from: int | None = None
    age_to: int | None = None

    def in_season(self, day: date) -> bool:
        return not self.only or any(day in days for days in self.only)

    def blacked_out(self, day: date) -> bool:
        return any(day in days for days in self.never)

    def hours_on(self, day: date) -> Hours:
        """The times of a day, season and black-out aside; none: closed."""
        return dict(self.hours).get(day.isoweekday(), ()) if self.hours else WHOLE_DAY

    def open_on(self, day: date) -> bool:
        return bool(self.hours_on(day)) and self.in_season(day) and not self.blacked_out(day)

    def fits(self, age_from: int | None, age_to: int | None) -> bool:
        """Whether an age band (of a card type) and the offer's have an age in common. No band fits all."""
        return (self.age_from or 0) <= (age_to if age_to is not None else 999) and (age_from or 0) <= (
            self.age_to if self.age_to is not None else 999
        )

    def as_json(self) -> dict[str, Any]:
        """As it is kept, and as the phone gets it: what does not limit is left out."""
        numbers = {name: getattr(self, name) for name in NUMBERS if getattr(self, name) is not None}
        hours = {str(weekday): [[clock(a), clock(b)] for a, b in spans] for weekday, spans in self.hours}
        days = {name: [[d.first, d.last] for d in getattr(self, name)] for name in ("only", "never") if getattr(self, name)}
        return ({"hours": hours} if hours else {}) | days | numbers

    def words(self) -> list[str]:
        """One sentence for each condition, in the active language."""
        said = hours_words(self.hours)
        if self.only:
            said.append(_("Only %(days)s") % {"days": and_list(days.words() for days in self.only)})
        if self.never:
            said.append(_("Not %(days)s") % {"days": and_list(days.words() for days in self.never)})
        if self.most_per_day is not None:
            most = self.most_per_day
            said.append(ngettext("At most %(count)s clip a day", "At most %(count)s clips a day", most) % {"count": most})
        if self.most_per_visit is not None:
            most = self.most_per_visit
            said.append(ngettext("At most %(count)s clip a visit", "At most %(count)s clips a visit", most) % {"count": most})
        if age := ages_words(self.age_from, self.age_to):
            said.append(age)
        return said


NUMBERS = ("most_per_day", "most_per_visit", "age_from", "age_to")
KNOWN = {"hours", "only", "never", *NUMBERS}
NONE = Conditions()


def clock(minutes: int) -> str:
    """ "10:00"; the end of the day is "24:00"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def short_clock(minutes: int) -> str:
    """ "10" or "10:30"."""
    return f"{minutes // 60}" if minutes % 60 == 0 else f"{minutes // 60}:{minutes % 60:02d}"


def read(data: Mapping[str, Any] | None) -> Conditions:
    """The value of what `Offer.conditions` holds, or ValidationError with a sentence for each fault, by field."""
    if not data:
        return NONE
    faults: dict[str, str] = {}
    if unknown := sorted(set(data) - KNOWN):
        faults["__all__"] = _("Unknown condition: %(names)s") % {"names": ", ".join(unknown)}
    values: dict[str, Any] = {}
    for name, reader in (("hours", read_hours), ("only", read_days), ("never", read_days), *((n, read_number) for n in NUMBERS)):
        try:
            values[name] = reader(data.get(name))
        except ValidationError as error:
            faults[name] = error.messages[0]
    if not faults:
        if values["age_from"] is not None and values["age_to"] is not None and values["age_from"] > values["age_to"]:
            faults["age_to"] = _("The highest age is below the lowest.")
        for name in ("most_per_day", "most_per_visit"):
            if values[name] == 0:
                faults[name] = _("Write at least 1, or leave it empty.")
    if faults:
        raise ValidationError(faults)
    return Conditions(**values)


def read_hours(data: object) -> tuple[tuple[int, Hours], ...]:
    if data is None:
        return ()
    if not isinstance(data, Mapping):
        raise ValidationError(_("Write the hours of each weekday."))
    out = []
    for weekday, spans in data.items():
        if str(weekday) not in set("1234567") or not isinstance(spans, list | tuple) or not spans:
            raise ValidationError(_("Write the hours of each weekday."))
        out.append((int(weekday), in_order([read_span(span) for span in spans])))
    return tuple(sorted(out))


def in_order(spans: list[tuple[int, int]]) -> Hours:
    """The times of one weekday, sorted; ValidationError where they overlap or are too many."""
    spans = sorted(spans)
    if len(spans) > MOST_SPANS:
        raise ValidationError(_("Write at most three times of opening for a day."))
    if any(a >= b for a, b in spans):
        raise ValidationError(_("The hours end before they begin. Write 24 for midnight."))
    if any(first[1] > second[0] for first, second in pairwise(spans)):
        raise ValidationError(_("Two times of opening overlap."))
    return tuple(spans)


def read_span(span: object) -> tuple[int, int]:
    if not isinstance(span, list | tuple) or len(span) != 2:
        raise ValidationError(_("Write hours like 10–16 or 10:30–14."))
    return minutes_of(span[0]), minutes_of(span[1])


def minutes_of(text: object) -> int:
    found = CLOCK.fullmatch(text) if isinstance(text, str) else None
    minutes = int(found[1]) * 60 + int(found[2]) if found else MIDNIGHT + 1
    if minutes > MIDNIGHT:
        raise ValidationError(_("Write hours like 10–16 or 10:30–14."))
    return minutes


def read_days(data: object) -> tuple[Days, ...]:
    if data is None:
        return ()
    if not isinstance(data, list | tuple):
        raise ValidationError(_("Write a first and a last day."))
    if len(data) > MOST_DAYS:
        raise ValidationError(_("These are too many days. Write longer periods."))
    return tuple(read_period(period) for period in data)


def read_period(period: object) -> Days:
    if not isinstance(period, list | tuple) or len(period) != 2 or not all(is_day(text) for text in period):
        raise ValidationError(_("Write a first and a last day."))
    days = Days(*period)
    if len(days.first) != len(days.last):
        raise ValidationError(_("Write the year for both days, or for none."))
    if not days.yearly and days.first > days.last:
        raise ValidationError(_("The last day is before the first."))
    return days


def is_day(text: object) -> bool:
    if not isinstance(text, str) or not re.fullmatch(r"(\d{4}-)?\d\d-\d\d", text):
        return False
    try:
        date.fromisoformat(f"{LEAP}-{text}" if len(text) == 5 else text)
    except ValueError:
        return False
    return True


def read_number(data: object) -> int | None:
    if data is None:
        return None
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data <= 999:
        raise ValidationError(_("Write a whole number."))
    return data


def hours_words(hours: Iterable[tuple[int, Hours]]) -> list[str]:
    """ "Monday to Thursday 10–16": neighbouring days with the same hours in one sentence."""
    lines: list[tuple[list[int], Hours]] = []
    for weekday, spans in hours:
        if lines and lines[-1][1] == spans and lines[-1][0][-1] == weekday - 1:
            lines[-1][0].append(weekday)
        else:
            lines.append(([weekday], spans))
    out = []
    for weekdays, spans in lines:
        names = [str(WEEKDAYS[weekday - 1]) for weekday in weekdays]
        days = and_list(names) if len(names) < 3 else _("%(first)s to %(last)s") % {"first": names[0], "last": names[-1]}
        times = and_list(isolated(f"{short_clock(a)}{JOINER}–{JOINER}{short_clock(b)}") for a, b in spans)
        days = days[:1].upper() + days[1:]
        out.append(days if spans == WHOLE_DAY else _("%(days)s %(hours)s") % {"days": days, "hours": times})
    return out


def ages_words(age_from: int | None, age_to: int | None) -> str:
    """ "Ages 6–12"; empty for all ages."""
    if age_from is not None and age_to is not None:
        ages = isolated(f"{age_from}{JOINER}–{JOINER}{age_to}")
        return _("Ages %(ages)s") % {"ages": ages}
    if age_from is not None:
        return _("From age %(age)s") % {"age": age_from}
    return _("Up to age %(age)s") % {"age": age_to} if age_to is not None else ""
