"""Signing in by a code sent by mail: who has an account and who has none goes the same way."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from directory.municipalities.models import Municipality
from directory.providers.models import Membership
from portal.accounts import codes
from portal.accounts.models import LimitUse, SignIn, User
from tests.factories.directory import ProviderFactory, make_municipality, make_staff
from tests.portal.accounts.conftest import CODE, SIGN_IN, ask, newest_code, sign_in, who

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _town(larvik: Municipality) -> None:
    """Every test has a town."""


def test_who_has_no_account_gets_one_by_the_code_and_is_asked_for_a_name_once() -> None:
    client = Client()
    assert client.get(SIGN_IN).status_code == 200
    assert ask(client, "New@Example.org ")["Location"] == CODE
    assert not User.objects.filter(email="new@example.org").exists(), "asking alone makes nothing"
    answer = client.post(CODE, {"code": newest_code("new@example.org")})
    assert answer["Location"] == "/nb/desk/account/name/?next=%2Fnb%2Fdesk%2F"
    user = User.objects.get(email="new@example.org")
    assert who(client) == str(user.pk)
    assert not user.has_usable_password()
    assert EmailAddress.objects.filter(user=user, email=user.email, verified=True, primary=True).count() == 1
    answer = client.post("/nb/desk/account/name/?next=/nb/desk/", {"name": "Solfrid", "lang": "ar"})
    assert answer["Location"] == "/nb/desk/"
    user.refresh_from_db()
    assert (user.name, user.lang) == ("Solfrid", "ar")
    assert client.post("/nb/desk/sign-out/")["Location"] == "/nb/"
    assert who(client) == ""
    assert sign_in(client, "new@example.org")["Location"] == "/nb/desk/", "the name is not asked again"
    assert User.objects.count() == 1


def test_who_was_made_by_staff_is_let_in_by_the_first_code() -> None:
    User.objects.create_user("leder@example.org", name="Leder")
    client = Client()
    assert sign_in(client, "leder@example.org")["Location"] == "/nb/desk/"
    assert len(mail.outbox) == 1


def test_answers_do_not_tell_who_has_an_account() -> None:
    User.objects.create_user("known@example.org", name="Kari")
    User.objects.create_user("closed@example.org", name="Ola", is_active=False)
    answers = []
    for email in ("known@example.org", "unknown@example.org", "closed@example.org"):
        client = Client()
        asked = ask(client, email)
        page = client.get(CODE).content.decode().replace(email, "x")
        wrong = client.post(CODE, {"code": "AAAA-AAAA"})
        body = wrong.content.decode().replace(email, "x")
        answers.append((asked.status_code, asked["Location"], without_token(page), wrong.status_code, without_token(body)))
    assert answers[0] == answers[1] == answers[2]
    shapes = {newest_code(letter.to[0]) and letter.body.replace(newest_code(letter.to[0]), "CODE") for letter in mail.outbox}
    assert len(shapes) == 1, "the letters are the same too"


def without_token(page: str) -> str:
    return "\n".join(line for line in page.split("\n") if "csrfmiddlewaretoken" not in line)


def test_a_closed_account_is_told_so_only_after_the_code() -> None:
    User.objects.create_user("closed@example.org", name="Ola", is_active=False)
    client = Client()
    answer = sign_in(client, "closed@example.org")
    assert answer["Location"] == "/nb/desk/sign-in/closed/"
    assert client.get(answer["Location"]).status_code == 403
    assert who(client) == ""


def test_five_wrong_tries_end_a_code_and_the_right_one_comes_too_late() -> None:
    client = Client()
    ask(client, "a@example.org")
    right = newest_code("a@example.org")
    for _ in range(5):
        assert client.post(CODE, {"code": "AAAA-AAAA"}).status_code == 422
    answer = client.post(CODE, {"code": right})
    assert answer["Location"] == f"{SIGN_IN}?why=tried"
    assert who(client) == ""
    assert client.post(CODE, {"code": right})["Location"] == SIGN_IN, "and the code is forgotten"
    assert SignIn.objects.filter(outcome="wrong").count() == 6


def test_a_code_is_old_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    ask(client, "a@example.org")
    import time

    later = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.post(CODE, {"code": newest_code("a@example.org")})["Location"] == f"{SIGN_IN}?why=late"
    assert who(client) == ""


def test_a_used_code_does_nothing_again() -> None:
    client = Client()
    ask(client, "a@example.org")
    code = newest_code("a@example.org")
    cookie = client.cookies["sessionid"].value
    assert client.post(CODE, {"code": code}).status_code == 302
    assert client.cookies["sessionid"].value != cookie, "the session from before is not the one that is signed in"
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert thief.post(CODE, {"code": code})["Location"] == SIGN_IN
    assert who(thief) == ""


def test_of_two_who_send_the_code_at_once_one_comes_in() -> None:
    """The second read its session before the first had changed it."""
    client = Client()
    ask(client, "a@example.org")
    session, code = dict(client.session), newest_code("a@example.org")
    assert client.post(CODE, {"code": code}).status_code == 302
    twin = Client()
    state = twin.session
    state.update(session)
    state.save()
    twin.cookies["sessionid"] = state.session_key
    assert twin.post(CODE, {"code": code})["Location"] == f"{SIGN_IN}?why=spent"
    assert who(twin) == ""


def test_a_code_is_good_only_in_the_session_that_asked_for_it() -> None:
    mine, theirs = Client(), Client()
    ask(mine, "a@example.org")
    code = newest_code("a@example.org")
    ask(theirs, "b@example.org")
    assert theirs.post(CODE, {"code": code}).status_code == 422
    assert Client().post(CODE, {"code": code})["Location"] == SIGN_IN


def test_a_new_code_ends_the_old_one() -> None:
    client = Client()
    ask(client, "a@example.org")
    old = newest_code("a@example.org")
    assert client.post(CODE, {"again": "1"})["Location"] == f"{CODE}?sent=again"
    new = newest_code("a@example.org")
    assert old != new
    assert client.post(CODE, {"code": old}).status_code == 422
    assert client.post(CODE, {"code": new.replace("-", " ").lower()}).status_code == 302, "however it is typed"


def test_an_address_gets_five_codes_an_hour_and_a_network_thirty() -> None:
    for _ in range(5):
        assert ask(Client(), "a@example.org", REMOTE_ADDR="81.0.0.1").status_code == 302
    assert ask(Client(), "a@example.org", REMOTE_ADDR="81.0.0.2").status_code == 422
    assert len(mail.outbox) == 5
    for number in range(24):
        assert ask(Client(), f"p{number}@example.org", REMOTE_ADDR="81.0.0.1").status_code == 302
    assert ask(Client(), "last@example.org", REMOTE_ADDR="81.0.0.1").status_code == 302
    assert ask(Client(), "one-more@example.org", REMOTE_ADDR="81.0.0.1").status_code == 422
    assert ask(Client(), "one-more@example.org", REMOTE_ADDR="81.0.0.3").status_code == 302


def test_every_limit_says_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour where it is an hour, and until tomorrow where it is a day."""
    now = timezone.now()
    with monkeypatch.context() as patched:
        for number in range(13):
            patched.setattr(timezone, "now", lambda number=number: now + timedelta(minutes=number * 61))
            answer = Client().post("/en/desk/sign-in/", {"email": "a@example.org"})
    assert answer.status_code == 422
    assert "until tomorrow" in answer.content.decode()
    for number in range(5):
        Client().post("/en/desk/sign-in/", {"email": "b@example.org"}, REMOTE_ADDR=f"81.0.{number}.1")
    answer = Client().post("/en/desk/sign-in/", {"email": "b@example.org"})
    assert "wait an hour" in answer.content.decode()


