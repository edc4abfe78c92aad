"""A sign-in link works once, for a while, and only where a demo town is loaded."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from directory.municipalities.models import Municipality
from portal.accounts import links
from portal.accounts.models import User
from tests.factories.directory import default_municipality, make_municipality, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    municipality = default_municipality()
    Municipality.objects.update(is_demo=True)
    return make_staff(municipality, "larvik@example.org")


def link_of(address: str) -> str:
    out = io.StringIO()
    call_command("sign_in_link", address, stdout=out)
    return urlsplit(out.getvalue().strip()).path


def test_link_signs_in_once(staff: User) -> None:
    path = link_of("larvik@example.org")
    client = Client()
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/cms/")
    assert client.session["_auth_user_id"] == str(staff.pk)
    other = Client()
    assert other.get(path).status_code == 403
    assert "_auth_user_id" not in other.session


def test_link_expires(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    path = link_of("larvik@example.org")
    monkeypatch.setattr(links, "VALID_SECONDS", -1)
    assert Client().get(path).status_code == 403


def test_link_is_for_one_person_and_not_forgeable(staff: User) -> None:
    path = link_of("larvik@example.org")
    assert Client().get(path.replace("/sign-in/", "/sign-in/x")).status_code == 403
    staff.is_active = False
    staff.save()
    assert Client().get(path).status_code == 403


def test_link_of_somebody_who_signed_in_meanwhile_is_spent(staff: User) -> None:
    path = link_of("larvik@example.org")
    User.objects.filter(pk=staff.pk).update(last_login=timezone.now())
    assert Client().get(path).status_code == 403


@pytest.mark.parametrize("change", [{"password": "another"}, {"email": "new@example.org"}, {"is_active": False}])
def test_link_of_somebody_who_has_changed_is_spent(staff: User, change: dict[str, Any]) -> None:
    path = link_of("larvik@example.org")
    User.objects.filter(pk=staff.pk).update(**change)
    assert Client().get(path).status_code == 403


def test_link_is_used_by_asking_for_it_and_by_nothing_else(staff: User) -> None:
    """A mail program that looks first (HEAD), and forms of other sites, neither sign in nor spend the link."""
    path = link_of("larvik@example.org")
    for method in ("head", "post", "options"):
        browser = Client()
        assert getattr(browser, method)(path).status_code == 405
        assert "_auth_user_id" not in browser.session
    assert Client().get(path).status_code == 302


@pytest.mark.parametrize("salt", ["", "form:report", "django.core.signing"])
def test_what_another_form_signed_is_no_link(staff: User, salt: str) -> None:
    facts = signing.loads(link_of("larvik@example.org").split("/")[-2], salt=links.SALT)
    for said in (facts, {**facts, "user": str(staff.pk)}, [], "x"):
        token = signing.dumps(said, salt=salt)
        assert Client().get(f"/cms/sign-in/{token}/").status_code in {403, 404}


def test_link_signs_out_whoever_sat_there(staff: User) -> None:
    browser = Client()
    browser.force_login(User.objects.create_superuser("boss@example.org"))
    browser.session["left"] = "behind"
    before = browser.session.session_key
    browser.get(link_of("larvik@example.org"))
    assert browser.session["_auth_user_id"] == str(staff.pk)
    assert browser.session.session_key != before


@pytest.mark.parametrize("address", ["nobody@example.org", "nobody"])
def test_unknown_person_is_refused(staff: User, address: str) -> None:
    with pytest.raises(CommandError, match=r"[Mm]ail|e-post|sign in|logge"):
        call_command("sign_in_link", address)


def test_links_are_refused_without_a_demo_town(staff: User) -> None:
    path = link_of("larvik@example.org")
    Municipality.objects.update(is_demo=False)
    with pytest.raises(CommandError):
        call_command("sign_in_link", "larvik@example.org")
    assert Client().get(path).status_code == 403


def test_link_leads_to_the_municipalitys_own_host_at_the_port_of_today(staff: User, settings: Any) -> None:
    settings.SITE_URL = "http://127.0.0.1:9123"
    other = make_municipality("3907", "Sandefjord", host="sandefjord.localhost", is_demo=True)
    assert links.one_time_link(staff).startswith("http://127.0.0.1:9123/cms/sign-in/")
    assert links.one_time_link(make_staff(other)).startswith("http://sandefjord.localhost:9123/cms/sign-in/")
