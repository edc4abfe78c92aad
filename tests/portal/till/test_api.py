"""What tills and ticketing systems send, and what they hear."""

from __future__ import annotations

import errno
import ipaddress
import json
import logging
import random
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from cards.ledger.codes import ALPHABET, new_code
from cards.offers.actions import redeem_shown
from cards.offers.models import Device, Offer, Redemption, Refusal
from cards.offers.tills import PRACTICE_CODE
from cards.programmes.models import Card
from directory.municipalities.models import Feature, Municipality
from portal.accounts.limits import CARD_CODE_AT, CARD_CODE_FROM, CARD_SLIP_AT, forget_tries
from portal.accounts.models import LimitUse
from portal.hosts import forget_hosts
from portal.till import guessing
from search.api_description import describe_api
from tests.factories.cards import (
    journal_faults,
    make_agreement,
    make_card,
    make_card_type,
    make_offer,
    make_programme,
    make_till,
    put_on_phone,
    shown,
)
from tests.factories.directory import ProviderFactory, default_municipality, make_municipality

pytestmark = pytest.mark.django_db
Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def offer(db: None) -> Offer:
    town = default_municipality()
    provider = ProviderFactory(municipality=town)
    agreement = make_agreement(make_programme(town), provider)
    return make_offer(agreement, title_nb="Bading", title_en="Swimming", let_in_nb="Én badende", unit_ore=6000)


@pytest.fixture
def till(offer: Offer) -> tuple[Device, str]:
    return make_till(offer.agreement.provider)


