"""Signing in by a provider, against a real one that runs beside the tests."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.actions import appoint
from directory.municipalities.models import Municipality, StaffRole
from portal.accounts import openid, provided
from portal.accounts.models import ProvidedRole, SignIn, User
from tests.factories.directory import make_staff
from tests.portal.accounts.conftest import (
    CODE,
    SIGN_IN,
    RealProvider,
    begin,
    cannot_run,
    changed,
    come_back,
    newest_code,
    sign_in,
    who,
)
from tests.portal.accounts.test_sign_in_link import link_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
LINK = "/nb/desk/account/link/"


@pytest.fixture(autouse=True)
def _town(larvik: Municipality, settings: Any) -> None:
    settings.OIDC_ROLES = {"g-coordinators": "3909:coordinator", "g-editors": "3909:editor"}


def walk(client: Client, entra: RealProvider, person: str, **data: str) -> Any:
    """All of a sign-in, as a browser does it."""
    return come_back(client, entra.authorize(begin(client, **data), person))


def roles(email: str) -> set[str]:
    return {f"{row.municipality.number}:{row.role}" for row in StaffRole.objects.filter(user__email=email)}


def test_who_is_in_a_group_has_its_role_from_the_first_sign_in(entra: RealProvider) -> None:
    entra.knows("kari", email="Kari@larvik.example", email_verified=True, name="Kari Demo", groups=["g-coordinators", "g-other"])
    client = Client()
    assert b"Larvik kommune" in client.get(SIGN_IN).content
    answer = walk(client, entra, "kari")
    assert answer["Location"] == "/cms/"
    user = User.objects.get(email="kari@larvik.example")
    assert (who(client), user.name, roles(user.email)) == (str(user.pk), "Kari Demo", {"3909:coordinator"})
    assert client.get("/cms/").status_code == 200
    assert SignIn.objects.get(user=user).how == "provider"


def test_nothing_is_kept_of_what_the_provider_says_but_who_it_is(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="Kari", groups=["g-secret"])
    walk(Client(), entra, "kari")
    walk(Client(), entra, "kari")
    row = SocialAccount.objects.get()
    assert (row.uid, row.extra_data) == ("kari", {"second_factor": False})
    assert not any("g-secret" in json.dumps(session.get_decoded()) for session in Session.objects.all())


def test_a_group_that_is_gone_takes_the_role_and_the_open_sessions_with_it(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="Kari", groups=["g-coordinators"])
    before = Client()
    walk(before, entra, "kari")
    assert before.get("/cms/").status_code == 200
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="Kari", groups=[])
    after = Client()
    assert walk(after, entra, "kari")["Location"] == "/nb/desk/"
    assert roles("kari@larvik.example") == set()
    assert who(after), "an account they still have"
    assert after.get("/cms/").status_code == 302
    assert who(before) == "", "where they sat before, they are signed out"
    assert not ProvidedRole.objects.exists()


def test_what_was_open_before_a_provider_took_the_role_over_ends(entra: RealProvider, larvik: Municipality) -> None:
    """A session by the mailbox would outlive the work: it has no half day, and the provider never hears of it."""
    user = make_staff(larvik, "kari@larvik.example")
    before, other = Client(), Client()
    sign_in(before, user.email)
    sign_in(other, make_staff(larvik, "ola@larvik.example").email)
    assert before.get("/cms/").status_code == 200
    entra.knows("kari", email=user.email, email_verified=True, name="Kari", groups=["g-coordinators"])
    client, second = Client(), Client()
    walk(client, entra, "kari")
    assert who(before) == ""
    assert before.get("/cms/").status_code == 302
    assert (who(client), client.get("/cms/").status_code) == (str(user.pk), 200)
    walk(second, entra, "kari")
    assert who(client) == who(second) == str(user.pk), "nothing was taken over by then"
    assert who(other), "another person"


def test_another_group_is_another_role(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True, groups=["g-coordinators", "g-editors"])
    walk(Client(), entra, "kari")
    assert roles("kari@larvik.example") == {"3909:coordinator"}, "the stronger of two"
    entra.knows("kari", email="kari@larvik.example", email_verified=True, groups=["g-editors"])
    walk(Client(), entra, "kari")
    assert roles("kari@larvik.example") == {"3909:editor"}


def test_a_group_gives_work_at_an_agency(entra: RealProvider, larvik: Municipality, settings: Any) -> None:
    agency = Agency.objects.create(municipality=larvik, name_nb="NAV Larvik")
    settings.OIDC_ROLES = {"g-nav": f"agency:{agency.pk}:worker", "g-wrong": "9999:editor", "g-gone": "agency:999999:worker"}
    entra.knows("amir", email="amir@nav.example", email_verified=True, groups=["g-nav", "g-wrong", "g-gone"])
    walk(Client(), entra, "amir")
    assert AgencyRole.objects.get().agency == agency
    entra.knows("amir", email="amir@nav.example", email_verified=True)
    walk(Client(), entra, "amir")
    assert not AgencyRole.objects.exists()


def test_who_was_given_their_groups_role_before_the_provider_came_leaves_like_all_others(
    entra: RealProvider, larvik: Municipality
) -> None:
    user = User.objects.create_user("kari@larvik.example", name="Kari")
    appoint(user=user, municipality=larvik, role="coordinator")
    agency = Agency.objects.create(municipality=larvik, name_nb="NAV Larvik")
    AgencyRole.objects.create(user=user, agency=agency, role="worker")
    with_agency = {"g-coordinators": "3909:coordinator", "g-nav": f"agency:{agency.pk}:worker"}
    with override_settings(OIDC_ROLES=with_agency):
        entra.knows("kari", email=user.email, email_verified=True, groups=["g-coordinators", "g-nav"])
        walk(Client(), entra, "kari")
        assert sign_in(Client(), user.email)["Location"] == f"{SIGN_IN}?why=by-provider", "no longer by the mailbox"
        assert roles(user.email) == {"3909:coordinator"}
        assert provided.cut_off_leavers(timezone.now() + timedelta(days=31)) == 2
    assert roles(user.email) == set()
    assert not AgencyRole.objects.exists()


def test_another_role_that_was_given_by_hand_stays(entra: RealProvider, larvik: Municipality) -> None:
    user = User.objects.create_user("kari@larvik.example", name="Kari")
    appoint(user=user, municipality=larvik, role="coordinator")
    entra.knows("kari", email="kari@larvik.example", email_verified=True, groups=["g-editors"])
    walk(Client(), entra, "kari")
    entra.knows("kari", email="kari@larvik.example", email_verified=True, groups=[])
    walk(Client(), entra, "kari")
    assert roles(user.email) == {"3909:coordinator"}


def test_an_address_that_is_not_verified_opens_nothing(entra: RealProvider) -> None:
    victim = User.objects.create_superuser("boss@larvik.example", name="Boss")
    for verified in (False, None, "false", "no"):
        entra.knows("thief", email="boss@larvik.example", email_verified=verified, groups=["g-coordinators"])
        client = Client()
        assert walk(client, entra, "thief")["Location"] == f"{SIGN_IN}?why=unverified"
        assert who(client) == ""
        assert b"vouch" in client.get("/en/desk/sign-in/?why=unverified").content
    assert not SocialAccount.objects.exists()
    assert roles(victim.email) == set()
    entra.knows("new", email="new@larvik.example", email_verified=False)
    walk(Client(), entra, "new")
    assert not User.objects.filter(email="new@larvik.example").exists()


def test_a_verified_address_finds_the_account_that_is_there(entra: RealProvider) -> None:
    user = User.objects.create_user("kari@larvik.example", name="Kari")
    entra.knows("kari", email="kari@larvik.example", email_verified=True)
    client = Client()
    walk(client, entra, "kari")
    assert who(client) == str(user.pk)
    entra.knows("kari", email="moved@larvik.example", email_verified=True)
    client = Client()
    walk(client, entra, "kari")
    assert who(client) == str(user.pk), "the identity counts, not the address of the day"


def test_who_was_deactivated_here_is_not_let_in_by_the_provider(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True, groups=["g-coordinators"])
    walk(Client(), entra, "kari")
    User.objects.update(is_active=False)
    client = Client()
    assert walk(client, entra, "kari")["Location"] == "/nb/desk/sign-in/closed/"
    assert who(client) == ""


def test_another_state_is_refused(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True)
    client = Client()
    back = entra.authorize(begin(client), "kari")
    for address in (changed(back, state="x" * 16), changed(back, state="")):
        assert come_back(client, address)["Location"] == f"{SIGN_IN}?why=failed"
        assert who(client) == ""
    thief = Client()
    begin(thief)
    assert come_back(thief, back)["Location"] == f"{SIGN_IN}?why=failed", "somebody else's way back"
    assert who(thief) == ""
    assert come_back(client, back).status_code == 302
    assert who(client)


def test_a_way_back_works_once(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="Kari")
    client = Client()
    back = entra.authorize(begin(client), "kari")
    come_back(client, back)
    client.post("/nb/desk/sign-out/")
    assert come_back(client, back)["Location"] == f"{SIGN_IN}?why=failed"
    assert who(client) == ""


def test_an_id_token_of_another_sign_in_is_refused(entra: RealProvider) -> None:
    """Its nonce is not this session's: what a thief does who slips their own sign-in to somebody, or the other way round."""
    entra.knows("kari", email="kari@larvik.example", email_verified=True)
    for nonce in ("another", ""):
        client = Client()
        back = entra.authorize(changed(begin(client), nonce=nonce), "kari")
        assert come_back(client, back)["Location"] == f"{SIGN_IN}?why=failed"
        assert who(client) == ""


