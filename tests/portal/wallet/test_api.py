"""What telephones ask: who is answered, and that a card is where it is and nowhere else."""

from __future__ import annotations

import errno
import html
import json
import re
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from cards.ledger.codes import new_code
from cards.offers.actions import find_card, undo
from cards.offers.models import Redemption
from cards.offers.rules import WhyNot
from cards.offers.tills import PRACTICE_CODE
from cards.offers.words import word_of_the_day
from cards.programmes.models import MOST_WALLETS, Transfer, Wallet, WalletCard
from cards.programmes.states import CardState, Medium
from cards.programmes.wallets import WhyNotCarry
from portal.kit.refusals import Refused
from tests.factories.cards import (
    make_agency,
    make_agreement,
    make_card,
    make_card_type,
    make_offer,
    make_programme,
    make_till,
    make_use,
    shown,
)
from tests.factories.directory import default_municipality, make_municipality
from tests.portal.wallet.conftest import Phone, base64url

pytestmark = pytest.mark.django_db


def plain(text):
    """As it is read: without what keeps numbers in their direction."""
    return html.unescape(text).replace("\u2068", "").replace("\u2069", "")


def told(answer):
    return answer.status_code, answer.json().get("reason", answer.json()["status"])


def test_a_print_is_put_on_a_phone_and_its_code_is_worth_nothing_any_more(phone):
    card, code = make_card()
    assert told(phone.add(code)) == (200, "ok")
    card.refresh_from_db()
    assert (card.state, card.medium, card.code_spent) == (CardState.ACTIVE, Medium.DIGITAL, True)
    assert card.activated_on == timezone.localdate()
    with pytest.raises(Refused) as refused:
        find_card(code, at=timezone.now())
    assert refused.value.reason == WhyNot.ON_PHONE
    assert find_card(shown(card, phone.secret, timezone.now()), at=timezone.now()).card == card


def test_the_same_phone_gets_the_same_answer_again_and_another_is_refused(phone, other):
    _card, code = make_card()
    first = phone.add(code)
    assert phone.add(code).json() == first.json()
    assert told(other.add(code)) == (409, "on_phone")
    assert (Wallet.objects.count(), WalletCard.objects.count()) == (1, 1)
    assert other.ask("cards").status_code == 404


def test_a_left_over_print_tells_nothing(other, phone):
    _card, code = make_card()
    phone.add(code)
    answer = other.ask("look", {"code": code})
    assert told(answer) == (409, "on_phone")
    assert "html" not in answer.json()
    assert phone.ask("look", {"code": code}).json()["held"] is True


def test_a_card_used_on_paper_comes_to_the_phone_with_the_rest(phone):
    card, code = make_card(clips=3)
    offer = card.allowances.get().offer
    make_use(card, offer)
    assert phone.ask("look", {"code": code}).json()["html"].count('class="dot"') == 2
    phone.add(code)
    card.refresh_from_db()
    assert (card.medium, card.code_spent, card.allowances.get().left) == (Medium.DIGITAL, True, 2)


@pytest.mark.parametrize("what", ["cards", "use", "asked", "transfer", "off"])
def test_a_wrong_proof_is_answered_as_a_card_that_is_not_there(what, phone, other):
    card, code = make_card()
    offer = card.allowances.get().offer
    phone.add(code)
    body = {"key": "a" * 32, "card": card.public_id, "offer": offer.pk, "count": 1, "people": 1}
    body = None if what == "cards" else body
    wrong = [
        other.ask(what, body),
        other.ask(what, body, authorization=""),
        other.ask(what, body, authorization="Wallet x"),
        other.ask(what, body, authorization=f"Bearer {phone.proof}"),
        other.ask(what, body, authorization=f"Wallet {base64url(bytes(Wallet.objects.get().auth_hash))}"),
    ]
    if body:
        wrong.append(phone.ask(what, body | {"card": "00000000"}))
    unknown = {"status": "refused", "reason": "unknown", "message": str(WhyNotCarry.UNKNOWN.label)}
    assert [(answer.status_code, answer.json()) for answer in wrong] == [(404, unknown)] * len(wrong)
    assert not Redemption.objects.exists()
    assert not Transfer.objects.exists()


def test_what_the_server_keeps_opens_no_wallet(phone):
    """Its rows hold a hash of the proof and a sealed key; neither the secret nor the proof is among them."""
    _card, code = make_card()
    phone.add(code)
    wallet = Wallet.objects.get()
    kept = bytes(wallet.auth_hash) + bytes(wallet.clip_key)
    assert phone.secret.encode() not in kept
    assert base64url(bytes(wallet.auth_hash)) != phone.proof
    from cards.ledger.codes import clip_key_of

    assert clip_key_of(phone.secret) not in kept


