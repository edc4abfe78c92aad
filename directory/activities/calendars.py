"""An activity's sessions as an iCalendar file that any calendar can take in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from directory.activities.models import Session
from directory.activities.rules import next_day
from portal.kit.texts import best

OSLO = ZoneInfo("Europe/Oslo")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def rule(session: Session, until: datetime | date | None) -> dict[str, Any] | None:
    """How the session comes again; None for a single date."""
    if session.weekday is None:
        return None
    day = DAYS[session.weekday - 1]
    rules: dict[str, dict[str, Any]] = {
        Session.Weeks.EVERY: {"freq": "weekly", "byday": day},
        # Calendars know no odd weeks; every second week from the first one is right until a year has 53.
        Session.Weeks.ODD: {"freq": "weekly", "interval": 2, "byday": day},
        Session.Weeks.EVEN: {"freq": "weekly", "interval": 2, "byday": day},
        Session.Weeks.FIRST: {"freq": "monthly", "byday": f"1{day}"},
        Session.Weeks.LAST: {"freq": "monthly", "byday": f"-1{day}"},
    }
    return rules[session.weeks] | ({"until": until} if until else {})


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


def events_of(activity: Any, *, url: str, host: str, lang: str, today: date) -> Iterator[Event]:
    """One event per session of an activity that still has a day to come."""
    order = activity.municipality.order_for(lang)
    name, summary = best(activity, "name", order), best(activity, "summary", order)
    places = [place for place in activity.places.all() if place.is_public]
    for session in activity.sessions.all():
        day = next_day(session, today)
        if day is None:
            continue
        event = Event()
        event.add("uid", f"session-{session.pk}@{host}")
        event.add("dtstamp", activity.updated_at)
        event.add("summary", str(name))
        event.add("description", "\n".join(filter(None, [str(summary), session.note, url])))
        event.add("url", url)
        # A place that is not public is not replaced by another one: nobody meets there.
        place = session.place or (places[0] if places else None)
        place = place if place and place.is_public else None
        where = ", ".join(filter(None, [str(best(place, "name", order)), place.address_line])) if place else activity.address_line
        if where:
            event.add("location", where)
        until: datetime | date | None = None
        if session.starts is None:
            event.add("dtstart", day)
            until = session.last_day
        else:
            begin = datetime.combine(day, session.starts, OSLO)
            event.add("dtstart", begin)
            if session.ends:
                # A session that ends before it began goes past midnight.
                end_day = day if session.ends > session.starts else day + timedelta(days=1)
                event.add("dtend", datetime.combine(end_day, session.ends, OSLO))
            if session.last_day:
                until = datetime.combine(session.last_day, session.starts, OSLO).astimezone(ZoneInfo("UTC"))
        if recurrence := rule(session, until):
            event.add("rrule", recurrence)
        yield event
