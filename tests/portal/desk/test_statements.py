"""Statements on the provider's desk: who sees them, and what they can answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.offers import settling
from cards.offers.models import Offer, Settlement
from cards.offers.states import SettlementState
from directory.providers.models import Membership
from tests.factories.cards import make_agency, make_card, make_offer, make_use, today
from tests.factories.directory import MembershipFactory, ProviderFactory, UserFactory, default_municipality, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    return make_offer(provider=ProviderFactory(municipality=default_municipality()), unit_ore=5000, title_nb="Svømming")


@pytest.fixture
def settlement(offer: Offer) -> Settlement:
    card, _code = make_card(offer=offer, clips=3, agency=make_agency(name_nb="Krisesenteret"))
    for _n in range(2):
        make_use(card, offer, at=timezone.now() - timedelta(days=5))
    found = settling.make_settlement(
        municipality=offer.agreement.municipality,
        provider=offer.agreement.provider,
        year=offer.agreement.programme.years.get(),
        first=today() - timedelta(days=10),
        last=today() - timedelta(days=1),
        by=None,
        at=timezone.now(),
    )
    settling.send(settlement=found, total_ore=found.total_ore, by=None, at=timezone.now())
    return found


def signed_in(provider: Any, role: str) -> Client:
    client = Client()
    client.force_login(MembershipFactory(provider=provider, role=role).user)
    return client


def addresses(settlement: Settlement) -> list[str]:
    slug = settlement.provider.slug
    names = ("desk-statement", "desk-statement-pdf", "desk-statement-csv")
    return [reverse("desk-statements", args=[slug]), *(reverse(name, args=[slug, settlement.pk]) for name in names)]


@pytest.mark.parametrize("role", [Membership.Role.EDITOR, Membership.Role.TREASURER])
def test_those_who_keep_the_page_or_the_money_see_it(settlement: Settlement, role: str) -> None:
    client = signed_in(settlement.provider, role)

    answers = [client.get(address) for address in addresses(settlement)]

    assert [answer.status_code for answer in answers] == [200] * 4
    page = answers[1].content.decode()
    assert "Svømming" in page
    assert "100" in page
    assert answers[2].content.startswith(b"%PDF-")
    assert "100,00" in answers[3].content.decode("utf-8-sig")
    for answer in answers:
        assert b"Krisesenteret" not in answer.content  # never which agency, nor why
    desk = client.get(reverse("desk")).content.decode()
    assert reverse("desk-statement", args=[settlement.provider.slug, settlement.pk]) in desk


def test_nobody_else_finds_it(settlement: Settlement) -> None:
    other = ProviderFactory(municipality=settlement.municipality)
    stranger = Client()
    stranger.force_login(UserFactory())
    for client in (
        signed_in(settlement.provider, Membership.Role.TILL),
        signed_in(other, Membership.Role.EDITOR),
        stranger,
    ):
        assert [client.get(address).status_code for address in addresses(settlement)] == [404] * 4
    neighbour = signed_in(other, Membership.Role.EDITOR)
    for name in ("desk-statement", "desk-statement-pdf", "desk-statement-csv"):
        assert neighbour.get(reverse(name, args=[other.slug, settlement.pk])).status_code == 404
    assert Client().get(addresses(settlement)[0]).status_code == 302


def test_yes_is_said_once(settlement: Settlement) -> None:
    client = signed_in(settlement.provider, Membership.Role.TREASURER)
    page = addresses(settlement)[1]
    assert 'name="total_ore" value="10000"' in client.get(page).content.decode()
    for seen in ("", "x", "5000"):  # a page of before it was mended
        client.post(page, {"deed": "approve", "total_ore": seen})
        settlement.refresh_from_db()
        assert settlement.state == SettlementState.SENT
    for _press in range(2):
        assert client.post(page, {"deed": "approve", "total_ore": "10000"}).status_code == 302
    settlement.refresh_from_db()
    assert settlement.state == SettlementState.APPROVED


def test_an_objection_goes_to_the_municipality_and_the_figures_are_out_of_sight_until_they_are_right(
    settlement: Settlement,
) -> None:
    client = signed_in(settlement.provider, Membership.Role.EDITOR)
    page, pdf = addresses(settlement)[1], addresses(settlement)[2]

    assert client.post(page, {"deed": "object", "words": "   "}).status_code == 422
    assert client.post(page, {"deed": "object", "words": "Vi hadde tre."}).status_code == 302

    settlement.refresh_from_db()
    assert (settlement.state, settlement.objection) == (SettlementState.DRAFT, "Vi hadde tre.")
    assert "Vi hadde tre." in client.get(page).content.decode()
    assert client.get(pdf).status_code == 404


def test_what_the_municipality_takes_back_is_not_called_the_providers_words(settlement: Settlement) -> None:
    client = signed_in(settlement.provider, Membership.Role.EDITOR)
    page, staff = addresses(settlement)[1], make_staff(settlement.municipality)
    settling.object_to(settlement=settlement, words="Feil måned.", by=staff, at=timezone.now(), by_staff=True)
    assert not client.get(page).context["own_words"]
    assert "Feil måned." in client.get(page).content.decode()

    settling.send(settlement=settlement, total_ore=settlement.total_ore, by=staff, at=timezone.now())
    client.post(page, {"deed": "object", "words": "Vi hadde tre."})
    assert client.get(page).context["own_words"]


def test_what_was_not_sent_is_not_there(offer: Offer, settlement: Settlement) -> None:
    Settlement.objects.update(state=SettlementState.DRAFT)
    client = signed_in(settlement.provider, Membership.Role.EDITOR)
    assert [client.get(address).status_code for address in addresses(settlement)] == [200, 404, 404, 404]
