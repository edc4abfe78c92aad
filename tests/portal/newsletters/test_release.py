"""Releasing: once, whoever presses, with one message for each address and one finished letter for each language."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from directory.municipalities.models import Municipality, TenantLogEntry
from portal.accounts.models import User
from portal.kit.refusals import Refused
from portal.newsletters import actions
from portal.newsletters.models import Delivery, Edition, Newsletter
from portal.newsletters.rules import WhyNotLetter, allowed_domains, may_move, why_not_address
from portal.newsletters.states import MOVES, RELEASED, DeliveryState, LetterState
from tests.factories.directory import ProviderFactory, default_municipality, make_staff
from tests.factories.newsletters import blocks, make_letter, make_sender, with_newsletters

NOW = timezone.now()


@pytest.fixture
def staff(larvik: Municipality) -> User:
    return make_staff(larvik)


@pytest.fixture
def three(larvik: Municipality) -> None:
    for n in range(3):
        ProviderFactory(municipality=larvik, email=f"p{n}@example.org")


def test_a_release_makes_one_message_for_each_address(larvik: Municipality, staff: User, three: None, quiet: None) -> None:
    letter = make_letter(larvik)

    count = actions.release(newsletter=letter, by=staff, at=NOW)

    letter.refresh_from_db()
    assert (count, letter.state, letter.released_by) == (3, LetterState.SENDING, staff)
    rows = list(Delivery.objects.filter(newsletter=letter).values_list("receiver__email", "state", "lang").order_by("pk"))
    assert rows == [(f"p{n}@example.org", DeliveryState.WAITING, "nb") for n in range(3)]
    assert list(Edition.objects.values_list("lang", "subject")) == [
        ("nb", "Nytt fra kulturen"),
        ("ar", "أخبار الثقافة"),  # for its page: nobody reads Arabic here yet
    ]
    assert TenantLogEntry.objects.filter(action="newsletter.release", user=staff, municipality=larvik).count() == 1


def test_a_second_press_is_refused_and_makes_nothing(larvik: Municipality, staff: User, three: None, quiet: None) -> None:
    letter = make_letter(larvik)
    actions.release(newsletter=letter, by=staff, at=NOW)

    with pytest.raises(Refused) as refused:
        actions.release(newsletter=letter, by=staff, at=NOW)

    assert refused.value.reason == WhyNotLetter.STATE
    assert Delivery.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one in at a time anyway")
def test_of_two_who_press_at_once_one_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.newsletters.tasks.start_sending", lambda pk: None)
    larvik = with_newsletters(default_municipality())
    for n in range(3):
        ProviderFactory(municipality=larvik, email=f"p{n}@example.org")
    letter = make_letter(larvik)
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def press() -> None:
        together.wait()
        try:
            outcomes.append(str(actions.release(newsletter=letter, by=None, at=NOW)))
        except Refused as refused:
            outcomes.append(refused.reason.value)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["3", "state"]
    assert Delivery.objects.count() == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"subject_nb": "", "subject_ar": ""}, WhyNotLetter.NO_SUBJECT),
        ({"body_nb": None, "body_ar": None}, WhyNotLetter.NO_TEXT),
        ({"kinds": ["faith"]}, WhyNotLetter.NOBODY),
    ],
)
def test_what_is_not_ready_does_not_go(
    larvik: Municipality, staff: User, three: None, change: dict[str, Any], reason: WhyNotLetter
) -> None:
    letter = make_letter(larvik, **change)

    with pytest.raises(Refused) as refused:
        actions.release(newsletter=letter, by=staff, at=NOW)

    assert refused.value.reason == reason
    assert not Delivery.objects.exists()
    assert Newsletter.objects.get().state == LetterState.DRAFT


def test_newsletters_that_are_switched_off_do_not_go(larvik: Municipality, staff: User, three: None) -> None:
    letter = make_letter(larvik)
    larvik.features = []
    larvik.save()

    with pytest.raises(Refused) as refused:
        actions.release(newsletter=letter, by=staff, at=NOW)

    assert refused.value.reason == WhyNotLetter.OFF


def test_a_sender_outside_the_allowed_domains_does_not_send(
    larvik: Municipality, staff: User, three: None, settings: Any
) -> None:
    letter = make_letter(larvik, sender=make_sender(larvik, "Fremmed", address="ordforer@oslo.example"))

    with pytest.raises(Refused) as refused:
        actions.release(newsletter=letter, by=staff, at=NOW)

    assert refused.value.reason == WhyNotLetter.ADDRESS


def test_domains_may_belong_to_one_municipality() -> None:
    setting = ["felles.example", "3909:larvik.example", "3907:sandefjord.example"]

    assert allowed_domains("3909", setting) == {"felles.example", "larvik.example"}
    assert allowed_domains("9999", setting) == {"felles.example"}
    assert why_not_address("3909", "") is None


def test_a_scheduled_letter_goes_by_the_clock_and_to_whom_it_is_for_then(
    larvik: Municipality, staff: User, three: None, quiet: None
) -> None:
    letter = make_letter(larvik)
    actions.schedule(newsletter=letter, when=NOW + timedelta(hours=2), by=staff, at=NOW)
    ProviderFactory(municipality=larvik, email="later@example.org")

    assert actions.release_what_is_due(NOW + timedelta(hours=1)) == 0
    assert actions.release_what_is_due(NOW + timedelta(hours=3)) == 1
    assert actions.release_what_is_due(NOW + timedelta(hours=3)) == 0

    letter.refresh_from_db()
    assert (letter.state, letter.released_by) == (LetterState.SENDING, staff)
    assert Delivery.objects.filter(newsletter=letter).count() == 4


def test_a_scheduled_letter_that_cannot_go_becomes_a_draft_and_the_log_says_why(
    larvik: Municipality, staff: User, three: None
) -> None:
    letter = make_letter(larvik)
    actions.schedule(newsletter=letter, when=NOW + timedelta(hours=2), by=staff, at=NOW)
    Newsletter.objects.filter(pk=letter.pk).update(kinds=["faith"])

    actions.release_what_is_due(NOW + timedelta(hours=3))

    letter.refresh_from_db()
    assert letter.state == LetterState.DRAFT
    assert TenantLogEntry.objects.get(action="newsletter.not_released").data["why"]


def test_schedule_wants_a_time_that_comes(larvik: Municipality, staff: User, three: None) -> None:
    letter = make_letter(larvik)

    with pytest.raises(Refused) as refused:
        actions.schedule(newsletter=letter, when=NOW - timedelta(minutes=1), by=staff, at=NOW)

    assert refused.value.reason == WhyNotLetter.PAST


def test_every_move_is_in_the_table() -> None:
    assert set(MOVES) == set(LetterState)
    assert not any(may_move(state, LetterState.DRAFT) for state in RELEASED)
    assert not MOVES[LetterState.CANCELLED]


def test_a_test_letter_goes_to_whoever_asks_and_can_stop_nobody(larvik: Municipality, staff: User, three: None) -> None:
    letter = make_letter(larvik)

    actions.send_test(newsletter=letter, by=staff, langs=["nb", "ar"])

    assert [message.to for message in mail.outbox] == [[staff.email], [staff.email]]
    assert "Nytt fra kulturen" in mail.outbox[0].subject
    assert "أخبار الثقافة" in mail.outbox[1].subject
    assert Newsletter.objects.get().state == LetterState.DRAFT
    assert not Delivery.objects.exists()


def test_a_reader_without_a_translation_gets_the_next_best_and_is_told(larvik: Municipality, staff: User, quiet: None) -> None:
    provider = ProviderFactory(municipality=larvik, email="post@example.org")
    for lang in ("uk", "ar"):
        user = User.objects.create_user(f"{lang}@example.org", lang=lang)
        provider.memberships.create(user=user, role="editor")
    letter = make_letter(larvik, body_ar=blocks(("heading", "عنوان"), ("text", "<p>نص</p>")))

    actions.release(newsletter=letter, by=staff, at=NOW)

    found = {row.lang: row for row in letter.editions.all()}
    assert {lang: row.text_lang for lang, row in found.items()} == {"nb": "nb", "uk": "nb", "ar": "ar"}
    assert '<html lang="ar" dir="rtl">' in found["ar"].html
    assert '<html lang="nb" dir="ltr">' in found["uk"].html
    assert 'lang="uk"' in found["uk"].html  # the foot, and the line that says so
    assert "Hei alle sammen" in found["uk"].text
    assert found["ar"].subject == "أخبار الثقافة"


# ── its page ────────────────────────────────────────────────────────────────────────────────────────────────


def page_of(letter: Newsletter, lang: str = "nb") -> Any:
    return Client().get(f"/{lang}/newsletters/{letter.slug}/")


def test_the_page_shows_what_went_out(larvik: Municipality, quiet: None) -> None:
    provider = ProviderFactory(municipality=larvik, email="p0@example.org", name_nb="Koret")
    chosen = {"heading": "Valgt", "activities": [], "providers": [provider.pk], "places": []}
    action = {"text": "Les", "label": "Trykk", "page": None, "address": "/find/?free=1"}
    body = blocks(("heading", "Sommer"), ("text", "<p>Hei <b>alle</b>!</p>"), ("action", action), ("chosen", chosen))
    letter = make_letter(larvik, in_archive=True, body_nb=body)
    before = page_of(letter)
    assert before.status_code == 404
    actions.release(newsletter=letter, by=None, at=NOW)
    Newsletter.objects.filter(pk=letter.pk).update(state=LetterState.SENT)

    provider.name_nb = "Helt annet navn"
    provider.save()

    page = page_of(letter).content.decode()
    for words in ("Sommer", "Hei <b>alle</b>!", "Trykk", "Koret", 'href="/nb/find/?free=1"'):
        assert words in page, words
    assert "Helt annet navn" not in page
    arabic = page_of(letter, "ar").content.decode()
    assert "مرحبا" in arabic
    english = page_of(letter, "en").content.decode()  # nobody got it in English: the next best, leading to English pages
    assert "Koret" in english
    assert 'href="/en/find/?free=1"' in english


def test_a_letter_of_before_its_parts_were_kept_is_shown_all_the_same(larvik: Municipality) -> None:
    letter = make_letter(larvik, in_archive=True)
    Newsletter.objects.filter(pk=letter.pk).update(state=LetterState.SENT, released_at=NOW)
    Edition.objects.create(newsletter=letter, lang="nb", text_lang="nb", subject="Hei", text="Hei", html="<p>Hei</p>")

    assert "Hei alle sammen!" in page_of(letter).content.decode()


def test_who_got_a_cancelled_letter_can_read_it(larvik: Municipality, three: None, quiet: None) -> None:
    letter = make_letter(larvik, in_archive=True)
    actions.release(newsletter=letter, by=None, at=NOW)
    actions.cancel(newsletter=letter, by=None, at=NOW)
    assert page_of(letter).status_code == 404  # nobody got it

    first = letter.deliveries.order_by("pk").first()
    Delivery.objects.filter(pk=first.pk if first else 0).update(state=DeliveryState.SENT)

    assert page_of(letter).status_code == 200
    assert letter.slug not in Client().get("/nb/newsletters/").content.decode()  # it is on no list
    Newsletter.objects.filter(pk=letter.pk).update(in_archive=False)
    assert page_of(letter).status_code == 404
