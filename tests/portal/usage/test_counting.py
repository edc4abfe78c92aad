"""What a visit leaves behind: sums, and nothing else."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.usage import rules
from portal.usage.actions import forget_usage, record
from portal.usage.middleware import tally
from portal.usage.models import DailySum, HeldWords, What
from portal.usage.queries import monday
from portal.usage.rules import is_robot, normalised
from portal.usage.tally import MOST, Event, Tally
from tests.factories.directory import ActivityFactory, DistrictFactory, PlaceFactory, ProviderFactory, make_municipality
from tests.portal.usage.conftest import PERSON

AROUND = {
    "type": "Polygon",
    "coordinates": [[[10.0, 59.0], [10.1, 59.0], [10.1, 59.1], [10.0, 59.1], [10.0, 59.0]]],
}


def sums() -> dict[tuple[str, str, str, bool, str], int]:
    """Write what waits, and read everything: (what, lang, district, kiosk, key) → count."""
    assert tally.flush()
    return {(s.what, s.lang, s.district, s.kiosk, s.key): s.count for s in DailySum.objects.all()}


def test_pages_are_counted_by_language(person: Client, larvik: Municipality) -> None:
    home = f"page:{larvik.site.root_page_id}"
    for path in ("/nb/", "/nb/", "/ar/", "/nb/support/"):
        assert person.get(path).status_code == 200

    assert sums() == {
        ("view", "nb", "", False, home): 2,
        ("view", "ar", "", False, home): 1,
        ("view", "nb", "", False, "support-index"): 1,
    }


def test_second_round_adds_to_the_first(person: Client, larvik: Municipality) -> None:
    person.get("/nb/support/")
    assert tally.flush()
    person.get("/nb/support/")
    person.get("/nb/support/?kiosk=1")

    assert sums() == {("view", "nb", "", False, "support-index"): 2, ("view", "nb", "", True, "support-index"): 1}


def test_listing_is_counted_with_its_part_of_town(person: Client, larvik: Municipality) -> None:
    nanset = DistrictFactory(municipality=larvik, slug="nanset")
    school = DistrictFactory(municipality=larvik, slug="en-skole", kind="school")
    place = PlaceFactory(municipality=larvik, name_nb="Huset", districts=[school, nanset])

    person.get("/nb/places/huset/")
    person.get("/nb/districts/nanset/")

    assert sums() == {
        ("view", "nb", "nanset", False, f"place:{place.pk}"): 1,
        ("view", "nb", "nanset", False, "district"): 1,
    }


def test_search_is_counted_with_what_it_found(person: Client, larvik: Municipality) -> None:
    ActivityFactory(municipality=larvik, name_nb="Fotball")
    DistrictFactory(municipality=larvik, slug="nanset")

    person.get("/nb/find/?q=fotball")
    person.get("/nb/find/?q=fotball&page=1")
    person.get("/en/find/?q=romfart&district=nanset")

    assert sums() == {
        ("view", "nb", "", False, "find"): 2,
        ("search", "nb", "", False, ""): 2,
        ("view", "en", "nanset", False, "find"): 1,
        ("search", "en", "nanset", False, ""): 1,
        ("nothing", "en", "nanset", False, ""): 1,
    }


def test_next_page_of_results_is_no_new_search(person: Client, larvik: Municipality) -> None:
    for n in range(25):
        PlaceFactory(municipality=larvik, name_nb=f"Sted {n}")
    person.get("/nb/find/?page=2")

    assert sums() == {("view", "nb", "", False, "find"): 1}


@pytest.mark.parametrize("near", ["59.05,10.05", "59,05 10,05", "N59.05 E10.05", "59.05 , 10.05"])
def test_where_the_visitor_stands_is_not_counted(person: Client, larvik: Municipality, near: str) -> None:
    DistrictFactory(municipality=larvik, slug="nanset", boundary=AROUND)

    person.get("/nb/find/", {"near": near})

    assert {district for _what, _lang, district, _kiosk, _key in sums()} == {""}


def test_place_asked_for_by_name_is_counted_as_its_part_of_town(person: Client, larvik: Municipality) -> None:
    DistrictFactory(municipality=larvik, slug="nanset", name_nb="Nanset", boundary=AROUND, lat=59.05, lon=10.05)

    response = person.get("/nb/find/", {"near": "Nanset"})
    assert response.context["query"].point == (59.05, 10.05)

    assert sums() == {("view", "nb", "nanset", False, "find"): 1, ("search", "nb", "nanset", False, ""): 1,
                      ("nothing", "nb", "nanset", False, ""): 1}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/nb/", {"User-Agent": ""}),
        ("/nb/", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}),
        ("/nb/", {"User-Agent": "curl/8.5.0"}),
        ("/nb/", {"User-Agent": PERSON, "Sec-Purpose": "prefetch;prerender"}),
        ("/nb/nowhere/", {"User-Agent": PERSON}),
        ("/fi/", {"User-Agent": PERSON}),
        ("/", {"User-Agent": PERSON}),
        ("/api/v1/search?q=kor", {"User-Agent": PERSON}),
        ("/api/v1/suggest?q=kor", {"User-Agent": PERSON}),
        ("/nb/offline/", {"User-Agent": PERSON}),
        ("/nb/embed/?q=kor", {"User-Agent": PERSON}),  # with every page of another site it stands in
        ("/healthz", {"User-Agent": PERSON}),
    ],
)
def test_what_no_visitor_was_shown_is_not_counted(larvik: Municipality, path: str, headers: dict[str, str]) -> None:
    Client().get(path, headers=headers)
    assert sums() == {}


def test_staff_are_not_counted(person: Client, larvik: Municipality) -> None:
    person.force_login(User.objects.create_user("kari@example.org"))
    assert person.get("/nb/").status_code == 200
    assert sums() == {}


def test_browsers_of_people_are_no_robots() -> None:
    for agent in (
        PERSON,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; SM-A546B) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 30) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36",
    ):
        assert not is_robot(agent), agent


def test_nothing_about_who_asked_is_kept(person: Client, larvik: Municipality) -> None:
    """Put everything there that could leak, and look through all tables of the app."""
    secret = "Zxqvmerke"
    person.get(
        f"/nb/find/?q={secret}&near=59.0512345,10.0512345&x={secret}",
        headers={"User-Agent": f"{PERSON} {secret}", "Referer": f"https://example.org/{secret}", "Accept-Language": secret},
        REMOTE_ADDR="203.0.113.77",
    )
    assert tally.flush()

    written = [str(list(model.objects.values_list())) for model in (DailySum, HeldWords)]

    assert DailySum.objects.exists()
    assert HeldWords.objects.exists()
    for text in written:
        for trace in (secret, secret.lower(), "203.0.113", "Firefox", "59.05", "10.05"):
            assert trace not in text


def test_counting_asks_the_database_nothing_while_a_page_is_made(
    person: Client, larvik: Municipality, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.get("/nb/find/?q=fotball&near=Torget")
    with CaptureQueriesContext(connection) as counted:
        person.get("/nb/find/?q=fotball&near=Torget")
    assert tally.waiting
    monkeypatch.setattr("portal.usage.middleware.is_counted", lambda *args: False)
    with CaptureQueriesContext(connection) as plain:
        person.get("/nb/find/?q=fotball&near=Torget")
    assert len(counted) == len(plain)


def test_fault_in_counting_fails_no_page(person: Client, larvik: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("portal.usage.middleware.events_of", broken)
    assert person.get("/nb/").status_code == 200


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────
def event(larvik: Municipality, words: str, day: int, **fields: Any) -> Event:
    return Event(larvik.pk, timezone.localdate() + timedelta(days=day - 9), What.UNMET, "nb", key=words, **fields)


def ask(larvik: Municipality, words: str, *days: int) -> None:
    for day in days:
        record({event(larvik, words, day): 2})


def test_words_are_written_down_only_when_enough_have_asked(larvik: Municipality) -> None:
    record({event(larvik, "romfart", 1): 2})
    record({event(larvik, "romfart", 2, district="nanset"): 2})
    assert not DailySum.objects.exists()
    assert "romfart" not in str(list(HeldWords.objects.values_list()))

    record({event(larvik, "romfart", 3, district="nanset"): 1})

    assert [(s.key, s.lang, s.district, s.count) for s in DailySum.objects.order_by("count")] == [
        ("romfart", "nb", "nanset", 1),
        ("romfart", "", "", 4),  # what was held back, without language and part of town
    ]
    record({event(larvik, "romfart", 3): 1})
    assert sum(DailySum.objects.values_list("count", flat=True)) == 6


def test_typing_the_same_again_and_again_on_two_days_is_not_enough(larvik: Municipality) -> None:
    record({event(larvik, "ola nordmann", 1): 40})
    record({event(larvik, "ola nordmann", 2): 40})
    assert not DailySum.objects.exists()
    assert not HeldWords.objects.exclude(words="").exists()


def test_words_of_one_town_say_nothing_about_another(larvik: Municipality) -> None:
    other = make_municipality("3907", "Sandefjord")
    ask(larvik, "romfart", 1, 2, 3)
    record({event(other, "romfart", 4): 1})
    assert set(DailySum.objects.values_list("municipality", flat=True)) == {larvik.pk}
    assert len(set(HeldWords.objects.values_list("tag", flat=True))) == 2


def test_changing_a_filter_asks_for_the_words_once(person: Client, larvik: Municipality) -> None:
    person.get("/nb/find/?q=Romfart")
    person.get("/nb/find/?q=romfart&free=1", headers={"Referer": "http://testserver/nb/find/?q=romfart"})
    person.get("/nb/find/?q=romfart&free=1", headers={"Referer": "https://evil.example/nb/find/?q=romfart"})
    assert tally.flush()
    assert HeldWords.objects.get().count == 2


@pytest.mark.parametrize(
    "words",
    [
        "ola@example.org",
        "tlf 33 12 34 56",
        "01019012345",
        "010190 12345",
        "https://example.org/x",
        "a " * 7,
        "x" * 61,
        "  ",
        "!?",
    ],
)
def test_what_could_be_about_a_person_is_never_held(words: str) -> None:
    assert normalised(words) == ""


def test_words_are_told_apart_without_regard_to_how_they_are_written() -> None:
    assert normalised("  Svømming,  BARN! ") == normalised("svømming barn") == "svømming barn"
    assert normalised("كرة القدم") == "كرة القدم"
    assert normalised("ካራተ") == "ካራተ"
    assert normalised("हिन्दी") == "हिन्दी"


def test_flood_of_words_fills_no_disk(larvik: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_HELD", 3)
    for n in range(6):
        record({event(larvik, f"ord {chr(97 + n)}", 1): 1})
    assert HeldWords.objects.count() == 3
    record({event(larvik, f"ord nummer {chr(97 + n)}", 1): 1 for n in range(9)})
    assert HeldWords.objects.count() == 3


def test_flood_of_words_keeps_nobody_from_being_heard(larvik: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_HELD", 20)
    other = make_municipality("3907", "Sandefjord")
    record({event(other, "kor", 1): 1})
    for day in (1, 2, 3):
        record({event(larvik, f"tull {day} {chr(97 + n)}", day): 1 for n in range(20)})
        ask(larvik, "romfart", day)
    assert HeldWords.objects.filter(municipality=larvik).count() == 20
    assert HeldWords.objects.filter(municipality=other).count() == 1
    assert set(DailySum.objects.values_list("key", flat=True)) == {"romfart"}


def test_flood_of_words_takes_few_statements(larvik: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_HELD", 250)

    def statements(many: int, day: int) -> int:
        counts = {event(larvik, f"tull {day} x{n}", day): 1 for n in range(many)}
        with CaptureQueriesContext(connection) as found:
            record(counts)
        return len(found)

    statements(250, 1)
    assert statements(200, 3) < statements(5, 2) + 5


def test_what_another_process_writes_late_counts_no_day_twice(larvik: Municipality) -> None:
    ask(larvik, "romfart", 3)
    ask(larvik, "romfart", 1)  # counted two days ago, written now
    ask(larvik, "romfart", 3)
    held = HeldWords.objects.get()
    assert (held.days, held.count, held.seen) == (1, 6, timezone.localdate() - timedelta(days=6))
    assert not DailySum.objects.exists()


def test_old_sums_and_lonely_hashes_are_forgotten(larvik: Municipality) -> None:
    now = timezone.now()
    today = timezone.localdate(now)
    oldest = monday(today - timedelta(days=rules.KEPT_DAYS))  # sums go by whole weeks
    for age in ((today - oldest).days, (today - oldest).days + 1):
        DailySum.objects.create(municipality=larvik, day=today - timedelta(days=age), what=What.VIEW, count=1)
    for tag, words, since, seen in (
        ("young", "", 10, 10),
        ("lonely", "", rules.HELD_DAYS + 1, 1),
        ("open", "kor", 300, 1),
        ("stale", "polo", 500, rules.WORDS_DAYS + 1),
    ):
        HeldWords.objects.create(
            municipality=larvik,
            tag=tag,
            words=words,
            since=today - timedelta(days=since),
            seen=today - timedelta(days=seen),
        )

    assert forget_usage(now) == 3
    assert forget_usage(now) == 0

    assert DailySum.objects.count() == 1
    assert set(HeldWords.objects.values_list("tag", flat=True)) == {"young", "open"}


# ── the buffer ──────────────────────────────────────────────────────────────────────────────────────────────
def view(larvik: Municipality, key: str = "find") -> Event:
    return Event(larvik.pk, timezone.localdate(), What.VIEW, "nb", key=key)


def test_locked_database_loses_nothing(larvik: Municipality) -> None:
    refused = [OperationalError("database is locked"), None]

    def write(counts: Any) -> None:
        if error := refused.pop(0):
            raise error
        record(counts)

    own = Tally(write, every=0)
    own.add([view(larvik)])
    assert not own.flush()
    own.add([view(larvik)])
    assert own.flush()
    assert DailySum.objects.get().count == 2


def test_waiting_events_are_bounded(larvik: Municipality) -> None:
    own = Tally(lambda counts: None, every=0)
    own.add(view(larvik, f"page:{n}") for n in range(MOST + 10))
    assert len(own.waiting) == MOST
    assert own.lost == 10


def test_events_of_many_threads_are_all_counted() -> None:
    written: Counter[Event] = Counter()
    own = Tally(written.update, every=0)  # type: ignore[arg-type]
    one = Event(1, timezone.localdate(), What.VIEW, "nb")

    def work() -> None:
        for _ in range(500):
            own.add([one])
            own.flush()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert written == {one: 2000}


def test_writer_works_by_itself() -> None:
    done = threading.Event()
    own = Tally(lambda counts: done.set(), every=0.01)
    own.add([Event(1, timezone.localdate(), What.VIEW, "nb")])
    assert done.wait(5)


def test_sums_of_a_town_that_is_gone_are_left_out(larvik: Municipality) -> None:
    record({view(larvik): 1, Event(999_999, timezone.localdate(), What.VIEW, "nb"): 1})
    assert DailySum.objects.get().municipality == larvik


def test_many_events_take_few_statements(larvik: Municipality) -> None:
    def statements(many: int) -> int:
        counts = {view(larvik, f"page:{n}"): 1 for n in range(many)}
        with CaptureQueriesContext(connection) as found:
            record(counts)
        return len(found)

    assert statements(1) == statements(300)


def test_provider_is_counted_by_its_number(person: Client, larvik: Municipality) -> None:
    provider = ProviderFactory(municipality=larvik, name_nb="Koret")
    person.get("/nb/providers/koret/")
    assert sums() == {("view", "nb", "", False, f"provider:{provider.pk}"): 1}
