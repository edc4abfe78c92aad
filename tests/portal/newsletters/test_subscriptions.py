"""Residents subscribe by mail address, confirm by a link, hear of what is new, and are forgotten when they stop."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.activities.models import Activity
from directory.municipalities.models import Municipality
from portal.newsletters import digest, subscriptions
from portal.newsletters.digest import send_digests
from portal.newsletters.models import Subscription
from tests.factories.directory import ActivityFactory, CategoryFactory, make_municipality
from tests.factories.newsletters import with_newsletters
from tests.factories.pages import add, home_of

NOW = timezone.now()


def strict() -> Client:
    return Client(enforce_csrf_checks=True)


def fill_in(path: str = "/nb/newsletters/subscribe/", **values: str) -> Any:
    """Open the form and send it, as a browser without script does."""
    page = strict().get(path).content.decode()
    form = dict(re.findall(r'name="(token|query|about)"[^>]* value="([^"]*)"', page))
    form |= {"email": "kari@example.org", "lang": "nb"} | values
    form = {name: value.replace("&amp;", "&") for name, value in form.items()}
    return strict().post("/nb/newsletters/subscribe/", form, headers={"origin": "http://testserver"})


def link_in(message: Any, name: str) -> str:
    found = re.search(rf"https?://\S*/newsletters/{name}/\S+", message.body)
    assert found, message.body
    return urlsplit(found[0]).path


def test_nothing_comes_before_the_link_was_pressed(larvik: Municipality) -> None:
    response = fill_in(about="news")

    assert response.status_code == 302
    assert not response.cookies
    row = Subscription.objects.get()
    assert (row.email, row.about, row.confirmed_at) == ("kari@example.org", "news", None)
    assert [message.to for message in mail.outbox] == [["kari@example.org"]]
    confirm = link_in(mail.outbox[0], "confirm")
    assert "kari" not in confirm

    assert strict().get(confirm).status_code == 200  # programs that look at mail open links too
    assert Subscription.objects.get().confirmed_at is None
    response = strict().post(confirm)
    assert response.status_code == 302
    assert Subscription.objects.get().confirmed_at is not None
    assert strict().get(response["Location"]).status_code == 200


def test_a_search_is_kept_as_it_was_asked_without_where_one_stands(larvik: Municipality) -> None:
    CategoryFactory(municipality=larvik, slug="sport")

    fill_in("/nb/newsletters/subscribe/?category=sport&free=1&page=3&near=59.05,10.03&utm_source=x", about="search")

    row = Subscription.objects.get()
    assert (row.about, row.query) == ("search", "category=sport&free=1")


@pytest.mark.parametrize("query", ["?category=%00", "?q=" + "x" * 3000, "?near=59,1000", "?kind=nothing&age=-1"])
def test_an_address_that_makes_no_sense_is_no_fault(larvik: Municipality, query: str) -> None:
    assert strict().get(f"/nb/newsletters/subscribe/{query}").status_code == 200


@pytest.mark.parametrize(
    "values", [{"email": ""}, {"email": "kari"}, {"email": "a@b.no\r\nBcc: c@d.no"}, {"lang": "xx"}, {"about": "spam"}]
)
def test_what_is_wrong_is_said_and_nothing_is_kept(larvik: Municipality, values: dict[str, str]) -> None:
    response = fill_in(**values)

    assert response.status_code == 422
    assert not Subscription.objects.exists()
    assert not mail.outbox


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(larvik: Municipality) -> None:
    assert fill_in(more="buy").status_code == 302
    assert not Subscription.objects.exists()


def test_the_page_says_the_same_whoever_is_known(larvik: Municipality) -> None:
    subscriptions.confirm(subscription=make(larvik), at=NOW)
    mail.outbox.clear()

    known = fill_in(about="news")
    assert fill_in(about="news").status_code == 302  # asked once more at once: no second letter
    unknown = fill_in(about="news", email="ola@example.org")

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.to[0] for message in mail.outbox] == ["kari@example.org", "ola@example.org"]
    assert Subscription.objects.filter(email="kari@example.org").count() == 1


def test_one_address_is_not_flooded(larvik: Municipality) -> None:
    for n in range(8):
        subscriptions.ask(municipality=larvik, email="kari@example.org", lang="nb", about="search", query=f"q=ord{n}", at=NOW)

    assert len(mail.outbox) == 3


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_one_address_is_not_flooded_with_what_it_has_asked_for_before(larvik: Municipality, is_confirmed: bool) -> None:
    long_ago = NOW - timedelta(days=2)
    for n in range(8):
        Subscription.objects.create(
            municipality=larvik,
            email="kari@example.org",
            lang="nb",
            about="search",
            query=f"q=ord{n}",
            created_at=long_ago,
            confirmed_at=long_ago if is_confirmed else None,
        )

    def ask_for_all(at: Any) -> int:
        mail.outbox.clear()
        for n in range(8):
            subscriptions.ask(municipality=larvik, email="kari@example.org", lang="nb", about="search", query=f"q=ord{n}", at=at)
        return len(mail.outbox)

    assert ask_for_all(NOW) == 3
    assert ask_for_all(NOW + timedelta(minutes=29)) == 0
    assert ask_for_all(NOW + timedelta(minutes=31)) == 3


def test_letters_about_what_is_known_and_what_is_new_are_counted_together(larvik: Municipality) -> None:
    for n in range(2):
        subscriptions.confirm(subscription=make(larvik, about="search", query=f"q=kjent{n}"), at=NOW)
    mail.outbox.clear()

    for query in ("q=kjent0", "q=kjent1", "q=ny0", "q=ny1"):
        subscriptions.ask(municipality=larvik, email="kari@example.org", lang="nb", about="search", query=query, at=NOW)

    assert len(mail.outbox) == 3


def test_a_link_is_good_for_seven_days(larvik: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_in(about="news")
    confirm = link_in(mail.outbox[0], "confirm")
    monkeypatch.setattr("django.core.signing.time.time", lambda: (timezone.now() + timedelta(days=7, minutes=5)).timestamp())

    assert strict().post(confirm).status_code == 410
    assert Subscription.objects.get().confirmed_at is None


def test_a_link_belongs_to_its_municipality(larvik: Municipality) -> None:
    with_newsletters(make_municipality("3907", "Sandefjord"))
    fill_in(about="news")
    confirm = link_in(mail.outbox[0], "confirm")

    assert Client(headers={"host": "sandefjord.localhost"}).post(confirm).status_code == 410
    assert Subscription.objects.get().confirmed_at is None


def test_what_nobody_confirms_is_erased(larvik: Municipality) -> None:
    make(larvik, email="old@example.org", created_at=NOW - timedelta(days=8))
    make(larvik, email="new@example.org", created_at=NOW - timedelta(days=6))
    subscriptions.confirm(subscription=make(larvik, email="yes@example.org", created_at=NOW - timedelta(days=30)), at=NOW)

    assert subscriptions.forget_unconfirmed(NOW) == 1
    assert sorted(Subscription.objects.values_list("email", flat=True)) == ["new@example.org", "yes@example.org"]


def test_where_newsletters_are_off_there_is_no_form(larvik: Municipality) -> None:
    larvik.features = []
    larvik.save()

    assert strict().get("/nb/newsletters/subscribe/").status_code == 404
    assert strict().get("/nb/newsletters/").status_code == 404
    assert "newsletters/subscribe" not in strict().get("/nb/find/").content.decode()


def test_the_results_page_leads_to_the_form(larvik: Municipality) -> None:
    ActivityFactory(municipality=larvik, name_nb="Sjakk", is_free=True)

    page = strict().get("/nb/find/?free=1").content.decode()

    assert 'href="/nb/newsletters/subscribe/?free=1"' in page


# ── what is new ─────────────────────────────────────────────────────────────────────────────────────────────


def make(larvik: Municipality, **fields: Any) -> Subscription:
    fields = {"email": "kari@example.org", "lang": "nb", "about": "news", "created_at": NOW} | fields
    return Subscription.objects.create(municipality=larvik, **fields)


def published(row: Activity, days_ago: float) -> None:
    Activity.objects.filter(pk=row.pk).update(first_published_at=NOW - timedelta(days=days_ago))


@pytest.fixture
def two_new(larvik: Municipality) -> None:
    """Free chess and free song are new, free dance is old, the dear one is new."""
    for name, free, days in (("Sjakk", True, 2), ("Sang", True, 3), ("Dans", True, 20), ("Dyrt", False, 2)):
        published(ActivityFactory(municipality=larvik, name_nb=name, is_free=free), days)


def confirmed(larvik: Municipality, days_ago: float = 7, **fields: Any) -> Subscription:
    at = NOW - timedelta(days=days_ago)
    return make(larvik, confirmed_at=at, told_until=at, **fields)


def test_only_what_is_new_since_the_last_letter_comes(larvik: Municipality, two_new: None) -> None:
    confirmed(larvik, about="search", query="free=1")

    assert send_digests(NOW) == 1

    body = mail.outbox[0].body
    assert "Sjakk" in body
    assert "Sang" in body
    assert "Dans" not in body
    assert "Dyrt" not in body
    assert "/nb/activities/sjakk/" in body
    assert send_digests(NOW) == 0
    assert send_digests(NOW + timedelta(days=7)) == 0  # nothing new since


def test_a_letter_comes_once_a_week_and_only_with_news(larvik: Municipality, two_new: None) -> None:
    confirmed(larvik, about="search", query="q=finnesikke")
    confirmed(larvik, email="ola@example.org", about="search", query="free=1", days_ago=3)
    make(larvik, email="not-yet@example.org", about="search", query="free=1")

    assert send_digests(NOW) == 0
    assert mail.outbox == []


def test_a_municipality_that_switched_newsletters_off_stands_in_nobodys_way(
    larvik: Municipality, two_new: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "TURN", 2)
    for n in range(2):
        confirmed(larvik, email=f"l{n}@example.org")
    there = with_newsletters(make_municipality("3907", "Sandefjord"))
    published(ActivityFactory(municipality=there, name_nb="Kor", is_free=True), 2)
    confirmed(there, about="search", query="free=1")
    larvik.features = []
    larvik.save()

    assert send_digests(NOW) == 1
    assert "Kor" in mail.outbox[0].body


def test_two_workers_send_one_letter(larvik: Municipality, two_new: None, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed(larvik, about="search", query="free=1")
    look = digest.what_is_new

    def and_meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(digest, "what_is_new", look)
        assert send_digests(NOW) == 1
        return look(*args)

    monkeypatch.setattr(digest, "what_is_new", and_meanwhile)

    assert send_digests(NOW) == 0
    assert len(mail.outbox) == 1


def test_each_reads_their_own_language(larvik: Municipality, two_new: None) -> None:
    Activity.objects.filter(name_nb="Sjakk").update(name_ar="شطرنج")
    row = Activity.objects.get(name_nb="Sjakk")
    row.save()
    published(row, 2)
    confirmed(larvik, about="search", query="free=1", lang="ar")

    send_digests(NOW)

    message = mail.outbox[0]
    html = str(message.alternatives[0].content)
    assert '<html lang="ar" dir="rtl">' in html
    assert "شطرنج" in html
    assert "/ar/activities/" in html
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_news_of_the_municipality_come_too(larvik: Municipality) -> None:
    from portal.pages.models import NewsIndexPage, NewsPage

    index = add(home_of(larvik), NewsIndexPage, title="Nytt", slug="nytt", heading_nb="Nytt")
    add(index, NewsPage, title="Gratis kino", slug="kino", heading_nb="Gratis kino", first_published_at=NOW - timedelta(days=1))
    add(index, NewsPage, title="Gammelt", slug="gammelt", heading_nb="Gammelt", first_published_at=NOW - timedelta(days=30))
    confirmed(larvik)

    send_digests(NOW)

    assert "Gratis kino" in mail.outbox[0].body
    assert "Gammelt" not in mail.outbox[0].body


def test_one_press_stops_and_erases(larvik: Municipality, two_new: None) -> None:
    row = confirmed(larvik, about="search", query="free=1")
    confirmed(larvik, about="news")
    send_digests(NOW)
    stop = urlsplit(mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")).path

    response = strict().post(stop, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")

    assert response.status_code == 204
    assert not Subscription.objects.filter(pk=row.pk).exists()
    assert Subscription.objects.count() == 1
    assert strict().post(stop).status_code == 204  # once more does nothing
    assert strict().get(stop).status_code == 405


def test_ones_own_page_shows_all_and_stops_each(larvik: Municipality, two_new: None) -> None:
    confirmed(larvik, about="search", query="free=1")
    other = confirmed(larvik, about="news")
    foreign = confirmed(larvik, email="ola@example.org")
    send_digests(NOW)
    mine = link_in(mail.outbox[0], "mine")

    page = strict().get(mine).content.decode()
    assert "kari@example.org" not in page
    assert page.count('name="stop"') == 3

    strict().post(mine, {"stop": str(foreign.pk)})
    assert Subscription.objects.filter(pk=foreign.pk).exists()
    strict().post(mine, {"stop": str(other.pk)})
    assert Subscription.objects.filter(email="kari@example.org").count() == 1
    strict().post(mine, {"stop": "all"})
    assert not Subscription.objects.filter(email="kari@example.org").exists()
    assert strict().get(mine).status_code == 200
