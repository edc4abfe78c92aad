"""Which municipality and which districts a point lies in."""

import pytest
from django.test.utils import CaptureQueriesContext

from directory.geography.boundaries import all_boundaries, boundary_of, municipality_at, read_geometry
from directory.geography.districts import chart_of, districts_of
from directory.geography.streets import all_streets, read_street
from directory.listings.kinds import Precision
from directory.municipalities.models import District, Municipality
from directory.providers.models import Provider


def square(west: float, south: float, east: float, north: float) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]}


@pytest.mark.parametrize(
    ("lat", "lon", "number"),
    [
        (59.0542, 10.0274, "3909"),
        (59.1312, 10.2166, "3907"),
        (59.1406, 9.6561, "4001"),
        (59.9139, 10.7522, "0301"),
        (58.9683, 9.8665, "3909"),
    ],
)
def test_point_lies_in_its_municipality(lat: float, lon: float, number: str) -> None:
    assert municipality_at(lat, lon) == number


def test_point_at_sea_and_abroad_lies_in_none() -> None:
    assert municipality_at(57.5, 7.0) is None
    assert municipality_at(48.85, 2.35) is None


def test_every_municipality_holds_its_own_middle() -> None:
    assert len(all_boundaries()) == 357
    assert all(municipality_at(*boundary.middle) == number for number, boundary in all_boundaries().items())


def test_boundary_of_unknown_number_is_none() -> None:
    assert boundary_of("0709") is None


@pytest.mark.parametrize(
    "junk",
    [
        None,
        7,
        "x",
        {},
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": [[[1, 2]]]},
        {"type": "Polygon", "coordinates": []},
    ],
)
def test_geometry_that_is_none_is_none(junk: object) -> None:
    assert read_geometry(junk) is None


@pytest.mark.parametrize(
    ("text", "name", "ranges"),
    [
        ("Nansetgata 1-63, 2-68", "Nansetgata", ((1, 63), (2, 68))),
        ("Lågendalsveien 1-85,  91-1087, 2-1088", "Lågendalsveien", ((1, 85), (91, 1087), (2, 1088))),
        ("Fresjeveien 5-slutt, 4-slutt", "Fresjeveien", ((5, 1_000_000), (4, 1_000_000))),
        ("Fresjeveien 1, 2, 3", "Fresjeveien", ((1, 1), (2, 2), (3, 3))),
        ("Hyttesone A 1-13, 2-14", "Hyttesone A", ((1, 13), (2, 14))),
        ("Bommestad (nord For E-18)", "Bommestad", ()),
        ("Torvgaten", "Torvgaten", ()),
    ],
)
def test_street_of_the_list_is_taken_apart(text: str, name: str, ranges: tuple[tuple[int, int], ...]) -> None:
    assert read_street(text) == (name, ranges)


def test_streets_stand_under_todays_municipality() -> None:
    assert len(all_streets()["3909"]) > 600
    assert {"3909", "3907", "3905", "3901"} <= set(all_streets())
    assert "0709" not in all_streets()


@pytest.fixture
def larvik(db: None) -> Municipality:
    town = Municipality.objects.create(number="3909", name="Larvik", slug="larvik")
    District.objects.create(
        municipality=town, name_nb="Vest", slug="vest", boundary=square(9.9, 59.0, 10.03, 59.1), postcodes=["3256"]
    )
    District.objects.create(
        municipality=town, name_nb="Øst", slug="ost", boundary=square(10.03, 59.0, 10.2, 59.1), postcodes=["3257"]
    )
    District.objects.create(
        municipality=town, name_nb="Skolen", slug="skolen", kind="school", boundary=square(10.0, 59.0, 10.06, 59.1)
    )
    District.objects.create(municipality=town, name_nb="Kvelde", slug="kvelde", postcodes=["3282"])
    return town


def slugs(districts: list[District]) -> set[str]:
    return {district.slug for district in districts}


def test_boundary_decides_for_an_exact_point(larvik: Municipality) -> None:
    assert slugs(districts_of((59.05, 10.04), "3256", larvik)) == {"ost", "skolen"}


def test_postcode_decides_when_the_point_is_only_its_middle(larvik: Municipality) -> None:
    assert slugs(districts_of((59.05, 10.04), "3256", larvik, precise=False)) == {"vest", "skolen"}


def test_postcode_decides_without_a_point(larvik: Municipality) -> None:
    assert slugs(districts_of(None, "3282", larvik)) == {"kvelde"}
    assert slugs(districts_of(None, "", larvik)) == set()


def test_choice_by_hand_goes_before_the_address(larvik: Municipality) -> None:
    provider = Provider(municipality=larvik, name_nb="Laget", street="Storgata 1", postcode="3256", city="Larvik")
    provider.save()
    chart = chart_of(larvik)
    assert provider.precision == Precision.POSTCODE
    assert slugs(chart.districts_of(provider)) == {"vest", "skolen"}
    provider.districts = [District.objects.get(slug="kvelde")]
    provider.save()
    assert slugs(chart.districts_of(provider)) == {"kvelde"}


def test_chart_asks_once_however_many_are_looked_up(
    larvik: Municipality, django_assert_num_queries: type[CaptureQueriesContext]
) -> None:
    with django_assert_num_queries(1):
        chart = chart_of(larvik)
        for n in range(50):
            chart.at((59.05, 10.0 + n / 1000), "3256")
