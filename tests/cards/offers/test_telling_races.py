"""Telling of uses, using, replacing and deciding at the same moment, on both databases: nothing twice, nobody waits for ever."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from tests.cards.offers.crew import Crew, crew, crews, database_url  # noqa: F401

pytestmark = pytest.mark.django_db

ROUNDS = 8


def key() -> str:
    return uuid.uuid4().hex


def answers(told: list[list[dict[str, Any]]]) -> list[str]:
    return sorted(answer["said"] for share in told for answer in share)


def call(facts: dict[str, Any], deed: str = "tell", card: int = 0, **asked: Any) -> dict[str, Any]:
    """A deed with the facts' first card."""
    usual = {"deed": deed, "key": key(), "card": facts["cards"][card], "offer": facts["offer"], "till": facts["till"]}
    return usual | ({"shown": facts["shown"][card]} if deed == "tell" else {}) | asked


def test_the_last_clip_is_told_of_and_used_at_the_same_moment(crew: Crew) -> None:  # noqa: F811
    for _number in range(ROUNDS):
        facts = crew.ask("fill", clips=1)
        assert answers(crew.race([[call(facts)], [call(facts, "redeem")]])) == ["exhausted", "ok"]
    assert crew.ask("state")["faults"] == []


def test_what_is_told_twice_at_the_same_moment_is_counted_once(crew: Crew) -> None:  # noqa: F811
    for _number in range(ROUNDS):
        facts = crew.ask("fill", clips=3)
        one = call(facts, taken=timezone.now().isoformat())
        told = crew.race([[one], [one]])
        assert answers(told) == ["ok", "ok"]
        assert len({answer["mark"] for share in told for answer in share}) == 1
    state = crew.ask("state")
    assert (state["uses"], state["faults"]) == (ROUNDS, [])


def test_a_use_is_told_of_while_it_is_on_its_way_still(crew: Crew) -> None:  # noqa: F811
    """Where the use comes last nobody listens to its answer any more."""
    for _number in range(ROUNDS):
        facts = crew.ask("fill", clips=3)
        both = key()
        [[told], [use]] = crew.race([[call(facts, key=both)], [call(facts, "redeem", key=both)]])
        assert told["said"] == "ok"
        assert use["said"] in {"ok", "known_key"}
        assert use["said"] == "known_key" or use["mark"] == told["mark"]
        assert crew.ask("held", card=facts["cards"][0]) == 2
    assert crew.ask("state")["faults"] == []


def test_many_are_told_of_in_turns_while_others_are_used(crew: Crew) -> None:  # noqa: F811
    """Two cards crosswise: a wrong order of locks would stop both for ever."""
    facts = crew.ask("fill", cards=2, clips=12)
    number = iter(range(1, 100))
    first = [call(facts, card=turn % 2, number=next(number)) for turn in range(12)]
    second = [call(facts, "redeem", card=(turn + 1) % 2) for turn in range(12)]
    assert answers(crew.race([first, second])) == ["ok"] * 24
    assert crew.ask("state")["faults"] == []


def test_a_claim_is_accepted_once(crew: Crew) -> None:  # noqa: F811
    for _number in range(ROUNDS):
        facts = crew.ask("fill", clips=3)
        crew.race([[call(facts, "reissue", key=str(uuid.uuid4()))]])
        [[told]] = crew.race([[call(facts)]])
        assert told["said"] == "revoked"
        accept = call(facts, "decide", mark=told["mark"])
        assert answers(crew.race([[accept], [accept]])) == ["not_disputed", "ok"]
        assert crew.ask("held", card=facts["cards"][0]) == 2
    assert crew.ask("state")["faults"] == []


def test_a_claim_is_accepted_while_the_new_card_is_used_up(crew: Crew) -> None:  # noqa: F811
    for _number in range(ROUNDS):
        facts = crew.ask("fill", clips=1)
        [[made]] = crew.race([[call(facts, "reissue", key=str(uuid.uuid4()))]])
        [[told]] = crew.race([[call(facts)]])
        use = call(facts, "redeem") | {"card": made["card"]}
        assert answers(crew.race([[call(facts, "decide", mark=told["mark"])], [use]])) == ["exhausted", "ok"]
        assert crew.ask("held", card=facts["cards"][0]) == 0
    assert crew.ask("state")["faults"] == []


def test_a_card_is_replaced_while_a_use_of_it_is_told(crew: Crew) -> None:  # noqa: F811
    for _number in range(ROUNDS):
        facts = crew.ask("fill", clips=3)
        told = crew.race([[call(facts)], [call(facts, "reissue", key=str(uuid.uuid4()))]])
        said = told[0][0]["said"]
        assert (said in {"ok", "revoked"}, told[1][0]["said"]) == (True, "ok")
        assert crew.ask("held", card=facts["cards"][0]) == (2 if said == "ok" else 3)
    assert crew.ask("state")["faults"] == []


@pytest.mark.parametrize("other", ["tell", "issue"])
def test_the_last_slot_goes_to_one_of_two_at_the_same_moment(crew: Crew, other: str) -> None:  # noqa: F811
    """A card that lapsed though it was used in time takes its slot again, while another does, or is handed out."""
    for _number in range(ROUNDS):
        facts = crew.ask("fill", cards=2, slots=1)
        if other == "tell":
            second, refusal = call(facts, card=1, till=facts["other_till"], offer=facts["other_offer"]), "slot_gone"
        else:
            second, refusal = {"deed": "issue", "key": str(uuid.uuid4()), "quota": facts["quota"]}, "quota"
        said = answers(crew.race([[call(facts)], [second]]))
        assert said in (["ok", refusal], ["ok", "slot_gone"])
        assert crew.ask("slots", quota=facts["quota"]) == [1, 1]
    assert crew.ask("state")["faults"] == []
