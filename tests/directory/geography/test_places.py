"""What people write as the place they want to be near."""

import pytest

from directory.geography.places import locate
from directory.listings.kinds import Precision
from directory.municipalities.models import District, Municipality

pytestmark = pytest.mark.django_db


@pytest.fixture
def larvik() -> Municipality:
    town = Municipality.objects.create(number="3909", name="Larvik", slug="larvik")
    District.objects.create(
        municipality=town, name_nb="Østre Halsen", name_uk="Естре Халсен", slug="ostre-halsen", lat=59.04, lon=10.06
    )
    District.objects.create(municipality=town, name_nb="Kveldebygda", slug="kvelde", postcodes=["3282"])
    return town


@pytest.mark.parametrize(
    "text",
    ["59.05,10.03", " 59.05 , 10.03 ", "59.05 10.03", "10.03,59.05", "59,05;10,03", "59,05, 10,03", "59,05,10,03",
     "59.05°N 10.03°E", "10.03E, 59.05N", "[59.05, 10.03]", "N 59.05, Ø 10.03"],
)  # fmt: skip
def test_coordinates_are_read_however_they_are_written(larvik: Municipality, text: str) -> None:
    found = locate(text, larvik)
    assert found is not None
    assert (found.lat, found.lon, found.precision) == (59.05, 10.03, Precision.EXACT)


def test_coordinates_elsewhere_are_left_in_their_order(larvik: Municipality) -> None:
    found = locate("-33.9, 18.4", larvik)
    assert found is not None
    assert (found.lat, found.lon) == (-33.9, 18.4)


@pytest.mark.parametrize("text", ["3256", "N-3256 LARVIK", "3256 Larvik", "larvik 3256", "NO-3256", "Ukjentgata 7, 3256 Larvik"])
def test_postcode_is_found_in_what_stands_around_it(larvik: Municipality, text: str) -> None:
    found = locate(text, larvik)
    assert found is not None
    assert (found.lat, found.lon, found.label, found.precision) == (59.0542, 10.0274, "3256 Larvik", Precision.POSTCODE)


@pytest.mark.parametrize(
    ("text", "label", "lat"),
    [
        ("Nansetgata 40", "Nansetgata 40", 59.0542),  # 1-63 and 2-68 are 3256
        ("nansetgaten 100 B", "Nansetgata 100", 59.0631),  # 70-114 are 3269
        ("NANSETGT 100", "Nansetgata 100", 59.0631),
        ("Nansetgata 40, 3269 Larvik", "Nansetgata 40", 59.0631),  # the postcode somebody wrote goes before the number
        ("Lagendalsvegen 1086", "Lågendalsveien 1086", 59.1),  # four digits, and no postcode
        ("Laagendalsveien 1086", "Lågendalsveien 1086", 59.1),
        ("Nansetgta 40", "Nansetgata 40", 59.0542),
        ("Nansetg", "Nansetgata", None),
    ],
)
def test_street_is_found_by_its_name_and_number(larvik: Municipality, text: str, label: str, lat: float | None) -> None:
    found = locate(text, larvik)
    assert found is not None
    assert (found.label, found.precision) == (label, Precision.POSTCODE)
    assert lat is None or found.lat == lat


@pytest.mark.parametrize("text", ["Østre Halsen", "ostre halsen", "OESTRE HALSEN", "Естре Халсен", "Østre Halsn"])
def test_district_is_found_in_every_language_and_spelling(larvik: Municipality, text: str) -> None:
    found = locate(text, larvik)
    assert found is not None
    assert (found.lat, found.label) == (59.04, "Østre Halsen")


def test_district_without_a_centre_lies_where_its_postcodes_do(larvik: Municipality) -> None:
    found = locate("Kveldebygda", larvik)
    assert found is not None
    assert (found.lat, found.lon) == (59.1919, 9.9722)


@pytest.mark.parametrize(
    ("text", "label"), [("stavern", "Stavern"), ("Oslo", "Oslo"), ("mo i rana", "Mo i Rana"), ("Røros", "Røros")]
)
def test_towns_are_found_here_and_elsewhere(larvik: Municipality, text: str, label: str) -> None:
    found = locate(text, larvik)
    assert found is not None
    assert found.label == label


def test_streets_of_another_municipality_are_not_known_here(larvik: Municipality) -> None:
    sandefjord = Municipality.objects.create(number="3907", name="Sandefjord", slug="sandefjord")
    assert locate("Nansetgata 40", larvik) is not None
    assert locate("Nansetgata 40", sandefjord) is None


@pytest.mark.parametrize(
    "text",
    ["", "  ", "0000", "12345", "59.05", "99,999", "91,181", "nan,nan", "1e5,4", "\x00", "' OR 1=1 --", "x" * 100_000, "asdfgh",
     ",,,", "-,-", "٣٢٥٦", "\ud800"],
)  # fmt: skip
def test_nonsense_is_nowhere(larvik: Municipality, text: str) -> None:
    assert locate(text, larvik) is None


def test_without_a_municipality_the_country_is_known() -> None:
    assert locate("3256") is not None
    assert locate("Larvik") is not None
    assert locate("Nansetgata 40") is None
