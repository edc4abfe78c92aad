"""A town, an association that has somebody to ask, and a clock that can be set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from directory.freshness.queries import start_of
from directory.listings.kinds import ConfirmedAs
from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider
from tests.factories.directory import ActivityFactory, MembershipFactory, ProviderFactory, UserFactory, default_municipality


@dataclass
class Club:
    """An association with two activities, and its editor."""

    municipality: Municipality
    provider: Provider
    activities: list[Any]
    editor: Any

    @property
    def rows(self) -> list[Any]:
        return [self.provider, *self.activities]

    def read(self) -> list[Any]:
        """Its listings as they stand in the database."""
        return [type(row).objects.get(pk=row.pk) for row in self.rows]


@pytest.fixture
def town(db: None) -> Municipality:
    return default_municipality(contact_email="kultur@example.org", languages=["nb", "en", "ar"])


def make_club(town: Municipality, name: str = "Turnforeningen", *, confirmed: date | None = None, editor: str = "") -> Club:
    provider = ProviderFactory(municipality=town, name_nb=name, email=f"{name.lower()}@example.org", phone="00 00 00 01")
    activities = [ActivityFactory(municipality=town, provider=provider, name_nb=f"{name} {n}", is_free=True) for n in (1, 2)]
    user = UserFactory(email=editor) if editor else None
    if user:
        MembershipFactory(user=user, provider=provider, role=Membership.Role.EDITOR)
    club = Club(town, provider, activities, user)
    if confirmed:
        confirm_on(club, confirmed)
    return club


def confirm_on(club: Club, day: date) -> None:
    """As if everything had been confirmed on a day, at noon."""
    for row in club.rows:
        type(row).objects.filter(pk=row.pk).update(
            confirmed_at=start_of(day) + timedelta(hours=12), confirmed_as=ConfirmedAs.PROVIDER
        )
        row.refresh_from_db()


@pytest.fixture
def club(town: Municipality) -> Club:
    """Confirmed a year ago today."""
    return make_club(town, confirmed=a_year_ago(), editor="leder@example.org")


def a_year_ago() -> date:
    from directory.freshness.rules import last_start

    return last_start(timezone.localdate(), 12)


def noon(day: date) -> datetime:
    return start_of(day) + timedelta(hours=12)


@pytest.fixture
def today() -> date:
    return timezone.localdate()