def test_a_code_without_our_verifier_is_refused_by_the_provider(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True)
    client, other = Client(), Client()
    theirs = entra.authorize(begin(other), "kari")
    mine = entra.authorize(begin(client), "kari")
    code = dict(part.split("=", 1) for part in theirs.split("?", 1)[1].split("&"))["code"]
    assert come_back(client, changed(mine, code=code))["Location"] == f"{SIGN_IN}?why=failed"
    assert who(client) == ""


def test_an_id_token_signed_by_anybody_else_is_refused(entra: RealProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True)
    original = openid.Conversation.claims
    forged: list[str] = []

    def forge(self: Any, app: Any, token: str, issuer: str) -> Any:
        claims = jwt.decode(token, options={"verify_signature": False}) | {"sub": "boss"}
        header = jwt.get_unverified_header(token)
        for key, algorithm in (("x" * 64, "HS256"), ("", "none")):
            token = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": header["kid"]})
            with pytest.raises(openid.OAuth2Error):
                original(self, app, token, issuer)
            forged.append(algorithm)
        for wrong in ({"aud": "another"}, {"iss": "http://evil.example"}, {"exp": 1}):
            assert wrong
        return original(self, app, token, issuer)

    monkeypatch.setattr(openid.Conversation, "claims", forge)
    client = Client()
    assert walk(client, entra, "kari")["Location"] == f"{SIGN_IN}?why=failed"
    assert forged == ["HS256", "none"]
    assert who(client) == ""


