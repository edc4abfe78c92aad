"""A family says that it is coming: what the club gets, what it never gets, once, within a day, from our own page."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.activities.models import Activity
from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import Municipality
from directory.providers.models import Membership
from portal.contact.enquiries.models import Enquiry
from portal.frontline import actions
from portal.frontline.actions import new_draft
from portal.frontline.models import Nudge, Outcome, OutcomeSum, UsedDraft
from portal.frontline.rules import Why, nudge_days, reachable_at, why_not_first_name
from portal.frontline.shortlists import Ref
from tests.factories.directory import UserFactory
from tests.pages.town import Town

pytestmark = pytest.mark.django_db
SAID = {"asks": "try", "name": "Selam", "age": "10-12", "answer_in": "ti", "reach": "00 00 00 77"}


@pytest.fixture
def editor(town: Town) -> Any:
    user = UserFactory(email="styret@example.org", name="Styret")
    Membership.objects.create(user=user, provider=town.provider, role=Membership.Role.EDITOR)
    return user


def path(town: Town, lang: str = "nb") -> str:
    return f"/{lang}/shortlist/hand-over/?to=a{town.activity.pk}"


def token(town: Town) -> str:
    return new_draft(Ref("activity", town.activity.pk))


def post(town: Town, lang: str = "nb", headers: dict[str, str] | None = None, **data: Any) -> Any:
    client = Client(enforce_csrf_checks=True)
    return client.post(path(town, lang), {**SAID, **data}, headers={"origin": "http://testserver"} | (headers or {}))


# ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["Amina", "Bjørn", "Anna-Lisa", "ሰላም", "سلمى", "Żaneta", "O'Neil", "Nour", "محمَّد"])
def test_first_names_are_taken(name: str) -> None:
    assert why_not_first_name(name) is None


@pytest.mark.parametrize("name", ["Amina Hassan", "Amina\u00a0Hassan", "Amina  H.", "Ola Nordmann fra NAV"])
def test_surnames_are_refused_with_a_hint(name: str) -> None:
    assert why_not_first_name(name) == Why.SURNAME


@pytest.mark.parametrize("name", ["", "-", "Amina2", "a@b.no", "A" * 31, "Amina\x00", "<b>", "Ola-", "A-B-C-D", "K."])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert why_not_first_name(name) is not None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" 900 00 000 ", "90000000"),
        ("+47 900 00 000", "+4790000000"),
        ("mor@example.org", "mor@example.org"),
        ("123", ""),
        ("mor@example.org, far@example.org", ""),
        ("x@example.org\nBcc: y@example.org", ""),
        ("ring meg", ""),
        ("http://example.org", ""),
        ("9" * 20, ""),
    ],
)
def test_ways_to_be_reached(text: str, found: str) -> None:
    assert reachable_at(text) == found


# ── from the form to the letter ────────────────────────────────────────────────────────────────────────────────
def test_guardian_reads_and_sends_and_the_club_gets_one_line(town: Town, editor: Any) -> None:
    looked = post(town, step="look")
    html = looked.content.decode()
    assert looked.status_code == 200
    assert "Selam (" in html
    draft = re.search(r'name="token" value="([^"]+)"', html)[1]  # type: ignore[index]
    assert not Enquiry.objects.exists()
    assert not mail.outbox

    sent = post(town, step="send", token=draft)
    assert sent.status_code == 302
    assert sent["Location"] == f"{path(town)}&sent=1"
    assert not sent.cookies
    assert [letter.to for letter in mail.outbox] == [["styret@example.org"]]
    letter = mail.outbox[0]
    for said in ("Selam", "Turn for nybegynnere", "00000077"):
        assert said in letter.body, said
    assert "tigrinja" in letter.body.lower() or "tigrinya" in letter.body.lower()
    kept = Enquiry.objects.get()
    assert (kept.phone, kept.email, kept.name, kept.from_user) == ("00000077", "", "Selam", None)


def test_letter_tells_of_no_agency_and_no_worker(town: Town, editor: Any) -> None:
    """Also where it is sent from a browser in which somebody of an agency has signed in."""
    nurse = UserFactory(email="helse@larvik.example.org", name="Helga Helsesykepleier")
    agency = Agency.objects.create(municipality=town.municipality, kind="health", name_nb="Helsestasjonen på Torget")
    AgencyRole.objects.create(user=nurse, agency=agency)
    client = Client()
    client.force_login(nurse)
    client.post(path(town), {**SAID, "step": "send", "token": token(town)})
    (letter,) = mail.outbox
    whole = letter.message().as_string() + letter.body + "".join(str(part[0]) for part in letter.alternatives)
    for word in ("Helga", "helse@larvik", "Helsestasjonen", "NAV", "Torget"):
        assert word not in whole, word
    assert "Selam" in whole
    assert Enquiry.objects.get().from_user is None


def test_answer_by_mail_goes_straight_to_the_family(town: Town, editor: Any) -> None:
    post(town, step="send", token=token(town), reach="mor@example.org")
    assert mail.outbox[0].reply_to == ["mor@example.org"]
    assert mail.outbox[0].cc == mail.outbox[0].bcc == []


def test_surname_stops_it_and_says_how(town: Town, editor: Any) -> None:
    for step in ("look", "code", "send"):
        response = post(town, step=step, name="Selam Tesfay", token=token(town))
        html = response.content.decode()
        assert response.status_code == 422
        assert "Anna-Lisa" in html
        assert 'value="Selam Tesfay"' in html  # nothing one wrote is lost
    assert not mail.outbox
    assert not Enquiry.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"age": "11"},
        {"asks": "nothing"},
        {"answer_in": "xx"},
        {"reach": "12"},
        {"name": ""},
        {"name": "Selam\r\nBcc: x@example.org"},
    ],
)
def test_wrong_answers_are_asked_again(wrong: dict[str, str], town: Town, editor: Any) -> None:
    assert post(town, step="send", token=token(town), **wrong).status_code == 422
    assert not mail.outbox


def test_code_carries_the_draft_behind_the_hash_and_keeps_nothing(town: Town, editor: Any) -> None:
    response = post(town, step="code")
    html = response.content.decode()
    address = re.search(r'id="draft-address"[^>]*value="([^"]+)"', html)[1].replace("&amp;", "&")  # type: ignore[index]
    parts = urlsplit(address)
    assert (parts.path, parts.query) == ("/ti/shortlist/hand-over/", f"to=a{town.activity.pk}")
    said = json.loads(base64.urlsafe_b64decode(parts.fragment[2:] + "==="))
    assert {name: said[name] for name in SAID} == {**SAID, "reach": "00000077"}
    assert "Selam" not in parts.query + parts.path
    assert [model for model in (Enquiry, Nudge, UsedDraft, OutcomeSum) if model.objects.exists()] == []
    assert not mail.outbox
    assert response["Cache-Control"].count("no-store")
    # and it is what the guardian's phone can send
    assert post(town, "ti", step="send", **{**said, "token": said["token"]}).status_code == 302
    assert len(mail.outbox) == 1


def test_family_reads_its_own_language_though_who_helps_reads_another(town: Town, editor: Any) -> None:
    """A list made for readers of Tigrinya leads there, also where the club may answer in Norwegian."""
    listed = Client().get(f"/nb/shortlist/?l=a{town.activity.pk}&for=ti").content.decode()
    link = re.search(r'href="(/nb/shortlist/hand-over/[^"]*)"', listed)[1].replace("&amp;", "&")  # type: ignore[index]
    assert "for=ti" in link
    client = Client(headers={"origin": "http://testserver"})
    assert 'value="ti" lang="ti" selected' in client.get(link).content.decode()
    html = client.post(link, {**SAID, "answer_in": "nb", "step": "code"}).content.decode()
    assert "/ti/shortlist/hand-over/" in re.search(r'id="draft-address"[^>]*value="([^"]+)"', html)[1]  # type: ignore[index]


# ── once, in time, from here ───────────────────────────────────────────────────────────────────────────────────
def test_draft_is_sent_once(town: Town, editor: Any) -> None:
    draft = token(town)
    assert post(town, step="send", token=draft).status_code == 302
    again = post(town, step="send", token=draft, reach="mor@example.org")
    assert again.status_code == 422
    assert str(Why.USED.label) in again.content.decode()
    assert len(mail.outbox) == 1
    assert Enquiry.objects.count() == 1


def test_draft_of_yesterday_or_of_another_thing_is_not_sent(town: Town, editor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = new_draft(Ref("place", town.place.pk))
    assert post(town, step="send", token=other).status_code == 422
    old = token(town)
    monkeypatch.setattr(actions, "DRAFT_GOOD_FOR", timedelta(seconds=-1))
    response = post(town, step="send", token=old)
    assert response.status_code == 422
    assert not mail.outbox


@pytest.mark.parametrize("made_up", ["", "a1|x:y:z", "nonsense"])
def test_without_a_draft_it_is_read_once_more_first(made_up: str, town: Town, editor: Any) -> None:
    assert post(town, step="send", token=made_up).status_code in (200, 422)
    assert not mail.outbox


def test_form_of_another_site_is_refused(town: Town, editor: Any) -> None:
    assert post(town, step="send", token=token(town), headers={"origin": "https://evil.example"}).status_code == 422
    assert not mail.outbox


def test_program_that_fills_in_everything_reaches_nobody(town: Town, editor: Any) -> None:
    assert post(town, step="send", token=token(town), more="http://spam.example").status_code == 302
    assert not mail.outbox


def test_flood_from_one_network_ends(town: Town, editor: Any) -> None:
    codes = [post(town, step="send", token=token(town), reach=f"900000{n:02d}").status_code for n in range(14)]
    assert codes == [302] * 10 + [422] * 4
    assert len(mail.outbox) == 10


def test_office_named_as_exempt_sends_on(town: Town, editor: Any, settings: Any) -> None:
    settings.RATE_LIMIT_EXEMPT = [ipaddress.ip_network("127.0.0.0/8")]
    codes = [post(town, step="send", token=token(town), reach=f"900000{n:02d}").status_code for n in range(12)]
    assert codes == [302] * 12


def test_only_what_one_can_come_to(town: Town) -> None:
    for to in (f"s{town.support.pk}", "a999999", "x", ""):
        assert Client().get(f"/nb/shortlist/hand-over/?to={to}").status_code == 404
    assert Client().get(f"/nb/shortlist/hand-over/?to=a{town.gone.pk}").status_code == 410


def test_where_nobody_can_be_reached_there_is_no_form_and_no_button(town: Town) -> None:
    there = f"/nb/shortlist/?l=a{town.activity.pk}-o{town.provider.pk}-p{town.place.pk}"
    button = f"/nb/shortlist/hand-over/?to=a{town.activity.pk}"
    for model in (type(town.activity), type(town.provider), type(town.place)):
        model.objects.filter(municipality=town.municipality).update(email="")
    Municipality.objects.filter(pk=town.municipality.pk).update(contact_email="office@example.org")
    assert button in Client().get(there).content.decode()
    assert Client().get(path(town)).status_code == 200

    Municipality.objects.filter(pk=town.municipality.pk).update(contact_email="")
    assert "hand-over" not in Client().get(there).content.decode()
    for answer in (Client().get(path(town)), post(town, step="look"), post(town, step="send", token=token(town))):
        html = answer.content.decode()
        assert answer.status_code == 404
        assert str(Why.NOBODY.label) in html
        assert 'name="reach"' not in html
    assert not mail.outbox
    assert Client().get(f"{path(town)}&sent=1").status_code == 200, "thanked is who has sent"

    user = UserFactory(email="styret@example.org")
    role = Membership.objects.create(user=user, provider=town.provider, role=Membership.Role.TREASURER)
    assert Client().get(path(town)).status_code == 404, "only editors are written to"
    Membership.objects.filter(pk=role.pk).update(role=Membership.Role.EDITOR)
    assert Client().get(path(town)).status_code == 200
    assert button in Client().get(there).content.decode()


def test_who_has_no_script_learns_why_the_form_is_empty(town: Town) -> None:
    html = Client().get(path(town)).content.decode()
    said = re.search(r"<noscript><p[^>]*>([^<]+)</p></noscript>", html)
    assert said
    assert "JavaScript" in said[1]


def test_page_sets_no_cookie(town: Town) -> None:
    assert not Client().get(path(town)).cookies
    assert not post(town, step="look").cookies


def test_change_brings_the_form_back_filled_in(town: Town) -> None:
    html = post(town, step="change").content.decode()
    assert 'value="Selam"' in html
    assert 'role="alert"' not in html


# ── being asked afterwards ─────────────────────────────────────────────────────────────────────────────────────
def test_reminder_keeps_an_address_and_days_and_no_name(town: Town, editor: Any) -> None:
    post(town, "ti", step="send", token=token(town), nudge="1", nudge_email="mor@example.org")
    nudge = Nudge.objects.get()
    today = timezone.localdate()
    assert (nudge.email, nudge.lang, nudge.kind, nudge.listing_id) == ("mor@example.org", "ti", "activity", town.activity.pk)
    assert (nudge.first_on, nudge.second_on, nudge.erase_on) == (
        today + timedelta(days=8), today + timedelta(days=7, weeks=8), today + timedelta(weeks=10),
    )  # fmt: skip
    assert "Selam" not in json.dumps(Nudge.objects.values().get(), default=str)


def test_no_tick_no_reminder(town: Town, editor: Any) -> None:
    post(town, step="send", token=token(town), nudge_email="mor@example.org")
    assert not Nudge.objects.exists()


def test_tick_without_an_address_is_asked_again_on_the_same_page(town: Town, editor: Any) -> None:
    response = post(town, step="send", token=token(town), nudge="1")
    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_nudge_email"' in html
    assert not mail.outbox


def test_days_are_within_a_week_and_over_in_ten_weeks_whatever_is_said() -> None:
    today = timezone.localdate()
    far = nudge_days(today=today, first_visit=today + timedelta(days=400))
    past = nudge_days(today=today, first_visit=today - timedelta(days=400))
    assert far.first_on == today + timedelta(days=8)
    assert past.first_on == today + timedelta(days=1)
    for days in (far, past):
        assert days.erase_on == today + timedelta(weeks=10), "what is promised to who asks for it"
        assert days.second_on + timedelta(days=7) <= days.erase_on, "time to answer"


def test_visit_further_off_is_asked_about_again(town: Town, editor: Any) -> None:
    day = timezone.localdate() + timedelta(days=8)
    said = {"nudge": "1", "nudge_email": "mor@example.org", "first_visit": str(day)}
    assert post(town, step="send", token=token(town), **said).status_code == 422
    said["first_visit"] = str(day - timedelta(days=1))
    assert post(town, step="send", token=token(town), **said).status_code == 302


def test_sending_is_counted_without_anybody(town: Town, editor: Any) -> None:
    post(town, step="send", token=token(town))
    row = OutcomeSum.objects.get()
    assert (row.outcome, row.provider_kind, row.count, row.month.day) == (Outcome.HANDED_OVER, "association", 1, 1)


def test_other_town_cannot_be_reached_through_this_one(town: Town) -> None:
    from tests.factories.directory import ActivityFactory, make_municipality

    foreign = ActivityFactory(municipality=make_municipality("3907", "Sandefjord"), name_nb="Fremmed")
    assert isinstance(foreign, Activity)
    assert Client().get(f"/nb/shortlist/hand-over/?to=a{foreign.pk}").status_code == 404
