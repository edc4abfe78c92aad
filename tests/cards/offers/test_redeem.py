"""Using a card, and taking a use back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from cards.offers.actions import redeem
from cards.offers.finding import find_card
from tests.factories.cards import journal_faults, make_card, make_offer, make_till

pytestmark = pytest.mark.django_db


def test_paper_is_used_at_a_till_and_that_takes_it_into_use() -> None:
    at = timezone.now()
    offer = make_offer()
    card, code = make_card(offer=offer, clips=3)
    till, _token = make_till(offer.agreement.provider)
    found = find_card(code, at=at, offer=offer)

    use = redeem(key="k-1", card=found.card, offer=offer, way=found.way, at=at, device=till)

    card.refresh_from_db()
    assert (use.left, use.replayed, card.state, card.medium) == (2, False, "active", "paper")
    assert journal_faults() == []
