"""Whether a card may be used: the table of boundaries through the rule and through its twin on the telephone."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from cards.offers import conditions, rules
from cards.offers.models import Offer, ProviderAgreement
from cards.offers.rules import WhyNot
from cards.offers.states import AgreementState, OfferState
from cards.programmes.models import Allowance, Batch, Card, CardType, ProgrammeYear
from cards.programmes.states import CardState, Medium, Unit, YearState
from directory.providers.models import Provider
from portal.frontend import node
from tests.cards.offers.boundaries import CASES, FIRST, LAST, UNDOS, Case

NOON = datetime.fromisoformat("2027-06-01T12:00:00+02:00")
TWIN = node.FOLDER / "js" / "card_conditions.js"


def world(
    *,
    state: str = CardState.ACTIVE,
    valid_to: date = LAST,
    activate_by: date = LAST,
    year: tuple[date, date] = (FIRST, LAST),
    year_state: str = YearState.OPEN,
    offer: tuple[date, date] = (FIRST, LAST),
    offer_state: str = OfferState.PUBLISHED,
    agreement: tuple[date, date] = (FIRST, LAST),
    agreement_state: str = AgreementState.AGREED,
    delisted_at: datetime | None = None,
    said: dict[str, Any] | None = None,
    ages: tuple[int | None, int | None] = (None, None),
    unit: str = Unit.CLIP,
    quantity: int = 3,
    used: int = 0,
    companions: int = 0,
    companion_clips: int = 0,
    released: int | None = None,
    offer_used: int = 0,
) -> dict[str, Any]:
    """Card, allowance and offer as unsaved rows; open on every side unless told otherwise."""
    kind = CardType(
        year=ProgrammeYear(opens=year[0], closes=year[1], state=year_state), age_from=ages[0], age_to=ages[1], valid_to=valid_to
    )
    card = Card(batch=Batch(card_type=kind), state=state, medium=Medium.PAPER, activate_by=activate_by, valid_to=valid_to)
    terms = ProviderAgreement(
        provider=Provider(delisted_at=delisted_at), state=agreement_state, valid_from=agreement[0], valid_to=agreement[1]
    )
    return {
        "card": card,
        "allowance": Allowance(card=card, unit=unit, quantity=quantity, used=used),
        "offer": Offer(
            agreement=terms,
            state=offer_state,
            valid_from=offer[0],
            valid_to=offer[1],
            conditions=said or {},
            companions=companions,
            companion_clips=companion_clips,
            released=released,
            used=offer_used,
        ),
    }


def asked(case: Case) -> dict[str, Any]:
    """The case as what the rule is asked."""
    rows = world(
        state=CardState.ISSUED if case.activate_by and not case.before else CardState.ACTIVE,
        valid_to=case.valid_to,
        activate_by=case.activate_by or case.valid_to,
        year=case.year,
        offer=case.offer,
        agreement=case.agreement,
        said=case.conditions,
    )
    today = conditions.day_of(case.moment)
    used = sum(conditions.day_of(datetime.fromisoformat(moment)) == today for moment in case.before)
    return {**rows, "at": case.moment, "clips": 1, "people": 1, "used_today": used}


# What no moment decides: state, count, age and company. Each differs from a card that is let in by what is named.
FACTS: list[tuple[WhyNot | None, dict[str, Any], dict[str, Any]]] = [
    (None, {}, {}),
    (WhyNot.REVOKED, {"state": CardState.REVOKED}, {}),
    (WhyNot.SUSPENDED, {"state": CardState.SUSPENDED}, {}),
    (WhyNot.YEAR_CLOSED, {"year_state": YearState.CLOSING}, {}),
    (WhyNot.YEAR_CLOSED, {"year_state": YearState.CLOSED}, {}),
    (None, {"state": CardState.ISSUED}, {}),
    (WhyNot.OFFER_CLOSED, {"offer_state": OfferState.APPROVED}, {}),
    (WhyNot.OFFER_CLOSED, {"offer_state": OfferState.CLOSED}, {}),
    (WhyNot.OFFER_CLOSED, {"agreement_state": AgreementState.PROPOSED}, {}),
    (WhyNot.OFFER_CLOSED, {"agreement_state": AgreementState.ENDED}, {}),
    (WhyNot.OFFER_CLOSED, {"delisted_at": NOON}, {}),
    (None, {}, {"clips": 3}),
    (WhyNot.TOO_FEW_LEFT, {}, {"clips": 4}),
    (WhyNot.EXHAUSTED, {"used": 3}, {}),
    (WhyNot.EXHAUSTED, {"quantity": 0}, {}),
    (WhyNot.NOTHING_ASKED, {}, {"clips": 0}),
    (WhyNot.NOTHING_ASKED, {}, {"clips": -1}),
    (WhyNot.NOTHING_ASKED, {}, {"people": 0}),
    (WhyNot.TOO_MANY_PEOPLE, {}, {"people": 2}),
    (None, {"companions": 1}, {"people": 2}),
    (WhyNot.TOO_MANY_PEOPLE, {"companions": 1}, {"people": 3}),
    (WhyNot.AGE, {"ages": (6, 12), "said": {"age_from": 13}}, {}),
    (None, {"ages": (6, 13), "said": {"age_from": 13}}, {}),
    (WhyNot.AGE, {"ages": (13, None), "said": {"age_to": 12}}, {}),
    (None, {"said": {"age_from": 13, "age_to": 18}}, {}),
    (None, {"said": {"most_per_visit": 2}}, {"clips": 2}),
    (WhyNot.PER_VISIT, {"said": {"most_per_visit": 2}}, {"clips": 3}),
    (None, {"said": {"most_per_day": 2}}, {"used_today": 1}),
    (WhyNot.PER_DAY, {"said": {"most_per_day": 2}}, {"used_today": 2}),
    (WhyNot.PER_DAY, {"said": {"most_per_day": 2}}, {"used_today": 1, "clips": 2}),
    (None, {"released": 10, "offer_used": 9}, {}),
    (WhyNot.OFFER_EXHAUSTED, {"released": 10, "offer_used": 10}, {}),
    (WhyNot.OFFER_EXHAUSTED, {"released": 10, "offer_used": 9}, {"clips": 2}),
    (None, {"unit": Unit.ORE, "quantity": 20000, "said": {"most_per_visit": 1}}, {"clips": 15000}),
    (WhyNot.TOO_FEW_LEFT, {"unit": Unit.ORE, "quantity": 20000, "used": 10000}, {"clips": 15000}),
    (WhyNot.PER_DAY, {"unit": Unit.ORE, "quantity": 20000, "said": {"most_per_day": 1}}, {"clips": 5000, "used_today": 1}),
]
USUAL = {"at": NOON, "clips": 1, "people": 1, "used_today": 0}
ASKED = [(case.name, case.why, asked(case)) for case in CASES] + [
    (f"{why or 'let in'} {facts} {question}", why, {**world(**facts), **USUAL, **question}) for why, facts, question in FACTS
]


def test_the_table_has_sixty_moments():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize(("why", "question"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_the_rule_decides(why, question):
    assert rules.why_not_redeem(**question) == why


@pytest.mark.parametrize(
    "clock",
    [UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=2)), ZoneInfo("Europe/Helsinki"), ZoneInfo("Europe/London")],
)
def test_the_table_sees_another_clock(monkeypatch, clock):
    """The negative control: with any clock but Oslo's, moments of the table are decided wrongly."""
    monkeypatch.setattr(conditions, "OSLO", clock)
    assert [name for name, why, question in ASKED if rules.why_not_redeem(**question) != why]


