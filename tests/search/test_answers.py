"""`/find/` and the API about single listings: their language, what is not public in them, what they cost."""

import re
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from directory.activities.models import Activity, Session
from directory.listings.cards import card_of, for_cards
from directory.providers.models import Provider
from search.engines import get_engine
from search.presenters import card_from
from tests.factories.directory import (
    ActivityFactory,
    PlaceFactory,
    ProviderFactory,
    SupportSchemeFactory,
    default_municipality,
)

pytestmark = pytest.mark.django_db
HIDDEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def larvik(db):
    return default_municipality()


def ask(client, pairs=(), path="/api/v1/search", **headers):
    response = client.get(f"{path}?{urlencode(list(pairs))}", headers=headers)
    assert response.status_code == 200, response.content[:500]
    return response.json()


def test_titles_come_in_the_language_asked_for(client, larvik):
    ActivityFactory(municipality=larvik, name_nb="Fotball", name_ar="كرة القدم")
    found = ask(client, [("lang", "ar"), ("q", "fotball"), ("kind", "activity")])["results"][0]
    assert (found["title"], found["lang"], found["url"]) == ("كرة القدم", "ar", "/ar/activities/fotball/")
    found = ask(client, [("lang", "en"), ("q", "القدم")])["results"][0]
    assert (found["title"], found["lang"]) == ("Fotball", "nb")
    refused = ask(client, [("lang", "xx")])
    assert [n["param"] for n in refused["notices"]] == ["lang"]


@pytest.mark.parametrize("state", [{"live": False}, {"hidden_at": HIDDEN}, {"delisted_at": HIDDEN}])
def test_no_card_names_a_place_that_is_not_public(client, larvik, state):
    hidden = PlaceFactory(municipality=larvik, name_nb="Skjulhuset", **state)
    hall = PlaceFactory(municipality=larvik, name_nb="Åpenhallen")
    sessions = [Session(weekday=2, place=hidden), Session(weekday=3, place=hall)]
    activity = ActivityFactory(municipality=larvik, name_nb="Sjakk", places=[hidden], sessions=sessions)
    card = card_of(for_cards(Activity.objects.all()).get(), "nb", date.today())
    assert card.where == "Åpenhallen"
    found = get_engine().find("activity", activity.slug, larvik.number)
    assert card_from(found, "nb", date.today(), url=card.url) == card
    for path in ("/nb/", "/nb/find/", f"/nb/activities/{activity.slug}/", f"/nb/providers/{activity.provider.slug}/"):
        assert "Skjulhuset" not in client.get(path).content.decode(), path


@pytest.mark.parametrize("state", [{"live": False}, {"hidden_at": HIDDEN}, {"delisted_at": HIDDEN}])
def test_nothing_names_a_provider_that_is_not_public(client, larvik, state):
    provider = ProviderFactory(municipality=larvik, name_nb="Skjullaget")
    day = Session(date=date.today(), starts=None)
    activity = ActivityFactory(municipality=larvik, name_nb="Sjakk", provider=provider, sessions=[day])
    ActivityFactory(municipality=larvik, name_nb="Dam", provider=provider)
    place = PlaceFactory(municipality=larvik, name_nb="Huset", provider=provider)
    scheme = SupportSchemeFactory(municipality=larvik, name_nb="Fondet", provider=provider)
    pages = [row.get_absolute_url() for row in (activity, place, scheme)]
    pages += ["/nb/", "/nb/find/", "/nb/support/", f"/nb/activities/{activity.slug}/calendar.ics"]
    pages += ["/api/v1/search", f"/api/v1/listings/activity/{activity.slug}"]
    assert sum("Skjullaget" in client.get(path).content.decode() for path in pages) >= 6
    assert ask(client, [("q", "skjullaget"), ("kind", "activity")])["total"] == 2
    Provider.objects.filter(pk=provider.pk).update(**state)
    for path in pages:
        response = client.get(path)
        assert response.status_code == 200, path
        assert "Skjullaget" not in response.content.decode(), path
        assert "skjullaget" not in response.content.decode(), path
    assert "organizer" not in client.get(pages[0]).context["facts"]
    assert ask(client, path=pages[-1])["provider"] is None
    assert ask(client, [("q", "skjullaget")])["total"] == 0
    card = card_of(for_cards(Activity.objects.filter(pk=activity.pk)).get(), "nb", date.today())
    assert card_from(get_engine().find("activity", "sjakk", larvik.number), "nb", date.today(), url=card.url) == card