def test_a_card_goes_to_one_more_phone_once_and_within_five_minutes(phone, other):
    card, code = make_card()
    phone.add(code)
    token = phone.transfer(card)
    assert other.ask("look", {"code": token}).json()["transfer"] is True
    assert told(other.add(token)) == (200, "ok")
    assert told(other.add(token)) == (200, "ok"), "a retry gets the same answer"
    assert told(Phone().add(token)) == (409, "on_phone")
    assert phone.cards() == other.cards() == [card.public_id]
    late = phone.transfer(card)
    with patch("portal.wallet.reading.timezone.now", return_value=timezone.now() + timedelta(minutes=5, seconds=1)):
        assert told(Phone().add(late)) == (404, "unknown")


def test_a_new_transfer_makes_the_one_before_worthless(phone, other):
    card, code = make_card()
    phone.add(code)
    old = phone.transfer(card)
    phone.transfer(card)
    assert told(other.add(old)) == (404, "unknown")


def test_a_card_is_on_three_phones_at_most(phone):
    card, code = make_card()
    phone.add(code)
    phones = [Phone() for _ in range(MOST_WALLETS - 1)]
    for one in phones:
        one.add(phone.transfer(card))
    assert told(phone.ask("transfer", {"card": card.public_id})) == (409, "many_phones")
    assert told(phones[0].ask("off", {"card": card.public_id})) == (200, "ok")
    assert told(Phone().add(phone.transfer(card))) == (200, "ok")
    assert sorted(card.links.values_list("slot", flat=True)) == [1, 2, 3]


def test_the_last_phone_keeps_a_card_that_is_alive(phone):
    card, code = make_card()
    phone.add(code)
    assert told(phone.ask("off", {"card": card.public_id})) == (409, "only_phone")
    assert phone.cards() == [card.public_id]
    card.valid_to = timezone.localdate() - timedelta(days=1)
    card.save()
    assert told(phone.ask("off", {"card": card.public_id})) == (200, "ok")
    assert not Wallet.objects.exists(), "a wallet without cards is nobody's"


def test_a_phone_holds_cards_of_brothers_and_sisters(phone):
    numbers = []
    for _ in range(2):
        card, code = make_card()
        phone.add(code)
        numbers.append(card.public_id)
    assert phone.cards() == numbers
    assert Wallet.objects.count() == 1


def test_a_known_wallet_with_another_key_is_not_believed(phone):
    _card, code = make_card()
    phone.add(code)
    _next, second = make_card()
    from cards.ledger.codes import auth_hash_of

    body = {"code": second, "auth_hash": base64url(auth_hash_of(phone.secret)), "clip_key": base64url(bytes(32))}
    assert told(phone.ask("add", body)) == (422, "malformed")


@pytest.mark.parametrize("state", [CardState.REVOKED, CardState.SUSPENDED])
def test_a_stopped_or_paused_card_does_not_come_to_a_phone(state, phone):
    card, code = make_card(medium=Medium.PAPER)
    card.state = state
    card.save()
    assert told(phone.add(code)) == (409, state.value)
    assert not Wallet.objects.exists()


def test_a_card_comes_to_a_phone_until_its_day(phone):
    card, code = make_card()
    card.activate_by = timezone.localdate() - timedelta(days=1)
    card.save()
    assert told(phone.add(code)) == (409, "lapsed")
    card.activate_by = timezone.localdate()
    card.save()
    assert told(phone.add(code)) == (200, "ok")


def test_a_press_uses_a_clip_once_however_often_it_is_sent(phone):
    card, code = make_card(clips=3)
    offer = card.allowances.get().offer
    phone.add(code)
    body = {"key": "b" * 32, "card": card.public_id, "offer": offer.pk, "count": 1, "people": 1}
    assert phone.ask("asked", body).json()["counted"] is False
    first = phone.ask("use", body)
    assert first.json()["left"] == 2
    again = phone.ask("use", body)
    assert again.json() == first.json()
    assert word_of_the_day(offer.agreement, timezone.localdate()) in first.json()["html"]
    assert phone.ask("asked", body).json()["counted"] is True
    assert told(phone.ask("use", body | {"count": 2})) == (422, "known_key")
    assert card.allowances.get().used == 1
    assert Redemption.objects.get().device is None


