"""An activity's sessions as an iCalendar file that any calendar can take in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from directory.activities.models import Session
from directory.activities.rules import AHEAD, cancelled_days, end_of_long_year, may_meet_on, next_day, planned_days
from portal.kit.texts import best

OSLO = ZoneInfo("Europe/Oslo")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LONGEST = 3 * 366  # days ahead in which cancelled days are looked for


def rule(session: Session, until: datetime | date | None) -> dict[str, Any] | None:
    """How the session comes again; None for a single date."""
    if session.weekday is None:
        return None
    day = DAYS[session.weekday - 1]
    rules: dict[str, dict[str, Any]] = {
        Session.Weeks.EVERY: {"freq": "weekly", "byday": day},
        # Calendars know no odd weeks (few understand BYWEEKNO): every second week, begun anew after a year of 53. See `runs`.
        Session.Weeks.ODD: {"freq": "weekly", "interval": 2, "byday": day},
        Session.Weeks.EVEN: {"freq": "weekly", "interval": 2, "byday": day},
        Session.Weeks.FIRST: {"freq": "monthly", "byday": f"1{day}"},
        Session.Weeks.LAST: {"freq": "monthly", "byday": f"-1{day}"},
    }
    return rules[session.weeks] | ({"until": until} if until else {})


def runs(session: Session, today: date) -> Iterator[tuple[str, date, date | None]]:
    """The stretches of time in which one rule holds: a mark for its name, its first meeting, its last possible day.

    One for most sessions. Every second week is two, up to the next two years of 53 weeks: five years at the least, and
    programs ask again long before.
    """
    if next_day(session, today) is None:
        return
    begin = max(today, session.first_day) if session.first_day else today
    # A day that is cancelled stays in the rule and is taken out again by name.
    first = next(planned_days(session, begin, begin + timedelta(days=366)), None)
    if first is None:
        return
    last_day = session.last_day if session.last_day and session.last_day - first <= AHEAD else None
    if session.weekday is None or session.weeks not in (Session.Weeks.ODD, Session.Weeks.EVEN):
        yield "", first, last_day
        return
    for _run in range(2):
        end = end_of_long_year(first)
        if last_day and last_day <= end:
            yield f"-{end.year}", first, last_day
            return
        yield f"-{end.year}", first, end
        following = next(planned_days(session, end + timedelta(days=1), end + timedelta(days=366)), None)
        if following is None:
            return
        first = following


def empty_calendar(name: str) -> Calendar:
    """A calendar that readers may subscribe to; `name` is what their program calls it."""
    calendar = Calendar()
    calendar.add("prodid", "-//Frittfram//activity//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    return calendar


def calendar_of(activity: Any, *, url: str, host: str, lang: str, today: date) -> bytes:
    """The calendar file of an activity: one event per session that still has a day to come."""
    calendar = empty_calendar(str(best(activity, "name", activity.municipality.order_for(lang))))
    for event in events_of(activity, url=url, host=host, lang=lang, today=today):
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def events_of(activity: Any, *, url: str, host: str, lang: str, today: date, weekdays: Collection[int] = ()) -> Iterator[Event]:
    """The events of an activity's sessions that still have a day to come: one for each rule. `weekdays`: of these days only."""
    order = activity.municipality.order_for(lang)
    name, summary = best(activity, "name", order), best(activity, "summary", order)
    places = [place for place in activity.places.all() if place.is_public]
    for session in activity.sessions.all():
        if not may_meet_on(session, weekdays):
            continue
        # A place that is not public is not replaced by another one: nobody meets there.
        place = session.place or (places[0] if places else None)
        place = place if place and place.is_public else None
        where = ", ".join(filter(None, [str(best(place, "name", order)), place.address_line])) if place else activity.address_line
        for mark, first, last in runs(session, today):
            event = Event()
            event.add("uid", f"session-{session.pk}{mark}@{host}")
            event.add("dtstamp", activity.updated_at)
            event.add("summary", str(name))
            event.add("description", "\n".join(filter(None, [str(summary), session.note, url])))
            event.add("url", url)
            if where:
                event.add("location", where)
            put_times(event, session, first, last)
            yield event


def put_times(event: Event, session: Session, first: date, last: date | None) -> None:
    """When it begins and ends, how it comes again, and on which days it does not."""
    until: datetime | date | None = last
    if session.starts is None:
        event.add("dtstart", first)
    else:
        event.add("dtstart", datetime.combine(first, session.starts, OSLO))
        if session.ends:
            # A session that ends before it began goes past midnight.
            end_day = first if session.ends > session.starts else first + timedelta(days=1)
            event.add("dtend", datetime.combine(end_day, session.ends, OSLO))
        if last:
            until = datetime.combine(last, session.starts, OSLO).astimezone(ZoneInfo("UTC"))
    if recurrence := rule(session, until):
        event.add("rrule", recurrence)
        days = cancelled_days(session, first, last or first + timedelta(days=LONGEST))
        if days:
            event.add("exdate", [datetime.combine(day, session.starts, OSLO) for day in days] if session.starts else days)
