"""A town with two associations that keep their pages, one that does not, a member of each, and a neighbouring town."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from directory.agencies.models import Agency, AgencyRole
from directory.listings.kinds import Visibility
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.accounts.models import User
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    DistrictFactory,
    MembershipFactory,
    ProviderFactory,
    UserFactory,
    default_municipality,
    make_municipality,
    make_staff,
)
from tests.made_before import made_before

SECRET = "skjult-adresse@example.org"


@dataclass
class People:
    """What the tests speak of."""

    town: Municipality
    chess: Provider
    choir: Provider
    quiet: Provider  # nobody keeps its page; its address is hidden
    activity: Any
    kari: User  # keeps chess
    ola: User  # keeps choir
    nurse: User
    coordinator: User
    stranger: User  # signed in, of nothing
    foreign: User  # keeps a page in another municipality
    foreign_provider: Provider

    def client(self, user: User) -> Client:
        """The browser of somebody who is signed in."""
        browser = Client()
        browser.force_login(user)
        return browser


@pytest.fixture
def people(db: Any) -> People:
    return make_people()


@made_before
def make_people() -> People:
    town = default_municipality(contact_email="kontoret@example.org")
    category = CategoryFactory(municipality=town, slug="sport", name_nb="Idrett")
    DistrictFactory(municipality=town, slug="stavern", name_nb="Stavern", postcodes=["3290"])
    chess = ProviderFactory(
        municipality=town,
        name_nb="Sjakklubben",
        email=SECRET,
        phone="00 00 00 11",
        phone_visibility=Visibility.PROVIDERS,
        contact_name="Bare Kontoret",
        postcode="3290",
        categories=[category],
    )
    choir = ProviderFactory(municipality=town, name_nb="Koret")
    quiet = ProviderFactory(municipality=town, name_nb="Stille lag", email=SECRET)
    neighbour = make_municipality("3907", "Sandefjord", contact_email="nabo@example.org")
    foreign_provider = ProviderFactory(municipality=neighbour, name_nb="Nabolaget")
    made = People(
        town=town,
        chess=chess,
        choir=choir,
        quiet=quiet,
        activity=ActivityFactory(municipality=town, provider=chess, name_nb="Lyn"),
        kari=UserFactory(email="kari@example.org", name="Kari Sjakk"),
        ola=UserFactory(email="ola@example.org", name="Ola Kor"),
        nurse=UserFactory(email="nurse@example.org", name="Helse Søster"),
        coordinator=make_staff(town, "koordinator@example.org"),
        stranger=UserFactory(email="ukjent@example.org", name="Ukjent"),
        foreign=UserFactory(email="fremmed@example.org", name="Fremmed"),
        foreign_provider=foreign_provider,
    )
    for user, provider in ((made.kari, chess), (made.ola, choir), (made.foreign, foreign_provider)):
        MembershipFactory(user=user, provider=provider, role="editor")
    agency = Agency.objects.create(municipality=town, kind="health", name_nb="Helsestasjonen")
    AgencyRole.objects.create(user=made.nurse, agency=agency)
    return made
