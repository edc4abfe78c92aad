"""Pages take as many questions to the database with thirty things on them as with one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.activities.models import Session
from directory.municipalities.models import Municipality
from tests.factories.cards import make_agreement, make_offer, make_programme
from tests.factories.directory import (
    ActivityFactory,
    AdaptationFactory,
    CategoryFactory,
    DistrictFactory,
    PlaceFactory,
    ProviderFactory,
    SupportSchemeFactory,
    default_municipality,
)

pytestmark = pytest.mark.django_db
PATHS = (
    "/nb/",
    "/ar/",
    "/nb/find/",
    "/nb/find/?q=lag&near=59.05,10.03",
    "/nb/find/?kind=activity&free=1",
    "/nb/providers/forst/",
    "/nb/places/huset/",
    "/nb/activities/kor-0/",
    "/nb/support/",
    "/nb/districts/nanset/",
)


@pytest.fixture
def larvik(db: Any) -> Municipality:
    return default_municipality(lat=59.05, lon=10.03)


def fill(town: Municipality, first: int, last: int, shared: dict[str, Any]) -> None:
    """One more of everything that stands in lists, all at one provider and one place."""
    today = timezone.localdate()
    for n in range(first, last):
        category = CategoryFactory(municipality=town, slug=f"k{n}", name_nb=f"Kategori {n}")
        adaptation = AdaptationFactory(municipality=town, slug=f"t{n}", name_nb=f"Tilpasning {n}")
        at = {"pinned_lat": 59.05 + n / 10_000, "pinned_lon": 10.03}
        labels = {"municipality": town, "categories": [category], "adaptations": [adaptation]}
        place = PlaceFactory(**labels, **at, name_nb=f"Lagsted {n}", provider=shared["provider"])
        activity = ActivityFactory(
            **labels,
            name_nb=f"Kor {n}",
            provider=shared["provider"],
            is_free=True,
            low_threshold=True,
            places=[shared["place"], place],
            districts=[shared["district"]],
            sessions=[
                Session(date=today + timedelta(days=1 + n % 5), starts="18:00", place=shared["place"]),
                Session(weekday=1 + n % 7, starts="17:00", place=place),
            ],
        )
        make_offer(
            shared["agreement"], activity=shared.setdefault("activity", activity), place=shared["place"], title_nb=f"Tilbud {n}"
        )
        SupportSchemeFactory(**labels, name_nb=f"Støtte {n}", provider=shared["provider"])
        ProviderFactory(**labels, name_nb=f"Lag {n}")


def queries(browser: Client, path: str) -> int:
    assert browser.get(path).status_code == 200  # what is kept between pages is kept
    with CaptureQueriesContext(connection) as found:
        assert browser.get(path).status_code == 200
    return len(found)


def test_more_hits_take_no_more_queries(client: Client, larvik: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.pages.home.KEPT_SECONDS", -1)  # the front page as it is when nothing is kept
    shared = {
        "provider": ProviderFactory(municipality=larvik, name_nb="Først"),
        "place": PlaceFactory(municipality=larvik, name_nb="Huset", pinned_lat=59.05, pinned_lon=10.03),
        "district": DistrictFactory(municipality=larvik, slug="nanset", name_nb="Nanset"),
    }
    shared["agreement"] = make_agreement(make_programme(larvik), shared["provider"])
    fill(larvik, 0, 2, shared)
    few = {path: queries(client, path) for path in PATHS}

    fill(larvik, 2, 30, shared)

    assert {path: queries(client, path) for path in PATHS} == few


def test_front_page_follows_a_change_at_once(client: Client, larvik: Municipality) -> None:
    """What it keeps between two visits is thrown away with every change of a listing."""
    provider = ProviderFactory(municipality=larvik, name_nb="Først")
    tomorrow = timezone.localdate() + timedelta(days=1)

    def add(name: str) -> Any:
        session = Session(date=tomorrow, starts="18:00")
        return ActivityFactory(municipality=larvik, name_nb=name, provider=provider, sessions=[session])

    add("Kor")
    assert "Kor" in client.get("/nb/").content.decode()
    dans = add("Danseglede")
    assert "Danseglede" in client.get("/nb/").content.decode()
    dans.name_nb = "Stepping"
    dans.save()
    assert "Danseglede" not in client.get("/nb/").content.decode()
    assert "Stepping" in client.get("/nb/").content.decode()
    dans.delete()
    assert "Stepping" not in client.get("/nb/").content.decode()
