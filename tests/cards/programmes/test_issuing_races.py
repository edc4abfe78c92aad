"""Two at once: the last cards of a quota, one form pressed twice, a line that changes while cards are made or replaced.

The negative control: the same with code that looks before it writes, or takes no locks, must go wrong, or nothing is seen here.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from cards.programmes import actions
from cards.programmes.actions import change_line, issue, reissue, return_lapsed, revoke
from cards.programmes.models import AgencyQuota, Allowance, Card
from cards.programmes.states import Way
from portal.kit.refusals import Refused
from tests.factories.cards import make_agency, make_card_type, make_offer, make_quota, make_use
from tests.factories.directory import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def several_at_once(db: None) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the tests' database in memory refuses a second thread instead of letting it wait")


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each came to, begun at the same moment: its value, or the reason of the refusal."""
    together, said = threading.Barrier(len(deeds)), [None] * len(deeds)

    def work(number: int, deed: Callable[[], Any]) -> None:
        try:
            together.wait()
            said[number] = deed()
        except Refused as refused:
            said[number] = refused.reason.value
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


class Office:
    def __init__(self, quantity: int = 10) -> None:
        self.offer = make_offer()
        self.card_type = make_card_type(lines=[(self.offer, 3)])
        self.agency = make_agency()
        self.quota = make_quota(self.agency, self.card_type, quantity)
        self.worker = UserFactory()

    def issue(self, count: int = 1, key: Any = None, at: datetime | None = None) -> Any:
        return issue(
            card_type=self.card_type,
            municipality=self.agency.municipality,
            agency=self.agency,
            count=count,
            way=Way.PRINT,
            key=key or uuid.uuid4(),
            by=self.worker,
            at=at or timezone.now(),
        )

    def used(self) -> int:
        return AgencyQuota.objects.get(pk=self.quota.pk).used


class Meeting:
    """Where all wait for each other, so that they race each time; those whom a lock holds back are not waited for long."""

    def __init__(self, count: int) -> None:
        self.barrier = threading.Barrier(count)

    def __call__(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self.barrier.wait(timeout=1)

    @contextmanager
    def after(self, holder: Any, name: str) -> Iterator[None]:
        """At the end of a function."""
        original = getattr(holder, name)

        def met(*args: Any, **asked: Any) -> Any:
            value = original(*args, **asked)
            self()
            return value

        with mock.patch.object(holder, name, met):
            yield


def without_locks() -> Any:
    return mock.patch.object(QuerySet, "select_for_update", lambda rows, **_how: rows)


def the_last_cards(office: Office) -> tuple[list[str], int, int]:
    """Two of six each where ten are left: who was refused, how many cards there are, how many the quota counts."""
    said = at_once(*[lambda: office.issue(6)] * 2)
    return sorted(one for one in said if isinstance(one, str)), Card.objects.count(), office.used()


def test_the_last_cards_go_to_one_of_two() -> None:
    for _round in range(5):
        office, before = Office(), Card.objects.count()
        refused, cards, used = the_last_cards(office)
        assert (refused, cards - before, used) == (["quota"], 6, 6)


def test_the_control_sees_a_quota_that_is_read_and_then_written() -> None:
    office, meeting = Office(), Meeting(2)

    def careless(rows: Any, amount: int) -> bool:
        row = rows.get()
        meeting()
        if row.used + amount > row.quantity:
            return False
        row.used += amount
        row.save(update_fields=["used"])
        return True

    # The card type's lock would let them in one after the other.
    with mock.patch.object(actions, "take", careless), without_locks():
        assert the_last_cards(office) == ([], 12, 6)


def test_one_form_pressed_by_both_hands_makes_the_cards_once() -> None:
    office, key = Office(), uuid.uuid4()
    said = at_once(*[lambda: office.issue(2, key)] * 4)
    assert len({one.batch.pk for one in said}) == 1
    assert sorted(len(one.cards) for one in said) == [0, 0, 0, 2]
    assert (office.used(), Card.objects.count()) == (2, 2)


def replaced_by_both_hands(office: Office) -> tuple[list[str], list[int]]:
    """Who was refused, and what the new cards hold."""
    card = office.issue().cards[0].card
    with Meeting(2).after(actions.rules, "is_over"):
        said = at_once(*[lambda: reissue(card=card, by=office.worker, at=timezone.now(), key=uuid.uuid4())] * 2)
    held = Allowance.objects.filter(card__batch__agency=office.agency).exclude(card__state="revoked")
    return sorted(one for one in said if isinstance(one, str)), list(held.values_list("quantity", flat=True))


def test_a_card_is_replaced_once() -> None:
    for _round in range(3):
        assert replaced_by_both_hands(Office()) == (["replaced"], [3])


def test_the_control_sees_a_card_that_is_replaced_without_locks() -> None:
    with without_locks():
        assert replaced_by_both_hands(Office()) == ([], [3, 3])


def test_stopping_and_flowing_back_free_a_slot_once() -> None:
    office = Office()
    card = office.issue().cards[0].card
    late = timezone.now() + (office.card_type.activate_by - timezone.localdate()) + timedelta(days=1)
    stop = lambda: revoke(card=card, by=office.worker, at=timezone.now())  # noqa: E731
    at_once(stop, lambda: return_lapsed(late), stop, lambda: return_lapsed(late))
    assert office.used() == 0


def test_nothing_is_left_on_a_stopped_card_that_was_used_meanwhile() -> None:
    office = Office()
    for _round in range(10):
        card = office.issue().cards[0].card
        said = at_once(
            lambda card=card: make_use(card, office.offer),
            lambda card=card: reissue(card=card, by=office.worker, at=timezone.now(), key=uuid.uuid4()),
        )
        old = Allowance.objects.get(card=card)
        new = Allowance.objects.get(card__replaces=card)
        assert old.quantity == old.used
        assert old.used + new.quantity == 3
        assert isinstance(said[0], str) or old.used == 1


def test_a_line_that_changes_reaches_cards_that_are_made_and_replaced_meanwhile() -> None:
    office = Office(100)
    line = office.card_type.lines.get()
    for quantity in (5, 2, 4, 1, 6, 3):
        card = office.issue().cards[0].card
        at_once(
            lambda: office.issue(3),
            lambda quantity=quantity: change_line(line=line, quantity=quantity, by=office.worker, at=timezone.now()),
            lambda card=card: reissue(card=card, by=office.worker, at=timezone.now(), key=uuid.uuid4()),
            lambda: office.issue(2),
        )
        living = Allowance.objects.exclude(card__state="revoked")
        assert set(living.values_list("quantity", flat=True)) == {quantity}
        assert set(Allowance.objects.filter(card__state="revoked").values_list("quantity", flat=True)) == {0}