def test_cancelling_at_the_provider_leads_back_to_the_sign_in(entra: RealProvider) -> None:
    client = Client()
    begin(client)
    answer = client.get("/sign-in/entra/callback/?error=access_denied&state=x")
    assert answer["Location"] == f"{SIGN_IN}?why=failed"


def test_a_provider_that_does_not_answer_is_said_in_words(entra: RealProvider, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:9"
    assert Client().post("/nb/desk/sign-in/with/entra/")["Location"] == f"{SIGN_IN}?why=failed"
    assert Client().post("/nb/desk/sign-in/with/nobody/").status_code == 404
    assert Client().get("/nb/desk/sign-in/with/entra/").status_code == 405, "by a press, not by a link"


def test_the_sign_in_asks_with_pkce_and_comes_back_in_the_readers_language(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="Kari")
    client = Client()
    address = client.post("/ar/desk/sign-in/with/entra/", {"next": "/ar/desk/account/"})["Location"]
    assert "code_challenge_method=S256" in address
    assert "redirect_uri=http%3A%2F%2Ftestserver%2Fsign-in%2Fentra%2Fcallback%2F" in address
    assert come_back(client, entra.authorize(address, "kari"))["Location"] == "/ar/desk/account/"


# ── the second factor ───────────────────────────────────────────────────────────────────────────────────────
def test_a_second_factor_at_the_provider_counts_and_its_absence_does_not(entra: RealProvider, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="K", groups=["g-coordinators"], acr="password")
    client = Client()
    walk(client, entra, "kari")
    assert client.get("/cms/")["Location"].startswith("/nb/desk/account/second-factor/")
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="K", groups=["g-coordinators"], acr="two-factors")
    client = Client()
    walk(client, entra, "kari")
    assert client.get("/cms/").status_code == 200
    assert SignIn.objects.filter(second="provider").count() == 1


