"""Kept pages: the same for all, never out of date, and never somebody else's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.log_actions import log

from directory.municipalities.models import Municipality
from directory.municipalities.queries import municipality_of_host
from portal import kept_pages
from portal.hosts import municipality_of
from portal.kept_pages import GRACE, LASTS, Kept, Pages, is_for_all
from portal.stamps import stamp
from portal.tracking import without_marks
from portal.usage.middleware import tally
from portal.usage.models import DailySum
from portal.what_changed import MOST, what_changed
from tests.factories.directory import PlaceFactory, default_municipality, make_municipality, make_staff
from tests.portal.usage.conftest import PERSON

PATH = "/nb/places/huset/"


@pytest.fixture
def larvik(db: Any, settings: Any) -> Iterator[Municipality]:
    settings.KEPT_SECONDS = 30
    kept_pages.pages.clear()
    tally.waiting.clear()
    yield default_municipality()
    tally.waiting.clear()
    kept_pages.pages.clear()


@pytest.fixture
def person() -> Client:
    """One browser."""
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
    assert queries(person) == 1, "the stamp"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time a host is looked up in the database."""
    seen: list[str] = []

    def look_up(request: Any) -> Municipality | None:
        seen.append(request.method)
        return municipality_of_host(request)

    monkeypatch.setattr("portal.hosts.municipality_of_host", look_up)
    return seen


def test_a_host_is_looked_up_every_other_second(
    larvik: Municipality, asked: list[str], monkeypatch: pytest.MonkeyPatch, rf: Any
) -> None:
    PlaceFactory(municipality=larvik)
    first = municipality_of(rf.get(PATH))
    assert first is not None
    first.name = "Changed by one request"
    second = municipality_of(rf.get(PATH))
    assert second == first
    assert second.name == "Larvik", "another request has its own"
    Municipality.objects.filter(pk=larvik.pk).update(languages=["nb"])
    assert len(asked) == 1
    later = time.monotonic() + 2.1
    monkeypatch.setattr("portal.hosts.time.monotonic", lambda: later)
    assert municipality_of(rf.get(PATH)).languages == ["nb"]


def test_a_host_is_looked_up_after_a_deed_of_staff_and_for_whoever_does_something(
    larvik: Municipality, asked: list[str], rf: Any
) -> None:
    PlaceFactory(municipality=larvik)
    municipality_of(rf.get(PATH))
    municipality_of(rf.get(PATH))
    assert asked == ["GET"]
    municipality_of(rf.post(PATH))
    known = rf.get(PATH)
    known.COOKIES["anything"] = "1"
    municipality_of(known)
    assert asked == ["GET", "POST", "GET"]
    log(instance=larvik, action="wagtail.edit", user=make_staff(larvik))
    municipality_of(rf.get(PATH))
    assert len(asked) == 4


def test_a_page_made_of_what_stood_before_is_not_kept_as_new(person: Client, larvik: Municipality) -> None:
    """A language is taken away between the look-up for a page and its being kept."""
    PlaceFactory(municipality=larvik, name_nb="Huset")
    person.get(PATH)
    larvik.languages = ["nb", "en"]
    larvik.save()
    log(instance=larvik, action="wagtail.edit", user=make_staff(larvik))
    content = person.get(PATH).content.decode()
    assert 'hreflang="en"' in content
    assert 'hreflang="ar"' not in content


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


def in_store(store: Pages, *, bytes_: int = 100_000, until: float = 90.0, stamp: str = "a") -> Callable[[int], None]:
    def put(n: int) -> None:
        page = Kept(stamp, until, b"x" * bytes_, {}, None, None, None)
        store.put(("http", "larvik.localhost", f"/nb/{n}/"), page, 0.0)

    return put


def there(store: Pages, *numbers: int, at: str = "a", now: float = 1.0) -> list[int]:
    return [n for n in numbers if store.get(("http", "larvik.localhost", f"/nb/{n}/"), at, now)]


