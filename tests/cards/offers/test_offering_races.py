"""Two at once: a question by both hands, staff and provider who press together, less released while cards are used."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from cards.ledger.models import CountChange
from cards.offers import offering
from cards.offers.models import Offer, ProviderAgreement
from cards.offers.states import OfferState
from cards.offers.tending import warn_of_ends
from portal.kit.refusals import Refused
from tests.factories.cards import journal_faults, make_agreement, make_card, make_offer, make_programme, make_use, today
from tests.factories.directory import MembershipFactory, ProviderFactory, UserFactory, default_municipality, make_staff

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


class Town:
    def __init__(self) -> None:
        self.municipality = default_municipality(contact_email="kontoret@example.org")
        self.programme = make_programme(self.municipality)
        self.provider = ProviderFactory(municipality=self.municipality)
        self.editor, self.staff = UserFactory(email="badet@example.org"), make_staff(self.municipality)
        MembershipFactory(user=self.editor, provider=self.provider)
        self.at = timezone.now()


def test_a_question_by_both_hands_is_one_agreement() -> None:
    town = Town()

    def ask() -> Any:
        return offering.propose_agreement(
            programme=town.programme,
            municipality=town.municipality,
            provider=town.provider,
            valid_from=today(),
            valid_to=today() + timedelta(days=9),
            by=town.editor,
            at=town.at,
        )

    assert len({one.pk for one in at_once(*[ask] * 4)}) == 1
    assert ProviderAgreement.objects.count() == len(mail.outbox) == 1


def test_a_draft_by_both_hands_is_one_offer() -> None:
    town, key = Town(), uuid.uuid4()
    agreement = make_agreement(town.programme, town.provider)

    def write() -> Any:
        return offering.save_offer(agreement=agreement, values={"title_nb": "Bad"}, by=town.editor, at=town.at, key=key)

    assert len({one.pk for one in at_once(*[write] * 4)}) == 1


def test_approved_and_taken_back_at_once_is_one_of_both() -> None:
    town = Town()
    agreement = make_agreement(town.programme, town.provider)
    for number in range(6):
        offer = make_offer(agreement, state=OfferState.OFFERED, title_nb=f"Bad {number}")
        at_once(
            lambda offer=offer: offering.approve_offer(offer=offer, by=town.staff, at=town.at, seen=offering.mark_of(offer)),
            lambda offer=offer: offering.approve_offer(offer=offer, by=town.staff, at=town.at),
            lambda offer=offer: offering.take_back(offer=offer, by=town.editor, at=town.at),
        )
        state = Offer.objects.get(pk=offer.pk).state
        assert state in (OfferState.DRAFT, OfferState.APPROVED)
    approved = [letter for letter in mail.outbox if letter.to == ["badet@example.org"]]
    assert len(approved) <= 12
    assert CountChange.objects.count() == 0


def test_less_is_released_while_cards_are_used_and_an_agreement_ends() -> None:
    town = Town()
    agreement = make_agreement(town.programme, town.provider, ceiling_ore=1_000_000)
    offer = make_offer(agreement, quantity=40, released=40)
    cards = [make_card(offer=offer, clips=1)[0] for _ in range(8)]
    at_once(
        *[lambda card=card: make_use(card, offer) for card in cards],
        lambda: offering.release(offer=offer, released=4, by=town.editor, at=town.at),
        lambda: offering.change_agreement(agreement=agreement, ceiling_ore=20_000, by=town.staff, at=town.at),
    )
    row = Offer.objects.get(pk=offer.pk)
    assert row.used <= row.released
    at_once(
        lambda: make_use(make_card(offer=offer, clips=1)[0], offer),
        lambda: offering.end_agreement(agreement=agreement, by=town.staff, at=town.at),
    )
    assert Offer.objects.get(pk=offer.pk).state == OfferState.CLOSED
    assert journal_faults() == []


def test_two_workers_warn_once() -> None:
    town = Town()
    offer = make_offer(make_agreement(town.programme, town.provider), quantity=20, released=20)
    Offer.objects.filter(pk=offer.pk).update(used=19)
    assert sorted(at_once(*[lambda: warn_of_ends(town.at)] * 3)) == [(0, 0), (0, 0), (1, 0)]
    assert len(mail.outbox) == 2