def test_an_old_press_sent_again_shows_a_counter_nothing(phone):
    """Else one use could be shown green every day, with the word of that day."""
    card, code = make_card(clips=3)
    phone.add(code)
    body = {"key": "9" * 32, "card": card.public_id, "offer": card.allowances.get().offer_id, "count": 1, "people": 1}
    assert "done__word" in phone.ask("use", body).json()["html"]
    for later in (timedelta(minutes=6), timedelta(days=1)):
        with patch("portal.wallet.reading.timezone.now", return_value=timezone.now() + later):
            answer = phone.ask("use", body).json()
        assert (answer["status"], answer["html"]) == ("ok", "")
    assert card.allowances.get().used == 1


def test_a_press_that_was_taken_back_is_not_green_again(phone):
    card, code = make_card(clips=3)
    phone.add(code)
    offer = card.allowances.get().offer
    body = {"key": "8" * 32, "card": card.public_id, "offer": offer.pk, "count": 1, "people": 1}
    mark = phone.ask("use", body).json()["redemption"]
    till, _token = make_till(offer.agreement.provider)
    undo(key="u" * 16, redemption=Redemption.objects.get(mark=mark), by_device=till, at=timezone.now())
    assert told(phone.ask("use", body)) == (409, "already_undone")
    assert phone.ask("asked", body).json()["counted"] is False
    assert card.allowances.get().left == 3


def test_another_phone_with_the_same_key_hears_nothing_of_a_use(phone, other):
    card, code = make_card()
    offer = card.allowances.get().offer
    phone.add(code)
    body = {"key": "c" * 32, "card": card.public_id, "offer": offer.pk, "count": 1, "people": 1}
    phone.ask("use", body)
    own, own_code = make_card()
    other.add(own_code)
    assert told(other.ask("use", body)) == (404, "unknown")
    assert told(other.ask("use", body | {"card": own.public_id})) == (422, "known_key")
    assert other.ask("asked", body | {"card": own.public_id}).json()["counted"] is False


def test_an_offer_of_another_programme_is_not_offered(phone):
    card, code = make_card()
    phone.add(code)
    foreign = make_offer(make_agreement(make_programme()))
    body = {"key": "d" * 32, "card": card.public_id, "offer": foreign.pk, "count": 1, "people": 1}
    assert told(phone.ask("use", body)) == (409, "offer_closed")


