"""The calendar file of an activity."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from directory.activities.models import Session
from directory.places.models import Place
from tests.pages.conftest import town  # noqa: F401 - fixture
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