def test_the_table_sees_an_hour_that_is_not_there_and_one_that_comes_twice(monkeypatch):
    """Winter's clock all year is wrong in summer only; these are wrong on the two nights only."""
    nights = [row for row in ASKED if row[2]["at"].astimezone(UTC).date() in {date(2027, 3, 28), date(2027, 10, 31)}]
    wrong = set()
    for hours in (1, 2):
        monkeypatch.setattr(conditions, "OSLO", timezone(timedelta(hours=hours)))
        wrong |= {(name, hours) for name, why, question in nights if rules.why_not_redeem(**question) != why}
    assert {hours for _name, hours in wrong} == {1, 2}


def test_a_card_without_the_offer_is_told_so():
    rows = world()
    assert rules.why_not_redeem(**{**rows, **USUAL, "allowance": None}) == WhyNot.NOT_ON_CARD


def test_the_telephone_decides_the_same():
    """Every row of both tables, and the next day it is open, through the JavaScript twin in one run of Node."""
    rows = [*ASKED, ("no line", WhyNot.NOT_ON_CARD, {**world(), **USUAL, "allowance": None})]
    told = []
    for _name, _why, question in rows:
        facts = {key: question[key] for key in ("card", "allowance", "used_today")}
        told.append(
            {
                "card": rules.card_facts(**facts),
                "offer": rules.offer_facts(question["offer"]),
                "at": question["at"].isoformat(),
                "asked": {key: question[key] for key in ("clips", "people")},
            }
        )
    answers = in_node(
        "rows.map(({card, offer, at, asked}) => [whyNot(card, offer, new Date(at), asked), nextDay(card, offer, new Date(at))])",
        told,
    )
    expected = []
    for _name, why, question in rows:
        day = rules.next_day(question["offer"], card=question["card"], at=question["at"])
        expected.append([why and why.value, day and day.isoformat()])
    differing = [(row[0], got, want) for row, got, want in zip(rows, answers, expected, strict=True) if got != want]
    assert differing == []