def test_memory_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pages, "ROOM", 450_000)
    store = Pages()
    put = in_store(store)
    for n in (1, 2, 3, 4):
        put(n)
    assert there(store, 1) == [1]  # asked for again, so that the second is the one not asked for longest
    put(5)
    assert there(store, 1, 2, 3, 4, 5) == [1, 3, 4, 5]
    for _n in range(9):
        put(3)
    assert there(store, 1, 2, 3, 4, 5) == [1, 3, 4, 5], "a page put again takes no more room"
    assert store.size == sum(page.size for page in store.kept.values()) <= 450_000


def test_what_is_over_is_forgotten(settings: Any) -> None:
    settings.KEPT_SECONDS = 30
    store = Pages()
    put = in_store(store, until=30.0)
    put(1)
    put(2)
    assert there(store, 1, now=31.0) == []
    assert there(store, 2, at="b") == []
    assert (len(store.kept), store.size) == (0, 0)
    put(3)
    put(4)
    store.put(("http", "larvik.localhost", "/nb/"), Kept("a", 900.0, b"x", {}, None, None, None), 30.0 + LASTS)
    assert [key[2] for key in store.kept] == ["/nb/"], "without anybody asking for it"


NUMBERS = tuple(range(40))


def busy(store: Pages, now: float) -> None:
    """Ten pages have just been made, in four seconds."""
    for _n in range(10):
        store.took(0.4, now)


def rushed(monkeypatch: pytest.MonkeyPatch) -> Pages:
    """Forty pages kept under the stamp a; four seconds have just gone into making pages."""
    monkeypatch.setattr(kept_pages, "BUSY", 3.0)
    store = Pages()
    put = in_store(store, until=1_000.0)
    for n in NUMBERS:
        put(n)
    assert there(store, *NUMBERS, now=100.0) == list(NUMBERS)
    busy(store, 100.0)
    return store


def test_in_a_rush_pages_are_made_anew_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    store = rushed(monkeypatch)
    assert len(there(store, *NUMBERS, at="b", now=100.0)) == len(NUMBERS), "the change was seen this moment"
    busy(store, 100.0 + GRACE / 2)
    assert 10 <= len(there(store, *NUMBERS, at="b", now=100.0 + GRACE / 2)) <= 30, "about half of them have had their turn"
    busy(store, 100.0 + GRACE)
    assert there(store, *NUMBERS, at="b", now=100.1 + GRACE) == [], "and none outlives a minute"


def test_without_a_rush_a_change_ends_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    store = rushed(monkeypatch)
    assert there(store, *NUMBERS, at="b", now=111.0) == [], "the rush is over ten seconds later"


def test_a_page_of_two_changes_ago_counts_from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    store = rushed(monkeypatch)
    there(store, at="b", now=100.0)
    store.get(("http", "larvik.localhost", "/nb/none/"), "b", 100.0)
    store.get(("http", "larvik.localhost", "/nb/none/"), "c", 97.0 + GRACE)
    busy(store, 97.0 + GRACE)
    assert there(store, *NUMBERS, at="c", now=100.1 + GRACE) == []


def test_what_ran_out_may_serve_on_in_a_rush(monkeypatch: pytest.MonkeyPatch) -> None:
    store = rushed(monkeypatch)
    busy(store, 1_000.0)
    assert there(store, *NUMBERS, now=1_000.0 + LASTS / 2) == [], "the rush is over ten seconds later"


def test_where_nothing_changed_a_page_serves_on_for_minutes_in_a_rush(monkeypatch: pytest.MonkeyPatch) -> None:
    store = rushed(monkeypatch)
    for after, least, most in ((LASTS / 2 - 1, 40, 40), (LASTS * 0.75, 10, 30), (LASTS, 0, 0)):
        busy(store, 1_000.0 + after)
        assert least <= len(there(store, *NUMBERS, now=1_000.0 + after)) <= most, after