@pytest.fixture
def ask(client: Client, till: tuple[Device, str]) -> Ask:
    """POST as the till, or GET where nothing is sent; status and answer, which is one that the description knows."""

    def sent(name: str, body: Any = None, *, token: str | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
        headers |= {"Authorization": f"Bearer {till[1] if token is None else token}"}
        path = f"/api/v1/till/{name}"
        if body is None:
            response = client.get(path, headers=headers)
        else:
            body = body if isinstance(body, str | bytes) else json.dumps(body)
            response = client.post(path, body, content_type="application/json", headers=headers)
        answer = response.json()
        check(f"/till/{name}", "get" if body is None else "post", response.status_code, answer)
        assert response["Cache-Control"] == "no-store"
        assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        return response.status_code, answer

    return sent


DESCRIPTION = describe_api("")


def check(path: str, method: str, status: int, answer: dict[str, Any]) -> None:
    """The answer is as the OpenAPI document says, no field more."""
    if status == 405:
        return
    schema = DESCRIPTION["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    jsonschema.validate(answer, schema | {"components": DESCRIPTION["components"]})
    properties = DESCRIPTION["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]["properties"]
    assert set(answer) <= set(properties)


def use(card_code: str, offer: Offer, **more: Any) -> dict[str, Any]:
    return {"key": uuid.uuid4().hex, "code": card_code, "offer": offer.pk} | more


# ── what is answered ────────────────────────────────────────────────────────────────────────────────────────


def test_a_card_is_used_and_the_use_taken_back(ask: Ask, offer: Offer, till: tuple[Device, str]) -> None:
    _card, code = make_card(offer=offer, clips=3)
    asked = use(code, offer, count=2)
    status, answer = ask("redeem", asked)
    mark = answer.pop("redemption")
    assert (status, answer) == (
        200,
        {
            "status": "ok",
            "used": 2,
            "left": 1,
            "unit": "clip",
            "offer": offer.pk,
            "title": "Bading",
            "let_in": "Én badende",
            "replayed": False,
            "codes": [],
        },
    )
    assert ask("redeem", asked)[1] | {"redemption": mark} == answer | {"replayed": True, "redemption": mark}
    undo = {"key": uuid.uuid4().hex, "redemption": mark}
    undone = {"status": "ok", "redemption": mark, "left": 3, "unit": "clip", "replayed": False}
    assert ask("undo", undo) == (200, undone)
    assert ask("undo", undo) == (200, undone | {"replayed": True})
    assert ask("undo", undo | {"key": uuid.uuid4().hex})[1]["reason"] == "already_undone"
    assert ask("redeem", asked)[1]["status"] == "reversed"
    till[0].refresh_from_db()
    assert till[0].seen_on == timezone.localdate()
    assert journal_faults() == []


def test_a_telephones_picture_is_used_once_and_its_retry_counts_no_more(ask: Ask, offer: Offer, monkeypatch: Any) -> None:
    card, code = make_card(offer=offer)
    secret = put_on_phone(card, code)
    now = timezone.now()
    asked = use(shown(card, secret, now), offer)
    assert ask("redeem", asked)[1]["left"] == 2
    assert ask("redeem", use(asked["code"], offer))[1]["reason"] == "step_used"
    monkeypatch.setattr("portal.till.api.timezone.now", lambda: now + timedelta(minutes=5))
    assert ask("redeem", asked)[1]["replayed"] is True
    assert ask("redeem", use(asked["code"], offer))[1]["reason"] == "step_old"
    assert ask("redeem", use(code, offer))[1]["reason"] == "on_phone"


def test_sentences_come_in_the_language_asked_for(ask: Ask, offer: Offer) -> None:
    _card, code = make_card(offer=offer, clips=1)
    assert ask("redeem", use(code, offer), **{"Accept-Language": "en-GB,en;q=0.8"})[1]["title"] == "Swimming"
    messages = {ask("redeem", use(code, offer), **{"Accept-Language": lang})[1]["message"] for lang in ("nb", "en")}
    assert "Nothing is left of this on the card. Choose something else that it holds." in messages


def test_what_is_offered_here_and_what_a_card_holds(ask: Ask, offer: Offer) -> None:
    shut = make_offer(offer.agreement, title_nb="Klatring", conditions={"only": [["2000-01-01", "2000-01-02"]]})
    make_offer(make_agreement(), title_nb="Kino")
    _card, code = make_card(make_card_type(lines=[(offer, 3)]))
    status, listed = ask("offers")
    assert (status, [(one["offer"], one["open"], one["reason"]) for one in listed["offers"]]) == (
        200,
        [(offer.pk, True, None), (shut.pk, False, "wrong_season")],
    )
    status, held = ask("offers", {"code": code})
    assert (status, [(one["offer"], one["left"], one["open"]) for one in held["offers"]]) == (200, [(offer.pk, 3, True)])
    assert not Redemption.objects.exists()


def test_a_card_to_practise_with_is_answered_and_nothing_is_written(ask: Ask, offer: Offer) -> None:
    answer = ask("redeem", use(PRACTICE_CODE, offer))[1]
    assert (answer["status"], answer["practice"]) == ("ok", True)
    assert ask("undo", {"key": uuid.uuid4().hex, "redemption": answer["redemption"]})[0] == 200
    assert not Redemption.objects.exists()
    assert not Refusal.objects.exists()


# ── who asks ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("token", ["", "fft_" + "x" * 43, "Bearer", "\x00", "æøå", "fft_" + "x" * 5000])
def test_who_is_no_till_hears_nothing_else(ask: Ask, offer: Offer, token: str) -> None:
    _card, code = make_card(offer=offer)
    for name, body in (("redeem", use(code, offer)), ("undo", {}), ("offers", None), ("redeem", "no json")):
        status, answer = ask(name, body, token=token)
        assert (status, answer["reason"]) == (401, "device")


def test_a_till_that_was_stopped_and_one_of_another_town_are_no_tills(ask: Ask, offer: Offer, till: tuple[Device, str]) -> None:
    porsgrunn = make_municipality("4001", "Porsgrunn")
    _foreign, token = make_till(ProviderFactory(municipality=porsgrunn))
    assert ask("offers", token=token)[0] == 401
    Device.objects.filter(pk=till[0].pk).update(revoked_at=timezone.now())
    assert ask("offers")[0] == 401


def test_whose_address_it_is_may_be_remembered_but_not_who_asks(ask: Ask, till: tuple[Device, str], settings: Any) -> None:
    settings.KEPT_SECONDS = 60
    forget_hosts()
    make_municipality("4001", "Porsgrunn")
    for host, status in [("testserver", 409), ("porsgrunn.localhost", 401)] * 2:
        assert ask("offers", {"code": new_code()}, Host=host)[0] == status
    Device.objects.filter(pk=till[0].pk).update(revoked_at=timezone.now())
    assert ask("offers", {"code": new_code()}, Host="testserver")[0] == 401
    forget_hosts()


def test_another_till_gets_no_answer_that_is_not_its_own(ask: Ask, offer: Offer) -> None:
    _card, code = make_card(offer=offer)
    _other, token = make_till(offer.agreement.provider)
    asked = use(code, offer)
    assert ask("redeem", asked)[0] == 200
    status, answer = ask("redeem", asked, token=token)
    assert (status, answer["reason"], "left" in answer) == (422, "known_key", False)


def test_uses_and_offers_of_another_provider_are_not_there(ask: Ask, offer: Offer) -> None:
    _card, code = make_card(offer=offer)
    mark = ask("redeem", use(code, offer))[1]["redemption"]
    _stranger, token = make_till(ProviderFactory(municipality=offer.agreement.municipality))
    theirs = {"status": "refused", "reason": "not_yours"}
    for redemption in (mark, "x" * 22):
        status, answer = ask("undo", {"key": uuid.uuid4().hex, "redemption": redemption}, token=token)
        assert (status, {name: answer[name] for name in theirs}) == (409, theirs)
    for number in (offer.pk, 10**9):
        assert ask("redeem", use(code, offer) | {"offer": number}, token=token)[1]["reason"] == "other_provider"
    # A provider without agreement in the programme learns nothing of its cards.
    assert ask("offers", {"code": code}, token=token)[1]["reason"] == "unknown"


def test_only_the_right_method_is_answered(client: Client, till: tuple[Device, str]) -> None:
    for name, method in (("redeem", "get"), ("undo", "get"), ("offers", "put"), ("redeem", "delete")):
        response = getattr(client, method)(f"/api/v1/till/{name}", headers={"Authorization": f"Bearer {till[1]}"})
        assert (response.status_code, response.json()["reason"]) == (405, "method")


# ── what makes no sense ─────────────────────────────────────────────────────────────────────────────────────

BAD = [
    "",
    "[]",
    "null",
    '"x"',
    "{",
    b"\xff\xfe",
    "[" * 9000,
    '{"a":' * 1500,
    "9" * 5000,
    '{"key": "' + "x" * 20_000 + '"}',
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_what_is_no_question_is_said_so(ask: Ask, body: str | bytes) -> None:
    for name in ("redeem", "undo", "offers"):
        assert ask(name, body) == (422, ask(name, body)[1] | {"reason": "body"})


STRANGE: list[Any] = [None, True, False, 0, -1, 1.5, 10**30, float("nan"), "", "x" * 400, "\x00\ud800", [], {}, [1], {"a": 1}]


@pytest.mark.parametrize("name", ["key", "code", "offer", "count", "people", "amount_ore", "redemption"])
def test_strange_values_are_refused_and_never_an_error(ask: Ask, offer: Offer, name: str) -> None:
    _card, code = make_card(offer=offer)
    asked = use(code, offer, redemption="x") | {"amount_ore": None}
    for value in STRANGE:
        for address in ("redeem", "undo"):
            status, _answer = ask(address, {**asked, "key": uuid.uuid4().hex} | {name: value})
            assert status in (200, 409, 422), (name, value)
    assert journal_faults() == []


@pytest.mark.parametrize("fault", [OperationalError("database is locked"), OSError(errno.ENOSPC, "no space left")])
def test_a_rush_and_a_full_disk_ask_to_come_again(
    ask: Ask, offer: Offer, monkeypatch: Any, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    _card, code = make_card(offer=offer)

    def fails(**_asked: Any) -> None:
        raise fault

    monkeypatch.setattr("portal.till.api.redeem_shown", fails)
    status, answer = ask("redeem", use(code, offer))
    assert (status, answer["reason"]) == (503, "busy")
    assert f"Not available: {type(fault).__name__}: {fault}" in caplog.text, "whoever runs the site learns why"


def test_a_fault_of_ours_is_none_of_a_rush(ask: Ask, offer: Offer, monkeypatch: Any) -> None:
    _card, code = make_card(offer=offer)

    def fails(**_asked: Any) -> None:
        raise OSError(errno.EBADF, "bad file")

    monkeypatch.setattr("portal.till.api.redeem_shown", fails)
    with pytest.raises(OSError, match="bad file"):
        ask("redeem", use(code, offer))


# ── guessing ────────────────────────────────────────────────────────────────────────────────────────────────


def test_ten_wrong_codes_an_hour_and_no_more(ask: Ask, offer: Offer, monkeypatch: Any) -> None:
    """R11: by one till, wherever it asks from; right ones cost nothing."""
    _card, code = make_card(offer=offer, clips=30)
    now = timezone.now()
    for number in range(10):
        assert ask("redeem", use(code, offer), **{"X-Forwarded-For": f"203.0.113.{number}"})[0] == 200
        assert ask("redeem", use(new_code(), offer), **{"X-Forwarded-For": f"203.0.113.{number}"})[0] == 409
    status, answer = ask("redeem", use(new_code(), offer), **{"X-Forwarded-For": "203.0.113.99"})
    assert (status, answer["reason"]) == (429, "too_many_tries")
    assert ask("redeem", use(code, offer))[0] == 429, "a guesser does not learn that one was right"
    assert ask("offers", {"code": code})[0] == 429
    monkeypatch.setattr("portal.till.api.timezone.now", lambda: now + timedelta(minutes=62))
    assert ask("redeem", use(code, offer))[0] == 200


def test_ten_wrong_codes_from_one_address_by_whatever_tills(ask: Ask, offer: Offer) -> None:
    tokens = [make_till(offer.agreement.provider)[1] for _number in range(4)]
    answers = [ask("redeem", use(new_code(), offer), token=tokens[number % 4])[0] for number in range(12)]
    assert answers == [409] * 10 + [429] * 2
    assert ask("redeem", use(new_code(), offer), **{"X-Forwarded-For": "203.0.113.9"})[0] == 409


def test_guests_who_guess_on_their_telephones_do_not_stop_the_till_beside_them(ask: Ask, offer: Offer, client: Client) -> None:
    _card, code = make_card(offer=offer)
    looked = [
        client.post("/api/v1/wallet/look?lang=nb", {"code": new_code()}, content_type="application/json").status_code
        for _guess in range(11)
    ]
    assert looked == [404] * 10 + [429]
    assert ask("redeem", use(code, offer))[0] == 200


def test_an_office_is_not_counted_by_its_address(ask: Ask, offer: Offer, settings: Any) -> None:
    settings.RATE_LIMIT_EXEMPT = [ipaddress.ip_network("127.0.0.0/8")]
    tokens = [make_till(offer.agreement.provider)[1] for _number in range(3)]
    assert {ask("redeem", use(new_code(), offer), token=tokens[number % 3])[0] for number in range(15)} == {409}


def test_a_slip_is_no_guess_but_a_hundred_are(ask: Ask, offer: Offer, monkeypatch: Any) -> None:
    _card, code = make_card(offer=offer)
    slip = code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 1) % 32]
    assert {ask("redeem", use(slip, offer))[0] for _number in range(20)} == {422}
    assert ask("redeem", use(code, offer))[0] == 200
    monkeypatch.setattr(guessing, "CARD_SLIP_AT", CARD_SLIP_AT.__class__(CARD_SLIP_AT.name, 20, CARD_SLIP_AT.within))
    assert ask("redeem", use(slip, offer))[0] == 429


def test_wrong_codes_everywhere_ring_the_alarm_once_a_minute(
    ask: Ask, offer: Offer, monkeypatch: Any, caplog: pytest.LogCaptureFixture, mailoutbox: Any
) -> None:
    monkeypatch.setattr(guessing, "ALARM_AT", 12)
    Municipality.objects.update(contact_email="post@example.org", features=[Feature.CARDS])
    for number in range(16):
        token = make_till(offer.agreement.provider)[1]
        ask("redeem", use(new_code(), offer), token=token, **{"X-Forwarded-For": f"203.0.113.{number}"})
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert 1 <= len(errors) <= 2  # a minute may end meanwhile
    assert [letter.to for letter in mailoutbox] == [["post@example.org"]]


def test_the_municipality_hears_of_a_till_that_guesses_once_a_day(
    ask: Ask, offer: Offer, till: tuple[Device, str], mailoutbox: Any, monkeypatch: Any
) -> None:
    Municipality.objects.update(contact_email="post@example.org")
    now = timezone.now().replace(hour=10, minute=0)
    code = new_code()
    for hours in (0, 2):
        monkeypatch.setattr("portal.till.api.timezone.now", lambda hours=hours: now + timedelta(hours=hours))
        for _number in range(12):
            ask("redeem", use(code, offer))
    assert [letter.to for letter in mailoutbox] == [["post@example.org"]]
    told = mailoutbox[0].subject + mailoutbox[0].body
    assert till[0].name in told
    assert str(till[0].provider) in told
    assert code not in told
    assert till[1] not in told


def test_what_is_kept_of_an_address_is_a_hash_and_gone_within_the_hour(ask: Ask, offer: Offer) -> None:
    ask("redeem", use(new_code(), offer), **{"X-Forwarded-For": "203.0.113.77"})
    kept = list(LimitUse.objects.values_list("key", flat=True))
    assert any(key.startswith(f"{CARD_CODE_FROM.name}:") for key in kept)
    assert any(key.startswith(f"{CARD_CODE_AT.name}:") for key in kept)
    assert not any("203.0.113" in key for key in kept)
    forget_tries(timezone.now() + timedelta(minutes=61))
    assert not LimitUse.objects.filter(key__startswith=f"{CARD_CODE_FROM.name}:").exists()


# ── robots ──────────────────────────────────────────────────────────────────────────────────────────────────


def without_limits(monkeypatch: Any) -> None:
    """What is asked here is the answer to each, not how soon they are stopped."""
    monkeypatch.setattr("portal.till.api.refuse_guessers", lambda *_facts: None)
    monkeypatch.setattr("portal.till.api.count_wrong", lambda *_facts: None)


@pytest.fixture
def post(client: Client, till: tuple[Device, str]) -> Callable[[dict[str, Any]], tuple[int, bytes]]:
    """As `ask`, without looking the answer up in the description."""
    headers = {"Authorization": f"Bearer {till[1]}"}

    def sent(body: dict[str, Any]) -> tuple[int, bytes]:
        response = client.post("/api/v1/till/redeem", json.dumps(body), content_type="application/json", headers=headers)
        return response.status_code, response.content

    return sent


@pytest.mark.second_at_night
def test_five_thousand_strange_codes_over_http(post: Any, offer: Offer, monkeypatch: Any) -> None:
    """R9: never an error, never a use."""
    without_limits(monkeypatch)
    dice = random.Random(5)
    signs = [*ALPHABET, *" -.#/%&\\\"'<>\x00\ud800\u202e\u0130ſ🎫", "FF1.", "https://x/k#"]
    for _number in range(5_000):
        code = "".join(dice.choices(signs, k=dice.choice([1, 4, 15, 16, 16, 16, 17, 40, 290])))
        status, answer = post(use(code, offer))
        assert (status, json.loads(answer)["reason"]) in {(422, "malformed"), (422, "body"), (409, "unknown")}
    assert not Redemption.objects.exists()


@pytest.fixture
def foreign(offer: Offer) -> str:
    """The code of another programme's card."""
    other = make_programme()
    return make_card(make_card_type(other.years.get(), lines=[(make_offer(make_agreement(other)), 3)]))[1]


def test_an_old_key_tells_nothing_of_foreign_cards(ask: Ask, offer: Offer, foreign: str) -> None:
    """A code of another programme's card and one that no card has: the same answer, and counted as a guess, under a used key."""
    _card, code = make_card(offer=offer)
    asked = use(code, offer)
    assert ask("redeem", asked)[0] == 200
    known, unknown = (ask("redeem", asked | {"code": other}) for other in (foreign, new_code()))
    assert known == unknown == (409, known[1] | {"reason": "unknown"})
    assert Refusal.objects.get(reason="unknown").count == 2
    assert LimitUse.objects.filter(key__startswith=f"{CARD_CODE_AT.name}:").count() == 2


def test_what_a_foreign_card_can_be_used_for_is_not_told_by_another_reason(ask: Ask, foreign: str) -> None:
    put_on_phone(Card.objects.get(), foreign)
    known, unknown = (ask("offers", {"code": other}) for other in (foreign, new_code()))
    assert known == unknown == (409, known[1] | {"reason": "unknown"})


def medians(post: Any, offer: Offer, foreign: str, rounds: int) -> tuple[float, float]:
    """How long a code of another programme's card takes, and one that no card has; both have the same answer."""
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    answers = []
    for number in range(rounds):
        for name in ("known", "unknown") if number % 2 else ("unknown", "known"):
            asked = use(foreign if name == "known" else new_code(), offer)
            began = time.perf_counter()
            answers.append(post(asked))
            took[name].append(time.perf_counter() - began)
    assert all(answer == answers[0] for answer in answers)
    known, unknown = (statistics.median(times[rounds // 15 :]) for times in took.values())
    return known, unknown


def take_the_same_time(known: float, unknown: float) -> bool:
    """Within a millisecond, and what a busy machine adds."""
    return abs(known - unknown) < 0.001 + 0.1 * unknown


@pytest.mark.second_at_night
def test_known_and_unknown_take_the_same_time(post: Any, offer: Offer, foreign: str, monkeypatch: Any) -> None:
    without_limits(monkeypatch)
    known, unknown = medians(post, offer, foreign, 300)
    assert take_the_same_time(known, unknown), (known, unknown)


@pytest.mark.second_at_night
def test_a_known_code_that_takes_longer_is_seen(post: Any, offer: Offer, foreign: str, monkeypatch: Any) -> None:
    """The negative control: some milliseconds more for a card that is there."""
    without_limits(monkeypatch)

    def slow(*, shown: str, **asked: Any) -> Any:
        time.sleep(0.02 * (shown == foreign))
        return redeem_shown(shown=shown, **asked)

    monkeypatch.setattr("portal.till.api.redeem_shown", slow)
    assert not take_the_same_time(*medians(post, offer, foreign, 30))


def test_codes_and_tokens_stand_in_no_log(
    ask: Ask, offer: Offer, till: tuple[Device, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    card, code = make_card(offer=offer, clips=1)
    secret = put_on_phone(*make_card(offer=offer))
    picture = shown(Card.objects.last(), secret, timezone.now())  # type: ignore[arg-type]
    caplog.clear()
    connection.force_debug_cursor = False
    for text in (code, code, new_code(), picture, "x"):
        ask("redeem", use(text, offer))
        ask("offers", {"code": text})
    ours = [record for record in caplog.records if record.name != "django.db.backends"]
    told = " ".join(f"{record.getMessage()} {record.exc_text or ''} {getattr(record, 'request', '')}" for record in ours)
    for hidden in (code, code.lower(), picture, till[1], card.public_id):
        assert hidden not in told


def test_the_number_of_questions_to_the_database_stays_small(ask: Ask, offer: Offer, django_assert_max_num_queries: Any) -> None:
    _card, code = make_card(offer=offer, clips=5)
    ask("redeem", use(code, offer))
    with django_assert_max_num_queries(18):
        assert ask("redeem", use(code, offer))[0] == 200
