"""The standard's recurrence into weekly meetings."""

from __future__ import annotations

from datetime import date, time

import pytest

from directory.sources.openreferral.schedules import Meeting, read_date, read_schedule, read_time

TEN, SIX = time(10), time(18)
AT = {"opens_at": "10:00", "closes_at": "18:00:00"}


@pytest.mark.parametrize(
    ("row", "meetings"),
    [
        ({"freq": "WEEKLY", "byday": "TH,FR"}, [Meeting(4, TEN, SIX), Meeting(5, TEN, SIX)]),
        ({"byday": "MO"}, [Meeting(1, TEN, SIX)]),
        ({"freq": "WEEKLY", "interval": 1, "byday": "su"}, [Meeting(7, TEN, SIX)]),
        (
            {"freq": "WEEKLY", "interval": "2", "byday": "MO", "dtstart": "2026-01-05"},
            [Meeting(1, TEN, SIX, "even", first_day=date(2026, 1, 5))],
        ),
        ({"freq": "MONTHLY", "byday": "1WE"}, [Meeting(3, TEN, SIX, "first")]),
        ({"freq": "MONTHLY", "byday": "-1WE"}, [Meeting(3, TEN, SIX, "last")]),
        ({"freq": "DAILY"}, [Meeting(n, TEN, SIX) for n in range(1, 8)]),
        ({"freq": "WEEKLY", "dtstart": "2026-01-06"}, [Meeting(2, TEN, SIX, first_day=date(2026, 1, 6))]),
        ({"dtstart": "2026-01-06"}, [Meeting(None, TEN, SIX, date=date(2026, 1, 6))]),
        (
            {"byday": "MO", "valid_from": "2026-01-05", "valid_to": "2026-06-20"},
            [Meeting(1, TEN, SIX, first_day=date(2026, 1, 5), last_day=date(2026, 6, 20))],
        ),
        (
            {"byday": "MO", "valid_from": "2026-06-20", "valid_to": "2026-01-05"},
            [Meeting(1, TEN, SIX, first_day=date(2026, 6, 20))],
        ),
        # "no end is known", as registers write it
        *(
            (
                {"byday": "MO", "valid_from": "2026-06-20", "valid_to": f"{year}-12-31"},
                [Meeting(1, TEN, SIX, first_day=date(2026, 6, 20))],
            )
            for year in (2099, 9999)
        ),
    ],
)
def test_rule_becomes_meetings(row: dict[str, object], meetings: list[Meeting]) -> None:
    assert read_schedule({**row, **AT}) == (meetings, "")


@pytest.mark.parametrize(
    "row",
    [
        {"freq": "MONTHLY", "bymonthday": "2,3"},
        {"freq": "MONTHLY", "byday": "2TU"},
        {"freq": "WEEKLY", "interval": 3, "byday": "MO"},
        {"freq": "MONTHLY", "byday": "TU"},
        {},
    ],
)
def test_rule_that_is_no_weekly_plan_is_told_in_words(row: dict[str, object]) -> None:
    assert read_schedule({**row, **AT, "description": "Andre tirsdag"}) == ([], "Andre tirsdag")


def test_limits_beside_a_weekly_rule_are_told() -> None:
    meetings, left = read_schedule({"freq": "WEEKLY", "byday": "MO", "byweekno": "41,42", **AT})
    assert (len(meetings), left) == (1, "byweekno")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("10:00:00", TEN),
        ("10:00", TEN),
        ("10.00", TEN),
        ("10:00Z", TEN),
        ("10:00:00+01:00", TEN),
        ("25:00", None),
        ("ti", None),
        (None, None),
        (10, None),
    ],
)
def test_clock_times(written: object, found: time | None) -> None:
    assert read_time(written) == found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("2026-01-05", date(2026, 1, 5)),
        ("2026-01-05T10:00:00Z", date(2026, 1, 5)),
        ("20260105", date(2026, 1, 5)),
        ("2026-02-30", None),
        ("", None),
    ],
)
def test_dates(written: str, found: date | None) -> None:
    assert read_date(written) == found