# ── who has left ────────────────────────────────────────────────────────────────────────────────────────────
def test_whose_work_a_provider_gave_does_not_come_in_by_a_mailbox(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="K", groups=["g-coordinators"])
    walk(Client(), entra, "kari")
    client = Client()
    assert sign_in(client, "kari@larvik.example")["Location"] == f"{SIGN_IN}?why=by-provider"
    assert who(client) == ""


def test_a_session_that_began_at_a_provider_ends_after_half_a_day_however_it_is_used(
    entra: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="K", groups=["g-coordinators"])
    client = Client()
    walk(client, entra, "kari")
    now = timezone.now()
    for hours in (4, 8, 11):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: now + timedelta(hours=hours))
        assert client.get("/nb/desk/account/").status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=13))
    assert client.get("/nb/desk/account/").status_code == 302


def test_roles_that_no_provider_confirms_for_a_month_are_taken_away(entra: RealProvider) -> None:
    entra.knows("kari", email="kari@larvik.example", email_verified=True, name="K", groups=["g-coordinators"])
    client = Client()
    walk(client, entra, "kari")
    at = timezone.now()
    assert provided.cut_off_leavers(at + timedelta(days=29)) == 0
    walk(Client(), entra, "kari")
    assert provided.cut_off_leavers(at + timedelta(days=31)) == 1
    assert provided.cut_off_leavers(at + timedelta(days=31)) == 0
    assert roles("kari@larvik.example") == set()
    assert who(client) == ""


# ── a provider that knows no mail address, as ID-porten ─────────────────────────────────────────────────────
def test_an_identity_without_address_is_linked_to_the_address_that_a_code_proves(entra: RealProvider) -> None:
    user = User.objects.create_user("kari@example.org", name="Kari")
    entra.knows("pid-1")
    client = Client()
    answer = walk(client, entra, "pid-1")
    assert answer["Location"] == SIGN_IN
    assert b"Larvik kommune" in client.get(SIGN_IN).content
    assert who(client) == ""
    client.post(f"{SIGN_IN}?next=/nb/desk/enquiries/", {"email": "kari@example.org"})
    answer = client.post(f"{CODE}?next=/nb/desk/enquiries/", {"code": newest_code("kari@example.org")})
    assert answer["Location"] == f"{LINK}?next=%2Fnb%2Fdesk%2Fenquiries%2F"
    assert not SocialAccount.objects.exists(), "the code alone links nothing"
    assert "Larvik kommune" in client.get(answer["Location"]).content.decode()
    assert client.post(answer["Location"], {"yes": "1"})["Location"] == "/nb/desk/enquiries/"
    assert SocialAccount.objects.get().user == user
    assert client.post(LINK, {"yes": "1"})["Location"] == "/nb/desk/", "there is nothing to say yes to a second time"
    client = Client()
    assert walk(client, entra, "pid-1")["Location"] == "/nb/desk/"
    assert who(client) == str(user.pk)


