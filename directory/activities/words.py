"""When an activity meets, in words. In the active language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from directory.activities.models import Session
from directory.activities.rules import cancelled_days
from directory.listings.words import isolated
from directory.places.models import Place

AHEAD = 120  # days in which cancelled ones are told of
JOINER = "\u2060"  # keeps "18:00–19:30" on one line


@dataclass(frozen=True, slots=True)
class Meetings:
    """Sessions at the same time and place, gathered into one sentence."""

    sentence: str
    period: str
    place: Place | None
    notes: tuple[str, ...]
    sessions: tuple[Session, ...]
    cancelled: str = ""


def and_list(words: Iterable[str]) -> str:
    """ "Monday, Wednesday and Friday"."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return _("%(words)s and %(last)s") % {"words": _(", ").join(words[:-1]), "last": words[-1]}


def hours(starts: time | None, ends: time | None) -> str:
    """ "18:00–19:30"; empty when no time is known."""
    if starts is None:
        return ""
    return isolated(f"{starts:%H:%M}{JOINER}–{JOINER}{ends:%H:%M}") if ends else isolated(f"{starts:%H:%M}")


def day_with_hours(days: str, at: str) -> str:
    return _("%(days)s at %(hours)s") % {"days": days, "hours": at} if at else days


def weekday_words(weekdays: Iterable[int], weeks: str) -> str:
    """ "Tuesdays", "Tuesdays in odd weeks", "the first Tuesday in the month"."""
    days = and_list(str(WEEKDAYS[number - 1]) for number in weekdays)
    sentence = {
        Session.Weeks.ODD: _("%(days)s in odd weeks"),
        Session.Weeks.EVEN: _("%(days)s in even weeks"),
        Session.Weeks.FIRST: _("the first %(days)s in the month"),
        Session.Weeks.LAST: _("the last %(days)s in the month"),
    }.get(Session.Weeks(weeks), _("every %(days)s"))
    words = sentence % {"days": days}
    return words[:1].upper() + words[1:]


def period_words(first_day: date | None, last_day: date | None) -> str:
    """ "from 1 September to 15 December"; empty for the whole year."""
    if first_day and last_day:
        return _("from %(first)s to %(last)s") % {"first": long_date(first_day), "last": long_date(last_day)}
    if first_day:
        return _("from %(first)s") % {"first": long_date(first_day)}
    if last_day:
        return _("until %(last)s") % {"last": long_date(last_day)}
    return ""


def long_date(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def date_words(day: date) -> str:
    """ "Tuesday 1 December"; with the year when it is not about now."""
    near = abs((day - timezone.localdate()).days) < 300
    return f"{WEEKDAYS[day.weekday()]} {date_format(day, 'MONTH_DAY_FORMAT' if near else 'DATE_FORMAT')}"


def cancelled_words(sessions: Iterable[Session], today: date) -> str:
    """ "Not 24 December and 31 December"; empty where all is as planned. For a single date: "Cancelled"."""
    sessions = list(sessions)
    ahead = {day for session in sessions for day in cancelled_days(session, today, today + timedelta(days=AHEAD))}
    if not ahead:
        return ""
    if any(session.date for session in sessions):
        return _("Cancelled")
    return _("Not %(days)s") % {"days": and_list(date_format(day, "MONTH_DAY_FORMAT") for day in sorted(ahead))}


def meetings(sessions: Iterable[Session], today: date) -> list[Meetings]:
    """The sessions as sentences: weekly ones gathered by time and place, then coming dates in order."""
    weekly: dict[tuple[object, ...], list[Session]] = {}
    dated: list[Session] = []
    for session in sessions:
        if session.date is not None:
            if session.date >= today:
                dated.append(session)
        elif session.last_day is None or session.last_day >= today:
            key = (session.starts, session.ends, session.weeks, session.place_id, session.first_day, session.last_day)
            weekly.setdefault(key, []).append(session)
    out = []
    for group in sorted(weekly.values(), key=lambda g: (min(s.weekday or 0 for s in g), g[0].starts or time.min)):
        group.sort(key=lambda s: s.weekday or 0)
        first = group[0]
        days = weekday_words(dict.fromkeys(s.weekday or 1 for s in group), first.weeks)
        out.append(
            Meetings(
                day_with_hours(days, hours(first.starts, first.ends)),
                period_words(first.first_day if first.first_day and first.first_day > today else None, first.last_day),
                first.place,
                tuple(dict.fromkeys(s.note for s in group if s.note)),
                tuple(group),
                cancelled_words(group, today),
            )
        )
    for session in sorted(dated, key=lambda s: (s.date or today, s.starts or time.min)):
        day = date_words(session.date or today)
        off = cancelled_words([session], today)
        sentence = day_with_hours(day[:1].upper() + day[1:], hours(session.starts, session.ends))
        out.append(Meetings(sentence, "", session.place, (session.note,) if session.note else (), (session,), off))
    return out


def when_in_short(sessions: Iterable[Session], today: date) -> str:
    """One line for a card: the first meeting, and how many more there are."""
    found = [meeting for meeting in meetings(sessions, today) if not (meeting.cancelled and meeting.sessions[0].date)]
    if not found:
        return ""
    if len(found) == 1:
        return found[0].sentence
    return _("%(first)s and %(more)s more") % {"first": found[0].sentence, "more": len(found) - 1}


def in_words(session: Session) -> str:
    """One session with all that is said of it: "Every Tuesday at 18:00–19:30, from 1 September, Eksempelhallen (bring shoes)"."""
    if session.date is not None:
        days = date_words(session.date)
        sentence = days[:1].upper() + days[1:]
    else:
        sentence = weekday_words([session.weekday or 1], session.weeks)
    off = [date_format(date.fromisoformat(str(day)), "MONTH_DAY_FORMAT") for day in session.cancelled or []]
    parts = [
        day_with_hours(sentence, hours(session.starts, session.ends)),
        period_words(session.first_day, session.last_day),
        str(session.place) if session.place else "",
        _("Not %(days)s") % {"days": and_list(off)} if off else "",
    ]
    return ", ".join(part for part in parts if part) + (f" ({session.note})" if session.note else "")