@pytest.mark.parametrize(
    "body",
    [
        {"code": 7}, {"code": ""}, {"code": "0" * 15 + "1"}, {"code": "x" * 100_000}, {"code": "ß" * 16}, {"code": None},
        {}, [], "x",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_so(body, phone):
    make_card()
    answer = phone.client.post("/api/v1/wallet/look", json.dumps(body), content_type="application/json")
    assert told(answer) == (422, "malformed")


@pytest.mark.parametrize(
    "change",
    [{"count": "1"}, {"count": -1}, {"people": True}, {"offer": "x"}, {"key": "short"}, {"key": None}, {"amount_ore": 1.5}],
)
def test_a_press_that_makes_no_sense_is_said_so(change, phone):
    card, code = make_card()
    phone.add(code)
    body = {"key": "e" * 32, "card": card.public_id, "offer": card.allowances.get().offer_id, "count": 1, "people": 1}
    assert told(phone.ask("use", body | change)) == (422, "malformed")


def test_wrong_codes_are_counted_and_right_ones_are_not(phone):
    _card, code = make_card()
    for _ in range(12):
        assert phone.ask("look", {"code": code}).status_code == 200
    assert [phone.ask("look", {"code": new_code()}).status_code for _ in range(11)] == [404] * 10 + [429]
    assert phone.ask("look", {"code": code}).status_code == 429


def test_the_card_to_practise_with_says_what_it_is_and_is_no_guess(phone):
    make_card()
    for _ in range(12):
        assert told(phone.ask("look", {"code": PRACTICE_CODE})) == (409, "practice")
    assert told(phone.add(PRACTICE_CODE)) == (409, "practice")
    assert told(phone.ask("look", {"code": new_code()})) == (404, "unknown")


def test_a_rush_and_a_full_disk_ask_to_come_again(phone):
    card, code = make_card()
    phone.add(code)
    body = {"key": "7" * 32, "card": card.public_id, "offer": card.allowances.get().offer_id, "count": 1, "people": 1}
    for fault in (OperationalError("database is locked"), OSError(errno.ENOSPC, "no space left")):
        with patch("portal.wallet.api.redeem", side_effect=fault):
            assert told(phone.ask("use", body)) == (503, "busy")


def test_green_says_what_to_let_in_to_the_counter_and_to_who_holds_the_card(phone):
    """Whatever the telephone speaks, the counter reads its own municipality's first language."""
    offer = make_offer(title_nb="Bading", title_ar="سباحة", companions=2)
    card, code = make_card(offer=offer, clips=5)
    phone.add(code)

    def green(lang, **asked):
        body = {"key": uuid4().hex, "card": card.public_id, "offer": offer.pk, "count": 1, "people": 1} | asked
        answer = phone.client.post(
            f"/api/v1/wallet/use?lang={lang}", json.dumps(body), content_type="application/json",
            headers={"authorization": f"Wallet {phone.proof}"},
        )  # fmt: skip
        lines = answer.json()["html"].split("data-done-title")[1].split('class="done__by"')[0]
        return re.sub(r"<[^>]+>", "|", plain(lines).partition(">")[2])

    assert green("ar", people=3).startswith("Slipp inn: Bading · 3 personer|")
    both = green("ar")
    assert both.startswith("Slipp inn: Bading|")
    assert "سباحة" in both
    alone = green("nb")
    assert alone.count("Bading") == 1


def test_green_says_how_much_was_used_of_an_amount(phone):
    offer = make_offer(unit_ore=0, title_nb="Kino")
    card, code = make_card(make_card_type(lines=[(offer, 50_000)], unit="ore"))
    phone.add(code)
    body = {"key": "6" * 32, "card": card.public_id, "offer": offer.pk, "count": 1, "people": 1, "amount_ore": 12_000}
    assert "Slipp inn: Kino · 120\u00a0kr" in plain(phone.ask("use", body).json()["html"])


def test_green_says_how_many_times(phone):
    offer = make_offer(title_nb="Kino")
    card, code = make_card(offer=offer, clips=5)
    phone.add(code)
    body = {"key": "5" * 32, "card": card.public_id, "offer": offer.pk, "count": 2, "people": 1}
    assert "Slipp inn: Kino · × 2" in plain(phone.ask("use", body).json()["html"])


def test_a_form_of_another_site_cannot_ask(phone):
    _card, code = make_card()
    answer = phone.client.post("/api/v1/wallet/look", {"code": code})
    assert told(answer) == (422, "malformed")


def test_another_municipality_knows_nothing_of_the_card(phone):
    card, code = make_card()
    sandefjord = make_municipality("3907", "Sandefjord")
    make_programme(sandefjord)
    away = Phone(secret=phone.secret, host="sandefjord.localhost")
    assert told(away.add(code)) == (404, "unknown")
    phone.add(code)
    assert away.cards() == []
    assert told(away.ask("transfer", {"card": card.public_id})) == (404, "unknown")


def test_municipalities_of_a_joint_programme_know_each_others_cards():
    larvik, sandefjord = default_municipality(), make_municipality("3907", "Sandefjord")
    programme = make_programme(larvik, sandefjord)
    offer = make_offer(make_agreement(programme, municipality=sandefjord))
    card, code = make_card(offer=offer, municipality=larvik)
    away = Phone(host="sandefjord.localhost")
    assert told(away.add(code)) == (200, "ok")
    assert away.cards() == [card.public_id]


def test_no_answer_tells_the_agency_or_the_kind_of_card(phone, other):
    agency = make_agency(name="Krisesenteret")
    card_type = make_card_type(name="Lavinntekt", lines=[(make_offer(), 3)])
    card, code = make_card(card_type, agency=agency)
    offer = card.allowances.get().offer
    answers = [phone.ask("look", {"code": code}), phone.add(code), phone.ask("cards")]
    body = {"key": "f" * 32, "card": card.public_id, "offer": offer.pk, "count": 1, "people": 1}
    answers += [phone.ask("use", body), phone.ask("transfer", {"card": card.public_id}), other.add(code)]
    for answer in answers:
        assert "Krisesenteret" not in answer.content.decode()
        assert "Lavinntekt" not in answer.content.decode()


def test_nobody_in_between_keeps_an_answer(phone):
    _card, code = make_card()
    for answer in (phone.ask("look", {"code": code}), phone.add(code), phone.ask("cards"), phone.ask("look", {"code": "x"})):
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert not answer.cookies
        assert "Access-Control-Allow-Origin" not in answer


def test_three_cards_are_asked_for_as_fast_as_one(phone, django_assert_num_queries):
    def ask():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as found:
            assert phone.ask("cards").status_code == 200
        return len(found)

    offer = make_offer(conditions={"most_per_day": 1})
    for _ in range(1):
        phone.add(make_card(offer=offer)[1])
    one = ask()
    for _ in range(2):
        make_offer(conditions={"most_per_day": 2})
        phone.add(make_card(offer=offer)[1])
    assert ask() == one
