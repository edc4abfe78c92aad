"""Asking how it went: when, once, in the family's language; answers counted without a link to anybody, then forgotten."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.municipalities.models import Municipality
from portal.frontline import outcomes
from portal.frontline.actions import send_nudges
from portal.frontline.emails import read_token, token_for
from portal.frontline.models import Nudge, Outcome, OutcomeSum
from portal.frontline.outcomes import Step, count, figures
from portal.timetable import JOBS
from tests.factories.directory import make_municipality, make_staff
from tests.pages.town import Town

pytestmark = pytest.mark.django_db


def moment(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 9))


@pytest.fixture
def nudge(town: Town) -> Nudge:
    today = timezone.localdate()
    return Nudge.objects.create(
        municipality=town.municipality,
        kind="activity",
        listing_id=town.activity.pk,
        email="mor@example.org",
        lang="ti",
        first_on=today + timedelta(days=3),
        second_on=today + timedelta(days=58),
        erase_on=today + timedelta(days=70),
    )


def link(letter: Any) -> str:
    return re.search(r"https?://[^/\s]+(/\S*how-it-went/\S+/)", letter.body)[1]  # type: ignore[index]


def test_the_clock_runs_it() -> None:
    assert send_nudges in [job for _interval, job in JOBS]


def test_two_letters_each_once_and_then_nothing_is_left(nudge: Nudge) -> None:
    days = {}
    for n in range(80):
        day = timezone.localdate() + timedelta(days=n)
        for _worker in range(2):
            if sent := send_nudges(moment(day)):
                days[n] = days.get(n, 0) + sent
    assert days == {3: 1, 58: 1}
    assert [letter.to for letter in mail.outbox] == [["mor@example.org"]] * 2
    assert not Nudge.objects.exists()


def test_letter_is_in_the_familys_language_and_names_nobody(nudge: Nudge) -> None:
    send_nudges(moment(nudge.first_on))
    (letter,) = mail.outbox
    assert link(letter).startswith("/ti/shortlist/how-it-went/")
    assert letter.extra_headers["Content-Language"] == "ti"
    assert "mor@example.org" not in letter.body
    assert "mor" not in link(letter)


def test_opening_the_link_answers_nothing(nudge: Nudge) -> None:
    path = f"/ti/shortlist/how-it-went/{token_for(nudge, 1)}/"
    assert Client().get(path).status_code == 200
    nudge.refresh_from_db()
    assert nudge.first_answered_at is None
    assert not OutcomeSum.objects.exists()


def answer(nudge: Nudge, step: int, said: str) -> Any:
    return Client(enforce_csrf_checks=True).post(f"/ti/shortlist/how-it-went/{token_for(nudge, step)}/", {"answer": said})


def test_yes_and_still_going_are_counted_once_each_and_the_address_is_erased(nudge: Nudge) -> None:
    assert answer(nudge, 1, "started").status_code == 302
    assert answer(nudge, 1, "not-price").status_code == 410  # a second press does nothing
    assert Nudge.objects.filter(pk=nudge.pk).exists()
    assert answer(nudge, 2, "still").status_code == 302
    assert not Nudge.objects.exists()
    assert answer(nudge, 2, "still").status_code == 410
    assert dict(OutcomeSum.objects.values_list("outcome", "count")) == {"started": 1, "still": 1}


def test_a_no_ends_it_and_erases_the_address(nudge: Nudge) -> None:
    answer(nudge, 1, "not-full")
    assert not Nudge.objects.exists()
    assert dict(OutcomeSum.objects.values_list("outcome", "count")) == {"not-full": 1}


def test_not_yet_is_asked_again(nudge: Nudge) -> None:
    answer(nudge, 1, "not-yet")
    assert Nudge.objects.exists()


def test_who_wants_no_questions_is_erased_at_once_and_not_counted(nudge: Nudge) -> None:
    answer(nudge, 1, "stop")
    assert not Nudge.objects.exists()
    assert not OutcomeSum.objects.exists()


@pytest.mark.parametrize("said", ["still", "stopped-price", "handed-over", "", "<script>"])
def test_answers_of_another_question_are_none(said: str, nudge: Nudge) -> None:
    assert answer(nudge, 1, said).status_code == 200
    assert not OutcomeSum.objects.exists()


@pytest.mark.parametrize("token", ["x", "WzEsMV0:1u:zzz", "a:b:c"])
def test_made_up_links_answer_nothing(token: str, nudge: Nudge) -> None:
    assert read_token(token) is None
    assert Client().post(f"/ti/shortlist/how-it-went/{token}/", {"answer": "started"}).status_code == 410
    assert not OutcomeSum.objects.exists()


def test_link_works_on_its_own_towns_host_only(nudge: Nudge) -> None:
    other = make_municipality("3907", "Sandefjord", languages=["nb", "ti"])
    path = f"/ti/shortlist/how-it-went/{token_for(nudge, 1)}/"
    assert Client().post(path, {"answer": "started"}, headers={"host": other.site.hostname}).status_code == 410
    assert not OutcomeSum.objects.exists()


def test_nothing_is_asked_about_what_has_gone(nudge: Nudge, town: Town) -> None:
    type(town.activity).objects.filter(pk=town.activity.pk).update(delisted_at=timezone.now())
    assert send_nudges(moment(nudge.first_on)) == 0
    assert not mail.outbox
    assert not Nudge.objects.exists()


def test_a_break_ends_no_reminder(nudge: Nudge, town: Town) -> None:
    type(town.activity).objects.filter(pk=town.activity.pk).update(paused_at=timezone.now())
    assert send_nudges(moment(nudge.first_on)) == 1
    assert Nudge.objects.filter(pk=nudge.pk).exists()
    assert Client().get(link(mail.outbox[0])).status_code == 200


def test_letters_promise_what_is_done_with_the_address(nudge: Nudge) -> None:
    nudge.lang = "en"
    nudge.save()
    send_nudges(moment(nudge.first_on))
    answer(nudge, 1, "started")
    send_nudges(moment(nudge.second_on))
    first, second = (" ".join(letter.body.split()) for letter in mail.outbox)
    assert "erased when you have answered" not in first, "it is kept for the second letter"
    assert "We may write to you once more." in first
    assert "erased when you have answered" in second


# ── figures ────────────────────────────────────────────────────────────────────────────────────────────────────
def month_back(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 - months
    return date(at // 12, at % 12 + 1, 1)


def test_small_numbers_cannot_be_read_and_many_together_come_out_right(town: Town) -> None:
    today = timezone.localdate()
    for n in range(19):
        for _one in range(3):
            count(listing=town.activity, municipality=town.municipality, outcome=Outcome.STARTED, day=month_back(today, n + 1))
    found = figures(town.municipality, today, "nb")
    total = found.all.figures[list(Step).index(Step.STARTED)]
    assert total % 5 == 0
    assert 30 <= total <= 85
    assert {figure % 5 for line in (*found.kinds, *found.districts) for figure in line.figures} == {0}


def test_this_month_is_not_told_while_it_grows(town: Town) -> None:
    for _one in range(50):
        count(listing=town.activity, municipality=town.municipality, outcome=Outcome.STARTED, day=timezone.localdate())
    assert sum(figures(town.municipality, timezone.localdate(), "nb").all.figures) == 0


def test_figures_are_by_kind_of_provider_and_part_of_town(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "protected", lambda number, lot: number)
    day = month_back(timezone.localdate(), 1)
    for outcome in (Outcome.STARTED, Outcome.STARTED, Outcome.NOT_PRICE):
        count(listing=town.activity, municipality=town.municipality, outcome=outcome, day=day)
    found = figures(town.municipality, timezone.localdate(), "nb")
    at = list(Step).index(Step.STARTED)
    assert [(line.label, line.figures[at]) for line in found.districts] == [("Stavern", 2)]
    assert [line.figures[at] for line in found.kinds] == [2]
    assert [line.figures for line in found.reasons if any(line.figures)] == [(1,)]


def test_staff_see_their_own_town(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "protected", lambda number, lot: number)
    other = make_municipality("3907", "Sandefjord")
    day = month_back(timezone.localdate(), 1)
    for _one in range(7):
        count(
            listing=town.activity, municipality=Municipality.objects.get(pk=town.municipality.pk), outcome=Outcome.STILL, day=day
        )
    client = Client()
    client.force_login(make_staff(other, "annen@example.org"))
    assert client.get(f"/cms/how-it-went/?municipality={town.municipality.pk}").status_code == 404
    assert "Stavern" not in client.get("/cms/how-it-went/").content.decode().split("<main")[-1]
    client.force_login(make_staff(town.municipality, "egen@example.org"))
    assert "<td>7</td>" in client.get("/cms/how-it-went/").content.decode()
    assert "7" in client.get("/cms/how-it-went/?export=csv").content.decode("utf-8-sig")
    assert Client().get("/cms/how-it-went/").status_code == 302
