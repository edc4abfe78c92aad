"""The calendar file of an activity."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from directory.activities.calendars import calendar_of
from directory.activities.models import Session
from directory.activities.rules import days_of
from directory.places.models import Place
from tests.pages.conftest import town, town_of_the_file  # noqa: F401 - fixtures
from tests.pages.town import Town

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_calendar_holds_every_session_with_its_rule(town: Town) -> None:  # noqa: F811
    response = Client().get(f"/nb/activities/{town.activity.slug}/calendar.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(response.content)
    events = list(calendar.walk("VEVENT"))
    assert [dict(event["RRULE"]) if "RRULE" in event else None for event in events] == [
        {"FREQ": ["WEEKLY"], "BYDAY": ["TU"]},
        {"FREQ": ["WEEKLY"], "BYDAY": ["TH"]},
        None,
    ]
    first = events[0]
    assert isinstance(first.decoded("dtstart"), datetime)
    assert (first.decoded("dtend") - first.decoded("dtstart")).total_seconds() == 90 * 60
    assert str(first.decoded("dtstart").tzinfo) == "Europe/Oslo"
    assert str(first["LOCATION"]) == "Stavernhallen, Idrettsveien 2, 3290 Stavern"
    assert len({str(event["UID"]) for event in events}) == 3
    assert any(calendar.walk("VTIMEZONE"))


@pytest.mark.parametrize("state", [{"live": False}, {"hidden_at": NOW}, {"delisted_at": NOW}])
def test_calendar_tells_of_no_place_that_is_not_public(town: Town, state: dict[str, Any]) -> None:  # noqa: F811
    address = f"/nb/activities/{town.activity.slug}/calendar.ics"
    Place.objects.filter(pk=town.place.pk).update(**state)
    assert b"Stavernhallen" not in Client().get(address).content
    town.activity.places = [town.place]
    town.activity.sessions = [Session(weekday=2)]
    town.activity.save()
    assert b"Stavernhallen" not in Client().get(address).content


def test_calendar_of_an_activity_without_sessions_is_not_there(town: Town) -> None:  # noqa: F811
    town.activity.sessions = []
    town.activity.save()
    assert Client().get(f"/nb/activities/{town.activity.slug}/calendar.ics").status_code == 404


def days_in(calendar: Calendar, start: date, end: date) -> list[date]:
    """The days a program finds in the file: rules worked out by another library."""
    found = []
    for event in calendar.walk("VEVENT"):
        first = event.decoded("dtstart")
        if "RRULE" not in event:
            found.append(first.date())
            continue
        first = first.astimezone(UTC).replace(tzinfo=None) if "UNTIL" in event["RRULE"] else first.replace(tzinfo=None)
        off = {day.dt.date() for day in event["EXDATE"].dts} if "EXDATE" in event else set()
        dates = rrulestr(event["RRULE"].to_ical().decode().replace("Z", ""), dtstart=first)
        found += [d.date() for d in dates.between(datetime(start.year, 1, 1), datetime(end.year, 12, 31)) if d.date() not in off]
    return sorted(day for day in found if start <= day <= end)


@pytest.mark.parametrize("weeks", ["odd", "even", "every", "first", "last"])
def test_the_file_has_the_days_of_the_rule_also_past_years_of_53_weeks(town: Town, weeks: str) -> None:  # noqa: F811
    today = date(2026, 11, 21)
    town.activity.sessions = [
        Session(weekday=2, weeks=weeks, starts=time(17), ends=time(18), cancelled=["2026-12-15", "2026-12-22", "2027-01-05"])
    ]
    town.activity.save()
    body = calendar_of(town.activity, url="https://x/", host="x", lang="nb", today=today)
    session = town.activity.sessions.get()
    end = date(2031, 12, 31)
    assert days_in(Calendar.from_ical(body), today, end) == list(days_of(session, today, end))


@pytest.mark.parametrize("weeks", ["every", "odd", "first"])
def test_an_end_in_thousands_of_years_is_no_end(town: Town, weeks: str) -> None:  # noqa: F811
    facts = {"weekday": 2, "weeks": weeks, "starts": time(17)}
    town.activity.sessions = [
        Session(**facts, last_day=date.max, cancelled=["2026-12-01", "2026-12-15"]),
        Session(**facts, first_day=date.max),
        Session(**facts, first_day=date(9998, 1, 1), last_day=date.max),
    ]
    town.activity.save()
    today = date(2026, 11, 21)
    calendar = Calendar.from_ical(calendar_of(town.activity, url="u", host="x", lang="nb", today=today))
    endless = next(iter(town.activity.sessions.all()))
    end = date(2027, 12, 31)
    assert days_in(calendar, today, end) == list(days_of(endless, today, end))
    assert not [event for event in calendar.walk("VEVENT") if event.decoded("dtstart").year > 2040]
    assert b"9999" not in calendar.to_ical()
    assert Client().get(f"/nb/activities/{town.activity.slug}/").status_code == 200


def test_a_meeting_keeps_its_hour_when_the_clock_is_changed(town: Town) -> None:  # noqa: F811
    town.activity.sessions = [Session(weekday=7, starts=time(2, 30), ends=time(3, 30), first_day=date(2027, 3, 21))]
    town.activity.save()
    calendar = Calendar.from_ical(calendar_of(town.activity, url="u", host="x", lang="nb", today=date(2027, 3, 1)))
    event = next(iter(calendar.walk("VEVENT")))
    assert event.to_ical().count(b"DTSTART;TZID=Europe/Oslo:20270321T023000") == 1
    assert any(calendar.walk("VTIMEZONE"))


def test_the_page_tells_which_days_are_cancelled(town: Town) -> None:  # noqa: F811
    day = timezone.localdate() + timedelta(days=(1 - timezone.localdate().weekday()) % 7 + 7)
    town.activity.sessions = [Session(weekday=2, starts=time(17), cancelled=[day.isoformat()])]
    town.activity.save()
    page = Client().get(f"/en/activities/{town.activity.slug}/").content.decode()
    assert f"Not {day.day} {day:%B}" in page
