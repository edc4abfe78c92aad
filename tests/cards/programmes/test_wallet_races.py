"""Two telephones at once at one print or one transfer, and a telephone beside a till: each code is taken once.

The negative control takes no locks and must go wrong, or nothing is seen here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from cards.programmes import wallets
from cards.programmes.models import Card, Wallet
from cards.programmes.states import Medium
from cards.programmes.wallets import WhyNotCarry, activate, offer_transfer, take_transfer
from tests.cards.programmes.test_issuing_races import Meeting, at_once, without_locks
from tests.factories.cards import journal_faults, make_card, make_offer, make_use

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def several_at_once(db: None) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the tests' database in memory refuses a second thread instead of letting it wait")


def phone(deed: Callable[..., Card], code: str) -> Callable[[], Any]:
    """A new telephone that shows a code."""
    auth_hash, clip_key = secrets.token_bytes(32), secrets.token_bytes(32)

    def take() -> Any:
        try:
            return deed(code=code, auth_hash=auth_hash, clip_key=clip_key, at=timezone.now()).public_id
        except IntegrityError:
            return "fault"

    return take


@pytest.mark.parametrize("locked", [True, False])
def test_of_two_telephones_at_one_print_one_gets_the_card(locked: bool) -> None:
    card, code = make_card(offer=make_offer())
    taking = (phone(activate, code), phone(activate, code))
    if locked:
        said = at_once(*taking)
        assert sorted(map(str, said)) == sorted([card.public_id, WhyNotCarry.ON_PHONE.value])
        assert card.links.count() == 1
        assert Wallet.objects.count() == 1
        return
    with without_locks(), Meeting(2).after(wallets, "_locked"):
        said = at_once(*taking)
    assert WhyNotCarry.ON_PHONE.value not in said, "without the lock nobody sees that the code is spent"


@pytest.mark.parametrize("locked", [True, False])
def test_of_two_telephones_at_one_transfer_one_gets_the_card(locked: bool) -> None:
    card, code = make_card(offer=make_offer())
    auth = secrets.token_bytes(32)
    activate(code=code, auth_hash=auth, clip_key=secrets.token_bytes(32), at=timezone.now())
    token = offer_transfer(wallet=Wallet.objects.get(auth_hash=auth), card=card, at=timezone.now())
    taking = (phone(take_transfer, token), phone(take_transfer, token))
    if locked:
        said = at_once(*taking)
        assert sorted(map(str, said)) == sorted([card.public_id, WhyNotCarry.ON_PHONE.value])
        assert card.links.count() == 2
        return
    with without_locks(), Meeting(2).after(wallets, "_free"):
        said = at_once(*taking)
    assert WhyNotCarry.ON_PHONE.value not in said


@pytest.mark.parametrize("first", ["phone", "till"])
def test_a_telephone_and_a_till_at_one_print_both_keep_the_card_whole(first: str) -> None:
    offer = make_offer()
    card, code = make_card(offer=offer, clips=1)
    take = phone(activate, code)
    deeds = [take, lambda: make_use(card, offer).left]
    said = at_once(*(deeds if first == "phone" else reversed(deeds)))
    assert card.public_id in said
    card.refresh_from_db()
    assert (card.medium, card.code_spent, card.state) == (Medium.DIGITAL, True, "active")
    assert card.allowances.get().used == (1 if 0 in said else 0)
    assert journal_faults() == []
