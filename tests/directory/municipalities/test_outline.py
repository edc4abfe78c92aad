"""The ground of a map without tiles."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories.directory import DistrictFactory, default_municipality

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_outline_holds_own_land_neighbours_and_names(client: Client) -> None:
    municipality = default_municipality()
    DistrictFactory(municipality=municipality, name_nb="Langestrand", lat=59.05, lon=10.01)
    DistrictFactory(municipality=municipality, name_nb="Uten sted", lat=None, lon=None)

    features = client.get("/nb/districts/outline.json").json()["features"]

    parts = [feature["properties"]["part"] for feature in features]
    assert parts.count("own") == 1
    assert parts.count("beside") > 0
    assert parts.index("own") > parts.index("beside"), "its own land is drawn last, on top"
    names = {f["properties"]["name"]: f["geometry"]["coordinates"] for f in features if f["properties"]["part"] == "name"}
    assert names["Langestrand"] == [10.01, 59.05]
    assert "Uten sted" not in names