@pytest.mark.parametrize("path", ["/api/v1/search", "/nb/find/", "/api/v1/points"])
def test_queries_do_not_grow_with_the_hits(client, larvik, path):
    def count():
        client.get(f"{path}?q=fotball&sort=name")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"{path}?q=fotball&sort=name")
        return len(queries)

    ActivityFactory(municipality=larvik, name_nb="Fotball")
    one = count()
    for _ in range(30):
        ActivityFactory(municipality=larvik, name_nb="Fotball")
    assert count() == one


def test_near_understands_a_postcode(client, larvik):
    ActivityFactory(municipality=larvik, name_nb="Nær", pinned_lat=59.0535, pinned_lon=10.0352)
    answer = ask(client, [("near", "3256"), ("within", "20")])
    assert answer["notices"] == []
    assert answer["results"][0]["distance_km"] < 20
    page = client.get("/nb/find/?near=3256").context
    assert page["near"].value == "3256"
    assert page["near"].label


def test_pages_of_listings_show_what_belongs_to_them_and_nothing_hidden(client, larvik):
    choir = ProviderFactory(municipality=larvik, name_nb="Koret")
    hall = PlaceFactory(municipality=larvik, name_nb="Sangsalen", provider=choir)
    for name in ("Barnekor", "Ungdomskor"):
        ActivityFactory(municipality=larvik, name_nb=name, provider=choir, places=[hall])
    ActivityFactory(municipality=larvik, name_nb="Skjultkor", provider=choir, places=[hall], live=False)

    def section(path, name):
        page = client.get(path).content.decode()
        return re.search(rf'<section class="listing-more" aria-labelledby="{name}">.*?</section>', page, re.DOTALL)[0]

    def titles(path, name):
        return re.findall(r'<a href="[^"]+">([^<]+)</a></h3>', section(path, name))

    assert titles("/nb/activities/barnekor/", "more-from") == ["Ungdomskor"]
    assert titles("/nb/providers/koret/", "activities") == ["Barnekor", "Ungdomskor"]
    assert titles("/nb/providers/koret/", "places") == ["Sangsalen"]
    assert titles("/nb/places/sangsalen/", "activities") == ["Barnekor", "Ungdomskor"]
    assert "Koret" in section("/nb/places/sangsalen/", "activities")
    assert "Koret" not in section("/nb/providers/koret/", "activities"), "they are all its own"
    assert "Sangsalen" in section("/nb/providers/koret/", "activities")
    assert "Sangsalen" not in section("/nb/places/sangsalen/", "activities"), "they all meet there"


def test_changing_what_an_import_made_does_not_make_it_new(client, larvik):
    old = ActivityFactory(municipality=larvik, name_nb="Gammelkor")
    Activity.objects.filter(pk=old.pk).update(created_at=datetime(2025, 1, 1, tzinfo=UTC), first_published_at=None)
    ActivityFactory(municipality=larvik, name_nb="Nykor")
    old = Activity.objects.get(pk=old.pk)
    old.summary_nb = "Vi synger."
    old.save_revision().publish()
    assert Activity.objects.get(pk=old.pk).summary_nb == "Vi synger."
    asked = [("sort", "newest"), ("kind", "activity")]
    assert [r["title"] for r in ask(client, asked)["results"]] == ["Nykor", "Gammelkor"]