def test_many_tries_from_one_network_wait_an_hour_not_a_day() -> None:
    whys = []
    for number in range(13):
        client = Client()
        ask(client, f"p{number}@example.org", REMOTE_ADDR="81.0.0.1")
        for _try in range(5):
            answer = client.post(CODE, {"code": "AAAA-AAAA"}, REMOTE_ADDR="81.0.0.1")
            whys.append(answer.get("Location", ""))
    assert whys[:60] == [""] * 60
    assert whys[60] == f"{SIGN_IN}?why=tried-from"
    assert "an hour" in Client().get("/en/desk/sign-in/?why=tried-from").content.decode()


def test_an_office_can_be_exempted_from_the_limit_of_its_network(settings: Any) -> None:
    import ipaddress

    settings.RATE_LIMIT_EXEMPT = [ipaddress.ip_network("81.0.0.0/24")]
    for number in range(35):
        assert ask(Client(), f"p{number}@example.org", REMOTE_ADDR="81.0.0.1").status_code == 302
    for _ in range(5):
        ask(Client(), "a@example.org", REMOTE_ADDR="81.0.0.1")
    assert ask(Client(), "a@example.org", REMOTE_ADDR="81.0.0.1").status_code == 422, "not from the limit of an address"


def test_a_guesser_is_stopped_for_the_day_however_many_codes_they_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0
    for number in range(5):
        client = Client()
        if ask(client, "a@example.org", REMOTE_ADDR=f"81.0.{number}.1").status_code != 302:
            break
        while client.post(CODE, {"code": "AAAA-AAAA"}, REMOTE_ADDR=f"81.0.{number}.1").status_code == 422:
            tried += 1
    assert tried == 20
    later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    client = Client()
    ask(client, "a@example.org")
    assert client.post(CODE, {"code": "AAAA-AAAA"})["Location"] == f"{SIGN_IN}?why=tried-often"


def test_who_was_shut_out_by_others_is_let_in_by_who_runs_the_site() -> None:
    user = User.objects.create_user("a@example.org", name="A")
    for number in range(6):
        ask(Client(), user.email, REMOTE_ADDR=f"81.0.{number}.1")
    ask(Client(), "b@example.org")
    assert ask(Client(), user.email).status_code == 422
    call_command("let_try_again", "A@example.org ", verbosity=0, stdout=io.StringIO())
    client = Client()
    assert sign_in(client, user.email)["Location"] == "/nb/desk/"
    assert who(client) == str(user.pk)
    assert LimitUse.objects.filter(key__startswith="asked-for:").count() == 2, "another's tries still count"


