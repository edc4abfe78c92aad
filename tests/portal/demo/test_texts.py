"""The demo town's words and drawings: complete, of the right shape, the same every time."""

from __future__ import annotations

import io
from datetime import date
from random import Random

import pytest
from PIL import Image
from shapely.geometry import Point

from directory.listings.actions import starting_labels
from directory.listings.kinds import SPOKEN as SPOKEN_LANGUAGES
from directory.providers.rules import is_org_number
from portal.demo import texts
from portal.demo.days import next_holiday, term
from portal.demo.ground import Ground
from portal.demo.people import telephone
from portal.demo.pictures import SCENES, draw, draw_logo
from portal.demo.town import _OWN_SCENES, _SCENES, ADAPTED, SPOKEN, made_up_numbers, read_ages, targets_of

pytestmark = pytest.mark.one_database

ROOMS = {
    "providers": texts.kinds_of_provider,
    "activities": texts.kinds_of_activity,
    "places": texts.kinds_of_place,
    "support": texts.schemes,
    "holidays": texts.holiday_activities,
}


@pytest.mark.parametrize("room", ROOMS)
def test_every_kind_is_written_in_norwegian_and_english(room: str) -> None:
    for key in ROOMS[room]():
        for lang in ("nb", "en"):
            words = texts.words(room, key)[lang]
            assert all((words.summary, words.description)), (key, lang)
            assert max(len(words.summary), len(words.name) + 60) <= 300, (key, lang)


@pytest.mark.parametrize("lang", texts.TRANSLATED)
def test_translations_belong_to_a_kind_and_have_its_shape(lang: str) -> None:
    for room, entries in texts.read(f"translations/{lang}").items():
        for key in entries:
            assert key in ROOMS[room](), f"{lang}: {room}.{key}"
            words = texts.words(room, key)
            assert bool(words[lang].name) == bool(words["nb"].name), f"{lang}: {room}.{key}"
            assert all((words[lang].summary, words[lang].description)), f"{lang}: {room}.{key}"


def test_descriptions_are_written_one_by_one() -> None:
    providers = {texts.words("providers", key)["nb"].description for key in texts.kinds_of_provider()}
    activities = {texts.words("activities", key)["nb"].description for key in texts.kinds_of_activity()}
    assert len(providers) == len(texts.kinds_of_provider()) >= 85
    assert len(activities) == len(texts.kinds_of_activity()) >= 150


def test_kinds_name_only_what_exists() -> None:
    labels = starting_labels()
    categories = {slug for entry in labels["categories"].values() for slug in entry["children"]}
    for room in ("providers", "activities", "places", "holidays"):
        for key, entry in ROOMS[room]().items():
            assert entry["category"] in categories, key
    for key, entry in texts.kinds_of_activity().items():
        assert set(entry["by"]) <= {*texts.kinds_of_provider(), "neighbourhood-committee"}, key
        assert set(entry["at_place"]) <= set(texts.kinds_of_place()), key
        assert set(entry.get("adapted", [])) <= set(ADAPTED), key
        assert {SPOKEN.get(code, code) for code in entry.get("spoken", [])} <= set(SPOKEN_LANGUAGES), key
    assert set(ADAPTED.values()) <= set(labels["adaptations"])
    assert {entry["by"] for entry in texts.schemes().values()} <= set(texts.kinds_of_provider())
    assert {*_SCENES.values(), *_OWN_SCENES.values()} <= set(SCENES)
    assert set(_OWN_SCENES) <= categories


def test_names_of_providers_are_each_their_own() -> None:
    names = [name for entry in texts.kinds_of_provider().values() for name in entry["names"]]
    assert len(names) == len(set(names)) == 303


def test_labels_are_named_in_the_languages_of_the_demo() -> None:
    labels = starting_labels()
    children = [child for entry in labels["categories"].values() for child in entry["children"].values()]
    for entry in [*labels["categories"].values(), *children, *labels["targets"].values(), *labels["adaptations"].values()]:
        for lang in texts.LANGUAGES:
            assert entry.get(lang, "").partition("|")[0].strip(), (entry["nb"], lang)
    assert len(labels["categories"]) == 10


def test_points_lie_inside_the_municipality_and_their_postcode() -> None:
    for number, key in (("3909", "larvik"), ("3907", "sandefjord"), ("4001", "porsgrunn")):
        ground = Ground(number, key)
        chance = Random(1)
        for entry in ground.neighbourhoods:
            for _n in range(12):
                address = ground.address(chance, entry["name"], numbered=True)
                assert address.postcode in entry["postcodes"]
                assert ground.parts[address.postcode].buffer(0.0001).contains(Point(address.lon, address.lat))


def test_a_district_has_a_boundary_with_its_middle_inside() -> None:
    from shapely.geometry import shape

    ground = Ground("3909", "larvik")
    for entry in ground.neighbourhoods:
        boundary, lat, lon = ground.outline(entry["postcodes"])
        assert shape(boundary).contains(Point(lon, lat)), entry["name"]


def test_made_up_numbers_are_valid_and_belong_to_nobody() -> None:
    numbers = made_up_numbers(0)
    found = [next(numbers) for _n in range(400)]
    assert len(set(found)) == 400
    assert all(is_org_number(number) and number.startswith("3") for number in found)
    assert telephone(1234).startswith("00 ")


@pytest.mark.parametrize(
    ("today", "key"),
    [
        (date(2026, 1, 10), "winter"),
        (date(2026, 2, 18), "winter"),
        (date(2026, 4, 1), "summer"),
        (date(2026, 7, 20), "summer"),
        (date(2026, 8, 20), "autumn"),
        (date(2026, 11, 21), "christmas"),
        (date(2026, 12, 30), "christmas"),
        (date(2027, 1, 1), "christmas"),
    ],
)
def test_next_holiday_goes_on_or_comes_next(today: date, key: str) -> None:
    holiday = next_holiday(today)
    assert holiday.key == key
    assert holiday.last >= today


def test_term_covers_the_day_outside_holidays() -> None:
    assert term(date(2026, 9, 1)) == (date(2026, 8, 17), date(2026, 12, 15))
    assert term(date(2026, 12, 20)) == (date(2027, 1, 7), date(2027, 6, 15))
    assert term(date(2026, 7, 1))[0] == date(2026, 8, 17)


@pytest.mark.parametrize(
    ("ages", "found", "targets"),
    [
        ("6-8", (6, 8), ["barn"]),
        ("18-", (18, None), ["ungdom", "voksne"]),
        ("60-", (60, None), ["eldre"]),
        ("0-2", (0, 2), ["smabarn", "familier"]),
        ("", (None, None), ["barn", "ungdom", "voksne", "eldre", "familier"]),
    ],
)
def test_ages_give_target_groups(ages: str, found: tuple[int | None, int | None], targets: list[str]) -> None:
    assert read_ages(ages) == found
    assert targets_of("choir", *found) == targets


def test_pictures_are_the_same_every_time() -> None:
    first = draw("forest", 0)
    assert first == draw("forest", 0)
    assert first != draw("forest", 1)
    assert Image.open(io.BytesIO(first)).size == (1200, 800)
    assert len(first) < 150_000
    logo = Image.open(io.BytesIO(draw_logo("Øvre Vel")))
    assert (logo.size, logo.mode) == ((240, 240), "RGBA")
