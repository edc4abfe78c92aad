"""A question from a page: passed on once, to whoever keeps the page, without anybody's address being shown, and forgotten."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.freshness.models import UndeliverableAddress
from directory.providers.models import Membership
from directory.reports import tokens
from directory.reports.models import FormUse
from portal.contact.actions import relay
from portal.contact.enquiries import rules
from portal.contact.enquiries.actions import (
    erase_enquiries,
    look_after_enquiries,
    mark_answered,
    release,
    send_enquiry,
    throw_away,
    write_to_provider,
)
from portal.contact.enquiries.models import KEPT, Enquiry
from portal.contact.enquiries.queries import Figures, enquiries_of
from portal.contact.enquiries.receivers import receivers_of
from portal.kit.refusals import Refused
from tests.portal.contact.conftest import SECRET, People

WORDS = {"text": "Har dere plass til en gutt på åtte?", "name": "Marte", "answer_by": "mail", "email": "marte@example.org"}


def address(people: People, kind: str = "activities") -> str:
    row = people.activity if kind == "activities" else people.chess
    return f"/nb/{kind}/{row.slug}/write/"


def token_from(path: str, age: float = 60) -> str:
    """The token of a page as somebody has it who took a minute to write."""
    found = re.search(r'name="token" value="([^"]+)"', Client().get(path).content.decode())[1]  # type: ignore[index]
    opened = time.time() - age
    with mock.patch("django.core.signing.time.time", return_value=opened):
        return tokens.new_token("enquiry", found.split("|")[0])


def send(path: str, **said: Any) -> Any:
    headers = said.pop("headers", {"origin": "http://testserver"})
    data = {**WORDS, "token": said.pop("token", None) or token_from(path), **said}
    return Client(enforce_csrf_checks=True).post(path, data, headers=headers)


def test_question_reaches_who_keeps_the_page_and_shows_no_address(people: People) -> None:
    path = address(people)
    page = Client().get(path).content.decode()
    response = send(path)
    assert (response.status_code, response["Location"]) == (302, f"{path}?sent=1")
    assert not response.cookies
    (letter,) = mail.outbox
    assert letter.to == ["kari@example.org"]
    assert letter.reply_to == ["marte@example.org"]
    assert WORDS["text"] in letter.body
    assert "Lyn" in letter.subject
    enquiry = Enquiry.objects.get()
    assert (enquiry.provider, enquiry.kind, enquiry.state, enquiry.suspicions) == (people.chess, "activity", "open", [])
    assert enquiry.relayed_at is not None
    thanks = Client().get(response["Location"]).content.decode()
    for body in (page, thanks):
        assert SECRET not in body
        assert "kari@example.org" not in body


def test_letter_is_in_the_receivers_language_and_marks_the_askers(people: People) -> None:
    people.kari.lang = "ar"
    people.kari.save()
    send(address(people))
    (letter,) = mail.outbox
    html = letter.alternatives[0][0]
    assert 'lang="ar"' in html
    assert 'lang="nb"' in html
    assert f"/ar/desk/enquiries/{Enquiry.objects.get().pk}/" in letter.body


def test_each_receiver_gets_a_letter_of_their_own(people: People) -> None:
    Membership.objects.create(user=people.ola, provider=people.chess, role="editor")
    Membership.objects.create(user=people.stranger, provider=people.chess, role="treasurer")
    send(address(people))
    assert sorted(letter.to for letter in mail.outbox) == [["kari@example.org"], ["ola@example.org"]]


def test_who_gets_it_when_nobody_keeps_the_page(people: People) -> None:
    def tags(provider: Any) -> list[str]:
        return [
            f"{one.tag.split(':')[0]} {one.email}" for one in receivers_of(Enquiry(municipality=people.town, provider=provider))
        ]

    assert tags(people.quiet) == [f"provider {SECRET}"]
    assert tags(people.choir) == ["user ola@example.org"]
    people.ola.is_active = False
    people.ola.save()
    assert tags(people.choir) == ["office kontoret@example.org"]
    UndeliverableAddress.objects.create(email=SECRET, since=timezone.now(), last_at=timezone.now())
    assert tags(people.quiet) == ["office kontoret@example.org"]
    people.town.contact_email = ""
    people.town.save()
    assert tags(people.quiet) == []
    # … and then there is no form that leads nowhere, nor a link to one.
    people.ola.is_active = True
    people.ola.save()
    assert Client().get(f"/nb/providers/{people.choir.slug}/write/").status_code == 200
    Membership.objects.all().delete()
    assert Client().get(f"/nb/providers/{people.choir.slug}/write/").status_code == 404
    assert "/write/" not in Client().get(f"/nb/providers/{people.choir.slug}/").content.decode()


def test_every_kind_of_page_leads_to_the_form(people: People) -> None:
    for path in (f"/nb/activities/{people.activity.slug}/", f"/nb/providers/{people.quiet.slug}/"):
        assert f'href="{path}write/"' in Client().get(path).content.decode()
    kiosk = Client().get(f"/nb/activities/{people.activity.slug}/?kiosk=1").content.decode()
    assert "/write/" not in kiosk


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": " "}, "text"),
        ({"email": ""}, "email"),
        ({"email": "ingen adresse"}, "email"),
        ({"email": "a@example.org\nBcc: b@example.org"}, "email"),
        ({"answer_by": "phone", "phone": ""}, "phone"),
        ({"answer_by": "phone", "phone": "ring meg"}, "phone"),
        ({"answer_by": "post"}, "answer_by"),
    ],
)
def test_what_is_missing_is_said(people: People, said: dict[str, str], field: str) -> None:
    response = send(address(people), **said)
    assert response.status_code == 422
    assert f'href="#id_{field}' in response.content.decode()
    assert not Enquiry.objects.exists()


def test_only_the_way_that_was_chosen_is_kept(people: People) -> None:
    send(address(people), answer_by="phone", phone="00 00 00 77", email="ikke en adresse")
    enquiry = Enquiry.objects.get()
    assert (enquiry.email, enquiry.phone) == ("", "00 00 00 77")
    assert mail.outbox[0].reply_to == []
    assert "00 00 00 77" in mail.outbox[0].body


def test_no_header_can_begin_another(people: People) -> None:
    people.activity.name_nb = "Lyn\nBcc: alle@example.org"
    people.activity.save()
    send(address(people), name="Marte\r\nBcc: alle@example.org", text="Hei\nBcc: alle@example.org")
    message = mail.outbox[0].message()
    assert "Bcc" not in message
    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].recipients() == ["kari@example.org"]


@pytest.mark.parametrize("token", ["", "nonsense", "activity:1|abc:def:ghi"])
def test_made_up_token_is_not_taken(people: People, token: str) -> None:
    response = send(address(people), token=token or " ")
    assert response.status_code == 422
    assert WORDS["text"] in response.content.decode()  # nothing one wrote is lost
    assert not Enquiry.objects.exists()


def test_token_is_of_one_listing_one_form_and_one_sending(people: People) -> None:
    path = address(people)
    for foreign in (token_from(address(people, "providers")), tokens.new_token("report", f"activity:{people.activity.pk}")):
        assert send(path, token=foreign).status_code == 422
    token = token_from(path)
    assert send(path, token=token).status_code == 302
    assert send(path, token=token, text="Noe annet").status_code == 422
    assert Enquiry.objects.count() == 1


def test_foreign_origin_is_not_taken(people: People) -> None:
    for said in ("https://evil.example", "null"):
        assert send(address(people), headers={"origin": said}).status_code == 422
    assert not Enquiry.objects.exists()


def test_what_a_program_filled_in_is_thrown_away_silently(people: People) -> None:
    assert send(address(people), more="buy").status_code == 302
    assert not Enquiry.objects.exists()


def test_the_same_twice_is_one(people: People) -> None:
    for _n in range(2):
        assert send(address(people)).status_code == 302
    assert (Enquiry.objects.count(), len(mail.outbox)) == (1, 1)


def test_national_identity_number_is_refused_with_a_sentence(people: People) -> None:
    response = send(address(people), text="Gutten er 010118 12345")
    assert response.status_code == 422
    assert not Enquiry.objects.exists()


# ── what is held back ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "name", "seconds", "same", "hour", "why"),
    [
        ("Har dere plass?", "Marte", 60, 0, 0, []),
        ("Jeg så dere på https://example.org/sjakk og lurer på om det er plass til to barn.", "", 60, 0, 0, []),
        ("Svar meg på marte@example.org", "", 60, 0, 0, []),
        ("Ring 00 00 00 11, jeg er på jobb til fire.", "", 60, 3, 19, []),
        ("هل يوجد وقت مخصص للنساء؟", "أمل", 30, 0, 0, []),
        ("Har dere plass?", "Marte", 1, 0, 0, ["fast"]),
        ("https://example.org", "", 60, 0, 0, ["links"]),
        ("see https://a.example https://b.example https://c.example for all the details about it", "", 60, 0, 0, ["links"]),
        ("Hei", "www.example.com", 60, 0, 0, ["links"]),
        ("Hei [url=x]her[/url], kom og se på dette fine tilbudet", "", 60, 0, 0, ["markup"]),
        ("Har dere plass?", "", 60, 4, 0, ["repeated"]),
        ("We sell backlinks and SEO for clubs like yours", "", 60, 0, 0, ["selling"]),
        ("Har dere plass?", "", 60, 0, 20, ["many"]),
        ("Har dere plass?", "", None, 0, 0, []),
    ],
)
def test_suspicions(text: str, name: str, seconds: float | None, same: int, hour: int, why: list[str]) -> None:
    assert rules.suspicions(text=text, name=name, seconds=seconds, same=same, this_hour=hour) == why


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("01011812345", True), ("010118 12345", True), ("fnr 410118-12345.", True), ("kl. 18, 00 00 00 11", False),
        ("+47 00 00 00 11", False), ("12345678", False), ("990118 12345", False), ("konto 1234 56 78903", False),
    ],
)  # fmt: skip
def test_national_identity_numbers_are_known(text: str, is_number: bool) -> None:
    assert rules.holds_personal_number(text) is is_number


def test_suspicious_one_waits_and_can_be_passed_on(people: People) -> None:
    path = address(people)
    assert send(path, text="https://example.org/x").status_code == 302
    enquiry = Enquiry.objects.get()
    assert (enquiry.state, enquiry.suspicions, mail.outbox) == ("held", ["links"], [])
    now = timezone.now()
    assert release(enquiry=enquiry, by=people.coordinator, at=now) is True
    assert release(enquiry=enquiry, by=people.coordinator, at=now) is False
    assert [letter.to for letter in mail.outbox] == [["kari@example.org"]]


def test_thrown_away_loses_its_words_at_once(people: People) -> None:
    send(address(people), text="https://example.org/x")
    enquiry = Enquiry.objects.get()
    assert throw_away(enquiry=enquiry, by=people.coordinator, at=timezone.now()) is True
    enquiry.refresh_from_db()
    assert (enquiry.state, enquiry.text, enquiry.email, enquiry.name) == ("thrown", "", "", "")
    assert release(enquiry=enquiry, by=people.coordinator, at=timezone.now()) is False
    assert mail.outbox == []


def test_sent_in_no_time_is_held_back(people: People) -> None:
    path = address(people)
    send(path, token=token_from(path, age=0))
    assert Enquiry.objects.get().suspicions == ["fast"]


def test_office_hears_of_what_waits_once_in_twelve_hours(people: People) -> None:
    at = timezone.now()
    send(address(people), text="https://example.org/x")
    for hours in (0, 1, 2):
        look_after_enquiries(at + timedelta(hours=hours))
    assert [letter.to for letter in mail.outbox] == [["kontoret@example.org"]]
    assert "https://example.org/x" not in mail.outbox[0].body
    send(address(people), text="https://example.org/y", email="andre@example.org")
    look_after_enquiries(at + timedelta(hours=3))
    assert len(mail.outbox) == 1
    look_after_enquiries(at + timedelta(hours=13))
    assert len(mail.outbox) == 2


@pytest.mark.second_at_night
def test_a_flood_of_posts_is_limited(people: People, rf: Any, thorough: bool) -> None:
    """From one network ten an hour; from everywhere at once what a town can want, and most of that is held back."""
    at = timezone.now()
    taken = 0
    for n in range(10_000 if thorough else 700):
        request = rf.post("/", REMOTE_ADDR=f"81.0.{n % 250}.{n // 250 + 1}")
        try:
            send_enquiry(
                listing=people.activity,
                text=f"Spørsmål {n}",
                name="",
                answer_by="mail",
                email="marte@example.org",
                phone="",
                lang="nb",
                seconds=60,
                request=request,
                token=f"token {n}",
                at=at,
            )
            taken += 1
        except Refused:
            continue
    assert taken == rules.MOST_OF_TOWN
    assert len(mail.outbox) == rules.MOST_AN_HOUR
    assert Enquiry.objects.held().count() == rules.MOST_OF_TOWN - rules.MOST_AN_HOUR
    assert "81.0." not in "".join(FormUse.objects.values_list("key", flat=True))


def hand_over(listing: Any, n: int, at: Any) -> Enquiry:
    return relay(listing=listing, text="Noen vil gjerne begynne", answer_to=f"900{n:05d}", lang="nb", at=at, name="Ivan")


def test_hand_overs_and_questions_count_together_for_one_receiver(people: People) -> None:
    at = timezone.now()
    for n in range(5):
        send(address(people), text=f"Spørsmål nummer {n}")
    for n in range(rules.MOST_AN_HOUR - 5 + 3):
        hand_over(people.activity, n, at)

    held = Enquiry.objects.held()
    assert [(row.channel, row.suspicions) for row in held] == [("handover", [rules.Suspicion.MANY])] * 3
    assert len(mail.outbox) == rules.MOST_AN_HOUR
    assert hand_over(people.chess, 1, at).state == "open", "another page has its own measure"
    assert hand_over(people.activity, 99, at + timedelta(hours=1, minutes=1)).state == "open", "an hour later it is free"
    assert release(enquiry=held[0], by=None, at=at), "nothing is lost"


def test_hand_overs_and_questions_count_together_for_the_town(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.contact.enquiries.actions.MOST_OF_TOWN", 2)
    at = timezone.now()
    send(address(people))
    hand_over(people.chess, 1, at)

    with pytest.raises(Refused) as refused:
        hand_over(people.chess, 2, at)
    assert refused.value.reason == rules.EnquiryRefusal.FULL
    assert send(address(people), text="Et spørsmål til").status_code == 422
    assert Enquiry.objects.count() == 2


def test_what_members_write_is_not_held_back_for_its_number(people: People) -> None:
    at = timezone.now()
    for n in range(rules.MOST_AN_HOUR):
        hand_over(people.chess, n, at)

    message = write_to_provider(provider=people.chess, by=people.ola, by_provider=people.choir, text="Hei", lang="nb", at=at)

    assert message.state == "open"


def test_flood_from_one_network_is_stopped(people: People) -> None:
    path = address(people)
    answers = [send(path, text=f"Spørsmål {n}").status_code for n in range(tokens.MOST_AN_HOUR + 3)]
    assert answers == [302] * tokens.MOST_AN_HOUR + [422] * 3


# ── delivery ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_could_not_be_delivered_for_a_day_is_told_once_and_tried_again(people: People) -> None:
    at = timezone.now()
    enquiry = Enquiry.objects.create(
        municipality=people.town,
        provider=people.chess,
        kind="provider",
        listing_id=people.chess.pk,
        listing_name="Sjakklubben",
        text="Hei",
        email="marte@example.org",
        lang="nb",
        created_at=at - timedelta(hours=25),
    )
    assert look_after_enquiries(at) == 1
    assert look_after_enquiries(at) == 0
    assert sorted(letter.to[0] for letter in mail.outbox) == ["kari@example.org", "kontoret@example.org"]
    enquiry.refresh_from_db()
    assert enquiry.failed_at == at


def test_a_letter_that_comes_back_goes_to_the_next(people: People) -> None:
    send(address(people))
    mail.outbox.clear()
    at = timezone.now()
    UndeliverableAddress.objects.create(email="kari@example.org", since=at, last_at=at + timedelta(seconds=1))
    assert look_after_enquiries(at + timedelta(minutes=1)) == 1
    to_provider = [letter for letter in mail.outbox if letter.to == [SECRET]]
    assert len(to_provider) == 1
    assert ["kontoret@example.org"] in [letter.to for letter in mail.outbox]
    assert look_after_enquiries(at + timedelta(minutes=2)) == 0


# ── forgetting ────────────────────────────────────────────────────────────────────────────────────────────────
def test_after_ninety_days_only_the_count_is_left(people: People) -> None:
    send(address(people), name="Marte Hemmelig")
    send(address(people), text="Et nytt spørsmål")
    at = timezone.now()
    old, young = Enquiry.objects.order_by("pk")
    Enquiry.objects.filter(pk=old.pk).update(created_at=at - KEPT - timedelta(minutes=1))
    Enquiry.objects.filter(pk=young.pk).update(created_at=at - KEPT + timedelta(minutes=1))
    assert erase_enquiries(at) == 1
    assert erase_enquiries(at) == 0
    old.refresh_from_db()
    young.refresh_from_db()
    kept = str(Enquiry.objects.filter(pk=old.pk).values())
    for word in (WORDS["text"], "Marte", "marte@example.org"):
        assert word not in kept
    assert young.text == "Et nytt spørsmål"
    assert enquiries_of(people.chess) == Figures(received=2, answered=0, waiting=1)


def test_figures_count_what_was_passed_on(people: People) -> None:
    for text in ("En", "To", "https://example.org/x"):
        send(address(people), text=text)
    mark_answered(enquiry=Enquiry.objects.get(text="En"), done=True, at=timezone.now())
    assert enquiries_of(people.chess) == Figures(received=2, answered=1, waiting=1)
    today = timezone.localdate()
    assert enquiries_of(people.chess, today, today) == Figures(received=2, answered=1, waiting=1)
    assert enquiries_of(people.chess, today - timedelta(days=9), today - timedelta(days=1)) == Figures(0, 0, 0)
    page = people.client(people.kari).get(f"/nb/desk/p/{people.chess.slug}/figures/")
    assert page.status_code == 200


def test_nothing_of_it_stands_in_the_queue(people: People, settings: Any) -> None:
    from django_tasks_db.models import DBTaskResult

    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
    relay(listing=people.activity, text="Vi kommer på tirsdag", answer_to="mor@example.org", lang="nb", at=timezone.now())
    rows = str(list(DBTaskResult.objects.values("args_kwargs", "task_path")))
    assert "pass_on" in rows
    assert "mor@example.org" not in rows
    assert "tirsdag" not in rows


def test_longer_address_than_is_kept_is_said(people: People) -> None:
    long = "a@" + ".".join(["b" * 60] * 4) + ".example.org"
    assert len(long) > 254
    answer = send(address(people), email=long)
    assert answer.status_code == 422
    assert 'id="email-' in (page := answer.content.decode()) or 'aria-invalid="true"' in page
    assert not Enquiry.objects.exists()


def test_another_room_can_pass_a_line_on(people: People) -> None:
    at = timezone.now()
    relay(listing=people.activity, text="Vi kommer på tirsdag", answer_to="00 00 00 42", lang="uk", at=at, name="Ivan")
    enquiry = Enquiry.objects.get()
    assert (enquiry.channel, enquiry.phone, enquiry.email, enquiry.state) == ("handover", "00 00 00 42", "", "open")
    assert mail.outbox[0].to == ["kari@example.org"]


def test_committee_of_a_part_of_town_is_written_to(people: People) -> None:
    path = "/nb/districts/stavern/write/"
    assert Client().get(path).status_code == 200  # says that there is none
    people.quiet.committee_of = people.town.districts.get(slug="stavern")
    people.quiet.save()
    assert Client().get(path)["Location"] == f"/nb/providers/{people.quiet.slug}/write/"
    assert path in Client().get("/nb/districts/stavern/").content.decode()
    assert Client().get("/nb/districts/nowhere/write/").status_code == 404
