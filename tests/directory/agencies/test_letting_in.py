"""How many letters a leader's presses may set off in a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from directory.agencies import actions
from directory.agencies.actions import Why, give_role, take_role
from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.kit.refusals import Refused
from tests.factories.directory import UserFactory, default_municipality, make_staff

NOW = timezone.now()
LEADER, WORKER = AgencyRole.Role.LEADER, AgencyRole.Role.WORKER


@pytest.fixture
def town(db: Any) -> Municipality:
    return default_municipality()


def agency_of(town: Municipality, *leaders: User) -> Agency:
    agency = Agency.objects.create(municipality=town, name_nb="NAV")
    for leader in leaders:
        AgencyRole.objects.create(user=leader, agency=agency, role=LEADER)
    return agency


def let_in(agency: Agency, by: Any, count: int = 1, at: Any = NOW, name: str = "n") -> Any:
    """Let so many in; the reason where one of them was refused."""
    try:
        for n in range(count):
            give_role(agency=agency, email=f"{name}{n}@example.org", role=WORKER, by=by, at=at)
    except Refused as refused:
        return refused.reason
    return None


def test_one_leader_lets_so_many_in_a_day_at_all_agencies_together(town: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_LETTERS_OF_ONE", 3)
    boss, other = UserFactory(), UserFactory()
    nav, health = agency_of(town, boss, other), agency_of(town, boss)
    assert let_in(nav, boss, 2) is None
    assert let_in(health, boss, 1, name="h") is None
    mail.outbox.clear()
    for agency in (nav, health):
        assert let_in(agency, boss, name="x") == Why.LETTERS_TODAY
    assert mail.outbox == []
    assert not User.objects.filter(email="x0@example.org").exists(), "nor is an account made"
    assert let_in(nav, other, name="y") is None
    assert let_in(nav, boss, name="x", at=NOW + timedelta(hours=25)) is None


def test_all_leaders_of_an_agency_together(town: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_LETTERS_OF_AGENCY", 4)
    bosses = [UserFactory(), UserFactory()]
    agency = agency_of(town, *bosses)
    for n, boss in enumerate(bosses):
        assert let_in(agency, boss, 2, name=f"b{n}-") is None
    assert let_in(agency, bosses[0], name="x") == Why.LETTERS_TODAY
    assert let_in(agency, make_staff(town), 6, name="s") is None, "staff bring in a whole office"
    assert let_in(agency_of(town, bosses[0]), bosses[0], name="x") is None


def test_letting_in_and_taking_away_without_end_fills_no_mailbox(town: Municipality) -> None:
    boss = UserFactory()
    agency = agency_of(town, boss)
    for by in (boss, make_staff(town)):
        for _n in range(actions.MOST_LETTERS_TO_ONE):
            if let_in(agency, by) is None:
                take_role(membership=AgencyRole.objects.get(user__email="n0@example.org"), by=boss)
        assert let_in(agency, by) == Why.ADDRESS_TODAY
    assert len(mail.outbox) == actions.MOST_LETTERS_TO_ONE
    assert let_in(agency, boss, at=NOW + timedelta(hours=25)) is None
