"""A year and a half of one association's clock, each job twice, and by two workers at once."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, connections
from wagtail.models import Site

from directory.freshness import bounces
from directory.freshness.answers import confirm_all, confirm_some, name_of, say_changed, say_closed
from directory.freshness.clock import ask_provider, ask_providers, count_truth, hide_old, keep_fresh
from directory.freshness.models import Asking, WeeklyTruth
from directory.freshness.queries import dead_addresses_of, nobody_to_ask, older_than, round_of
from directory.freshness.rules import last_start, months_after, since_of
from directory.listings.kinds import ConfirmedAs, Source
from directory.municipalities.models import Municipality, TenantLogEntry
from directory.providers.models import Membership, Provider
from search.models import SearchDoc
from tests.directory.freshness.conftest import Club, a_year_ago, confirm_on, make_club, noon
from tests.factories.directory import ActivityFactory, MembershipFactory, PlaceFactory, ProviderFactory, UserFactory


def run(day: date) -> tuple[int, int]:
    """(letters, hidden) of one day; done twice, and the second time must do nothing."""
    hidden, letters = keep_fresh(noon(day))
    assert keep_fresh(noon(day)) == (0, 0)
    return letters, hidden


def steps(provider: Provider) -> list[str]:
    return list(Asking.objects.filter(provider=provider).order_by("pk").values_list("step", flat=True))


def test_a_year_and_a_half_without_an_answer(club: Club, today: date) -> None:
    asked = months_after(a_year_ago(), 12)
    assert run(asked - timedelta(days=1)) == (0, 0)

    assert run(asked) == (1, 0)
    assert [letter.to for letter in mail.outbox] == [["leder@example.org"]], "one letter for all of its listings"

    assert run(months_after(asked, 1) - timedelta(days=1)) == (0, 0)
    assert run(months_after(asked, 1)) == (1, 0)
    assert run(months_after(asked, 2) + timedelta(days=15)) == (1, 0)
    assert run(months_after(asked, 4)) == (0, 0)
    assert steps(club.provider) == ["ask", "remind", "last"]

    hidden = months_after(a_year_ago(), 18)
    assert run(hidden - timedelta(days=1)) == (0, 0)
    assert all(row.is_public for row in club.read())
    assert run(hidden) == (1, 3)
    assert not any(row.is_public for row in club.read())
    assert SearchDoc.objects.filter(slug__in=[row.slug for row in club.rows]).count() == 0, "the search has forgotten them"
    assert TenantLogEntry.objects.filter(action="freshness.hide").count() == 3

    assert run(hidden + timedelta(days=1)) == (0, 0)
    assert steps(club.provider) == ["ask", "remind", "last", "hidden"]
    assert Asking.objects.values("round").distinct().count() == 1
    assert run(hidden + timedelta(days=400)) == (0, 0), "what is hidden is not asked about for ever"


def test_one_press_revives_and_the_clock_begins_anew(club: Club) -> None:
    asked, hidden = months_after(a_year_ago(), 12), months_after(a_year_ago(), 18)
    ask_providers(noon(asked))
    hide_old(noon(hidden))
    assert not any(row.is_public for row in club.read())

    confirm_all(provider=club.provider, by=None, as_=ConfirmedAs.PROVIDER, at=noon(hidden))

    assert all(row.is_public for row in club.read())
    assert SearchDoc.objects.filter(slug__in=[row.slug for row in club.rows]).count() == 3
    assert Asking.objects.filter(answer=Asking.Answer.CONFIRMED).count() == 1
    assert run(months_after(hidden, 11)) == (0, 0)
    assert run(months_after(hidden, 12)) == (1, 0)
    assert Asking.objects.values("round").distinct().count() == 2


def test_confirming_one_by_one_ends_the_round(club: Club) -> None:
    day = months_after(a_year_ago(), 12)
    run(day)
    facts: dict[str, Any] = {"provider": club.provider, "by": None, "as_": ConfirmedAs.PROVIDER, "at": noon(day)}
    names = [name_of(row) for row in club.rows]

    assert confirm_some(names=names[:2], **facts) == 2
    assert not Asking.objects.exclude(answer="").exists()
    assert run(months_after(day, 1)) == (1, 0), "the rest is still asked about"
    assert confirm_some(names=names[2:], **facts) == 1
    assert Asking.objects.filter(answer=Asking.Answer.CONFIRMED).count() == 1
    assert run(months_after(day, 3)) == (0, 0)


def test_a_foreign_page_is_not_confirmed_by_its_name(club: Club, town: Municipality) -> None:
    other = make_club(town, "Annet lag", confirmed=a_year_ago())
    before = other.read()[1].confirmed_at
    done = confirm_some(
        provider=club.provider, names=[name_of(other.activities[0])], by=None, as_=ConfirmedAs.PROVIDER, at=noon(a_year_ago())
    )
    assert done == 0
    assert other.read()[1].confirmed_at == before


def test_changed_keeps_the_round_open_and_closed_waits_for_staff(club: Club, town: Municipality) -> None:
    day = months_after(a_year_ago(), 12)
    other = make_club(town, "Kor", confirmed=a_year_ago())
    run(day)
    say_changed(provider=club.provider, at=noon(day))
    say_closed(provider=other.provider, at=noon(day))

    assert run(months_after(day, 1)) == (1, 0)
    assert steps(club.provider) == ["ask", "remind"]
    assert steps(other.provider) == ["ask"]


def test_closed_counts_though_something_was_changed_before(club: Club) -> None:
    day = months_after(a_year_ago(), 12)
    run(day)
    say_changed(provider=club.provider, at=noon(day))
    run(months_after(day, 1))
    say_closed(provider=club.provider, at=noon(months_after(day, 1)))
    latest = round_of(club.provider)
    assert latest is not None
    assert latest.answer == Asking.Answer.CLOSED
    assert run(months_after(day, 2) + timedelta(days=15)) == (0, 0)
    assert steps(club.provider) == ["ask", "remind"]


def test_who_was_not_asked_answers_no_letter(club: Club) -> None:
    say_closed(provider=club.provider, at=noon(a_year_ago()))
    assert not Asking.objects.exists(), "no row says that a letter was sent"
    assert not TenantLogEntry.objects.filter(action="freshness.closed").exists()


@pytest.mark.parametrize("field", ["paused_at", "delisted_at"])
def test_what_is_on_a_break_or_taken_off_is_left_alone(club: Club, field: str) -> None:
    for row in club.rows:
        type(row).objects.filter(pk=row.pk).update(**{field: noon(a_year_ago())})
    assert run(months_after(a_year_ago(), 12)) == (0, 0)
    assert run(months_after(a_year_ago(), 19)) == (0, 0)


def test_a_list_that_was_old_when_it_came_in_is_asked_about_before_it_is_hidden(town: Municipality, today: date) -> None:
    provider = ProviderFactory(
        municipality=town, email="post@example.org", source=Source.SHEET, source_date=today - timedelta(days=900)
    )
    nobody = PlaceFactory(municipality=town, source=Source.SHEET, source_date=today - timedelta(days=900))

    assert run(today) == (1, 0)
    assert hide_old(noon(months_after(today, 3) - timedelta(days=1))) == 0
    assert hide_old(noon(months_after(today, 3))) == 2
    provider.refresh_from_db()
    nobody.refresh_from_db()
    assert provider.hidden_at
    assert nobody.hidden_at


def test_an_address_that_bounces_is_passed_by(club: Club, today: date) -> None:
    day = months_after(a_year_ago(), 12)
    other = MembershipFactory(
        user=UserFactory(email="kasserer@example.org"), provider=club.provider, role=Membership.Role.TREASURER
    )
    bounces.record_bounce(email="Leder@example.org", at=noon(day))
    ask_providers(noon(day))
    assert [letter.to for letter in mail.outbox] == [["turnforeningen@example.org"]]

    bounces.record_bounce(email="turnforeningen@example.org", at=noon(day))
    ask_providers(noon(months_after(day, 1)))
    assert mail.outbox[-1].to == [other.user.email]

    bounces.record_bounce(email=other.user.email, at=noon(day))
    assert ask_providers(noon(months_after(day, 3))) == 0
    assert set(nobody_to_ask(Provider, [club.municipality.pk], months_after(day, 3))) == {club.provider}


def test_a_complaint_about_a_newsletter_does_not_end_the_yearly_question(club: Club) -> None:
    day = months_after(a_year_ago(), 12)
    bounces.record_bounce(email="leder@example.org", at=noon(day), cause="complained")
    assert ask_providers(noon(day)) == 1
    assert [letter.to for letter in mail.outbox] == [["leder@example.org"]]
    assert dead_addresses_of(club.provider) == []


def test_who_is_no_longer_active_gets_no_letter(club: Club) -> None:
    type(club.editor).objects.filter(pk=club.editor.pk).update(is_active=False)
    ask_providers(noon(months_after(a_year_ago(), 12)))
    assert [letter.to for letter in mail.outbox] == [["turnforeningen@example.org"]]


def test_every_editor_gets_one_in_their_own_language(club: Club) -> None:
    user = UserFactory(email="zeynab@example.org", lang="ar")
    MembershipFactory(user=user, provider=club.provider, role=Membership.Role.EDITOR)
    ask_providers(noon(months_after(a_year_ago(), 12)))
    assert {letter.to[0]: letter.extra_headers["Content-Language"] for letter in mail.outbox} == {
        "leder@example.org": "nb",
        "zeynab@example.org": "ar",
    }
    arabic = next(letter for letter in mail.outbox if letter.to == ["zeynab@example.org"])
    assert "/ar/still-right/" in arabic.body
    assert 'dir="rtl"' in arabic.alternatives[0][0]


def test_a_municipality_without_a_site_is_left_alone(club: Club, town: Municipality) -> None:
    Site.objects.all().delete()
    assert run(months_after(a_year_ago(), 12)) == (0, 0)


def test_one_odd_provider_does_not_keep_others_from_being_asked(
    club: Club, town: Municipality, monkeypatch: pytest.MonkeyPatch
) -> None:
    from directory.freshness import clock

    odd = make_club(town, "Rar", confirmed=a_year_ago())
    real = clock.send_question

    def send(*, provider: Provider, **facts: Any) -> None:
        if provider.pk == odd.provider.pk:
            raise ValueError("odd")
        real(provider=provider, **facts)

    monkeypatch.setattr(clock, "send_question", send)
    assert ask_providers(noon(months_after(a_year_ago(), 12))) == 1
    assert steps(odd.provider) == [], "no row says that a letter went out which did not"


def test_the_database_finds_what_the_rule_calls_old(town: Municipality, today: date) -> None:
    edge = last_start(today, 12)
    for n, (confirmed, source, published) in enumerate(
        (c, s, p)
        for c in (None, edge, edge + timedelta(days=1))
        for s in (None, edge, edge + timedelta(days=1))
        for p in (None, edge, edge + timedelta(days=1))
    ):
        row = ActivityFactory(municipality=town, name_nb=f"A{n}", source_date=source)
        type(row).objects.filter(pk=row.pk).update(
            confirmed_at=noon(confirmed) if confirmed else None, first_published_at=noon(published) if published else None
        )
    from directory.activities.models import Activity

    rows = list(Activity.objects.all())
    assert len(rows) == 27
    found = set(Activity.objects.filter(older_than(12, today)))
    assert found == {row for row in rows if months_after(since_of(row), 12) <= today}
    assert 0 < len(found) < 27


def test_a_week_is_counted_once(club: Club, today: date) -> None:
    assert count_truth(noon(today)) == 1
    assert count_truth(noon(today)) == 0
    whole = WeeklyTruth.objects.get(part="all")
    assert (whole.week.weekday(), whole.pages, whole.confirmed) == (0, 3, 0)
    assert count_truth(noon(today + timedelta(days=7))) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_letter(today: date) -> None:
    """On PostgreSQL the second waits for the provider's row; SQLite lets one write at a time."""
    from tests.factories.directory import default_municipality

    if connection.vendor == "sqlite":
        pytest.skip("a database in memory belongs to one connection")
    club = make_club(default_municipality(), confirmed=a_year_ago(), editor="leder@example.org")
    at, found = noon(months_after(a_year_ago(), 12)), []
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        try:
            found.append(ask_provider(club.provider.pk, at))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == ["None", "ask"]
    assert steps(club.provider) == ["ask"]
    assert len(mail.outbox) == 1


@pytest.mark.second_at_night
def test_confirming_costs_no_more_queries_for_whoever_has_more_rounds(
    club: Club, town: Municipality, django_assert_max_num_queries: Any
) -> None:
    """A quiet day: many providers were asked, and nothing is due."""
    day = months_after(a_year_ago(), 12)
    for n in range(6):
        confirm_on(make_club(town, f"Lag{n}"), a_year_ago())
    run(day)
    with django_assert_max_num_queries(16):
        assert ask_providers(noon(day + timedelta(days=1))) == 0
