"""Two at once, on both databases, in processes of their own: what is scarce is never given twice (R1, R2, R4).

R2 has its negative control: the same rounds with code that reads, looks and writes must go wrong nearly every time, or the
rounds do not see a race. SQLite lets only one write at a time, so the control runs on PostgreSQL.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from tests.cards.offers.crew import Crew, crew, crews, database_url  # noqa: F401

pytestmark = pytest.mark.django_db


def key() -> str:
    return uuid.uuid4().hex


def said(answers: list[list[dict[str, Any]]]) -> list[str]:
    return sorted(answer["said"] for share in answers for answer in share)


def which_card(facts: dict[str, Any], card: int, number: int) -> dict[str, Any]:
    """A card by its code, or one that was found before."""
    return {"shown": facts["shown"][card]} if number % 4 < 2 else {"card": facts["cards"][card]}


def test_no_clip_is_given_twice_whatever_the_rush(crew: Crew, thorough: bool) -> None:  # noqa: F811
    """R1: many more tries than clips, on a few cards, from several sides."""
    cards, clips, tries = (1000, 3, 100_000) if thorough else (100, 3, 10_000)
    facts = crew.ask("fill", cards=cards, clips=clips)
    dice = random.Random(1)
    told: Counter[str] = Counter()
    for _share in range(tries // 1000):
        calls = [
            {"key": key(), "offer": facts["offer"], "till": facts["till"]} | which_card(facts, dice.randrange(cards), number)
            for number in range(1000)
        ]
        told.update(said(crew.race([calls[::2], calls[1::2]], together=False)))
    assert told == {"ok": cards * clips, "exhausted": tries - cards * clips}
    state = crew.ask("state")
    assert (state["faults"], state["uses"], set(state["clips"].values())) == ([], cards * clips, {clips})


def rounds(crew: Crew, count: int, **how: Any) -> int:  # noqa: F811
    """Two tills at the same moment, one clip left; in how many rounds both were let in."""
    facts = crew.ask("fill", cards=count, clips=1)
    wrong = 0
    for number in range(count):
        asked = {"offer": facts["offer"], "till": facts["till"]}
        # Both by the code, one of them, none: all ways to a card lock it.
        one, other = (asked | {"key": key()} | which_card(facts, number, 2 * (number % 3 > side)) for side in (0, 1))
        answers = said(crew.race([[one], [other]], **how))
        assert "error" not in answers
        wrong += answers == ["ok", "ok"]
        assert how or answers == ["exhausted", "ok"]
    return wrong


def test_the_last_clip_goes_to_one_of_two_at_the_same_moment(crew: Crew, thorough: bool) -> None:  # noqa: F811
    """R2."""
    assert rounds(crew, 2000 if thorough else 200) == 0
    state = crew.ask("state")
    assert state["faults"] == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
def test_the_same_rounds_see_a_race_where_there_is_one(crew: Crew, thorough: bool) -> None:  # noqa: F811
    """R2's negative control: without locks, and with reading, looking and writing, it goes wrong."""
    count = 1000 if thorough else 100
    wrong = rounds(crew, count, naive=True)
    assert wrong >= (0.95 if thorough else 0.5) * count  # a busy machine lets one of the two run ahead more often
    assert crew.ask("state")["faults"], "what went wrong must also be seen afterwards"


def test_what_is_sent_again_and_again_is_counted_once(crew: Crew, thorough: bool) -> None:  # noqa: F811
    """R4: each call sent one to three times, in any order, from both sides."""
    count = 5000 if thorough else 400
    facts = crew.ask("fill", cards=20, clips=count)
    dice = random.Random(4)
    calls = [
        {"key": key(), "card": dice.choice(facts["cards"]), "offer": facts["offer"], "till": facts["till"]}
        for _number in range(count)
    ]
    sent = [call for call in calls for _time in range(dice.randint(1, 3))]
    dice.shuffle(sent)
    marks: dict[str, set[str]] = {}
    fresh = 0
    half = len(sent) // 2
    shares = [sent[:half], sent[half:]]
    for share, answers in zip(shares, crew.race(shares), strict=True):
        for call, answer in zip(share, answers, strict=True):
            assert answer["said"] == "ok"
            marks.setdefault(call["key"], set()).add(f"{answer['mark']} {answer['left']}")
            fresh += not answer["replayed"]
    state = crew.ask("state")
    assert {len(answers) for answers in marks.values()} == {1}
    assert (fresh, state["uses"], state["faults"]) == (count, count, [])


