"""Who may do what: seen, given, changed and ended by coordinators of their own town."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.actions import appoint
from directory.municipalities.models import Municipality, StaffRole, TenantLogEntry
from directory.people.actions import give_staff_role, take_staff_role
from directory.people.queries import Question, users_of
from directory.people.rules import Why, why_not_without
from directory.providers.models import Invitation, Membership, Provider
from portal.accounts.models import User
from portal.kit.refusals import Refused
from tests.factories.directory import MembershipFactory, ProviderFactory, make_municipality, make_staff

pytestmark = pytest.mark.one_database


@pytest.fixture
def nav(town: Municipality) -> Agency:
    return Agency.objects.create(municipality=town, name_nb="NAV Larvik", kind="nav")


@pytest.fixture
def worker(nav: Agency) -> User:
    user = User.objects.create_user("worker@example.org", name="Arbeider Demo")
    AgencyRole.objects.create(agency=nav, user=user)
    return user


@pytest.mark.parametrize(
    ("is_coordinator", "others", "reason"),
    [(True, 0, Why.LAST_COORDINATOR), (True, 1, None), (False, 0, None)],
)
def test_somebody_coordinates(is_coordinator: bool, others: int, reason: Any) -> None:
    assert why_not_without(is_coordinator=is_coordinator, others=others) == reason


def test_list_is_searched_and_narrowed(
    kari: Client, town: Municipality, staff: User, provider: Provider, member: User, worker: User
) -> None:
    def found(**asked: str) -> set[str]:
        return set(users_of(town, Question(**asked)).values_list("email", flat=True))

    assert found() == {"kari@example.org", "member@example.org", "worker@example.org"}
    assert found(where="agency") == {"worker@example.org"}
    assert found(role="coordinator") == {"kari@example.org"}
    assert found(words="turnlaget") == {"member@example.org"}
    assert found(words="nav arb") == set()
    assert found(words="NAV") == {"worker@example.org"}
    body = kari.get("/cms/people/").content.decode()
    assert "NAV Larvik" in body
    assert "Turnlaget" in body


def test_only_coordinators_of_the_town(town: Municipality, staff: User, member: User, provider: Provider) -> None:
    there = make_municipality("3907", "Sandefjord")
    editor = User.objects.create_user("editor@example.org")
    appoint(user=editor, municipality=town, role=StaffRole.Role.EDITOR)
    for user, status in ((editor, 404), (make_staff(there), 404), (staff, 200)):
        browser = Client()
        browser.force_login(user)
        assert browser.get(f"/cms/people/{member.pk}/").status_code == status
        assert browser.post(f"/cms/people/{member.pk}/", {"deed": "everything"}).status_code in {status, 302}
    assert browser.get("/cms/people/?municipality=3907").status_code == 404
    assert not Membership.objects.exists(), "the last of the three was allowed to"


def test_people_of_other_towns_are_not_there(kari: Client, town: Municipality) -> None:
    there = make_municipality("3907", "Sandefjord")
    foreign = make_staff(there, "fremmed@example.org")
    both = User.objects.create_user("begge@example.org", name="Begge")
    own = MembershipFactory(user=both, provider=ProviderFactory(municipality=town, name_nb="Vårt lag"))
    other = MembershipFactory(user=both, provider=ProviderFactory(municipality=there, name_nb="Fremmed lag"))
    for address in ("/cms/people/", "/cms/people/?q=fremmed", "/cms/people/?export=csv", f"/cms/people/{both.pk}/"):
        body = kari.get(address).content.decode()
        assert "fremmed@example.org" not in body
        assert "Fremmed lag" not in body
    assert kari.get(f"/cms/people/{foreign.pk}/").status_code == 404
    kari.post(f"/cms/people/{both.pk}/", {"deed": f"noprovider-{other.pk}"})
    assert Membership.objects.filter(pk=other.pk).exists()
    kari.post(f"/cms/people/{both.pk}/", {"deed": "everything"})
    assert list(Membership.objects.all()) == [other]
    assert own.pk


def test_letting_in_makes_an_account_and_writes(kari: Client, town: Municipality, nav: Agency, provider: Provider) -> None:
    mail.outbox.clear()
    common = {"name": "Ny Demo", "lang": "en"}
    for where, more in (
        ("staff", {"staff_role": "editor"}),
        ("agency", {"agency": nav.pk, "agency_role": "leader"}),
        ("provider", {"provider": provider.pk, "provider_role": "editor"}),
    ):
        answer = kari.post("/cms/people/invite/", {**common, "email": f"{where}@example.org", "where": where, **more})
        assert answer.status_code == 302, answer.context and answer.context["form"].errors
    staff = User.objects.get(email="staff@example.org")
    assert (staff.name, staff.lang, staff.has_usable_password()) == ("Ny Demo", "en", False)
    assert StaffRole.objects.get(user=staff).role == "editor"
    assert AgencyRole.objects.get(user__email="agency@example.org").role == "leader"
    assert Invitation.objects.get().email == "provider@example.org"
    assert sorted(letter.to[0] for letter in mail.outbox) == ["agency@example.org", "provider@example.org", "staff@example.org"]
    assert "/cms/" in next(letter for letter in mail.outbox if letter.to == ["staff@example.org"]).body


def test_known_accounts_keep_their_name(kari: Client, town: Municipality) -> None:
    User.objects.create_user("ole@example.org", name="Ole", lang="ar")
    kari.post(
        "/cms/people/invite/", {"email": "OLE@example.org", "name": "X", "lang": "nb", "where": "staff", "staff_role": "editor"}
    )
    ole = User.objects.get(email="ole@example.org")
    assert (ole.name, ole.lang, ole.staff_roles.count()) == ("Ole", "ar", 1)


def test_foreign_agency_and_provider_cannot_be_chosen(kari: Client) -> None:
    there = make_municipality("3907", "Sandefjord")
    foreign = Agency.objects.create(municipality=there, name_nb="Fremmed")
    provider = ProviderFactory(municipality=there)
    for more in ({"where": "agency", "agency": foreign.pk}, {"where": "provider", "provider": provider.pk}, {"where": "agency"}):
        answer = kari.post("/cms/people/invite/", {"email": "x@example.org", "lang": "nb", **more})
        assert answer.status_code == 200
    assert not User.objects.filter(email="x@example.org").exists()
    assert kari.post("/cms/people/hand-over/", {"provider": provider.pk, "addresses": "a@example.org"}).status_code == 200
    assert not Invitation.objects.exists()


def test_changed_and_ended_at_once(kari: Client, town: Municipality, nav: Agency, worker: User, staff: User) -> None:
    ola = make_staff(town, "ola@example.org")
    browser = Client()
    browser.force_login(ola)
    assert browser.get("/cms/people/").status_code == 200
    kari.post(f"/cms/people/{ola.pk}/", {"deed": "staff", "staff_role": "editor"})
    assert browser.get("/cms/people/").status_code == 404, "an editor looks after no people"
    assert browser.get("/cms/proposals/").status_code == 200
    kari.post(f"/cms/people/{ola.pk}/", {"deed": "nostaff"})
    assert browser.get("/cms/proposals/").status_code in {302, 403, 404}
    role = AgencyRole.objects.get(user=worker)
    kari.post(f"/cms/people/{worker.pk}/", {"deed": f"agency-{role.pk}", f"agency_role-{role.pk}": "leader"})
    role.refresh_from_db()
    assert role.role == "leader"
    kari.post(f"/cms/people/{worker.pk}/", {"deed": f"noagency-{role.pk}"})
    assert not AgencyRole.objects.exists()
    deeds = TenantLogEntry.objects.filter(user=staff).values_list("action", flat=True)
    assert {"staff.change_role", "staff.take_role", "agency.change_role", "agency.take_role"} <= set(deeds)


def test_the_last_coordinator_stays(kari: Client, town: Municipality, staff: User) -> None:
    kari.post(f"/cms/people/{staff.pk}/", {"deed": "nostaff"})
    kari.post(f"/cms/people/{staff.pk}/", {"deed": "staff", "staff_role": "editor"})
    kari.post(f"/cms/people/{staff.pk}/", {"deed": "everything"})
    role = StaffRole.objects.get(user=staff)
    assert role.role == "coordinator"
    with pytest.raises(Refused):
        take_staff_role(role=role, by=staff)
    ola = make_staff(town, "ola@example.org")
    User.objects.filter(pk=ola.pk).update(is_active=False)
    with pytest.raises(Refused):
        take_staff_role(role=role, by=staff)


def test_closed_account_gets_no_role(town: Municipality, staff: User, kari: Client) -> None:
    User.objects.create_user("closed@example.org", is_active=False)
    answer = kari.post(
        "/cms/people/invite/", {"email": "closed@example.org", "lang": "nb", "where": "staff", "staff_role": "editor"}
    )
    assert answer.status_code == 200
    assert StaffRole.objects.count() == 1


def test_page_without_keepers_is_handed_over(kari: Client, provider: Provider, member: User) -> None:
    kari.post(
        "/cms/people/hand-over/", {"provider": provider.pk, "addresses": "ny@example.org\r\nleder@example.org", "at_once": "on"}
    )
    assert sorted(Invitation.objects.values_list("email", "takes_over")) == [
        ("leder@example.org", True),
        ("ny@example.org", True),
    ]
    assert not Membership.objects.exists()
    assert kari.post("/cms/people/hand-over/", {"provider": provider.pk, "addresses": "ikke en adresse"}).status_code == 200


def test_what_each_did_is_read_and_sent_out(kari: Client, town: Municipality, staff: User) -> None:
    there = make_municipality("3907", "Sandefjord")
    ola = make_staff(town, "ola@example.org")
    appoint(user=ola, municipality=there)
    give_staff_role(municipality=town, user=User.objects.create_user("a@example.org"), role="editor", by=ola)
    give_staff_role(municipality=there, user=User.objects.create_user("b@example.org"), role="editor", by=ola)
    address = f"/cms/people/{ola.pk}/deeds/"
    assert len(kari.get(address).context["rows"]) == 1
    lines = kari.get(f"{address}?export=csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "Larvik" in lines[1]
    assert TenantLogEntry.objects.filter(user=staff, action="staff.export_deeds").exists(), "looking somebody up is a deed too"
    StaffRole.objects.filter(user=ola).delete()
    assert kari.get(address).status_code == 200, "what somebody did stays when they have left"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_taking_everybodys_names_along_is_a_deed(
    kari: Client, town: Municipality, staff: User, provider: Provider, kind: str
) -> None:
    kari.get("/cms/people/?q=Medlem")
    assert not TenantLogEntry.objects.filter(action="staff.export_people").exists(), "looking is none"
    kari.get(f"/cms/people/?where=provider&q=Medlem&export={kind}")
    (row,) = TenantLogEntry.objects.filter(action="staff.export_people")
    assert (row.user, row.municipality) == (staff, town)
    assert row.data == {"count": 1, "where": "provider", "role": ""}, "whose name was looked for is not kept"


def test_queries_do_not_grow_with_people(kari: Client, town: Municipality, provider: Provider) -> None:
    kari.get("/cms/people/")
    with CaptureQueriesContext(connection) as few:
        kari.get("/cms/people/")
    for n in range(3):
        user = User.objects.create_user(f"p{n}@example.org")
        for _times in range(2):
            MembershipFactory(user=user, provider=ProviderFactory(municipality=town))
    with CaptureQueriesContext(connection) as many:
        kari.get("/cms/people/")
    assert len(many) == len(few)
