"""Two at once: the last cards of a quota, one form pressed twice, a line that changes while cards are made or replaced."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from cards.programmes.actions import change_line, issue, reissue, return_lapsed, revoke
from cards.programmes.models import AgencyQuota, Allowance, Batch, Card
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


def test_the_last_cards_go_to_one_of_two() -> None:
    office = Office()
    said = at_once(*[lambda: office.issue(6)] * 4)
    assert sorted(str(one) for one in said if isinstance(one, str)) == ["quota"] * 3
    assert (office.used(), Card.objects.count(), Batch.objects.count()) == (6, 6, 1)


def test_one_form_pressed_by_both_hands_makes_the_cards_once() -> None:
    office, key = Office(), uuid.uuid4()
    said = at_once(*[lambda: office.issue(2, key)] * 4)
    assert len({one.batch.pk for one in said}) == 1
    assert sorted(len(one.cards) for one in said) == [0, 0, 0, 2]
    assert (office.used(), Card.objects.count()) == (2, 2)


def test_a_card_is_replaced_once() -> None:
    office = Office()
    card = office.issue().cards[0].card
    said = at_once(*[lambda: reissue(card=card, by=office.worker, at=timezone.now(), key=uuid.uuid4())] * 3)
    assert sorted(one for one in said if isinstance(one, str)) == ["replaced", "replaced"]
    assert Card.objects.count() == 2
    assert Allowance.objects.get(card__replaces=card).quantity == 3


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
