"""Somebody changes their mail address: proved by a code, told to the old one, and never another's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.municipalities.models import Municipality
from directory.providers.models import Membership
from portal.accounts.models import User
from tests.factories.directory import ProviderFactory
from tests.portal.accounts.conftest import newest_code, sign_in, who

pytestmark = pytest.mark.django_db
PAGE = "/nb/desk/account/address/"


@pytest.fixture
def kari(larvik: Municipality) -> User:
    return User.objects.create_user("kari@example.org", name="Kari")


@pytest.fixture
def phone(kari: User) -> Client:
    client = Client()
    sign_in(client, kari.email)
    mail.outbox.clear()
    return client


def test_the_code_in_the_new_mailbox_changes_the_address(kari: User, phone: Client, larvik: Municipality) -> None:
    page = ProviderFactory(municipality=larvik)
    Membership.objects.create(provider=page, user=kari, role=Membership.Role.EDITOR)
    elsewhere = Client()
    sign_in(elsewhere, kari.email)
    mail.outbox.clear()

    assert "account/address/" in phone.get("/nb/desk/account/").content.decode()
    assert phone.post(PAGE, {"email": " Kari.Ny@example.org "}).status_code == 302
    kari.refresh_from_db()
    assert kari.email == "kari@example.org", "nothing has changed before the code was typed"
    assert [letter.to for letter in mail.outbox] == [["kari.ny@example.org"]]
    assert phone.post(PAGE, {"code": newest_code("kari.ny@example.org")})["Location"] == "/nb/desk/account/"

    kari.refresh_from_db()
    assert kari.email == "kari.ny@example.org"
    assert list(kari.emailaddress_set.values_list("email", "verified", "primary")) == [("kari.ny@example.org", True, True)]
    assert mail.outbox[-1].to == ["kari@example.org"], "the old address is told"
    assert "kari.ny@example.org" not in str(mail.outbox[-1].body)
    assert Membership.objects.get().user == kari
    assert who(phone) == str(kari.pk)
    assert elsewhere.get("/nb/desk/").status_code == 302, "signed out elsewhere"
    again = Client()
    sign_in(again, "kari.ny@example.org")
    assert who(again) == str(kari.pk)


def test_an_account_of_another_is_never_taken_and_not_told_of_before(kari: User, phone: Client) -> None:
    User.objects.create_user("ola@example.org", name="Ola")
    assert phone.post(PAGE, {"email": "ola@example.org"}).status_code == phone.post(PAGE, {"other": "1"}).status_code == 302
    phone.post(PAGE, {"email": "ola@example.org"})
    answer = phone.post(PAGE, {"code": newest_code("ola@example.org")})
    assert answer.status_code == 422
    assert "allerede" in answer.content.decode()
    kari.refresh_from_db()
    assert kari.email == "kari@example.org"


def test_codes_are_guessed_five_times_spent_once_and_grow_old(kari: User, phone: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.post(PAGE, {"email": "ny@example.org"})
    code = newest_code("ny@example.org")
    for _try in range(5):
        assert phone.post(PAGE, {"code": "BBBB-BBBB"}).status_code == 422
    assert phone.post(PAGE, {"code": code}).status_code == 422, "the right one comes too late"
    kari.refresh_from_db()
    assert kari.email == "kari@example.org"

    phone.post(PAGE, {"other": "1"})
    phone.post(PAGE, {"email": "ny2@example.org"})
    later = timezone.now() + timedelta(minutes=11)
    monkeypatch.setattr("portal.accounts.account_views.timezone.now", lambda: later)
    assert "id_email" in phone.post(PAGE, {"code": newest_code("ny2@example.org")}).content.decode()
    kari.refresh_from_db()
    assert kari.email == "kari@example.org"


def test_who_has_been_signed_in_for_long_shows_first_that_it_is_them(
    kari: User, phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.accounts.account_views.was_fresh", lambda request: False)
    assert "account/again/" in phone.post(PAGE, {"email": "ny@example.org"})["Location"]
    assert mail.outbox == []
    assert Client().get(PAGE)["Location"].startswith("/nb/desk/sign-in/")


def test_the_address_one_has_is_no_new_one(phone: Client) -> None:
    assert phone.post(PAGE, {"email": "KARI@example.org"}).status_code == 422
    assert mail.outbox == []
