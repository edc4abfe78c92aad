"""When sessions meet."""

import random
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from directory.activities.rules import cancelled_days, days_of, end_of_long_year, meets_on, next_day, why_not_day


def session(**values):
    facts = {"weekday": None, "date": None, "weeks": "every", "first_day": None, "last_day": None, "cancelled": []}
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


# ── against a slow plain twin ─────────────────────────────────────────────────────────────────────────────────
def plain_days(facts, start, end):
    """Every day of the period asked one by one, by the words of the rule."""
    found = []
    day = start
    while day <= end:
        _year, week, weekday = day.isocalendar()
        ok = {
            "every": True,
            "odd": week in range(1, 54, 2),
            "even": week in range(2, 54, 2),
            "first": (day - timedelta(days=7)).month != day.month,
            "last": (day + timedelta(days=7)).month != day.month,
        }[facts.weeks]
        if facts.date:
            meets = day == facts.date
        else:
            meets = weekday == facts.weekday and ok
            meets = meets and not (facts.first_day and day < facts.first_day) and not (facts.last_day and day > facts.last_day)
        if meets and day.isoformat() not in facts.cancelled:
            found.append(day)
        day += timedelta(days=1)
    return found


def test_days_of_is_what_the_slow_twin_finds():
    dice = random.Random(53)
    for _ in range(400):
        start = date(2026, 1, 1) + timedelta(days=dice.randrange(2600))  # 2026 and 2032 have 53 weeks
        end = start + timedelta(days=dice.randrange(0, 500))
        some = [start + timedelta(days=dice.randrange(-30, 500)) for _ in range(2)]
        if dice.random() < 0.15:
            facts = session(date=some[0], cancelled=[some[0].isoformat()] if dice.random() < 0.3 else [])
        else:
            facts = session(
                weekday=dice.randrange(1, 8),
                weeks=dice.choice(["every", "odd", "even", "first", "last"]),
                first_day=min(some) if dice.random() < 0.5 else None,
                last_day=max(some) if dice.random() < 0.5 else None,
            )
            facts.cancelled = [day.isoformat() for day in plain_days(facts, start, end) if dice.random() < 0.2]
        assert list(days_of(facts, start, end)) == plain_days(facts, start, end), facts


def test_a_cancelled_day_is_not_met_and_is_told():
    facts = session(weekday=4, cancelled=["2026-12-24", "2026-12-31"])
    assert next_day(facts, date(2026, 12, 18)) == date(2027, 1, 7)
    assert meets_on(facts, date(2026, 12, 24)) is False
    assert cancelled_days(facts, date(2026, 12, 1), date(2026, 12, 27)) == [date(2026, 12, 24)]


@pytest.mark.parametrize("cancelled", [[], ["2026-12-24"], ["2026-12-24", "2026-12-25", "nonsense", "9999-12-30"]])
def test_an_end_that_never_comes_costs_nothing(monkeypatch, cancelled):
    def walked(*args):
        raise AssertionError("every week was looked at")

    monkeypatch.setattr("directory.activities.rules.planned_days", walked)
    facts = session(weekday=4, last_day=date.max, cancelled=cancelled)
    # 24 December is a Thursday, as 30 December 9999 is; the 25th is none.
    assert cancelled_days(facts, date(2026, 12, 1), date.max) == [
        date.fromisoformat(day) for day in cancelled if day in ("2026-12-24", "9999-12-30")
    ]


@pytest.mark.parametrize("first", [date(9998, 12, 31), date(9999, 12, 31), date(2060, 1, 1)])
@pytest.mark.parametrize("weeks", ["every", "odd", "last"])
def test_a_season_that_begins_in_thousands_of_years_has_no_next_day(first, weeks):
    facts = session(weekday=4, weeks=weeks, first_day=first)
    assert next_day(facts, date(2026, 12, 1)) is None
    assert list(days_of(facts, date(2026, 12, 1), date(2027, 12, 1))) == []


@pytest.mark.parametrize(
    ("day", "years"),
    [
        (None, None),
        (date(1923, 1, 1), None),
        (date(2026, 2, 1), None),
        (date(2045, 12, 31), None),
        (date(26, 2, 1), (1900, 2045)),
        (date(2099, 12, 31), (1900, 2045)),
        (date.max, (1900, 2045)),
    ],
)
def test_years_that_make_no_sense_are_told_from_those_that_do(day, years):
    assert why_not_day(day, date(2026, 11, 21)) == years


@pytest.mark.parametrize(
    ("day", "end"),
    [(date(2026, 5, 1), date(2027, 1, 3)), (date(2027, 1, 3), date(2027, 1, 3)), (date(2027, 1, 4), date(2033, 1, 2))],
)
def test_a_year_of_53_weeks_ends_the_rhythm_of_every_second_week(day, end):
    assert end_of_long_year(day) == end
