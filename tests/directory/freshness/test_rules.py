"""The clock of a listing as truth tables, and its months against a slow plain twin."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.freshness.rules import (
    Age,
    Round,
    Step,
    age_of,
    counts_from,
    is_failure,
    last_start,
    link_is_due,
    may_hide,
    months_after,
    next_letter,
)

DAY = date(2026, 3, 10)
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2026, 1, 15), 12, date(2027, 1, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),  # no leap day that year
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 8, 31), 18, date(2028, 2, 29)),
        (date(2025, 8, 31), 18, date(2027, 2, 28)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 31), 0, date(2026, 1, 31)),
    ],
)
def test_months_are_those_of_the_calendar(day: date, months: int, after: date) -> None:
    assert months_after(day, months) == after


def slow_twin(day: date, months: int) -> date:
    """Month by month, back to the last day there is."""
    year, month = day.year, day.month
    for _n in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


@given(DAYS, st.integers(0, 40))
def test_months_agree_with_a_slow_twin(day: date, months: int) -> None:
    assert months_after(day, months) == slow_twin(day, months)


@given(DAYS, DAYS, st.integers(1, 30))
def test_the_database_and_the_rule_agree_on_who_is_old(since: date, today: date, months: int) -> None:
    assert (since <= last_start(today, months)) == (months_after(since, months) <= today)


@pytest.mark.parametrize(
    ("facts", "day"),
    [
        ({"confirmed": date(2026, 1, 1), "source_date": date(2027, 1, 1), "published": DAY}, date(2026, 1, 1)),
        ({"confirmed": None, "source_date": date(2024, 5, 1), "published": DAY}, date(2024, 5, 1)),
        ({"confirmed": None, "source_date": None, "published": date(2025, 1, 1)}, date(2025, 1, 1)),
        ({"confirmed": None, "source_date": None, "published": None}, DAY),
    ],
)
def test_age_counts_from_confirmation_then_source_then_publication(facts: dict[str, date | None], day: date) -> None:
    assert counts_from(created=DAY, **facts) == day


@pytest.mark.parametrize(
    ("today", "age"),
    [
        (date(2026, 3, 10), Age.FRESH),
        (date(2027, 3, 9), Age.FRESH),
        (date(2027, 3, 10), Age.DUE),
        (date(2027, 6, 9), Age.DUE),
        (date(2027, 6, 10), Age.MARKED),
        (date(2027, 9, 9), Age.MARKED),
        (date(2027, 9, 10), Age.TOO_OLD),
        (date(2036, 1, 1), Age.TOO_OLD),
    ],
)
def test_twelve_fifteen_and_eighteen_months(today: date, age: Age) -> None:
    assert age_of(DAY, today) is age


TOO_OLD_ON = date(2027, 9, 10)


@pytest.mark.parametrize(
    ("today", "can_ask", "asked", "came_in", "hides"),
    [
        (TOO_OLD_ON - timedelta(days=1), True, date(2027, 3, 10), DAY, False),  # a day too early
        (TOO_OLD_ON, True, date(2027, 3, 10), DAY, True),  # asked half a year ago
        (TOO_OLD_ON, True, date(2027, 6, 10), DAY, True),  # three months ago to the day
        (TOO_OLD_ON, True, date(2027, 6, 11), DAY, False),
        (TOO_OLD_ON, True, None, DAY, False),  # could be asked and was not
        (TOO_OLD_ON, False, None, DAY, True),  # nobody to ask
        (TOO_OLD_ON, False, None, date(2027, 6, 11), False),  # a list that was old when it came in
        (TOO_OLD_ON, False, None, date(2027, 6, 10), True),
    ],
)
def test_nothing_is_hidden_before_somebody_had_time_to_answer(
    today: date, can_ask: bool, asked: date | None, came_in: date, hides: bool
) -> None:
    assert may_hide(since=DAY, today=today, can_ask=can_ask, asked=asked, came_in=came_in) is hides


def rounds(*sent: Step, started: date = DAY, answer: str = "") -> Round:
    return Round(started, frozenset(step.value for step in sent), answer)


ASKED = rounds(Step.ASK)
REMINDED = rounds(Step.ASK, Step.REMIND)
ALL = rounds(Step.ASK, Step.REMIND, Step.LAST)


@pytest.mark.parametrize(
    ("today", "due", "hidden", "round", "letter"),
    [
        (DAY, False, False, None, None),
        (DAY, True, False, None, Step.ASK),
        (DAY, True, False, ASKED, None),  # the same day once more
        (date(2026, 4, 9), True, False, ASKED, None),
        (date(2026, 4, 10), True, False, ASKED, Step.REMIND),
        (date(2026, 4, 10), False, False, ASKED, None),  # confirmed meanwhile, one by one
        (date(2026, 4, 10), True, False, REMINDED, None),
        (date(2026, 5, 24), True, False, REMINDED, None),
        (date(2026, 5, 25), True, False, REMINDED, Step.LAST),
        (date(2026, 5, 25), True, False, ASKED, Step.LAST),  # the clock stood still for a month: one letter, not two
        (date(2026, 6, 30), True, False, ALL, None),
        (date(2026, 6, 30), True, True, ALL, Step.HIDDEN),
        (date(2026, 6, 30), False, True, ALL, Step.HIDDEN),
        (date(2026, 6, 30), False, True, rounds(Step.ASK, Step.HIDDEN), None),
        (date(2026, 6, 30), False, True, None, None),  # nobody was ever asked: no letter out of the blue
        # answered
        (date(2026, 4, 10), True, False, rounds(Step.ASK, answer="confirmed"), None),  # something new is old already: not yet
        (date(2026, 6, 10), True, False, rounds(Step.ASK, answer="confirmed"), Step.ASK),
        (date(2027, 3, 10), True, False, rounds(Step.ASK, answer="confirmed"), Step.ASK),
        (date(2026, 4, 10), True, False, rounds(Step.ASK, answer="changed"), Step.REMIND),  # said so, and has not done it
        (date(2027, 3, 10), True, True, rounds(Step.ASK, answer="closed"), None),  # staff look into it
        # a round that nobody answered is over a month after something of it was hidden
        (date(2026, 10, 9), True, False, ALL, None),
        (date(2026, 10, 10), True, False, ALL, Step.ASK),
        (date(2026, 10, 10), False, True, ALL, Step.HIDDEN),
    ],
)
def test_which_letter_goes_out(today: date, due: bool, hidden: bool, round: Round | None, letter: Step | None) -> None:
    assert next_letter(today=today, due=due, hidden=hidden, round=round) is letter


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        ("200", False), ("301", False), ("401", False), ("403", False), ("429", False),
        ("404", True), ("410", True), ("500", True), ("503", True),
        ("timeout", True), ("no-host", True), ("private", True), ("certificate", True), ("", True),
    ],
)  # fmt: skip
def test_which_answers_are_failures(status: str, failed: bool) -> None:
    assert is_failure(status) is failed


@pytest.mark.parametrize(
    ("asked", "failures", "is_dead", "due"),
    [
        (None, 0, False, True),
        (DAY, 0, False, False),
        (DAY - timedelta(days=29), 0, False, False),
        (DAY - timedelta(days=30), 0, False, True),
        (DAY, 1, False, False),  # the same day is the same bad day
        (DAY - timedelta(days=1), 1, False, True),
        (DAY - timedelta(days=1), 3, True, False),  # dead already: monthly, to see whether it came back
        (DAY - timedelta(days=30), 3, True, True),
    ],
)
def test_when_a_link_is_asked(asked: date | None, failures: int, is_dead: bool, due: bool) -> None:
    assert link_is_due(asked=asked, failures=failures, is_dead=is_dead, today=DAY) is due
