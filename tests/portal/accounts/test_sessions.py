"""Where somebody is signed in can be seen and ended; what was tried is written down without anybody's address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.actions import dismiss
from directory.municipalities.models import Municipality
from directory.providers.models import Membership
from portal.accounts.models import OpenSession, SignIn, User
from portal.accounts.sessions import forget_sessions
from portal.accounts.sign_ins import forget_sign_ins
from tests.factories.directory import ProviderFactory, make_staff
from tests.portal.accounts.conftest import CODE, ask, sign_in, who

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0"


@pytest.fixture
def kari(larvik: Municipality) -> User:
    return User.objects.create_user("kari@example.org", name="Kari")


def test_sessions_are_listed_with_their_device_and_ended_one_by_one(kari: User) -> None:
    phone, desk = Client(HTTP_USER_AGENT=PHONE), Client(HTTP_USER_AGENT=DESK)
    sign_in(phone, kari.email)
    sign_in(desk, kari.email)
    page = desk.get("/nb/desk/account/").content.decode()
    assert "Safari · iPhone" in page
    assert "Edge · Windows" in page
    row = OpenSession.objects.get(device="Safari · iPhone")
    desk.post("/nb/desk/account/sessions/", {"session": row.pk})
    assert (who(phone), who(desk)) == ("", str(kari.pk))
    assert not OpenSession.objects.filter(pk=row.pk).exists()


def test_sign_out_everywhere_leaves_the_one_that_pressed(kari: User) -> None:
    clients = [Client() for _ in range(3)]
    for client in clients:
        sign_in(client, kari.email)
    clients[0].post("/nb/desk/account/sessions/", {"all": "1"})
    assert [bool(who(client)) for client in clients] == [True, False, False]


def test_nobody_ends_anothers_session(kari: User) -> None:
    other = User.objects.create_user("ola@example.org", name="Ola")
    mine, theirs = Client(), Client()
    sign_in(mine, kari.email)
    sign_in(theirs, other.email)
    row = OpenSession.objects.get(user=other)
    assert mine.post("/nb/desk/account/sessions/", {"session": row.pk}).status_code == 404
    for nonsense in ("x", "", "9" * 40, "-1"):
        assert mine.post("/nb/desk/account/sessions/", {"session": nonsense}).status_code in {302, 404}
    assert who(theirs) == str(other.pk)


@pytest.mark.parametrize("role", ["staff", "membership", "agency", "deactivated"])
def test_sessions_end_when_a_role_is_taken_away(larvik: Municipality, kari: User, role: str) -> None:
    client = Client()
    if role == "staff":
        kari = make_staff(larvik, "staff@example.org")
    sign_in(client, kari.email)
    assert who(client)
    if role == "staff":
        dismiss(user=kari, municipality=larvik)
    elif role == "membership":
        provider = ProviderFactory(municipality=larvik)
        Membership.objects.create(user=kari, provider=provider)
        Membership.objects.filter(user=kari).delete()
    elif role == "agency":
        row = AgencyRole.objects.create(user=kari, agency=Agency.objects.create(municipality=larvik, name_nb="NAV"))
        row.agency.delete()
    else:
        kari.is_active = False
        kari.save()
    assert who(client) == ""
    assert client.get("/nb/desk/account/").status_code == 302


def test_lengths(larvik: Municipality, kari: User, monkeypatch: pytest.MonkeyPatch) -> None:
    staff = make_staff(larvik, "staff@example.org")
    for user, idle in ((kari, timedelta(days=30)), (staff, timedelta(hours=12))):
        client = Client()
        sign_in(client, user.email)
        now = timezone.now()
        with monkeypatch.context() as patched:
            patched.setattr(timezone, "now", lambda now=now, idle=idle: now + idle * 0.9)
            assert client.get("/nb/desk/account/").status_code == 200, "used, so it lasts on"
            patched.setattr(timezone, "now", lambda now=now, idle=idle: now + idle * 1.8)
            assert client.get("/nb/desk/account/").status_code == 200
            patched.setattr(timezone, "now", lambda now=now, idle=idle: now + idle * 2.9)
            assert client.get("/nb/desk/account/").status_code == 302, "not used for so long"


def test_what_was_tried_is_shown_to_the_person_and_holds_no_address_of_a_network(kari: User) -> None:
    thief = Client(HTTP_USER_AGENT=PHONE)
    ask(thief, kari.email, REMOTE_ADDR="81.0.0.77")
    thief.post(CODE, {"code": "AAAA-AAAA"}, REMOTE_ADDR="81.0.0.77")
    ask(thief, "nobody@example.org", REMOTE_ADDR="81.0.0.77")
    thief.post(CODE, {"code": "AAAA-AAAA"}, REMOTE_ADDR="81.0.0.77")
    client = Client()
    sign_in(client, kari.email)
    page = client.get("/en/desk/account/sign-ins/").content.decode()
    assert "wrong code" in page
    assert "signed in" in page
    wrong = list(SignIn.objects.filter(outcome="wrong").order_by("pk"))
    assert [row.user_id for row in wrong] == [kari.pk, None]
    assert wrong[0].sender == wrong[1].sender != ""
    for row in SignIn.objects.values():
        assert "81.0.0" not in str(row)
        assert "nobody@" not in str(row)
        assert "iPhone OS" not in str(row)


def test_who_runs_the_installation_sees_every_sign_in_and_staff_do_not(larvik: Municipality, kari: User) -> None:
    sign_in(Client(), kari.email)
    boss, staff = User.objects.create_superuser("boss@example.org", name="Boss"), make_staff(larvik)
    client = Client()
    client.force_login(boss)
    assert "kari@example.org" in client.get("/cms/sign-ins/?q=KARI&how=code&outcome=in").content.decode()
    assert "kari@example.org</small>" not in client.get("/cms/sign-ins/?q=nobody").content.decode()
    assert client.get("/cms/sign-ins/?q=%00&how=x&outcome=y&p=zz").status_code == 200
    client.force_login(staff)
    assert client.get("/cms/sign-ins/").status_code in {302, 403, 404}
    client.force_login(kari)
    assert client.get("/cms/sign-ins/").status_code == 302


def test_the_clock_forgets(kari: User) -> None:
    client = Client()
    sign_in(client, kari.email)
    at = timezone.now()
    assert forget_sign_ins(at + timedelta(days=364)) == 0
    assert forget_sign_ins(at + timedelta(days=366)) == 1
    assert forget_sessions(at) == 0
    assert forget_sessions(at + timedelta(days=31)) == 2
    assert (Session.objects.count(), OpenSession.objects.count()) == (0, 0)


def test_public_pages_set_no_cookie_and_sign_in_pages_are_kept_by_nobody(larvik: Municipality) -> None:
    for path in ("/nb/", "/nb/find/", "/demo/mail/", "/healthz"):
        assert not Client().get(path).cookies, path
    for path in ("/nb/desk/sign-in/", "/nb/desk/sign-in/code/", "/nb/desk/account/", "/cms/login/"):
        answer = Client().get(path)
        assert "no-store" in answer["Cache-Control"], path
    assert not Client().get("/nb/desk/sign-in/").cookies.get("sessionid"), "a session begins with a question sent"


def test_a_page_behind_sign_in_asks_few_questions(kari: User, django_assert_max_num_queries: Any) -> None:
    client = Client()
    sign_in(client, kari.email)
    client.get("/nb/desk/account/")
    with django_assert_max_num_queries(20):
        client.get("/nb/desk/account/")
