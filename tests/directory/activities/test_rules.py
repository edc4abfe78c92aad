"""When sessions meet."""

from datetime import date
from types import SimpleNamespace

import pytest

from directory.activities.rules import days_of, meets_on, next_day


def session(**values):
    facts = {"weekday": None, "date": None, "weeks": "every", "first_day": None, "last_day": None}
    return SimpleNamespace(**{**facts, **values})


@pytest.mark.parametrize(
    ("values", "day", "answer"),
    [
        ({"weekday": 2}, date(2026, 12, 1), True),  # a Tuesday
        ({"weekday": 2}, date(2026, 12, 2), False),
        ({"weekday": 2, "first_day": date(2026, 12, 2)}, date(2026, 12, 1), False),
        ({"weekday": 2, "last_day": date(2026, 12, 1)}, date(2026, 12, 1), True),
        ({"weekday": 2, "last_day": date(2026, 11, 30)}, date(2026, 12, 1), False),
        ({"weekday": 2, "weeks": "odd"}, date(2026, 12, 1), True),  # week 49
        ({"weekday": 2, "weeks": "even"}, date(2026, 12, 1), False),
        ({"weekday": 2, "weeks": "first"}, date(2026, 12, 1), True),
        ({"weekday": 2, "weeks": "first"}, date(2026, 12, 8), False),
        ({"weekday": 2, "weeks": "last"}, date(2026, 12, 29), True),
        ({"weekday": 2, "weeks": "last"}, date(2026, 12, 22), False),
        ({"date": date(2026, 12, 5)}, date(2026, 12, 5), True),
        ({"date": date(2026, 12, 5)}, date(2026, 12, 12), False),
    ],
)
def test_meets_on_knows_weekday_season_and_weeks(values, day, answer):
    assert meets_on(session(**values), day) is answer


def test_days_of_lists_each_meeting_in_the_period():
    meetings = list(days_of(session(weekday=4), date(2026, 12, 1), date(2026, 12, 31)))
    assert meetings == [date(2026, 12, day) for day in (3, 10, 17, 24, 31)]


def test_next_day_waits_for_the_season_and_ends_with_it():
    assert next_day(session(weekday=1, first_day=date(2027, 1, 5)), date(2026, 12, 1)) == date(2027, 1, 11)
    assert next_day(session(weekday=1, last_day=date(2026, 11, 1)), date(2026, 12, 1)) is None
    assert next_day(session(date=date(2026, 12, 1)), date(2026, 12, 1)) == date(2026, 12, 1)
    assert next_day(session(date=date(2026, 11, 30)), date(2026, 12, 1)) is None
