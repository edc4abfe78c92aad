"""A deed is done whole or not at all, and what was answered is written."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError
from django.utils import timezone

from cards.offers.actions import redeem, undo
from cards.offers.models import Offer, Redemption
from cards.offers.states import UseWay
from cards.programmes.models import Allowance, Card
from tests.factories.cards import journal_faults, make_card, make_offer, make_stock, make_till, make_use

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    offer = make_offer()
    make_stock(offer, 3)
    return offer


def full() -> Any:
    """Nothing can be added to the journal."""
    return mock.patch.object(Redemption.objects, "create", side_effect=DatabaseError("the disk is full"))


def test_what_was_answered_is_written(offer: Offer) -> None:
    card, _code = make_card(offer=offer)
    use = make_use(card, offer)
    assert Redemption.objects.get(mark=use.mark).clips == 1
    assert (Allowance.objects.get(card=card).used, use.left) == (1, 2)


def test_a_use_that_cannot_be_written_counts_nothing(offer: Offer) -> None:
    card, _code = make_card(offer=offer)
    with full(), pytest.raises(DatabaseError):
        redeem(key="k", card=card, offer=offer, way=UseWay.PAPER, at=timezone.now())
    assert (Allowance.objects.get(card=card).used, Card.objects.get(pk=card.pk).state) == (0, "issued")
    assert journal_faults() == []


def test_a_use_that_cannot_be_taken_back_stays_whole(offer: Offer) -> None:
    card, _code = make_card(offer=offer)
    till, _token = make_till(offer.agreement.provider)
    use = Redemption.objects.get(mark=make_use(card, offer, device=till).mark)
    with full(), pytest.raises(DatabaseError):
        undo(key="u", redemption=use, by_device=till, at=timezone.now())
    assert Allowance.objects.get(card=card).used == 1
    assert journal_faults() == []