@pytest.mark.parametrize("mark", ["fbclid=a{}", "mc_cid=1&mc_eid={}", "utm_id={}&utm_term=x", "%66bclid={}", "UTM_Source={}"])
def test_mark_of_a_newsletter_makes_no_page_of_its_own(person: Client, larvik: Municipality, mark: str) -> None:
    PlaceFactory(municipality=larvik)
    first = person.get("/nb/find/", QUERY_STRING="kind=place&" + mark.format("zxqv1"))
    assert b"zxqv1" not in first.content, "nor does it stand in any link"
    assert b"/ar/find/?kind=place" in first.content
    assert queries(person, "/nb/find/?" + mark.format("zxqv2") + "&kind=place") < 6
    assert len(kept_pages.pages.kept) == 1


def test_everything_else_in_an_address_stays_as_it_was() -> None:
    for query in ("q=a+b%20c&q=&page=2", "utm=1&x=fbclid", "&&q", "q=utm_source%3Dx", "xutm_source=1"):
        assert without_marks(query) == query
    assert without_marks("gclid=1&q=a%26b&utm_term&fbclid") == "q=a%26b"


def test_endless_addresses_push_nothing_out(person: Client, larvik: Municipality) -> None:
    PlaceFactory(municipality=larvik)
    person.get("/nb/support/")
    for n in range(4):
        assert person.get(f"/nb/support/?x={n}").status_code == 200
    assert [key[2] for key in kept_pages.pages.kept] == ["/nb/support/"]


@pytest.fixture
def rush(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are asked for faster than they can be made."""
    monkeypatch.setattr(Pages, "_is_rush", lambda self, now: True)
    monkeypatch.setattr(kept_pages, "share_of", lambda key: 0.0)  # every page has its turn at once


def test_in_a_rush_only_what_shows_a_change_is_made_anew(person: Client, larvik: Municipality, rush: None) -> None:
    near, far = {"pinned_lat": 59.05, "pinned_lon": 10.03}, {"pinned_lat": 59.2, "pinned_lon": 10.2}
    shown = PlaceFactory(municipality=larvik, name_nb="Huset", **near)
    PlaceFactory(municipality=larvik, name_nb="Naboen", **near)
    PlaceFactory(municipality=larvik, name_nb="Langt borte", **far)
    paths = {name: f"/nb/places/{name}/" for name in ("huset", "naboen", "langt-borte")}
    before = {name: person.get(path).content for name, path in paths.items()}
    assert b"/places/huset/" in before["naboen"]
    assert b"/places/huset/" not in before["langt-borte"]
    shown.summary_nb = "Dette er nytt."
    shown.save()
    for name, path in paths.items():
        person.get(path)
        assert queries(person, path) == 1, "kept again"
        assert (kept_pages.pages.kept[("http", "testserver", path)].content != before[name]) == (name == "huset"), name
    made_now = {name: kept_pages.pages.kept[("http", "testserver", path)].stamp for name, path in paths.items()}
    assert made_now["huset"] == made_now["naboen"] != made_now["langt-borte"]


def test_a_listing_that_goes_is_gone_in_a_rush_too(person: Client, larvik: Municipality, rush: None) -> None:
    row = PlaceFactory(municipality=larvik, name_nb="Huset")
    assert person.get(PATH).status_code == 200
    row.delete()
    assert person.get(PATH).status_code in (404, 410)


def test_whatever_else_staff_do_may_show_anywhere(larvik: Municipality) -> None:
    place = PlaceFactory(municipality=larvik, name_nb="Huset")
    before = stamp()
    place.summary_nb = "Nytt"
    place.save()
    log(instance=place, action="wagtail.edit", user=make_staff(larvik, "a@example.org"))
    after = stamp()
    assert what_changed(before, after) == (b"/places/huset/",)
    log(instance=larvik, action="wagtail.edit", user=make_staff(larvik, "b@example.org"))
    assert what_changed(after, stamp()) is None
    assert what_changed("", after) is None
    for row in [PlaceFactory(municipality=larvik) for _n in range(MOST + 1)]:
        row.save()
    assert what_changed(after, stamp()) is None