def test_a_till_without_keys_is_seen_to_count_twice(crew: Crew) -> None:  # noqa: F811
    """R4's negative control: the same calls, each sent under a key of its own."""
    facts = crew.ask("fill", cards=5, clips=200)
    calls = [{"card": card, "offer": facts["offer"], "till": facts["till"]} for card in facts["cards"] * 4]
    crew.race([[call | {"key": key()} for call in calls] for _side in range(2)])
    assert crew.ask("state")["uses"] == 2 * len(calls)


# ── pairs of deeds at the same moment ───────────────────────────────────────────────────────────────────────

ROUNDS = 12


def pairs(crew: Crew, facts: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> list[str]:  # noqa: F811
    usual = {"card": facts["cards"][0], "offer": facts["offer"], "till": facts["till"]}
    return said(crew.race([[usual | {"key": key()} | one], [usual | {"key": key()} | other]]))


@pytest.mark.parametrize(
    ("made", "asked", "expected"),
    [
        ({"quantity": 1}, {}, ["offer_exhausted", "ok"]),
        ({"ceiling_ore": 5000}, {}, ["ceiling", "ok"]),
        ({"codes": 1, "deals_codes": True}, {}, ["no_codes", "ok"]),
        ({"stock": 5, "stock_codes": 1, "deals_codes": True}, {}, ["no_codes", "ok"]),
        ({"stock": 5, "stock_codes": 1, "codes": 1, "deals_codes": True}, {}, ["ok", "ok"]),
        ({"conditions": {"most_per_day": 1}}, {}, ["ok", "per_day"]),
        ({}, {"key": "one-key-for-both"}, ["ok", "ok"]),
        ({"stock": 1}, {}, ["ok", "ok"]),
    ],
    ids=["released", "ceiling", "codes", "codes of stock", "codes of stock and others", "day", "key", "stock"],
)
def test_the_last_of_anything_is_given_once(
    crew: Crew,  # noqa: F811
    made: dict[str, Any],
    asked: dict[str, Any],
    expected: list[str],
) -> None:
    for number in range(ROUNDS):
        facts = crew.ask("fill", cards=2, clips=5, **made)
        mine = {name: f"{value}-{number}" for name, value in asked.items()}
        # A day's limit and a key are of one card; what is scarce at the provider is asked for by two.
        other = {} if "key" in asked or "conditions" in made else {"card": facts["cards"][1]}
        assert pairs(crew, facts, mine, mine | other) == expected
    state = crew.ask("state")
    assert state["faults"] == []
    once = ROUNDS if ("ok" in expected[:1] and "key" in asked) or len(set(expected)) == 2 else 2 * ROUNDS
    assert state["uses"] == once


def test_one_picture_is_used_once_by_two_tills(crew: Crew) -> None:  # noqa: F811
    from django.utils import timezone

    from cards.ledger.codes import step_of

    for _number in range(ROUNDS):
        facts = crew.ask("fill", cards=1, clips=5)
        asked = {"way": "scan", "step": step_of(timezone.now())}
        assert pairs(crew, facts, asked, asked) == ["ok", "step_used"]


def test_a_use_is_taken_back_once_by_two_tills(crew: Crew) -> None:  # noqa: F811
    for _number in range(ROUNDS):
        facts = crew.ask("fill", cards=1, clips=5)
        [[use]] = crew.race([[{"key": key(), "card": facts["cards"][0], "offer": facts["offer"], "till": facts["till"]}]])
        undo = {"deed": "undo", "mark": use["mark"]}
        assert pairs(crew, facts, undo, undo) == ["already_undone", "ok"]
    state = crew.ask("state")
    assert (state["faults"], set(state["clips"].values())) == ([], {0})


def test_a_card_is_replaced_while_it_is_used_and_while_a_use_is_taken_back(crew: Crew) -> None:  # noqa: F811
    """Nothing is lost and nothing is made: what old and new card have used and hold is what there was."""
    for number in range(2 * ROUNDS):
        facts = crew.ask("fill", cards=1, clips=3)
        [[use]] = crew.race([[{"key": key(), "card": facts["cards"][0], "offer": facts["offer"], "till": facts["till"]}]])
        reissue = {"deed": "reissue", "key": str(uuid.uuid4())}
        meanwhile: dict[str, Any] = {"deed": "undo", "mark": use["mark"]} if number % 2 else {}
        answers = pairs(crew, facts, reissue, meanwhile)
        assert answers in (["ok", "ok"], ["ok", "revoked"])
        assert answers == ["ok", "ok"] or not number % 2
        [[last]] = crew.race([[{"deed": "reissue", "card": facts["cards"][0], "key": reissue["key"]}]])
        assert last["said"] == "ok"
        held = crew.ask("held", card=facts["cards"][0])
        journal = crew.ask("state")["clips"].get(str(facts["cards"][0]), 0)
        assert held == 3 - journal
    assert crew.ask("state")["faults"] == []
