"""Two at once: the same settlement by two, many providers together, uses and what is taken back while it is made and sent."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.offers.actions import undo
from cards.offers.models import Offer, Redemption, Settlement
from cards.offers.settling import COUNTED, Why, make_settlement, send, unsettled
from cards.offers.states import SettlementState
from cards.offers.unlinking import reconcile
from tests.cards.offers.test_offering_races import at_once, several_at_once  # noqa: F401 - a fixture
from tests.factories.cards import make_card, make_offer, make_use, today
from tests.factories.directory import ProviderFactory, default_municipality, make_staff

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, LAST = 20, 10


def noon(days: int) -> datetime:
    return timezone.make_aware(datetime.combine(today() - timedelta(days=days), time(12)))


def used(offer: Offer, times: int) -> list[Redemption]:
    card, _code = make_card(offer=offer, clips=times)
    marks = [make_use(card, offer, at=noon(12)).mark for _n in range(times)]
    return list(Redemption.objects.filter(mark__in=marks).order_by("pk"))


def settle(offer: Offer) -> Settlement:
    agreement = offer.agreement
    return make_settlement(
        municipality=agreement.municipality,
        provider=agreement.provider,
        year=agreement.programme.years.get(),
        first=today() - timedelta(days=FIRST),
        last=today() - timedelta(days=LAST),
        by=None,
        at=timezone.now(),
    )


def test_made_by_four_at_once_it_is_one_with_each_use_once() -> None:
    offer = make_offer()
    used(offer, 6)

    assert len({row.pk for row in at_once(*[lambda: settle(offer)] * 4)}) == 1

    row = Settlement.objects.get()
    assert (row.uses, row.total_ore, row.redemptions.count()) == (6, 6 * offer.unit_ore, 6)


def test_settlements_of_several_providers_get_numbers_of_their_own() -> None:
    town = default_municipality()
    offers = [make_offer(provider=ProviderFactory(municipality=town, name_nb=f"Sted {number}")) for number in range(4)]
    for offer in offers:
        used(offer, 1)

    at_once(*[lambda offer=offer: settle(offer) for offer in offers])  # type: ignore[misc]

    assert sorted(Settlement.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_what_is_used_and_taken_back_meanwhile_is_on_this_one_or_the_next() -> None:
    offer = make_offer()
    staff = make_staff(offer.agreement.municipality)
    uses, (card, _code) = used(offer, 4), make_card(offer=offer, clips=4)

    def back(use: Redemption) -> Any:
        return undo(key=f"u{use.pk}", redemption=use, by_user=staff, at=timezone.now())

    at_once(
        lambda: settle(offer),
        lambda: back(uses[0]),
        lambda: make_use(card, offer, at=noon(11)),
        lambda: settle(offer),
        lambda: back(uses[1]),
    )
    row = settle(offer)

    assert not unsettled().exists()
    assert (row.uses, row.total_ore) == (3, 3 * offer.unit_ore)
    assert reconcile(timezone.now()) == []


def test_sent_while_something_is_taken_back_it_never_says_another_sum_than_was_seen() -> None:
    offer = make_offer()
    staff = make_staff(offer.agreement.municipality)
    uses = used(offer, 4)
    row = settle(offer)
    seen = row.total_ore

    said = at_once(
        lambda: send(settlement=Settlement.objects.get(pk=row.pk), total_ore=seen, by=staff, at=timezone.now()),
        lambda: undo(key="u", redemption=uses[0], by_user=staff, at=timezone.now()),
    )

    row.refresh_from_db()
    assert row.total_ore == seen == sum(use.total_ore for use in row.redemptions.all())
    if row.state == SettlementState.SENT:
        assert said[0] is None
    else:
        assert (said[0], row.state) == (Why.CHANGED.value, SettlementState.DRAFT)
    left = Redemption.objects.filter(settlement=None, state__in=COUNTED)
    assert [use.total_ore for use in left] == [-offer.unit_ore], "a minus line waits for the next, or for this one to be filled"
