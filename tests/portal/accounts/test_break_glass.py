"""The spare key opens when mail and provider are down, and everybody who runs the installation is told."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext as _

from directory.municipalities.models import Municipality
from portal.accounts import break_glass
from portal.accounts.models import SignIn, User
from tests.factories.directory import make_staff
from tests.portal.accounts.conftest import sign_in, who
from tests.portal.accounts.test_second_factor import FACTOR, code_now

pytestmark = pytest.mark.django_db
PAGE = "/nb/desk/sign-in/spare-key/"


@pytest.fixture(autouse=True)
def _demanded(larvik: Municipality, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True


def made(address: str = "spare@example.org") -> tuple[str, str]:
    """(password, secret of the app) as the command prints them."""
    out = io.StringIO()
    call_command("break_glass", address, stdout=out)
    text = out.getvalue()
    password, secret = re.search(r"Password: +(\S+)", text), re.search(r"secret=(\w+)", text)
    assert password
    assert secret
    return password[1], secret[1]


def use(client: Client, password: str, address: str = "spare@example.org", **extra: Any) -> Any:
    return client.post(PAGE, {"email": address, "password": password}, **extra)


def test_it_opens_with_password_and_app_and_all_are_told() -> None:
    boss = User.objects.create_superuser("boss@example.org", name="Boss")
    password, secret = made()
    assert len(password) >= 40
    client = Client()
    assert use(client, password)["Location"] == FACTOR
    assert who(client) == "", "the password alone opens nothing"
    assert client.post(FACTOR, {"code": code_now(secret=secret)})["Location"] == "/cms/"
    assert client.get("/cms/").status_code == 200
    assert SignIn.objects.filter(how="break-glass", second="app", outcome="in").count() == 1
    assert boss.email in {address for letter in mail.outbox for address in letter.to}


def test_wrong_passwords_are_counted_told_once_a_day_and_look_like_unknown_addresses() -> None:
    boss = User.objects.create_superuser("boss@example.org", name="Boss")
    password, _secret = made()
    answers = set()
    for address in ("spare@example.org", "boss@example.org", "nobody@example.org"):
        page = use(Client(), "wrong", address).content.decode()
        answers.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page).replace(address, "x"))
    assert len(answers) == 1
    told = [letter for letter in mail.outbox if letter.to == [boss.email]]
    assert len(told) == 1
    with translation.override("nb"):
        assert told[0].subject == _("Somebody tried the spare key: %(email)s") % {"email": "spare@example.org"}
    assert told[0].subject != used_subject(), "a try that failed is not told as a use"
    for _again in range(9):
        use(Client(), "wrong")
    assert use(Client(), password).status_code == 422, "ten tries, then not even the right one"
    assert SignIn.objects.filter(how="break-glass", outcome="wrong").count() >= 9


def used_subject() -> str:
    with translation.override("nb"):
        return _("The spare key was used: %(email)s") % {"email": "spare@example.org"}


def test_refusals_name_the_right_wait_and_are_written_down_once_an_hour() -> None:
    made()
    for number in range(15):
        answer = use(Client(), "wrong", f"p{number}@example.org", REMOTE_ADDR="81.0.0.1")
    with translation.override("nb"):
        assert str(break_glass.Why.OFTEN_FROM.label) in bare_text(answer)
    assert SignIn.objects.filter(outcome="refused").count() == 1
    for number in range(15):
        answer = use(Client(), "wrong", "one@example.org", REMOTE_ADDR=f"81.0.{number}.2")
    with translation.override("nb"):
        assert str(break_glass.Why.OFTEN_FOR.label) in bare_text(answer)
    reasons = list(SignIn.objects.filter(outcome="refused").values_list("reason", flat=True))
    assert sorted(set(reasons)) == ["too-many-from", "too-many-passwords"]
    for _again in range(5):
        use(Client(), "wrong", "one@example.org", REMOTE_ADDR="81.0.14.2")
    assert SignIn.objects.filter(outcome="refused").count() == len(reasons)


def bare_text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_no_other_password_opens_anything(larvik: Municipality) -> None:
    staff = make_staff(larvik, "staff@example.org")
    User.objects.create_superuser("boss@example.org", "a-long-password-2", name="Boss")
    for address, password in ((staff.email, "a-long-password-1"), ("boss@example.org", "a-long-password-2")):
        client = Client()
        assert use(client, password, address).status_code == 422
        assert who(client) == ""


def test_a_new_key_closes_the_old_one() -> None:
    password, secret = made()
    client = Client()
    use(client, password)
    client.post(FACTOR, {"code": code_now(secret=secret)})
    new_password, _new_secret = made()
    assert who(client) == ""
    assert use(Client(), password).status_code == 422
    assert use(Client(), new_password).status_code == 302
    assert User.objects.filter(is_break_glass=True).count() == 1


def test_somebodys_own_account_is_not_made_a_key_of(larvik: Municipality) -> None:
    make_staff(larvik, "staff@example.org")
    with pytest.raises(CommandError):
        call_command("break_glass", "Staff@example.org ")


def test_the_mailbox_of_the_key_opens_nothing() -> None:
    made()
    client = Client()
    assert sign_in(client, "spare@example.org")["Location"] == PAGE
    assert who(client) == ""


def test_the_key_stays_shut_without_its_app() -> None:
    password, _secret = made()
    totp.Authenticator.objects.all().delete()
    assert use(Client(), password).status_code == 422


def test_staff_find_it_small_on_their_sign_in_and_others_do_not() -> None:
    assert PAGE in Client().get("/nb/desk/sign-in/?next=/cms/").content.decode()
    assert PAGE not in Client().get("/nb/desk/sign-in/").content.decode()