def test_next_leads_only_to_this_host() -> None:
    for wanted, got in (
        ("/nb/desk/account/", "/nb/desk/account/"),
        ("https://evil.example/", "/nb/desk/"),
        ("//evil.example/", "/nb/desk/"),
        ("http://sandefjord.localhost/nb/desk/", "/nb/desk/"),
        ("/cms/", "/cms/"),
    ):
        make_user = User.objects.get_or_create(email="k@example.org", defaults={"name": "K"})
        assert make_user
        User.objects.filter(email="k@example.org").update(name="K")
        LimitUse.objects.all().delete()
        client = Client()
        ask(client, "k@example.org")
        answer = client.post(f"{CODE}?next={wanted}", {"code": newest_code("k@example.org")})
        assert answer["Location"] == got, wanted


def test_who_signs_out_to_use_another_address_comes_back_to_where_they_were() -> None:
    for wanted, got in (
        ("/nb/desk/invitation/x/", "/nb/desk/invitation/x/"),
        ("https://evil.example/", "/nb/"),
        ("//evil.example/", "/nb/"),
        ("http://sandefjord.localhost/nb/", "/nb/"),
    ):
        client = Client()
        client.force_login(User.objects.get_or_create(email="k@example.org", defaults={"name": "K"})[0])
        assert client.post(f"/nb/desk/sign-out/?next={wanted}")["Location"] == got, wanted
        assert who(client) == ""


def test_who_is_no_staff_is_not_sent_in_circles_by_the_staff_door() -> None:
    client = Client()
    client.force_login(User.objects.create_user("k@example.org", name="K"))
    answer = client.get("/cms/", follow=True)
    assert answer.redirect_chain[-1][0] == "/nb/desk/"
    assert answer.status_code == 200


def test_staff_come_to_their_screens_and_passwords_open_nothing(larvik: Municipality) -> None:
    make_staff(larvik, "staff@example.org")
    client = Client()
    assert client.get("/cms/login/?next=/cms/pages/")["Location"] == "/nb/desk/sign-in/?next=%2Fcms%2Fpages%2F"
    assert client.post("/cms/login/", {"username": "staff@example.org", "password": "a-long-password-1"}).status_code == 405
    assert who(client) == ""
    assert sign_in(client, "staff@example.org")["Location"] == "/cms/"


def test_the_letter_is_in_the_readers_language_as_text_and_html() -> None:
    User.objects.create_user("known@example.org", name="Kari", lang="ar")
    ask(Client(), "known@example.org")
    letter: Any = mail.outbox[-1]
    assert letter.extra_headers["Content-Language"] == "ar"
    html = letter.alternatives[0][0]
    assert 'dir="rtl"' in html
    assert newest_code("known@example.org") in html
    assert "http" not in str(letter.body), "no link in a letter about signing in"
    Client().post("/en/desk/sign-in/", {"email": "unknown@example.org"})
    assert "is your code" in mail.outbox[-1].subject


def test_who_leaves_a_board_is_out_with_the_next_press(larvik: Municipality) -> None:
    user = User.objects.create_user("k@example.org", name="K")
    provider = ProviderFactory(municipality=larvik, slug="laget")
    row = Membership.objects.create(user=user, provider=provider)
    client = Client()
    client.force_login(user)
    from portal.desk.doors import get_provider_for

    def may() -> bool:
        from django.http import Http404
        from django.test import RequestFactory

        request: Any = RequestFactory().get("/")
        request.user, request.municipality = user, larvik
        try:
            return get_provider_for(request, "laget") == provider
        except Http404:
            return False

    assert may()
    row.delete()
    assert not may(), "the same user object, without being read again"
    assert client.get("/nb/desk/account/").status_code == 302, "and their sessions are ended"


def test_hostile_input_is_an_answer() -> None:
    client = Client()
    for email in ("", "x", "a@b", "a\x00@example.org", "a@example.org\nBcc: b@example.org", "<script>@x.no", "é" * 300):
        assert ask(client, email).status_code == 422, email
    assert not mail.outbox
    ask(client, "a@example.org")
    for code in ("", "é" * 8, "\x00", "A" * 5000):
        assert client.post(CODE, {"code": code}).status_code == 422


def test_each_host_has_its_own_name_in_the_letter() -> None:
    make_municipality("3907", "Sandefjord")
    Client().post(SIGN_IN, {"email": "a@example.org"}, headers={"host": "sandefjord.localhost"})
    assert "Sandefjord" in mail.outbox[-1].subject


def test_codes_are_of_letters_that_no_word_is_made_of() -> None:
    found = {codes.new_code() for _ in range(200)}
    assert len(found) == 200
    assert all(len(code) == 9 and set(code.replace("-", "")) <= set(codes.LETTERS) for code in found)
    assert len(codes.LETTERS) ** codes.LENGTH > 2.5e10
