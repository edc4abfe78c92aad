"""Any question as a feed or a calendar: the same hits as its page, well formed, and a short answer where nothing is new."""

from __future__ import annotations

from datetime import time, timedelta
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from directory.activities.models import Activity, Session
from search.apps import index_listings
from search.documents import MODELS
from tests.factories.directory import ActivityFactory, make_municipality
from tests.pages.town import Town
from tests.portal.reach.parsing import parsed

pytestmark = pytest.mark.one_database
ATOM = "{http://www.w3.org/2005/Atom}"


def items(path: str) -> list[Element]:
    response = Client().get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"
    return parsed(response.content).findall("channel/item")


def events(path: str) -> list:
    response = Client().get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(response.content).walk("VEVENT")


def test_feed_has_the_hits_of_the_page(town: Town):
    found = items("/nb/find/feed.rss?free=1&kind=activity")
    assert [item.findtext("title") for item in found] == ["Turn for nybegynnere"]
    item = found[0]
    assert item.findtext("link") == f"http://testserver/nb/activities/{town.activity.slug}/"
    guid = item.find("guid")
    assert guid is not None
    assert guid.text == f"3909-activity-{town.activity.pk}"
    assert guid.get("isPermaLink") == "false"
    assert "Kom som du er." in (item.findtext("description") or "")
    published = parsedate_to_datetime(item.findtext("pubDate") or "")
    assert abs(published - (town.activity.first_published_at or town.activity.created_at)) < timedelta(seconds=1)
    assert [item.findtext("title") for item in items("/ar/find/feed.rss?free=1&kind=activity")] == ["الجمباز للمبتدئين"]


def test_feed_is_the_newest_first_and_bounded(town: Town):
    found = items("/nb/find/feed.rss?page=3")
    dates = [parsedate_to_datetime(item.findtext("pubDate") or "") for item in found]
    assert dates == sorted(dates, reverse=True)
    assert 20 < len(found) <= 50
    channel = parsed(Client().get("/nb/find/feed.rss?q=turn").content).find("channel")
    assert channel is not None
    assert channel.findtext("language") == "nb"
    assert channel.find(f"{ATOM}link").get("href") == "http://testserver/nb/find/feed.rss?q=turn"  # type: ignore[union-attr]


def test_new_is_what_was_published_last_whatever_was_changed_since(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("portal.reach.feeds.NEWEST", 2)  # the feed sees no more than it gives
    now = timezone.now()
    for name, days in (("Sjakk i går", 1), ("Sjakk i fjor", 300), ("Sjakk i dag", 0)):
        listing = ActivityFactory(municipality=town.municipality, provider=town.provider, name_nb=name)
        listing.first_published_at = now - timedelta(days=days)
        listing.save()
    # A part of town was drawn anew: everything is indexed once more, the new ones first and the old ones after them.
    for kind, model in MODELS.items():
        index_listings(kind=kind, pks=model._default_manager.order_by("-first_published_at").values_list("pk", flat=True))
    assert [item.findtext("title") for item in items("/nb/find/feed.rss?q=sjakk")] == ["Sjakk i dag", "Sjakk i går"]
    for question in ("q=sjakk&sort=newest", "kind=activity", "kind=activity&sort=newest"):
        shown = [str(card.title) for card in Client().get(f"/nb/find/?{question}").context["cards"]]
        assert shown[0] == "Sjakk i dag", question
        assert "sjakk" not in question or shown == ["Sjakk i dag", "Sjakk i går", "Sjakk i fjor"]


def test_a_feed_holds_what_is_hostile_as_text(town: Town):
    ActivityFactory(municipality=town.municipality, provider=town.provider, name_nb="]]><script>x</script> & \u2028 sjakk")
    assert [item.findtext("title") for item in items("/nb/find/feed.rss?q=sjakk")] == ["]]><script>x</script> & \u2028 sjakk"]
    assert items("/nb/find/feed.rss?q=%00%ff&age=x&near=,&kind=%3Cx") != []


def test_calendar_has_the_sessions_of_the_hits(town: Town):
    found = events("/nb/find/feed.ics?free=1")
    assert len(found) == 3
    weekly = next(event for event in found if event.get("rrule"))
    assert weekly["rrule"]["FREQ"] == ["WEEKLY"]
    assert str(weekly["summary"]) == "Turn for nybegynnere"
    assert str(weekly["location"]).startswith("Stavernhallen")
    assert str(weekly["url"]) == f"http://testserver/nb/activities/{town.activity.slug}/"
    own = events(f"/nb/activities/{town.activity.slug}/calendar.ics")
    assert sorted(str(event["uid"]) for event in found) == sorted(str(event["uid"]) for event in own), "stable names"
    assert {str(e["uid"]) for e in events("/ar/find/feed.ics?free=1")} == {str(e["uid"]) for e in found}


def test_calendar_of_other_kinds_is_empty_and_valid(town: Town):
    assert events("/nb/find/feed.ics?kind=place") == []
    assert events("/nb/find/feed.ics?q=xyzzyqq") == []


def test_calendar_names_no_place_that_is_not_public(town: Town):
    town.place.hidden_at = timezone.now()
    town.place.save()
    assert not [event for event in events("/nb/find/feed.ics?free=1") if "Stavernhallen" in str(event.get("location"))]


def test_nothing_new_is_a_short_answer_and_a_change_is_told(town: Town):
    for path in ("/nb/find/feed.rss?free=1", "/nb/find/feed.ics?free=1"):
        first = Client().get(path)
        etag = first["ETag"]
        assert parsedate_to_datetime(first["Last-Modified"]) <= timezone.now()
        same = Client().get(path, headers={"if-none-match": etag})
        assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag), path
        assert Client().get(path.replace("/nb/", "/ar/"), headers={"if-none-match": etag}).status_code == 200
        town.activity.summary_nb = f"Nytt for {path}"
        town.activity.save()
        changed = Client().get(path, headers={"if-none-match": etag})
        assert changed.status_code == 200
        assert changed["ETag"] != etag
    assert "Nytt for" in Client().get("/nb/find/feed.rss?free=1").content.decode()


def test_questions_to_the_database_do_not_grow(town: Town):
    def count(path):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            Client().get(path)
        return len(asked)

    for path in ("/nb/find/feed.rss?kind=activity", "/nb/find/feed.ics"):
        Client().get(path)
        before = count(path)
        for n in range(5):
            ActivityFactory(
                municipality=town.municipality,
                provider=town.provider,
                places=[town.place],
                name_nb=f"Ny {n}",
                sessions=[Session(weekday=1, starts=time(9))],
            )
        Client().get(path)
        assert count(path) == before, path


def test_another_municipalitys_listing_comes_only_when_asked_for(town: Town):
    other = make_municipality("3907", "Sandefjord")
    ActivityFactory(municipality=other, name_nb="Seiling", sessions=[Session(weekday=3, starts=time(18))])
    assert items("/nb/find/feed.rss?q=seiling") == []
    found = items("/nb/find/feed.rss?q=seiling&municipality=all")
    assert [item.findtext("link") for item in found] == ["http://sandefjord.localhost/nb/activities/seiling/"]
    event = events("/nb/find/feed.ics?q=seiling&municipality=all")[0]
    assert str(event["uid"]).endswith("@sandefjord.localhost")


def test_hidden_listings_are_in_no_feed(town: Town):
    Activity.objects.filter(pk=town.activity.pk).update(hidden_at=timezone.now())
    assert items("/nb/find/feed.rss?free=1&kind=activity") == []
    assert events("/nb/find/feed.ics?free=1") == []
