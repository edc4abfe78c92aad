"""Staff show a second factor; associations may have a passkey beside the code."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from directory.municipalities.actions import appoint
from directory.municipalities.models import Municipality
from portal.accounts.models import LimitUse, SignIn, User
from portal.contact.sharing.models import SharedList
from tests.factories.directory import MembershipFactory, ProviderFactory, make_staff
from tests.portal.accounts.conftest import sign_in, who
from tests.portal.accounts.test_sign_in_link import link_of

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FACTOR = "/nb/desk/sign-in/second/"


@pytest.fixture(autouse=True)
def _demanded(larvik: Municipality, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    cache.clear()  # where django-allauth remembers the codes of the test before


@pytest.fixture
def staff(larvik: Municipality) -> User:
    return make_staff(larvik, "staff@example.org")


def code_now(shift: int = 0, secret: str = SECRET) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + shift))


def give_app(user: User) -> None:
    totp.TOTP.activate(user, SECRET)


def set_up_app(client: Client) -> Any:
    """As a person does: open the page, type the first code into it."""
    client.get("/nb/desk/account/app/add/")
    return client.post("/nb/desk/account/app/add/", {"code": code_now(secret=client.session[totp.SECRET_SESSION_KEY])})


@pytest.mark.django_db(transaction=True)  # what is done after the commit belongs to it
def test_staff_set_one_up_before_the_first_screen_and_get_recovery_codes(staff: User) -> None:
    client = Client()
    sign_in(client, staff.email)
    answer = client.get("/cms/pages/")
    assert answer["Location"] == "/nb/desk/account/second-factor/?next=%2Fcms%2Fpages%2F"
    page = client.get(answer["Location"]).content.decode()
    assert "/nb/desk/account/app/add/" in page
    answer = set_up_app(client)
    assert answer["Location"] == "/nb/desk/account/recovery-codes/"
    page = client.get(answer["Location"]).content.decode()
    assert page.count("<li><code>") == 10
    assert 'href="/cms/pages/"' in page, "and on to what they wanted"
    assert client.get("/cms/").status_code == 200
    assert mail.outbox[-1].to == [staff.email]
    assert "app" in mail.outbox[-1].subject.lower()


@pytest.mark.parametrize(
    "path", ["/cms/", "/cms/pages/", "/cms/snippets/directory/provider/", "/cms/api/main/pages/", "/cms/account/"]
)
def test_nothing_of_the_staff_screens_opens_by_a_mailbox_alone(staff: User, path: str) -> None:
    client = Client()
    sign_in(client, staff.email)
    for method in ("get", "post"):
        answer = getattr(client, method)(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/nb/desk/account/second-factor/")
    assert client.get("/nb/desk/account/").status_code == 200, "their own account is open to them"


@pytest.mark.parametrize(
    "path",
    [
        "/nb/desk/",
        "/ar/desk/board/?own=1",
        "/nb/desk/enquiries/",
        "/nb/desk/associations/",
        "/nb/desk/contact-list/",
        "/nb/desk/contact-list/share/",
        "/nb/desk/contact-list/share/1/revoke/",
        "/nb/desk/agencies/",
        "/nb/desk/board/new/",
        "/nb/desk/nothing/at/all/",
    ],
)
def test_nobody_is_staff_at_the_desk_by_a_mailbox_alone(staff: User, path: str) -> None:
    client = Client()
    sign_in(client, staff.email)
    lang = path[1:3]
    answer = client.get(path)
    assert answer["Location"] == f"/{lang}/desk/account/second-factor/?{urlencode({'next': path})}"
    assert client.get(answer["Location"]).status_code == 200
    assert client.post(path)["Location"] == f"/{lang}/desk/account/second-factor/?{urlencode({'next': f'/{lang}/desk/'})}"
    assert client.post(f"/{lang}/desk/sign-out/")["Location"] == f"/{lang}/", "and out they come"


def test_a_link_to_the_list_of_contacts_is_not_made_by_a_mailbox_alone(staff: User) -> None:
    client = Client()
    sign_in(client, staff.email)
    client.post("/nb/desk/contact-list/share/", {"whom_for": "Avisa"})
    assert not SharedList.objects.exists()
    give_app(staff)
    client = Client()
    sign_in(client, staff.email)
    client.post(FACTOR, {"code": code_now()})
    assert client.get("/nb/desk/").status_code == 200
    client.post("/nb/desk/contact-list/share/", {"whom_for": "Avisa"})
    assert SharedList.objects.count() == 1


def test_who_keeps_a_page_and_is_no_staff_is_asked_for_nothing_more(larvik: Municipality) -> None:
    user = User.objects.create_user("leder@example.org", name="Leder")
    MembershipFactory(user=user, provider=ProviderFactory(municipality=larvik))
    client = Client()
    sign_in(client, user.email)
    for path in ("/nb/desk/", "/nb/desk/board/", "/nb/desk/contact-list/"):
        assert client.get(path).status_code == 200, path


def test_who_becomes_staff_while_signed_in_is_asked_with_the_next_press(larvik: Municipality) -> None:
    user = User.objects.create_user("leder@example.org", name="Leder")
    client = Client()
    sign_in(client, user.email)
    assert client.get("/nb/desk/").status_code == 200
    appoint(user=user, municipality=larvik)
    assert client.get("/nb/desk/")["Location"].startswith("/nb/desk/account/second-factor/")


def test_who_has_one_is_asked_while_signing_in(staff: User) -> None:
    give_app(staff)
    client = Client()
    assert sign_in(client, staff.email)["Location"] == FACTOR
    assert who(client) == ""
    assert client.get("/cms/").status_code == 302
    assert client.post(FACTOR, {"code": "000000"}).status_code == 200
    assert who(client) == ""
    assert client.post(FACTOR, {"code": code_now()})["Location"] == "/cms/"
    assert client.get("/cms/").status_code == 200
    assert list(SignIn.objects.values_list("outcome", "how", "second")) == [("in", "code", "app"), ("wrong", "other", "app")]


def test_a_code_of_the_app_works_once_on_all_workers(staff: User) -> None:
    give_app(staff)
    first, second = Client(), Client()
    sign_in(first, staff.email)
    sign_in(second, staff.email)
    code = code_now()
    assert first.post(FACTOR, {"code": code}).status_code == 302
    cache.clear()  # another worker remembers nothing of this one
    assert second.post(FACTOR, {"code": f"{code[:3]} {code[3:]}"}).status_code == 200
    assert who(second) == ""


def test_ten_wrong_codes_a_day_are_looked_at_and_the_person_is_told(staff: User) -> None:
    give_app(staff)
    for number in range(13):
        client = Client()
        LimitUse.objects.exclude(key__startswith="second:").delete()
        sign_in(client, staff.email)
        client.post(FACTOR, {"code": f"{number:06d}"})
    LimitUse.objects.exclude(key__startswith="second:").delete()
    client = Client()
    sign_in(client, staff.email)
    assert client.post(FACTOR, {"code": code_now()}).status_code == 200, "not even the right one"
    assert who(client) == ""
    assert SignIn.objects.filter(outcome="wrong").count() == 10
    assert any("prøvd" in letter.subject or "tried" in letter.subject for letter in mail.outbox)


def test_right_codes_are_not_counted_however_many_a_day(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    give_app(staff)
    now = time.time()
    for number in range(12):
        monkeypatch.setattr(time, "time", lambda number=number: now + number * 60)
        cache.clear()
        LimitUse.objects.exclude(key__startswith="second:").exclude(key__startswith="spent:").delete()
        client = Client()
        sign_in(client, staff.email)
        client.post(FACTOR, {"code": "000000"} if number == 5 else {"code": code_now()})
        assert bool(who(client)) == (number != 5), number
    assert LimitUse.objects.filter(key__startswith="second:").count() == 1, "the wrong one still counts"
    assert not any("prøvd" in letter.subject or "tried" in letter.subject for letter in mail.outbox)


def test_who_sends_on_after_the_last_try_is_written_down_once_an_hour(staff: User) -> None:
    give_app(staff)
    client = Client()
    sign_in(client, staff.email)
    for _ in range(20):
        client.post(FACTOR, {"code": "000000"})
    assert list(SignIn.objects.filter(outcome="refused").values_list("reason", flat=True)) == ["too many tries"]


@pytest.mark.django_db(transaction=True)  # what is done after the commit belongs to it
def test_recovery_codes_open_once_each(staff: User) -> None:
    client = Client()
    sign_in(client, staff.email)
    set_up_app(client)
    codes = Authenticator.objects.get(user=staff, type="recovery_codes").wrap().get_unused_codes()
    other = Client()
    sign_in(other, staff.email)
    assert other.post(FACTOR, {"code": codes[0]})["Location"] == "/cms/"
    third = Client()
    sign_in(third, staff.email)
    assert third.post(FACTOR, {"code": codes[0]}).status_code == 200
    assert SignIn.objects.filter(second="recovery", outcome="in").count() == 1


def test_the_secret_of_an_app_stands_encrypted_and_another_key_opens_nothing(staff: User, settings: Any) -> None:
    give_app(staff)
    row = Authenticator.objects.get(user=staff)
    assert SECRET not in str(row.data)
    assert row.wrap().validate_code(code_now())
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another" * 9
    assert not row.wrap().validate_code(code_now(1))
    settings.SECRET_KEY_FALLBACKS = [old]
    assert row.wrap().validate_code(code_now(1))


def test_an_open_session_cannot_change_how_one_signs_in_without_showing_it_again(
    staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_app(staff)
    client = Client()
    sign_in(client, staff.email)
    assert client.post(FACTOR, {"code": code_now()}).status_code == 302
    assert client.get("/nb/desk/account/app/remove/").status_code == 200, "they have only just shown it"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 20 * 60)
    for path in ("app/remove/", "passkeys/add/", "recovery-codes/", "recovery-codes/new/"):
        for method in ("get", "post"):
            answer = getattr(client, method)(f"/nb/desk/account/{path}")
            assert answer["Location"].startswith("/nb/desk/account/confirm/?next="), path
    assert Authenticator.objects.filter(user=staff).count() == 1
    answer = client.post("/nb/desk/account/confirm/?next=/nb/desk/account/app/remove/", {"code": code_now()})
    assert answer["Location"] == "/nb/desk/account/app/remove/"
    assert client.post("/nb/desk/account/app/remove/").status_code == 302
    assert not Authenticator.objects.filter(user=staff).exists()


def test_an_association_signed_in_for_long_gets_a_new_code_first(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("k@example.org", name="K")
    client = Client()
    sign_in(client, "k@example.org")
    assert client.get("/nb/desk/account/passkeys/add/").status_code == 200
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 20 * 60)
    answer = client.get("/nb/desk/account/passkeys/add/")
    assert answer["Location"] == "/nb/desk/account/again/?next=/nb/desk/account/passkeys/add/"
    answer = client.post("/nb/desk/account/again/", {"next": "/nb/desk/account/passkeys/add/"})
    assert answer["Location"].startswith("/nb/desk/sign-in/code/?next=")
    assert who(client) == "", "until they have typed it"
    from tests.portal.accounts.conftest import newest_code

    answer = client.post(answer["Location"], {"code": newest_code("k@example.org")})
    assert answer["Location"] == "/nb/desk/account/passkeys/add/"


def test_an_associations_passkey_stands_beside_the_code_not_behind_it() -> None:
    user = User.objects.create_user("k@example.org", name="K")
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "phone", "credential": {}})
    client = Client()
    assert sign_in(client, user.email)["Location"] == "/nb/desk/"
    assert who(client) == str(user.pk)


def test_who_is_given_staff_work_while_signed_in_shows_the_second_factor_first(larvik: Municipality) -> None:
    from directory.municipalities.actions import appoint

    user = User.objects.create_user("k@example.org", name="K")
    client = Client()
    sign_in(client, user.email)
    assert client.session.get_expiry_age() > 29 * 24 * 3600
    give_app(user)
    appoint(user=user, municipality=larvik)
    answer = client.get("/cms/")
    assert answer["Location"] == "/nb/desk/account/confirm/?next=%2Fcms%2F"
    assert client.post(answer["Location"], {"code": code_now()})["Location"] == "/cms/"
    assert client.get("/cms/").status_code == 200
    assert client.session.get_expiry_age() <= 12 * 3600, "and the session is as short as staff's"


def test_the_demos_link_counts_as_second_factor(larvik: Municipality, staff: User) -> None:
    Municipality.objects.update(is_demo=True)
    client = Client()
    client.get(link_of(staff.email))
    assert client.get("/cms/").status_code == 200
    assert SignIn.objects.get().how == "link"


def test_who_lost_everything_is_helped_by_who_runs_the_site(staff: User) -> None:
    give_app(staff)
    SocialAccount.objects.create(user=staff, provider="entra", uid="somebody-else")
    client = Client()
    sign_in(client, staff.email)
    client.post(FACTOR, {"code": code_now()})
    call_command("reset_second_factor", staff.email, verbosity=0)
    assert who(client) == ""
    assert not SocialAccount.objects.exists(), "what somebody may have linked opens nothing either"
    assert sign_in(client, staff.email)["Location"] == "/cms/"
    assert client.get("/cms/")["Location"].startswith("/nb/desk/account/second-factor/")
