"""Exact positions from recorded answers of the address register; nobody is asked in a test."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max
from geopy.exc import GeocoderParseError, GeocoderTimedOut

from directory.geography import tasks
from directory.geography.actions import find_position
from directory.geography.addresses import StreetAddress, read_address
from directory.geography.geocoder import Kartverket, Match, find, geocoder
from directory.listings.kinds import Precision
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.timetable import STALE_AFTER, WAITS, sweep
from tests.directory.geography.recorded import Recorded, address, answer


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Eksempelveien 1", StreetAddress("Eksempelveien", 1)),
        ("Eksempelveien 1 c", StreetAddress("Eksempelveien", 1, "C")),
        ("Eksempelveien 1C, 2. etg", StreetAddress("Eksempelveien", 1, "C")),
        ("Eksempelveien 12, 3 etasje", StreetAddress("Eksempelveien", 12)),
        ("Eksempelveien 12 H0201", StreetAddress("Eksempelveien", 12)),
        ("Eksempelveien 12 (inngang bak)", StreetAddress("Eksempelveien", 12)),
        ("c/o Klubbhuset\nEksempelveien 1", StreetAddress("Eksempelveien", 1)),
        ("v/ Kari, Eksempelveien 1", StreetAddress("Eksempelveien", 1)),
        ("Postboks 12, Eksempelveien 1", StreetAddress("Eksempelveien", 1)),
        ("Eksempelveien 10-12", StreetAddress("Eksempelveien", 10)),
        ("7. juni gate 3", StreetAddress("7. juni gate", 3)),
        ("Torget", StreetAddress("Torget")),
        ("Eksempelveien 1, 3256 Larvik", StreetAddress("Eksempelveien", 1)),
        ("Postboks 1", None),
        ("Pb. 33 Sentrum", None),
        ("c/o Kari Nordmann", None),
        ("2. etg", None),
        ("", None),
        ("-", None),
    ],
)
def test_address_field_is_freed_of_what_is_no_address(text: str, read: StreetAddress | None) -> None:
    assert read_address(text) == read


def ask(rule: Any, text: str, postcode: str = "3256") -> tuple[Match | None, list[dict[str, str]]]:
    recorded = Recorded(rule)
    by = Kartverket(adapter_factory=recorded.adapter, user_agent="Frittfram test", timeout=7)
    wanted = read_address(text)
    assert wanted is not None
    return find(by, wanted, postcode=postcode, municipality="3909"), recorded.asked


def test_exact_address_in_its_postcode_is_the_first_question() -> None:
    match, asked = ask(lambda params: answer(address("Eksempelveien 1C")), "eksempelveien 1 c")
    assert match == Match(59.0542, 10.0274, Precision.ADDRESS)
    assert len(asked) == 1
    assert asked[0]["adressetekst"] == "eksempelveien 1C"
    assert (asked[0]["postnummer"], asked[0]["agent"], asked[0]["timeout"]) == ("3256", "Frittfram test", "7")


def test_ladder_goes_on_to_the_municipality_with_spelling_mistakes() -> None:
    match, asked = ask(
        lambda params: answer(address("Eksempelveien 1", "3257")) if "fuzzy" in params else answer(), "Eksempelvegn 1"
    )
    assert match == Match(59.0542, 10.0274, Precision.ADDRESS)
    assert [("adressetekst" in a, a.get("postnummer"), a.get("kommunenummer"), a.get("fuzzy")) for a in asked] == [
        (True, "3256", None, None),
        (False, "3256", None, None),
        (False, None, "3909", "true"),
    ]


def test_house_that_is_not_there_gives_the_street() -> None:
    match, _asked = ask(lambda params: answer(address("Eksempelveien 3")), "Eksempelveien 1")
    assert match is not None
    assert match.precision == Precision.STREET


def test_another_letter_of_the_house_gives_the_street() -> None:
    match, _asked = ask(lambda params: answer(address("Eksempelveien 1B")), "Eksempelveien 1C")
    assert match is not None
    assert match.precision == Precision.STREET


def test_another_street_or_another_municipality_is_never_taken() -> None:
    assert ask(lambda params: answer(address("Storgata 1")), "Eksempelveien 1")[0] is None
    assert ask(lambda params: answer(address("Eksempelveien 1", "0150", number="0301")), "Eksempelveien 1")[0] is None


def test_two_streets_of_one_name_are_left_to_a_person() -> None:
    two = answer(address("Eksempelveien 1", "3257"), address("Eksempelveien 1", "3290", lat=59.0))
    assert ask(lambda params: two if "fuzzy" in params else answer(), "Eksempelveien 1", postcode="")[0] is None


@pytest.mark.parametrize("junk", [{}, {"adresser": None}, {"adresser": [None, 3]}, {"adresser": [{"adressenavn": None}]}])
def test_missing_keys_in_the_answer_are_no_hit(junk: dict[str, Any]) -> None:
    assert ask(lambda params: junk, "Eksempelveien 1")[0] is None


def test_position_missing_in_a_hit_is_no_hit() -> None:
    assert ask(lambda params: answer(address("Eksempelveien 1", representasjonspunkt=None)), "Eksempelveien 1")[0] is None


def test_answer_of_another_kind_is_an_error() -> None:
    with pytest.raises(GeocoderParseError):
        ask(lambda params: ["no"], "Eksempelveien 1")


def test_reverse_gives_the_nearest_address() -> None:
    recorded = Recorded(
        lambda params: answer(
            address("Langt unna 9", meterDistanseTilPunkt=80.5), address("Eksempelveien 1", meterDistanseTilPunkt=3.2)
        )
    )
    found = Kartverket(adapter_factory=recorded.adapter).reverse((59.05, 10.02), radius=100)
    assert str(found) == "Eksempelveien 1, 3256 Larvik"
    assert recorded.asked[0]["path"].endswith("/punktsok")
    assert recorded.asked[0]["radius"] == "100"


def test_geocoder_is_switched_off_and_on_by_the_setting(settings: Any) -> None:
    assert settings.GEOCODER_URL == ""
    assert geocoder() is None
    settings.GEOCODER_URL = "https://ws.geonorge.no/adresser/v1"
    assert isinstance(geocoder(), Kartverket)
    settings.GEOCODER_URL = "https://nominatim.openstreetmap.org"
    assert type(geocoder()).__name__ == "Nominatim"


# ── the listing ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def larvik(db: None) -> Municipality:
    return Municipality.objects.create(number="3909", name="Larvik", slug="larvik")


@pytest.fixture
def club(larvik: Municipality) -> Provider:
    provider = Provider(municipality=larvik, name_nb="Laget", street="Eksempelveien 1", postcode="3257", city="Larvik")
    provider.save()
    return provider


def by(rule: Any) -> tuple[Kartverket, Recorded]:
    recorded = Recorded(rule)
    return Kartverket(adapter_factory=recorded.adapter), recorded


def test_listing_gets_the_exact_position_once(club: Provider) -> None:
    kartverket, recorded = by(lambda params: answer(address("Eksempelveien 1", "3257", lat=59.1, lon=10.1)))
    assert club.precision == Precision.POSTCODE
    assert find_position(kind="provider", pk=club.pk, by=kartverket) is True
    club.refresh_from_db()
    assert (club.lat, club.lon, club.precision) == (59.1, 10.1, Precision.ADDRESS)
    assert find_position(kind="provider", pk=club.pk, by=kartverket) is False
    assert len(recorded.asked) == 1


def test_answer_for_an_old_address_is_not_written(club: Provider) -> None:
    def move(params: dict[str, str]) -> Any:
        moved = Provider.objects.get(pk=club.pk)
        moved.street = "Nyveien 2"
        moved.save()
        return answer(address("Eksempelveien 1", "3257", lat=59.1, lon=10.1))

    assert find_position(kind="provider", pk=club.pk, by=by(move)[0]) is False
    club.refresh_from_db()
    assert (club.lat, club.precision, club.located_for) == (59.054, Precision.POSTCODE, "Nyveien 2, 3257 Larvik")


def test_nothing_else_of_the_listing_is_written(club: Provider) -> None:
    def rename(params: dict[str, str]) -> Any:
        Provider.objects.filter(pk=club.pk).update(name_nb="Laget mitt")
        return answer(address("Eksempelveien 1", "3257", lat=59.1, lon=10.1))

    assert find_position(kind="provider", pk=club.pk, by=by(rename)[0]) is True
    club.refresh_from_db()
    assert (club.name_nb, club.lat) == ("Laget mitt", 59.1)


def test_pinned_listing_and_post_box_are_not_asked_about(club: Provider) -> None:
    kartverket, recorded = by(lambda params: answer(address("Eksempelveien 1")))
    Provider.objects.filter(pk=club.pk).update(street="Postboks 1", located_for="Postboks 1, 3257 Larvik")
    assert find_position(kind="provider", pk=club.pk, by=kartverket) is False
    Provider.objects.filter(pk=club.pk).update(street="Eksempelveien 1", pinned_lat=59.0, pinned_lon=10.0)
    assert find_position(kind="provider", pk=club.pk, by=kartverket) is False
    assert find_position(kind="provider", pk=0, by=kartverket) is False
    assert recorded.asked == []


# ── the queue ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def find_addresses() -> Any:
    """The real task, where the queue is replaced."""
    return tasks.find_addresses


@pytest.fixture
def queue(find_addresses: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """What was put into the queue; the geocoder is switched on and answers nothing."""
    settings.GEOCODER_URL = "https://ws.geonorge.no/adresser/v1"
    queued: list[tuple[str, list[int]]] = []

    class Task:
        def enqueue(self, kind: str, pks: list[int]) -> None:
            queued.append((kind, pks))

        def using(self, **options: Any) -> Task:
            return self

    monkeypatch.setattr(tasks, "find_addresses", Task())
    return queued


def test_new_address_is_asked_about_after_commit(
    larvik: Municipality, queue: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        provider = Provider(municipality=larvik, name_nb="Laget", street="Eksempelveien 1", postcode="3257", city="Larvik")
        provider.save()
        assert queue == []
    assert queue == [("provider", [provider.pk])]
    with django_capture_on_commit_callbacks(execute=True):
        provider.name_nb = "Laget vårt"
        provider.save()
        Provider(municipality=larvik, name_nb="Uten gate", postcode="3257", city="Larvik").save()
    assert len(queue) == 1


@pytest.mark.django_db(transaction=True)
def test_rolled_back_listing_is_not_asked_about(queue: list[Any]) -> None:
    larvik = Municipality.objects.create(number="3909", name="Larvik", slug="larvik")
    with transaction.atomic():
        Provider(municipality=larvik, name_nb="Laget", street="Eksempelveien 1", postcode="3257").save()
        transaction.set_rollback(True)
    assert queue == []


def test_import_asks_about_many_in_few_tasks(queue: list[Any]) -> None:
    with tasks.asked_together():
        for pk in range(120):
            tasks.ask_about_many("provider", [pk])
        tasks.ask_about_many("place", [1, 1])
        assert queue == []
    assert [(kind, len(pks)) for kind, pks in queue] == [("provider", 50), ("provider", 50), ("provider", 20), ("place", 1)]


def test_task_writes_what_it_found_and_fails_on_remote_trouble(
    club: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.GEOCODER_URL = "https://ws.geonorge.no/adresser/v1"
    other = Provider(municipality=club.municipality, name_nb="Nabo", street="Stille vei 2", postcode="3257", city="Larvik")
    with monkeypatch.context() as quiet:
        quiet.setattr(tasks, "ask_about_many", lambda kind, pks: None)
        other.save()
    kartverket, _recorded = by(
        lambda params: answer(address("Eksempelveien 1", "3257")) if "Eksempel" in str(params) else GeocoderTimedOut("late")
    )
    monkeypatch.setattr(tasks, "geocoder", lambda: kartverket)
    with pytest.raises(tasks.RemoteTrouble, match="late"):
        tasks.find_addresses.call("provider", [club.pk, other.pk])
    club.refresh_from_db()
    other.refresh_from_db()
    assert (club.precision, other.precision) == (Precision.ADDRESS, Precision.POSTCODE)


def test_budget_of_the_day_puts_the_rest_off_until_tomorrow(
    club: Provider, settings: Any, queue: list[Any], monkeypatch: pytest.MonkeyPatch, find_addresses: Any
) -> None:
    settings.GEOCODER_DAILY_BUDGET = 1
    kartverket, recorded = by(lambda params: answer())
    monkeypatch.setattr(tasks, "geocoder", lambda: kartverket)
    cache.clear()
    assert find_addresses.call("provider", [club.pk, 7, 8]) == 0
    assert queue == [("provider", [7, 8])]
    assert recorded.asked


# ── the sweep ───────────────────────────────────────────────────────────────────────────────────────────────
def failed_task(tries: int, finished: Any, status: str = TaskResultStatus.FAILED, **fields: Any) -> DBTaskResult:
    return DBTaskResult.objects.create(
        status=status,
        finished_at=finished,
        worker_ids=["w"] * tries,
        args_kwargs={"args": [], "kwargs": {}},
        task_path="directory.geography.tasks.find_addresses",
        backend_name="default",
        run_after=get_date_max(),
        **fields,
    )


@pytest.mark.django_db
def test_sweep_tries_failed_tasks_again_with_growing_waits() -> None:
    now = timezone.now()
    due = failed_task(1, now - WAITS[0])
    waiting = failed_task(2, now - WAITS[0])
    hopeless = failed_task(len(WAITS) + 1, now - timedelta(days=1))
    done = failed_task(1, now - timedelta(days=1), status=TaskResultStatus.SUCCESSFUL)
    assert sweep(now).retried == 1
    assert sweep(now).retried == 0
    states = {row.pk: row.status for row in DBTaskResult.objects.all()}
    assert states == {due.pk: "READY", waiting.pk: "FAILED", hopeless.pk: "FAILED", done.pk: "SUCCESSFUL"}
    assert due in DBTaskResult.objects.ready()


@pytest.mark.django_db
def test_sweep_gives_up_tasks_whose_worker_died_and_tries_them_again(caplog: pytest.LogCaptureFixture) -> None:
    now = timezone.now()
    lost = failed_task(1, None, status=TaskResultStatus.RUNNING, started_at=now - STALE_AFTER - timedelta(minutes=1))
    alive = failed_task(1, None, status=TaskResultStatus.RUNNING, started_at=now)
    assert (sweep(now).stale, sweep(now).stale) == (1, 0)
    assert "its worker may be dead" in caplog.text
    assert dict(DBTaskResult.objects.values_list("pk", "status")) == {lost.pk: "FAILED", alive.pk: "RUNNING"}
    assert sweep(now + WAITS[0]).retried == 1
    assert DBTaskResult.objects.get(pk=lost.pk).status == "READY"
