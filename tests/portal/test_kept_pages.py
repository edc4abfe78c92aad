"""Kept pages: the same for all, never out of date, and never somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from directory.municipalities.models import Municipality
from portal import kept_pages
from portal.kept_pages import is_for_all
from portal.usage.middleware import tally
from portal.usage.models import DailySum
from tests.factories.directory import PlaceFactory, default_municipality, make_municipality, make_staff
from tests.portal.usage.conftest import PERSON

PATH = "/nb/places/huset/"


@pytest.fixture
def larvik(db: Any, settings: Any) -> Iterator[Municipality]:
    settings.KEPT_SECONDS = 30
    tally.waiting.clear()
    yield default_municipality()
    tally.waiting.clear()


@pytest.fixture
def person() -> Client:
    """One browser: what is kept is kept with the handler behind it."""
    return Client(headers={"User-Agent": PERSON})


def queries(browser: Client, path: str = PATH, **headers: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert browser.get(path, headers=headers).status_code == 200
    return len(found)


def test_second_visitor_is_given_the_same_page(person: Client, larvik: Municipality) -> None:
    PlaceFactory(municipality=larvik, name_nb="Huset")
    first = person.get(PATH)
    second = person.get(PATH)
    assert second.content == first.content
    assert second.headers == first.headers
    assert queries(person) < 6


def test_change_of_a_listing_shows_at_once(person: Client, larvik: Municipality) -> None:
    place = PlaceFactory(municipality=larvik, name_nb="Huset")
    person.get(PATH)
    place.summary_nb = "Nå med badstue."
    place.save()
    assert "badstue" in person.get(PATH).content.decode()
    place.live = False
    place.save()
    assert person.get(PATH).status_code in {404, 410}


def test_deed_in_the_staff_screens_shows_at_once(person: Client, larvik: Municipality) -> None:
    home = larvik.site.root_page.specific
    assert "Noe helt nytt" not in person.get("/nb/").content.decode()
    home.heading_nb = "Noe helt nytt"
    home.save_revision(log_action=True).publish()
    assert "Noe helt nytt" in person.get("/nb/").content.decode()


def test_pages_of_towns_languages_and_questions_are_told_apart(person: Client, larvik: Municipality) -> None:
    make_municipality("3907", "Sandefjord")
    PlaceFactory(municipality=larvik, name_nb="Huset", name_ar="البيت")
    person.get("/nb/find/?q=huset")
    assert "البيت" in person.get("/ar/find/?q=huset").content.decode()
    assert person.get("/nb/find/?q=huset&kind=activity").context["total"] == 0
    assert person.get("/nb/find/?q=huset", headers={"Host": "sandefjord.localhost"}).context["total"] == 0


def test_who_has_a_cookie_is_given_a_page_of_their_own(person: Client, larvik: Municipality) -> None:
    PlaceFactory(municipality=larvik, name_nb="Huset")
    person.get(PATH)
    plain = queries(person)
    person.cookies["anything"] = "1"
    assert queries(person) > plain
    person.force_login(make_staff(larvik))
    person.get("/nb/")
    assert queries(person, "/nb/") > plain


def test_kiosk_stays_closed(person: Client, larvik: Municipality) -> None:
    person.get("/nb/")
    inside = person.get("/nb/?kiosk=1").content
    assert inside != person.get("/nb/").content
    assert inside == person.get("/nb/?kiosk=1").content


def test_kept_page_is_counted_like_a_made_one(person: Client, larvik: Municipality) -> None:
    place = PlaceFactory(municipality=larvik, name_nb="Huset")
    for path in (PATH, PATH, "/nb/", "/nb/", "/nb/find/?q=huset", "/nb/find/?q=huset", "/nb/support/", "/nb/support/"):
        person.get(path)
    assert tally.flush()
    views = dict(DailySum.objects.filter(what="view").values_list("key", "count"))
    assert views == {f"place:{place.pk}": 2, f"page:{larvik.site.root_page_id}": 2, "find": 2, "support-index": 2}
    assert DailySum.objects.get(what="search").count == 2


def test_where_somebody_is_stays_nowhere(person: Client, larvik: Municipality) -> None:
    PlaceFactory(municipality=larvik, name_nb="Huset")
    path = "/nb/find/?near=59.05,10.03"
    person.get(path)
    person.get("/nb/find/")
    assert queries(person, path) > queries(person, "/nb/find/")


def test_absent_pages_are_not_kept(person: Client, larvik: Municipality) -> None:
    assert person.get(PATH).status_code == 404
    PlaceFactory(municipality=larvik, name_nb="Huset")
    assert person.get(PATH).status_code == 200


def test_form_with_a_token_is_made_for_each(person: Client, larvik: Municipality) -> None:
    PlaceFactory(municipality=larvik, name_nb="Huset")
    path = "/nb/places/huset/report/"
    bodies = {person.get(path).content for _ in range(2)}
    assert person.get(path).status_code == 200
    assert len(bodies) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r.set_cookie("a", "b"),
        lambda r: setattr(r, "xframe_options_exempt", True),
        lambda r: setattr(r, "_csp_update", {}),
        lambda r: r.headers.__setitem__("Cache-Control", "no-store"),
        lambda r: r.headers.__setitem__("Vary", "Cookie"),
        lambda r: r.headers.__setitem__("Content-Type", "text/calendar"),
        lambda r: r.write('<form METHOD="post">'),
        lambda r: r.write("x" * kept_pages.LARGEST),
        lambda r: setattr(r, "status_code", 410),
    ],
)
def test_what_is_not_for_all(spoil: Any) -> None:
    response = HttpResponse("<p>Hei</p>")
    assert is_for_all(response)
    spoil(response)
    assert not is_for_all(response)


def test_memory_is_bounded(person: Client, larvik: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pages, "MOST", 2)
    PlaceFactory(municipality=larvik)
    for n in range(4):
        person.get(f"/nb/support/?x={n}")
    full = queries(person, "/nb/support/?x=0")
    assert queries(person, "/nb/support/?x=3") < full
