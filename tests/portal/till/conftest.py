"""A swimming hall with two offers, who keeps its page and its till, a card, and a till that is enrolled; a cinema beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from cards.offers.models import Device, Offer, ProviderAgreement
from cards.programmes.models import Card
from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from tests.factories.cards import make_agreement, make_card, make_card_type, make_offer, make_programme, make_till
from tests.factories.directory import MembershipFactory, ProviderFactory, UserFactory, default_municipality
from tests.made_before import made_before


@dataclass
class Hall:
    """Who and what the tests speak of."""

    municipality: Municipality
    provider: Provider
    agreement: ProviderAgreement
    swim: Offer
    sauna: Offer
    editor: User
    cashier: User
    stranger: User
    card: Card
    code: str
    device: Device
    token: str
    cinema: Provider
    film: Offer

    def client(self, user: User | None = None) -> Client:
        client = Client()
        client.force_login(user or self.cashier)
        return client

    def path(self, rest: str = "") -> str:
        return f"/nb/desk/p/{self.provider.slug}/tills/{rest}"

    def state(self, token: str = "", **headers: str) -> Any:
        return Client().get("/nb/till/state", headers={"Authorization": f"Bearer {token or self.token}", **headers})

    def post(self, address: str, body: dict[str, Any], token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return Client().post(address, body, content_type="application/json", headers=headers)


@made_before
def make_hall() -> Hall:
    municipality = default_municipality(contact_email="kortet@example.org")
    programme = make_programme(municipality)
    provider = ProviderFactory(municipality=municipality, name_nb="Farrishallen", name_ar="مسبح فاريس", spoken=["nb", "ar"])
    agreement = make_agreement(programme, provider)
    swim = make_offer(agreement, title_nb="Svømming", let_in_nb="Slipp inn i svømmehallen", companions=1)
    sauna = make_offer(agreement, title_nb="Badstue")
    editor, cashier, stranger = (UserFactory(email=f"{name}@example.org") for name in ("leder", "kasse", "fremmed"))
    MembershipFactory(user=editor, provider=provider)
    MembershipFactory(user=cashier, provider=provider, role=Membership.Role.TILL)
    cinema = ProviderFactory(municipality=municipality, name_nb="Munken kino")
    MembershipFactory(user=stranger, provider=cinema, role=Membership.Role.TILL)
    film = make_offer(make_agreement(programme, cinema), title_nb="Film")
    card, code = make_card(make_card_type(lines=[(swim, 3), (film, 2)]))
    device, token = make_till(provider, name="Luka")
    return Hall(
        municipality=municipality,
        provider=provider,
        agreement=agreement,
        swim=swim,
        sauna=sauna,
        editor=editor,
        cashier=cashier,
        stranger=stranger,
        card=card,
        code=code,
        device=device,
        token=token,
        cinema=cinema,
        film=film,
    )


@pytest.fixture
def hall(db: None) -> Hall:
    return make_hall()