@pytest.mark.parametrize("way", ["no", "passkey", "demo"])
def test_what_somebody_left_behind_in_a_browser_is_not_linked_to_who_comes_next(
    entra: RealProvider, larvik: Municipality, way: str
) -> None:
    user = User.objects.create_user("kari@example.org", name="Kari")
    entra.knows("thief")
    client = Client()
    walk(client, entra, "thief")
    if way == "no":
        sign_in(client, user.email)
        assert client.post(LINK, {"no": "1"})["Location"] == "/nb/desk/"
    elif way == "demo":
        Municipality.objects.update(is_demo=True)
        client.get(link_of(user.email))
    else:  # by anything that is no code: the receiver hears of every way
        client.force_login(user)
    assert who(client) == str(user.pk)
    assert client.get(LINK)["Location"] == client.post(LINK, {"yes": "1"})["Location"] == "/nb/desk/"
    assert not SocialAccount.objects.exists()
    assert openid.PENDING not in client.session


def test_a_yes_counts_only_for_the_address_that_was_proved(entra: RealProvider) -> None:
    user = User.objects.create_user("kari@example.org", name="Kari")
    entra.knows("pid-1")
    client = Client()
    walk(client, entra, "pid-1")
    sign_in(client, user.email)
    state = client.session
    state[openid.PENDING] = state[openid.PENDING] | {"email": "ola@example.org"}
    state.save()
    assert client.post(LINK, {"yes": "1"})["Location"] == "/nb/desk/"
    assert not SocialAccount.objects.exists()


# ── one's own account ───────────────────────────────────────────────────────────────────────────────────────
def later(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + minutes * 60)


