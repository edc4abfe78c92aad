"""The bounded counter, alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.ledger.counter import WHO_DID_IT, WhyNotCount, forget_who_changed, give_back, set_quantity, take
from cards.ledger.models import CountChange
from cards.offers.models import Offer, Stock
from portal.kit.refusals import Refused
from tests.factories.cards import make_offer, make_stock
from tests.factories.directory import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock(db: None) -> Stock:
    return make_stock(make_offer(), 3)


def rows(stock: Stock) -> Any:
    return Stock.objects.filter(pk=stock.pk)


@pytest.mark.parametrize(
    ("used", "amount", "done"), [(0, 3, True), (0, 4, False), (2, 1, True), (2, 2, False), (3, 1, False), (3, 0, True)]
)
def test_no_more_is_taken_than_there_is(stock: Stock, used: int, amount: int, done: bool) -> None:
    rows(stock).update(used=used)
    assert take(rows(stock), amount) is done
    assert rows(stock).get().used == used + amount * done


@pytest.mark.parametrize(("used", "amount", "done"), [(3, 3, True), (2, 3, False), (0, 1, False), (0, 0, True)])
def test_no_more_is_given_back_than_was_used(stock: Stock, used: int, amount: int, done: bool) -> None:
    rows(stock).update(used=used)
    assert give_back(rows(stock), amount) is done
    assert rows(stock).get().used == used - amount * done


def test_an_amount_below_nought_is_a_mistake(stock: Stock) -> None:
    for deed in (take, give_back):
        with pytest.raises(ValueError, match="negative"):
            deed(rows(stock), -1)


def test_where_the_bound_is_empty_there_is_none() -> None:
    offer = make_offer()
    own = Offer.objects.filter(pk=offer.pk)
    assert take(own, 10**9, bound="released")
    own.update(used=0, quantity=5, released=2)
    assert [take(own, 2, bound="released"), take(own, 1, bound="released")] == [True, False]


def test_a_row_that_is_not_there_is_not_taken(stock: Stock) -> None:
    assert not take(Stock.objects.filter(pk=0), 1)


def test_a_bound_is_changed_down_to_what_is_used_and_written_down(stock: Stock) -> None:
    at = timezone.now()
    rows(stock).update(used=2)
    facts: dict[str, Any] = {"row": stock, "what": "stock", "by": None, "at": at}
    set_quantity(**facts, quantity=2, kind="lower", reason="Given back to the fund")
    set_quantity(**facts, quantity=2, kind="lower")
    set_quantity(**facts, quantity=9, kind="raise")
    for quantity, reason in ((1, WhyNotCount.BELOW_USED), (-1, WhyNotCount.NEGATIVE)):
        with pytest.raises(Refused) as no:
            set_quantity(**facts, quantity=quantity, kind="lower")
        assert no.value.reason == reason
    assert rows(stock).get().quantity == stock.quantity == 9
    written = CountChange.objects.values_list("what", "ref", "kind", "before", "after", "reason")
    assert list(written) == [
        ("stock", stock.pk, "lower", 3, 2, "Given back to the fund"),
        ("stock", stock.pk, "raise", 2, 9, ""),
    ]


def test_after_three_years_nobody_is_named(stock: Stock) -> None:
    now, who = timezone.now(), UserFactory()
    for days in (2, -2):
        at = now - WHO_DID_IT - timedelta(days=days)
        CountChange.objects.create(what="stock", ref=stock.pk, kind="raise", before=1, after=2, by=who, at=at)
    assert forget_who_changed(now) == 1
    assert list(CountChange.objects.order_by("at").values_list("by", flat=True)) == [None, who.pk]
    assert forget_who_changed(now) == 0
