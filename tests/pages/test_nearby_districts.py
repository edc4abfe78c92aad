"""Parts of a municipality, and what stands near a listing."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.activities.models import Session
from directory.listings.kinds import Precision, Visibility
from directory.municipalities.models import District, Feature, Municipality
from directory.places.models import OpeningTime, Place
from tests.factories.directory import (
    ActivityFactory,
    DistrictFactory,
    PlaceFactory,
    ProviderFactory,
    default_municipality,
    make_municipality,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def larvik() -> Municipality:
    return default_municipality(contact_email="kultur@example.org")


@pytest.fixture
def stavern(larvik: Municipality) -> District:
    return DistrictFactory(municipality=larvik, slug="stavern", name_nb="Stavern", postcodes=["3290", "3291"])


def at(lat: float, lon: float) -> dict[str, float]:
    return {"pinned_lat": lat, "pinned_lon": lon}


# ── a district's page ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_district_shows_what_is_there_and_only_that(client: Client, larvik: Municipality, stavern: District) -> None:
    today = timezone.localdate()
    other = make_municipality("3907", "Sandefjord")
    DistrictFactory(municipality=other, slug="stavern", name_nb="Stavern", postcodes=["3290"])
    provider = ProviderFactory(municipality=larvik, name_nb="Stavern turn", postcode="3290")
    ActivityFactory(
        municipality=larvik, provider=provider, name_nb="Snart", postcode="3290", sessions=[Session(date=today, starts=time(12))]
    )
    later = [Session(date=today + timedelta(days=9))]
    ActivityFactory(municipality=larvik, provider=provider, name_nb="Siden", postcode="3290", sessions=later)
    ActivityFactory(municipality=larvik, provider=provider, name_nb="Borte", postcode="3264", sessions=[Session(date=today)])
    ActivityFactory(municipality=other, name_nb="Fremmed", postcode="3290", sessions=[Session(date=today)])
    PlaceFactory(
        municipality=larvik,
        name_nb="Kafeen",
        kind="meeting",
        postcode="3291",
        opening_times=[OpeningTime(weekday=day, opens=time(10), closes=time(15)) for day in range(1, 6)],
    )
    PlaceFactory(municipality=larvik, name_nb="Utstyrsboden", kind="lending", postcode="3290")
    PlaceFactory(municipality=larvik, name_nb="Utkast", kind="meeting", postcode="3290", live=False)
    page = client.get("/nb/districts/stavern/")
    found = page.content.decode()
    week, after = found.split('id="week"')[1].split("</section>", 1)
    assert "Snart" in week
    assert "Siden" not in week
    for there in ("Kafeen", "10:00", "Utstyrsboden", "Stavern turn"):
        assert there in after, there
    for absent in ("Borte", "Fremmed", "Utkast"):
        assert absent not in found, absent
    assert '/nb/find/?kind=place&amp;district=stavern"' in found
    assert client.get("/nb/find/?kind=place&district=stavern").context["total"] == 2
    assert "/nb/find/?kind=activity&amp;district=stavern" in week
    larvik.features = [Feature.CALENDAR.value]
    larvik.save()
    assert "/nb/calendar/?district=stavern" in client.get("/nb/districts/stavern/").content.decode()


def test_a_committee_shows_of_its_people_only_what_is_public(client: Client, larvik: Municipality, stavern: District) -> None:
    assert "mailto:kultur@example.org" in client.get("/nb/districts/stavern/").content.decode()
    ProviderFactory(
        municipality=larvik,
        name_nb="Utvalget",
        kind="committee",
        committee_of=stavern,
        contact_name="Hemmelig Navn",
        phone="00 11 22 33",
        phone_visibility=Visibility.PROVIDERS,
        email="utvalget@example.org",
        email_visibility=Visibility.PUBLIC,
    )
    ProviderFactory(municipality=larvik, name_nb="Ikke ute", kind="committee", committee_of=stavern, live=False)
    found = client.get("/nb/districts/stavern/").content.decode()
    assert "Utvalget" in found
    assert "utvalget@example.org" in found
    for hidden in ("Hemmelig", "00 11 22 33", "Ikke ute"):
        assert hidden not in found


def test_neighbourhoods_and_schools_lead_to_each_other(client: Client, larvik: Municipality, stavern: District) -> None:
    school = District.Kind.SCHOOL
    DistrictFactory(municipality=larvik, kind=school, slug="jordet", name_nb="Jordet skole", postcodes=["3291"])
    DistrictFactory(municipality=larvik, kind=school, slug="mesterfjellet", name_nb="Mesterfjellet skole", postcodes=["3257"])
    square = {"type": "Polygon", "coordinates": [[[9.9, 58.9], [10.2, 58.9], [10.2, 59.1], [9.9, 59.1], [9.9, 58.9]]]}
    DistrictFactory(municipality=larvik, kind=school, slug="tegnet", name_nb="Tegnet skole", boundary=square)
    names = [str(name) for _row, name in client.get("/nb/districts/stavern/").context["beside"]]
    assert names == ["Jordet skole", "Tegnet skole"]
    assert [str(name) for _row, name in client.get("/nb/districts/jordet/").context["beside"]] == ["Stavern"]


def test_an_empty_district_says_so(client: Client, larvik: Municipality, stavern: District) -> None:
    page = client.get("/nb/districts/stavern/")
    assert page.status_code == 200
    assert 'id="week"' not in page.content.decode()
    assert client.get("/nb/districts/nothing/").status_code == 404
    assert client.get("/nb/districts/stavern/qr.svg")["Content-Type"] == "image/svg+xml"
    assert client.get("/nb/districts/nothing/qr.svg").status_code == 404
    assert client.get("/nb/districts/nothing/qr/").status_code == 404


def test_the_list_of_districts_finds_ones_own(client: Client, larvik: Municipality, stavern: District) -> None:
    DistrictFactory(municipality=larvik, slug="nanset", name_nb="Nanset", postcodes=["3269"])
    PlaceFactory(municipality=larvik, postcode="3290")
    page = client.get("/nb/districts/")
    assert [row.slug for row, _name, _intro in page.context["neighbourhoods"]] == ["nanset", "stavern"]
    for near, mine in {"3290": ["stavern"], "Nanset": ["nanset"], "9999": [], "<script>": [], "%00": [], "x" * 300: []}.items():
        answer = client.get("/nb/districts/", {"near": near})
        assert [row.slug for row, _name in answer.context["mine"]] == mine, near
        assert "<script>" not in answer.content.decode()
    District.objects.all().delete()
    assert client.get("/nb/districts/").status_code == 200


def test_as_many_queries_for_a_full_district_as_for_an_empty_one(client: Client, larvik: Municipality, stavern: District) -> None:
    asked = []
    for many in (1, 12):
        provider = ProviderFactory(municipality=larvik, postcode="3290")
        for _ in range(many):
            PlaceFactory(
                municipality=larvik,
                kind="meeting",
                postcode="3290",
                opening_times=[OpeningTime(weekday=1, opens=time(10), closes=time(15))],
            )
            ActivityFactory(municipality=larvik, provider=provider, postcode="3290", sessions=[Session(weekday=3)])
        client.get("/nb/districts/stavern/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/nb/districts/stavern/")
        asked.append(len(queries))
    assert asked[0] == asked[1]


# ── near a listing ────────────────────────────────────────────────────────────────────────────────────────────
def near(client: Client, listing: Place) -> list[tuple[str, str]]:
    found = client.get(f"/nb/places/{listing.slug}/").context["near"]
    return [(str(card.title), card.distance) for card in found["cards"]]


def test_what_is_near_comes_nearest_first_and_in_more_than_one_kind(client: Client, larvik: Municipality) -> None:
    here = PlaceFactory(municipality=larvik, name_nb="Her", **at(59.05, 10.03))
    provider = ProviderFactory(municipality=larvik, name_nb="Laget", **at(59.0591, 10.03))
    hall = PlaceFactory(municipality=larvik, name_nb="Hallen", **at(59.0545, 10.03))
    for n in range(7):
        ActivityFactory(municipality=larvik, provider=provider, name_nb=f"Trening {n}", places=[hall])
    ActivityFactory(municipality=larvik, provider=provider, name_nb="Trening 0", places=[hall])
    PlaceFactory(municipality=larvik, name_nb="Langt unna", **at(59.2, 10.03))
    rough = PlaceFactory(municipality=larvik, name_nb="Omtrent her", postcode="3256")
    Place.objects.filter(pk=rough.pk).update(lat=59.0501, lon=10.03, precision=Precision.POSTCODE)
    found = near(client, here)
    names = [name for name, _distance in found]
    assert len(names) == len(set(names)) == 6
    assert {"Hallen", "Laget"} <= set(names)
    assert not {"Her", "Langt unna", "Omtrent her"} & set(names)
    # 500 metres through the air are some 650 along streets.
    assert dict(found)["Hallen"] == "500\u00a0m · omtrent 8 minutter til fots"
    assert [int(distance.split("\u00a0")[0]) for _name, distance in found if "km" not in distance] == sorted(
        int(distance.split("\u00a0")[0]) for _name, distance in found if "km" not in distance
    )


def test_where_the_position_is_rough_the_part_of_town_is_shown_without_distances(
    client: Client, larvik: Municipality, stavern: District
) -> None:
    rough = PlaceFactory(municipality=larvik, name_nb="Et sted", postcode="3290")
    PlaceFactory(municipality=larvik, name_nb="Et annet", postcode="3291")
    PlaceFactory(municipality=larvik, name_nb="Utenfor", postcode="3256")
    page = client.get(f"/nb/places/{rough.slug}/")
    assert near(client, rough) == [("Et annet", "")]
    assert page.context["near"]["more_href"] == "/nb/districts/stavern/"


def test_as_many_queries_for_many_near_as_for_few(client: Client, larvik: Municipality) -> None:
    here = PlaceFactory(municipality=larvik, **at(59.05, 10.03))
    asked = []
    for many in (1, 8):
        for n in range(many):
            PlaceFactory(municipality=larvik, **at(59.051 + n / 1000, 10.03))
        client.get(f"/nb/places/{here.slug}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/nb/places/{here.slug}/")
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_the_way_there_by_bus_has_its_destination(client: Client, larvik: Municipality) -> None:
    here = PlaceFactory(municipality=larvik, name_nb="Blå & gul hall", **at(59.05, 10.03))
    found = client.get(f"/nb/places/{here.slug}/").content.decode()
    there = "stopLat=59.05000&amp;stopLon=10.03000&amp;stopLabel=Bl%C3%A5%20%26%20gul%20hall"
    assert f'href="https://entur.no/travel-result?{there}"' in found
