"""Agencies see each other's offers, hours and contact, and nobody's people; leaders keep their own text and colleagues."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.agencies.actions import Why, change_agency, give_role, take_role
from directory.agencies.models import Agency, AgencyRole
from directory.agencies.permissions import leads, may_see_agencies
from directory.municipalities.models import TenantLogEntry
from directory.providers.models import Membership
from portal.desk.menu import tiles
from portal.desk.todo import todos
from portal.kit.refusals import Refused
from tests.factories.directory import UserFactory, make_municipality, make_staff
from tests.pages.town import Town

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
Role = AgencyRole.Role


@pytest.fixture
def nav(town: Town) -> Agency:
    return Agency.objects.create(
        municipality=town.municipality,
        kind="nav",
        name_nb="NAV Larvik",
        name_ar="ناف لارفيك",
        offers_nb="Råd om penger og arbeid.",
        hours_nb="Mandag 10–14",
        phone="00 00 00 55",
        email="nav@example.org",
    )


@pytest.fixture
def health(town: Town) -> Agency:
    return Agency.objects.create(municipality=town.municipality, kind="health", name_nb="Helsestasjonen")


def person(agency: Agency | None, role: str = Role.WORKER, email: str = "") -> Any:
    user = UserFactory(**({"email": email} if email else {}))
    if agency:
        AgencyRole.objects.create(user=user, agency=agency, role=role)
    return user


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_agencies_see_each_other_and_no_people(nav: Agency, health: Agency) -> None:
    person(nav, Role.LEADER, "leder.nav@example.org")
    nurse = person(health, email="sykepleier@example.org")
    html = client_of(nurse).get("/nb/desk/agencies/").content.decode()
    for said in ("NAV Larvik", "Råd om penger og arbeid.", "Mandag 10–14", "00 00 00 55", "nav@example.org", "Helsestasjonen"):
        assert said in html, said
    assert "leder.nav@example.org" not in html
    assert f"/desk/agencies/{nav.pk}/" not in html
    assert "ناف" in client_of(nurse).get("/ar/desk/agencies/").content.decode()


def test_who_sees_the_page(nav: Agency, town: Town) -> None:
    other = make_municipality("3907", "Sandefjord")
    foreign = Agency.objects.create(municipality=other, kind="nav", name_nb="NAV Sandefjord")
    editor = UserFactory()
    Membership.objects.create(user=editor, provider=town.provider, role=Membership.Role.EDITOR)
    closed = Agency.objects.create(municipality=town.municipality, name_nb="Nedlagt kontor", is_active=False)
    expected = {
        person(nav): 200,
        make_staff(town.municipality): 200,
        person(foreign): 404,
        make_staff(other, "x@example.org"): 404,
        editor: 404,
        UserFactory(): 404,
        person(closed): 404,
    }
    found = {user: client_of(user).get("/nb/desk/agencies/").status_code for user in expected}
    assert found == expected
    anonymous = Client().get("/nb/desk/agencies/")
    assert anonymous.status_code == 302
    assert "sign-in" in anonymous["Location"] or "login" in anonymous["Location"]
    inactive = person(nav)
    inactive.is_active = False
    assert not may_see_agencies(inactive, town.municipality)


def test_other_towns_agencies_are_not_there(nav: Agency) -> None:
    foreign = Agency.objects.create(municipality=make_municipality("3907", "Sandefjord"), name_nb="NAV Sandefjord")
    boss = person(nav, Role.LEADER)
    AgencyRole.objects.create(user=boss, agency=foreign, role=Role.LEADER)
    client = client_of(boss)
    assert "Sandefjord" not in client.get("/nb/desk/agencies/").content.decode().split("<main")[1]
    assert client.get(f"/nb/desk/agencies/{foreign.pk}/").status_code == 404
    assert client.post(f"/nb/desk/agencies/{foreign.pk}/", {"name_nb": "Overtatt"}).status_code == 404


def addresses(agency: Agency, role: AgencyRole) -> list[str]:
    base = f"/nb/desk/agencies/{agency.pk}/"
    return [base, f"{base}people/", f"{base}people/{role.pk}/"]


def test_only_leaders_keep_text_and_people(nav: Agency, health: Agency, town: Town) -> None:
    row = AgencyRole.objects.get(user=person(nav, email="kollega@example.org"))
    for user in (person(nav), person(health, Role.LEADER), UserFactory(), make_staff(town.municipality)):
        for path in addresses(nav, row):
            response = client_of(user).post(path, {"deed": "take", "email": "ny@example.org", "name_nb": "Overtatt"})
            assert response.status_code == 404, (user, path)
    nav.refresh_from_db()
    assert nav.name_nb == "NAV Larvik"
    assert AgencyRole.objects.filter(pk=row.pk).exists()
    assert not AgencyRole.objects.filter(user__email="ny@example.org").exists()


def test_leader_writes_in_several_languages(nav: Agency, town: Town) -> None:
    boss = person(nav, Role.LEADER)
    client = client_of(boss)
    path = f"/nb/desk/agencies/{nav.pk}/"
    form = client.get(path).content.decode()
    assert 'name="offers_ti" rows="4" maxlength="2000" lang="ti" dir="ltr"' in form
    assert 'lang="ar" dir="rtl"' in form
    data = {"name_nb": "NAV Larvik", "name_ar": "ناف", "offers_nb": "Råd.", "offers_ti": "ምኽሪ", "hours_nb": "9–15", "phone": "1"}
    assert client.post(path, data).status_code == 302
    nav.refresh_from_db()
    assert (nav.name_ar, nav.offers_nb, nav.offers_ti, nav.hours_nb, nav.phone, nav.email) == (
        "ناف",
        "Råd.",
        "ምኽሪ",
        "9–15",
        "1",
        "",
    )
    entry = TenantLogEntry.objects.get(action="agency.change")
    assert entry.user == boss
    assert "Råd" not in str(entry.data)
    wrong = client.post(path, {"name_nb": "", "email": "ikke en adresse"})
    assert wrong.status_code == 422
    assert "ikke en adresse" in wrong.content.decode()


def test_columns_that_are_no_words_cannot_be_written(nav: Agency) -> None:
    change_agency(
        agency=nav, values={"is_active": "", "municipality_id": "99", "sort_order": "7", "name_nb": "Ny"}, by=UserFactory()
    )
    nav.refresh_from_db()
    assert (nav.is_active, nav.sort_order, nav.name_nb) == (True, 0, "Ny")


def test_leader_lets_a_colleague_in_who_can_sign_in(nav: Agency) -> None:
    client = client_of(person(nav, Role.LEADER))
    response = client.post(f"/nb/desk/agencies/{nav.pk}/people/", {"email": " Ny.Kollega@Example.org "})
    assert response.status_code == 302
    row = AgencyRole.objects.get(user__email="ny.kollega@example.org")
    assert (row.role, row.agency) == (Role.WORKER, nav)
    assert not row.user.has_usable_password()
    assert [letter.to for letter in mail.outbox] == [["ny.kollega@example.org"]]
    assert "/desk/" in mail.outbox[0].body
    again = client.post(f"/nb/desk/agencies/{nav.pk}/people/", {"email": "ny.kollega@example.org"})
    assert again.status_code == 422
    assert AgencyRole.objects.filter(agency=nav).count() == 2
    assert client_of(row.user).get("/nb/desk/agencies/").status_code == 200


def test_closed_account_is_given_no_role(nav: Agency) -> None:
    user = UserFactory(email="sluttet@example.org", is_active=False)
    with pytest.raises(Refused) as refused:
        give_role(agency=nav, email="Sluttet@example.org", role=Role.WORKER, by=None, at=timezone.now())
    assert refused.value.reason == Why.CLOSED
    answer = client_of(person(nav, Role.LEADER)).post(f"/nb/desk/agencies/{nav.pk}/people/", {"email": user.email})
    assert answer.status_code == 422
    assert not AgencyRole.objects.filter(user=user).exists()
    assert not mail.outbox


def test_longer_addresses_than_are_kept_are_said(nav: Agency) -> None:
    client = client_of(person(nav, Role.LEADER))
    long = "a@" + ".".join(["b" * 60] * 4) + ".example.org"
    for path, said in (("", {"name_nb": "NAV", "email": long}), ("people/", {"email": long})):
        assert client.post(f"/nb/desk/agencies/{nav.pk}/{path}", said).status_code == 422, path


def test_who_is_taken_away_is_out_with_the_next_press(nav: Agency) -> None:
    colleague = person(nav)
    there = client_of(colleague)
    assert there.get("/nb/desk/agencies/").status_code == 200
    row = AgencyRole.objects.get(user=colleague)
    client_of(person(nav, Role.LEADER)).post(f"/nb/desk/agencies/{nav.pk}/people/{row.pk}/", {"deed": "take"})
    assert there.get("/nb/desk/agencies/").status_code in (302, 404)  # sessions end with the role


def test_last_leader_hands_on_first(nav: Agency) -> None:
    boss = person(nav, Role.LEADER)
    row = AgencyRole.objects.get(user=boss)
    client = client_of(boss)
    for deed in ("take", "worker"):
        client.post(f"/nb/desk/agencies/{nav.pk}/people/{row.pk}/", {"deed": deed})
        assert leads(boss, nav)
    with pytest.raises(Refused) as refused:
        take_role(membership=row, by=boss)
    assert refused.value.reason == Why.LAST_LEADER
    give_role(agency=nav, email="to@example.org", role=Role.LEADER, by=boss, at=timezone.now())
    assert client.post(f"/nb/desk/agencies/{nav.pk}/people/{row.pk}/", {"deed": "take"})["Location"] == "/nb/desk/"
    assert not leads(boss, nav)


def test_staff_may_leave_an_agency_without_a_leader(nav: Agency) -> None:
    row = AgencyRole.objects.get(user=person(nav, Role.LEADER))
    take_role(membership=row, by=UserFactory(), by_staff=True)
    assert not AgencyRole.objects.exists()


def test_row_of_another_agency_cannot_be_named(nav: Agency, health: Agency) -> None:
    row = AgencyRole.objects.get(user=person(health))
    client = client_of(person(nav, Role.LEADER))
    assert client.post(f"/nb/desk/agencies/{nav.pk}/people/{row.pk}/", {"deed": "take"}).status_code == 404
    assert AgencyRole.objects.filter(pk=row.pk).exists()


def test_desk_of_a_worker_and_of_others(nav: Agency, health: Agency, town: Town) -> None:
    at = timezone.now()

    def hrefs(user: Any) -> list[str]:
        return [tile.href for tile in tiles(user, town.municipality, at)]

    worker, boss = hrefs(person(nav)), hrefs(person(nav, Role.LEADER))
    assert {"/nb/find/", "/nb/shortlist/", "/nb/desk/agencies/"} <= set(worker)
    assert f"/nb/desk/agencies/{nav.pk}/" in boss
    assert f"/nb/desk/agencies/{nav.pk}/" not in worker
    assert "/nb/desk/agencies/" not in hrefs(UserFactory())
    said = [todo.href for todo in todos(person(health, Role.LEADER), town.municipality, at)]
    assert f"/nb/desk/agencies/{health.pk}/" in said
    assert f"/nb/desk/agencies/{nav.pk}/" not in [todo.href for todo in todos(person(nav, Role.LEADER), town.municipality, at)]
