"""What is printed and mailed: the words of the day, the guide, the card to practise with, a course's list."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from cards.offers.actions import undo
from cards.offers.models import Offer, ProviderAgreement, Redemption
from cards.offers.tills import PRACTICE_CODE, is_practice
from cards.offers.words import word_of_the_day, words, words_of_the_week
from portal.till.mailing import send_words
from portal.till.queries import attendance
from tests.factories.cards import make_card, make_use
from tests.portal.till.conftest import Hall

OSLO = ZoneInfo("Europe/Oslo")
MONDAY = date(2026, 11, 23)


def test_the_list_has_two_thousand_short_words() -> None:
    known = words()
    assert (len(known), len(set(known))) == (2000, 2000)
    assert {len(word) for word in known} <= set(range(3, 9))
    assert all(word.isalpha() and word == word.lower() for word in known)


def test_a_word_is_one_agreements_and_one_days(hall: Hall) -> None:
    other = hall.film.agreement
    days = [MONDAY + timedelta(days=number) for number in range(60)]
    mine, theirs = ([word_of_the_day(one, day) for day in days] for one in (hall.agreement, other))
    assert mine == [word_of_the_day(ProviderAgreement.objects.get(pk=hall.agreement.pk), day) for day in days]
    assert sum(a == b for a, b in zip(mine, theirs, strict=True)) < 3
    assert len(set(mine)) > 55


def test_a_word_needs_the_key_file(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [MONDAY + timedelta(days=number) for number in range(10)]
    before = [word_of_the_day(hall.agreement, day) for day in days]
    monkeypatch.setattr("cards.offers.words.key_for", lambda purpose: b"another key" + purpose.encode())
    assert [word_of_the_day(hall.agreement, day) for day in days] != before


def test_the_sheet_has_monday_to_sunday_and_no_other_providers_words(hall: Hall) -> None:
    today = timezone.localdate()
    page = hall.client().get(hall.path("words/")).content.decode()
    week = words_of_the_week(hall.agreement, today)
    assert [day.weekday() for day, _word in week] == list(range(7))
    assert week[0][0] <= today <= week[6][0]
    assert all(f">{word}<" in page for _day, word in week)
    foreign = {word for _day, word in words_of_the_week(hall.film.agreement, today)} - {word for _day, word in week}
    assert not any(f">{word}<" in page for word in foreign)


@pytest.mark.parametrize(("weeks", "shown"), [(8, 8), (9, 0), (-1, 0)])
def test_sheets_go_some_weeks_ahead_and_not_back(hall: Hall, weeks: int, shown: int) -> None:
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    page = hall.client().get(hall.path("words/"), {"week": (monday + timedelta(weeks=weeks)).isoformat()})
    assert page.context["monday"] == monday + timedelta(weeks=shown)


@pytest.mark.parametrize("asked", ["", "x", "9999-12-31", "0001-01-01"])
def test_a_week_that_is_none_is_this_one(hall: Hall, asked: str) -> None:
    assert hall.client().get(hall.path("words/"), {"week": asked}).status_code == 200


def test_the_words_are_mailed_to_who_presses(hall: Hall) -> None:
    hall.client().post(hall.path("words/"), {"deed": "mail"})
    (letter,) = mail.outbox
    assert letter.to == [hall.cashier.email]
    assert all(word in letter.body for _day, word in words_of_the_week(hall.agreement, timezone.localdate()))


def test_every_friday_the_next_weeks_words_go_to_the_counter_once(hall: Hall) -> None:
    hall.client().post(hall.path("words/"), {"address": "skranken@example.org"})
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    thursday = datetime.combine(monday + timedelta(days=3), time(12), OSLO)
    sent = [send_words(thursday + timedelta(days=number, hours=hour)) for number in range(5) for hour in (0, 2)]
    assert sent == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert send_words(thursday + timedelta(days=8)) == 1
    assert [letter.to for letter in mail.outbox] == [["skranken@example.org"]] * 2
    assert all(word in mail.outbox[0].body for _day, word in words_of_the_week(hall.agreement, monday + timedelta(weeks=1)))
    hall.client().post(hall.path("words/"), {"address": ""})
    assert send_words(thursday + timedelta(days=15)) == 0


def test_the_guide_is_norwegian_and_what_the_provider_speaks(hall: Hall) -> None:
    page = hall.client().get(hall.path("guide/"))
    assert page.context["guides"] == ["nb", "ar"]
    assert 'lang="ar" dir="rtl"' in page.content.decode()
    assert hall.client().get(hall.path("guide/"), {"and": "none"}).context["guides"] == ["nb"]
    assert hall.client().get(hall.path("guide/"), {"and": "uk"}).context["guides"] == ["nb", "uk"]


def test_the_picture_on_the_practice_card_is_read_as_practice(hall: Hall) -> None:
    page = hall.client().get(hall.path("practice/"))
    assert PRACTICE_CODE[:4] in page.content.decode()
    assert is_practice(PRACTICE_CODE.lower())
    assert not is_practice(hall.code)


def test_a_list_counts_who_came_and_names_nobody(hall: Hall) -> None:
    tenth = (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=10)
    at = datetime.combine(tenth, time(17), OSLO)
    Offer.objects.filter(pk=hall.swim.pk).update(has_attendance=True)
    for number in range(3):
        card, _code = make_card(hall.card.batch.card_type)
        use = make_use(card, hall.swim, at=at, device=hall.device, people=2 if number else 1)
    undo(key="undo-attendance", redemption=Redemption.objects.get(mark=use.mark), by_device=hall.device, at=at)
    make_use(hall.card, hall.swim, at=at + timedelta(days=35), device=hall.device)
    found = attendance(hall.swim, tenth.replace(day=5))
    assert found.totals == [(tenth, 3)]
    assert [place for place, (came,) in found.rows if came] == [1, 2, 3]
    later = tenth + timedelta(days=35)
    page = hall.client().get(hall.path(f"attendance/{hall.swim.pk}/"), {"month": f"{later:%Y-%m}"})
    assert page.context["list"].totals == [(later, 1)]
    assert hall.card.public_id not in page.content.decode()


def test_a_list_is_of_the_own_courses_only(hall: Hall) -> None:
    Offer.objects.update(has_attendance=True)
    client = hall.client()
    assert client.get(hall.path(f"attendance/{hall.swim.pk}/")).status_code == 200
    assert client.get(hall.path(f"attendance/{hall.film.pk}/")).status_code == 404
    Offer.objects.update(has_attendance=False)
    assert client.get(hall.path(f"attendance/{hall.swim.pk}/")).status_code == 404


def test_the_desk_leads_to_the_tills(hall: Hall) -> None:
    page = hall.client().get("/nb/desk/").content.decode()
    assert hall.path() in page
    assert f"/p/{hall.cinema.slug}/" not in page
