"""All who count anything lock in one order: card → allowance → offer → stock → ceiling, rows of a kind by their primary key.

SQLite ignores row locks and PostgreSQL shows a wrong order only now and then, so the order is read from what is asked: every
SELECT … FOR UPDATE and every UPDATE, in turn, as the ORM compiles it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from cards.offers.actions import redeem, redeem_shown, undo
from cards.offers.models import Offer, Redemption
from cards.offers.states import UseWay
from cards.offers.telling import Claim, decide_disputed, tell
from cards.programmes.actions import reissue
from cards.programmes.models import Allowance
from portal.kit.statements import Made
from tests.factories.cards import make_agreement, make_card, make_offer, make_stock, make_till, put_on_phone, shown
from tests.factories.directory import make_staff

pytestmark = pytest.mark.django_db

ORDER = ["card", "allowance", "offer", "stock", "ceiling"]
SEVERAL = {"card", "allowance", "stock"}


@contextmanager
def asked() -> Iterator[list[tuple[str, str]]]:
    """What is locked, changed and read, in turn: ("lock", "card"), ("write", "offer"), ("read", "redemption") …"""
    seen: list[tuple[str, str]] = []
    made, kept = SQLCompiler.execute_sql, Made.ask

    def note(query: Any) -> None:
        deed = "lock" if query.select_for_update else "write" if isinstance(query, UpdateQuery) else "read"
        model = query.model._meta.model_name
        if deed == "lock":
            # Without "of", a join to a row that may be missing cannot be locked on PostgreSQL, and others are locked along.
            *before, last = query.select_for_update_of or [""]
            assert last == "self", f"{model} is locked with what it is joined to"
            assert before in ([], ["card"]), f"{model} is locked with what it is joined to"
            seen.extend(("lock", one) for one in before)
            order = query.order_by or (model_order(query.model) if query.default_ordering else ())
            assert model not in SEVERAL or order[:1] == ("pk",), f"{model}: several are locked in any order"
        seen.append((deed, model))

    def ask_made(self: Any, *args: Any, **kwargs: Any) -> Any:
        note(self.query)
        return made(self, *args, **kwargs)

    def ask_kept(self: Made, answer: Any) -> Any:
        note(self.compiler.query)
        return kept(self, answer)

    with mock.patch.object(SQLCompiler, "execute_sql", ask_made), mock.patch.object(Made, "ask", ask_kept):
        yield seen


def model_order(model: Any) -> tuple[Any, ...]:
    return tuple(model._meta.ordering)


def firsts(seen: list[tuple[str, str]]) -> list[str]:
    """The kinds of rows in the order in which each was first locked or changed."""
    return list(dict.fromkeys(model for deed, model in seen if deed in {"lock", "write"} and model in ORDER))


@pytest.fixture
def offer() -> Offer:
    offer = make_offer(make_agreement(ceiling_ore=100_000, offline_allowed=True), conditions={"most_per_day": 2})
    make_stock(offer, 1)
    return offer


@pytest.mark.parametrize("how", ["found", "by its code", "by its picture"])
def test_a_use_locks_in_order_and_counts_the_day_behind_the_locks(offer: Offer, how: str) -> None:
    card, code = make_card(offer=offer)
    at = timezone.now()
    redeem(key="stock", card=card, offer=offer, way=UseWay.PAPER, at=at)
    if how == "by its picture":
        code = shown(card, put_on_phone(card, code), at)
    with asked() as seen:
        if how == "found":
            redeem(key="paid", card=card, offer=offer, way=UseWay.PAPER, at=at)
        else:
            redeem_shown(key="paid", shown=code, offer=offer, at=at)
    assert firsts(seen) == ORDER
    assert {("lock", "card"), ("lock", "allowance"), ("lock", "offer"), ("lock", "stock")} <= set(seen)
    reads = [place for place, one in enumerate(seen) if one == ("read", "redemption")]
    # What was used on this day stands behind the locks.
    assert reads
    assert reads[0] > seen.index(("lock", "allowance")) > seen.index(("lock", "card"))


def test_taking_back_locks_in_order(offer: Offer) -> None:
    card, _code = make_card(offer=offer)
    at = timezone.now()
    use = redeem(key="k", card=card, offer=offer, way=UseWay.PAPER, at=at)
    reissue(card=card, by=None, at=at, key=uuid4())
    staff = make_staff(offer.agreement.municipality)
    with asked() as seen:
        undo(key="u", redemption=Redemption.objects.get(mark=use.mark), by_user=staff, at=at)
    assert firsts(seen) == ["card", "allowance", "offer", "stock"]
    assert [one for one in seen if one[0] == "lock"][:3] == [("lock", "card"), ("lock", "card"), ("lock", "allowance")]


def test_telling_locks_the_till_and_then_in_order(offer: Offer) -> None:
    _card, code = make_card(offer=offer)
    till, _token = make_till(offer.agreement.provider)
    at = timezone.now()
    claim = Claim(key="c", number=1, offer=offer.pk, shown=code, at=at, knew=at)
    with asked() as seen:
        (told,) = tell(device=till, claims=[claim], at=at + timedelta(minutes=1))
    assert told.reason is None
    assert seen.index(("lock", "device")) < seen.index(("lock", "card"))
    assert firsts(seen)[:4] == ["card", "allowance", "offer", "stock"]


def test_deciding_locks_in_order(offer: Offer) -> None:
    card, code = make_card(offer=offer)
    till, _token = make_till(offer.agreement.provider)
    at = timezone.now()
    reissue(card=card, by=None, at=at, key=uuid4())
    claim = Claim(key="c", number=1, offer=offer.pk, shown=code, at=at, knew=at)
    tell(device=till, claims=[claim], at=at + timedelta(minutes=1))
    with asked() as seen:
        decide_disputed(redemption=Redemption.objects.get(), accept=True, by=None, at=at + timedelta(minutes=2))
    assert firsts(seen) == ["card", "allowance", "offer", "stock"]
    assert Allowance.objects.get(card=card).used == 1