def in_node(expression: str, rows: list[Any]) -> list[Any]:
    """An expression over `rows` and the twin's functions, worked out by Node in another time zone than ours."""
    script = (
        f"import {{whyNot, nextDay, clipsFor}} from {json.dumps(TWIN.as_uri())};"
        "let text = ''; for await (const part of process.stdin) text += part;"
        f"const rows = JSON.parse(text); console.log(JSON.stringify({expression}));"
    )
    program = str(node.wheel() / "bin" / "node")
    done = subprocess.run(
        [program, "--no-warnings", "--input-type=module", "-e", script],
        input=json.dumps(rows),
        env={"TZ": "Pacific/Auckland"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return list(json.loads(done.stdout))


def test_company_costs_what_the_offer_says_on_both_sides():
    offers = [Offer(companion_clips=clips) for clips in (0, 1, 2)]
    asks = [(count, people) for count in (1, 2) for people in (1, 2, 4)]
    rows = [[offer.companion_clips, count, people] for offer in offers for count, people in asks]
    mine = [rules.clips_for(offer, count=count, people=people) for offer in offers for count, people in asks]
    assert mine == [1, 1, 1, 2, 2, 2, 1, 2, 4, 2, 3, 5, 1, 3, 7, 2, 4, 8]
    assert in_node("rows.map(([companion_clips, count, people]) => clipsFor({companion_clips}, count, people))", rows) == mine


@pytest.mark.parametrize("undo", UNDOS, ids=lambda undo: undo.name)
def test_a_till_takes_back_within_ten_minutes(undo):
    used, at = datetime.fromisoformat(undo.used), datetime.fromisoformat(undo.at)
    facts = {"is_undone": False, "is_counted": True, "closed": False}
    assert rules.why_not_undo(**facts, used_at=used, by_till=True, at=at) == undo.why
    assert rules.why_not_undo(**facts, used_at=used, by_till=False, at=at + timedelta(days=40)) is None


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"is_undone": True}, WhyNot.ALREADY_UNDONE),
        ({"is_counted": False}, WhyNot.ALREADY_UNDONE),
        ({"closed": True}, WhyNot.SETTLED),
        ({"used_at": None}, WhyNot.TOO_LATE_TO_UNDO),
        ({"used_at": NOON + timedelta(minutes=10, seconds=1)}, WhyNot.TOO_LATE_TO_UNDO),
    ],
)
def test_what_cannot_be_taken_back(facts, why):
    usual = {"is_undone": False, "is_counted": True, "closed": False, "used_at": NOON, "by_till": True, "at": NOON}
    assert rules.why_not_undo(**{**usual, **facts}) == why


def test_what_is_shown_of_an_offer():
    rows = world(said={"hours": {"1": [["10:00", "16:00"]]}}, companions=2, companion_clips=1, used=1)
    with translation.override("en"):
        now = rules.what_now(**rows, at=NOON)
    words = [line.replace("\u2060", "").replace("\u2066", "").replace("\u2069", "") for line in now.words]
    assert (now.ok, now.reason, now.left, now.next_day) == (False, WhyNot.WRONG_DAY, 2, date(2027, 6, 7))
    assert words == ["Monday 10–16", "2 may come along", "Each who comes along costs 1 clip"]


@pytest.mark.parametrize(
    ("facts", "at", "day"),
    [
        ({}, "2027-06-01T12:00:00+02:00", date(2027, 6, 1)),
        ({"said": {"hours": {"2": [["10:00", "12:00"]]}}}, "2027-06-01T11:59:59+02:00", date(2027, 6, 1)),
        ({"said": {"hours": {"2": [["10:00", "12:00"]]}}}, "2027-06-01T12:00:00+02:00", date(2027, 6, 8)),
        ({"offer": (date(2027, 9, 1), LAST)}, "2027-06-01T12:00:00+02:00", date(2027, 9, 1)),
        ({"said": {"only": [["06-15", "08-15"]], "never": [["06-15", "06-16"]]}}, "2027-06-01T12:00:00+02:00", date(2027, 6, 17)),
        ({"said": {"only": [["09-01", "09-30"]]}, "valid_to": date(2027, 8, 31)}, "2027-06-01T12:00:00+02:00", None),
    ],
)
def test_the_next_day_it_is_open(facts, at, day):
    rows = world(**facts)
    assert rules.next_day(rows["offer"], card=rows["card"], at=datetime.fromisoformat(at)) == day


def test_every_reason_says_what_to_do():
    with translation.override("en"):
        sentences = {why: str(why.label) for why in WhyNot}
    assert len(set(sentences.values())) == len(sentences)
    assert [why for why, said in sentences.items() if said.count(".") < 1 or len(said.split()) < 6 or "%" in said] == []


def test_the_telephone_knows_every_reason_it_says():
    said = set(re.findall(r"'([a-z]+(?:_[a-z]+)*)'", Path(TWIN).read_text())) & set(WhyNot.values)
    assert {why.value for _name, why, _question in ASKED if why} <= said