def test_an_open_session_links_nothing_without_showing_again_who_one_is(
    entra: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User.objects.create_user("kari@example.org", name="Kari")
    entra.knows("thief")
    client = Client()
    sign_in(client, user.email)
    back = entra.authorize(begin(client), "thief")
    shown = "/nb/desk/account/again/?next=/nb/desk/account/"
    with monkeypatch.context() as patched:
        patched.setattr("portal.accounts.second_factor.FRESH", 0)
        assert begin(client) == shown
        assert come_back(client, back)["Location"] == shown, "nor where it was begun in time"
    assert not SocialAccount.objects.exists()
    answer = client.post(shown)
    client.post(answer["Location"], {"code": newest_code(user.email)})
    assert walk(client, entra, "thief")["Location"] == "/nb/desk/account/"
    assert SocialAccount.objects.get().user == user


def test_who_signed_out_on_the_way_links_nothing(entra: RealProvider) -> None:
    user = User.objects.create_user("kari@example.org", name="Kari")
    entra.knows("kari", email=user.email, email_verified=True)
    client = Client()
    sign_in(client, user.email)
    back = entra.authorize(begin(client), "kari")
    state = {key: value for key, value in client.session.items() if not key.startswith("_auth")}
    client.post("/nb/desk/sign-out/")
    session = client.session
    session.update(state)
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    assert come_back(client, back)["Location"] == f"{SIGN_IN}?why=failed"
    assert not SocialAccount.objects.exists()


def test_a_linked_provider_is_removed_with_all_it_opened_and_the_person_is_told(
    entra: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User.objects.create_user("kari@example.org", name="Kari")
    entra.knows("colleague", groups=["g-coordinators"])
    client = Client()
    sign_in(client, user.email)
    remove = "/nb/desk/account/providers/entra/remove/"
    assert client.get(remove).status_code == 404, "nothing is linked"
    walk(client, entra, "colleague")
    assert remove in client.get("/nb/desk/account/").content.decode()
    thief = Client()
    walk(thief, entra, "colleague")
    assert who(thief) == str(user.pk)
    assert roles(user.email) == {"3909:coordinator"}
    assert who(client) == "", "a session from before the role ends with it"
    walk(client, entra, "colleague")
    mail.outbox.clear()
    with monkeypatch.context() as patched:
        later(patched, 20)
        for method in ("get", "post"):
            assert getattr(client, method)(remove)["Location"] == f"/nb/desk/account/again/?next={remove}"
    assert SocialAccount.objects.exists()
    assert "Larvik kommune" in client.get(remove).content.decode()
    assert client.post(remove)["Location"] == "/nb/desk/account/"
    assert not SocialAccount.objects.exists()
    assert not ProvidedRole.objects.exists()
    assert roles(user.email) == set()
    assert (who(client), who(thief)) == (str(user.pk), "")
    assert [letter.to for letter in mail.outbox] == [[user.email]]
    assert walk(Client(), entra, "colleague")["Location"] == SIGN_IN, "it is nobody's now"
    assert sign_in(Client(), user.email)["Location"] == "/nb/desk/", "the mailbox opens the account as before"


def test_a_provider_that_is_offered_no_more_can_still_be_removed(larvik: Municipality) -> None:
    user = User.objects.create_user("kari@example.org", name="Kari")
    SocialAccount.objects.create(user=user, provider="old", uid="1")
    client = Client()
    sign_in(client, user.email)
    assert "/nb/desk/account/providers/old/remove/" in client.get("/nb/desk/account/").content.decode()
    assert client.post("/nb/desk/account/providers/old/remove/").status_code == 302
    assert not SocialAccount.objects.exists()


def test_nobody_removes_what_is_anothers(larvik: Municipality) -> None:
    other = User.objects.create_user("ola@example.org", name="Ola")
    SocialAccount.objects.create(user=other, provider="entra", uid="1")
    User.objects.create_user("kari@example.org", name="Kari")
    client = Client()
    sign_in(client, "kari@example.org")
    assert client.post("/nb/desk/account/providers/entra/remove/").status_code == 404
    assert SocialAccount.objects.exists()


def test_refused_ways_back_are_written_down_once_an_hour(larvik: Municipality, entra: RealProvider) -> None:
    client = Client()
    for _ in range(20):
        client.get("/sign-in/entra/callback/?error=access_denied&state=x")
    assert SignIn.objects.filter(outcome="refused").count() == 1
    client.get("/sign-in/entra/callback/?error=access_denied&state=x", REMOTE_ADDR="81.0.0.9")
    assert SignIn.objects.filter(outcome="refused").count() == 2, "another network is seen"


def test_an_identity_that_is_somebodys_cannot_be_linked_to_another(entra: RealProvider) -> None:
    first, second = (User.objects.create_user(f"{name}@example.org", name=name) for name in ("one", "two"))
    entra.knows("pid-1")
    client = Client()
    sign_in(client, first.email)
    assert walk(client, entra, "pid-1")["Location"] == "/nb/desk/account/"
    other = Client()
    sign_in(other, second.email)
    assert walk(other, entra, "pid-1")["Location"] == "/nb/desk/account/?why=taken"
    assert list(SocialAccount.objects.values_list("user", flat=True)) == [first.pk]
    assert who(other) == str(second.pk), "and they stay who they are"


def test_without_a_provider_the_proof_is_left_out_aloud_and_in_ci_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception):
        cannot_run("not installed")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.UsageError):
        cannot_run("not installed")


def test_facts_are_read_narrowly() -> None:
    facts = openid.facts_of({"sub": 7, "email": "a@b\nBcc: x@y.no", "groups": "g-coordinators", "amr": "mfa"}, {})
    assert facts == openid.Facts(sub="7")
    wanted = {"groups_claim": "roles", "second_factor": [["amr", "mfa"]]}
    facts = openid.facts_of({"sub": "x", "email": "A@b.no", "xms_edov": "1", "roles": [1, "b"], "amr": ["pwd", "mfa"]}, wanted)
    assert facts == openid.Facts("x", "a@b.no", True, "", ("1", "b"), True)
