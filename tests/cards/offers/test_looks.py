"""Which uses are worth a look: for each reason an example, and what is nearly one. Pure: no rows are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from cards.offers import conditions
from cards.offers.staff_looks import (
    FEWEST_CARDS,
    FEWEST_DRAWN,
    MANY,
    ONE_IN,
    ONE_IN_HERE,
    STAYS,
    WITHIN,
    Hours,
    Look,
    Use,
    is_outside,
    lots,
    worth_a_look,
)
from directory.places.models import OpeningTime

MONDAY = datetime(2026, 11, 16, 12, 0, tzinfo=conditions.OSLO)
TODAY = date(2026, 11, 22)
POOL, CINEMA, RINK = 1, 2, 3
BOTH = frozenset({POOL, CINEMA})


def use(pk: int, **facts: int | datetime | None) -> Use:
    known = Use(pk, f"mark-{pk}", MONDAY.date(), MONDAY + timedelta(hours=pk % 20), offer=1, provider=POOL, till=None, card=pk)
    changed = replace(known, **facts)  # type: ignore[arg-type]
    return replace(changed, day=conditions.day_of(changed.at))


def never(_mark: str) -> int:
    """A lot that draws nobody by itself."""
    return 1


def looked(
    uses: Iterable[Use],
    *,
    hours: Hours | None = None,
    reach: dict[int, frozenset[int]] | None = None,
    lot: Callable[[str], int] = never,
) -> dict[int, tuple[Look, ...]]:
    uses = list(uses)
    known = {one.card: BOTH for one in uses} if reach is None else reach
    return worth_a_look(uses, hours={1: hours or Hours()}, reach=known, lot=lot, today=TODAY)


# ── hours ───────────────────────────────────────────────────────────────────────────────────────────────────

TEN_TO_FOUR = conditions.read({"hours": {"1": [["10:00", "16:00"]]}})
PLACE = (OpeningTime(weekday=1, opens=time(10), closes=time(16)), OpeningTime(weekday=6, opens=time(22), closes=time(2)))


@pytest.mark.parametrize(
    ("hours", "at", "outside"),
    [
        (Hours(), (16, 3, 0), False),  # nothing says when it is open
        (Hours(TEN_TO_FOUR), (16, 15, 59), False),
        (Hours(TEN_TO_FOUR), (16, 16, 14), False),  # at the door
        (Hours(TEN_TO_FOUR), (16, 16, 16), True),
        (Hours(TEN_TO_FOUR), (16, 9, 44), True),
        (Hours(TEN_TO_FOUR), (17, 12, 0), True),  # a Tuesday
        (Hours(conditions.NONE, PLACE), (16, 12, 0), False),
        (Hours(conditions.NONE, PLACE), (16, 3, 0), True),
        (Hours(conditions.NONE, PLACE), (22, 1, 30), False),  # Saturday's night
        (Hours(conditions.NONE, PLACE), (22, 2, 30), True),
        (Hours(TEN_TO_FOUR, (PLACE[1],)), (16, 12, 0), False),  # the offer's own hours hold
        (Hours(conditions.read({"never": [["11-16", "11-16"]]}), PLACE), (16, 12, 0), True),
    ],
)
def test_use_at_a_time_when_it_is_closed(hours: Hours, at: tuple[int, int, int], outside: bool) -> None:
    day, hour, minute = at
    moment = datetime(2026, 11, day, hour, minute, tzinfo=conditions.OSLO)
    assert is_outside(hours, moment) is outside
    assert looked([use(1, at=moment)], hours=hours) == ({1: (Look.HOURS,)} if outside else {})


# ── pace ────────────────────────────────────────────────────────────────────────────────────────────────────


def in_a_row(count: int, within: timedelta, till: int | None = 7, first: int = 1) -> list[Use]:
    return [use(first + n, till=till, at=MONDAY + within * n / (count - 1)) for n in range(count)]


def test_many_at_one_till_in_a_short_time() -> None:
    fast = in_a_row(MANY, WITHIN)
    later = use(99, till=7, at=MONDAY + WITHIN * 3)
    assert looked([later, *reversed(fast)]) == {one.pk: (Look.PACE,) for one in fast}
    assert looked(in_a_row(MANY, WITHIN + timedelta(seconds=1))) == {}, "a queue"
    assert looked(in_a_row(MANY - 1, WITHIN)) == {}, "a large family"
    assert looked(in_a_row(MANY, WITHIN, till=None)) == {}, "pressed on telephones, at no till"
    assert looked([*in_a_row(MANY - 1, WITHIN), *in_a_row(MANY - 1, WITHIN, till=8, first=50)]) == {}, "two tills"


# ── cards that stay ─────────────────────────────────────────────────────────────────────────────────────────


def staying(cards: int, *, each: int = STAYS, provider: int = POOL, first: int = 1) -> list[Use]:
    """Cards used at one provider, each so often, an hour between."""
    return [use(100 * card + n, card=card, provider=provider) for card in range(first, first + cards) for n in range(each)]


def test_provider_where_many_cards_stay_has_some_of_its_uses_drawn() -> None:
    uses = staying(FEWEST_CARDS * 3)
    passing = [use(9000 + n, card=900 + n) for n in range(5)]
    elsewhere = staying(3, provider=CINEMA, first=50)
    found = looked([*uses, *passing, *elsewhere], lot=lambda mark: 1 + 10 * (mark < "mark-9"))
    assert set(found.values()) == {(Look.SHARE,)}
    assert len(found) == (len(uses) + len(passing)) // ONE_IN_HERE
    assert {one.pk for one in passing} <= set(found), "drawn by lot, not by the card"


@pytest.mark.parametrize(
    ("uses", "reach"),
    [
        (staying(FEWEST_CARDS - 1), None),  # too few to be told
        (staying(FEWEST_CARDS, each=STAYS - 1), None),
        (staying(FEWEST_CARDS), {card: frozenset({POOL}) for card in range(1, 9)}),  # they hold nothing else
        ([*staying(FEWEST_CARDS), *[use(9000 + n, card=900 + n) for n in range(FEWEST_CARDS + 1)]], None),  # most cards do not
        ([*staying(FEWEST_CARDS), *[use(9000 + card, card=card, provider=RINK) for card in range(1, 9)]], None),  # 4 of 5 here
        ([replace(one, day=TODAY) for one in staying(FEWEST_CARDS)], None),  # today is not over
    ],
)
def test_provider_whose_cards_go_elsewhere_too_is_left_alone(uses: list[Use], reach: dict[int, frozenset[int]] | None) -> None:
    assert looked(uses, reach=reach) == {}


def test_what_is_drawn_says_nothing_of_cards() -> None:
    """The same uses by other cards: as long as the provider is told of at all, the same are drawn."""
    uses = staying(FEWEST_CARDS * 2)
    turned = [replace(one, card=FEWEST_CARDS * 2 + 1 - one.card) for one in uses]
    fewer = [replace(one, card=1 + one.card % FEWEST_CARDS) for one in uses]
    draw = lots()
    drawn = {
        name: {pk for pk, looks in looked(some, lot=draw).items() if Look.SHARE in looks}
        for name, some in (("as is", uses), ("turned", turned), ("fewer", fewer))
    }
    assert drawn["as is"] == drawn["turned"] == drawn["fewer"]
    assert len(drawn["as is"]) >= FEWEST_DRAWN


# ── by lot ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_few_of_everybody_s_are_drawn() -> None:
    draw = lots()
    marks = [f"mark-{pk}" for pk in range(5000)]
    drawn = sum(draw(mark) % ONE_IN == 0 for mark in marks)
    assert 60 <= drawn <= 140
    assert [draw(mark) for mark in marks[:50]] == [lots()(mark) for mark in marks[:50]], "always the same"
    assert looked([use(1), use(2)], lot=lambda mark: 0 if mark == "mark-2" else 1) == {2: (Look.LOT,)}


def test_reasons_are_told_together() -> None:
    night = MONDAY.replace(hour=3)
    uses = [use(n, till=7, at=night + timedelta(seconds=n)) for n in range(MANY)]
    found = looked(uses, hours=Hours(TEN_TO_FOUR), lot=lambda mark: 0 if mark == "mark-3" else 1)
    assert found == dict.fromkeys(range(MANY), (Look.HOURS, Look.PACE)) | {3: (Look.HOURS, Look.PACE, Look.LOT)}
