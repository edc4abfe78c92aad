# ruff: noqa: E501  (rows of lists read better on one line each)
"""Real lists: 478 trilingual services of Helsinki, 25 swimming places of Jyväskylä, 34 places around Trondheim.

The converters here play the person who makes a spreadsheet of them; they are no part of the product.
"""

import json
from pathlib import Path

import pytest
from django.test import Client

from directory.listings.models import Category
from directory.places.models import Place
from directory.providers.models import Provider
from directory.sources.models import Verdict
from tests.directory.sources.conftest import undo
from tests.directory.sources.test_tables import as_csv, as_ods, as_xlsx
from tests.factories.directory import default_municipality

pytestmark = [pytest.mark.django_db, pytest.mark.second_at_night]
DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def larvik(db):
    """The default site, so that the search can be asked over the address residents use."""
    municipality = default_municipality(lat=59.0533, lon=10.0352, languages=["nb", "en", "sv", "fi"])
    Category.objects.create(
        municipality=municipality, slug="kommunalt", name_nb="Private og kommunale aktører som har aktivitet", position=10
    )
    return municipality


def services():
    """A row a service, each language in its column, as a trilingual office keeps its list."""
    rows = [["Palvelut / Tjänster"], [], ["Tjeneste-ID", "ID", "Navn (finsk)", "Name EN", "namn_sv", "Beskrivelse - finsk", "Description (English)", "description_sv", "Type", "Målgruppe", "Språk", "Hinta"]]  # fmt: skip
    for line in (DATA / "fi-helsinki-services/errand-services.jsonl").read_text("utf-8").splitlines():
        service = json.loads(line)
        texts = {code: service.get(code) or {} for code in ("fi", "en", "sv")}
        common = service["common"]
        rows.append(
            [
                str(common["service_id"]),
                str(service["id"]),
                *(texts[code].get("name", "") for code in ("fi", "en", "sv")),
                *(texts[code].get("description", "") for code in ("fi", "en", "sv")),
                "Kommunal tjeneste",
                ", ".join(common["target_groups"]).replace("_", " ").lower(),
                ", ".join(common["provided_languages"]),
                texts["fi"].get("costs", ""),
            ]
        )
    return rows


def swimming_places():
    rows = [
        [
            "sportsPlaceId",
            "Name",
            "Kind",
            "Street address",
            "Postal code",
            "City",
            "Longitude",
            "Latitude",
            "Web",
            "Free",
            "Info (suomi)",
            "Last modified",
        ]
    ]
    for place in json.loads((DATA / "fi-lipas-jyvaskyla/swimming-places.json").read_text("utf-8")):
        where = place["location"]
        point = where["coordinates"]["wgs84"]
        rows.append(
            [
                str(place["sportsPlaceId"]), place["name"], "Swimming place", where.get("address", ""), where.get("postalCode", ""), where.get("postalOffice", ""),
                str(point["lon"]).replace(".", ","), str(point["lat"]).replace(".", ","), place.get("www", ""), "yes" if place.get("freeUse") else "",
                place.get("properties", {}).get("infoFi", ""), place.get("lastModified", "")[:10],
            ]
        )  # fmt: skip
    return rows


def places_of_worship():
    rows = [["Navn", "Type", "Gateadresse", "Postnr", "Poststed", "Koordinater", "Nettside", "Rullestol", "OSM"]]
    for feature in json.loads((DATA / "no-osm-trondheim/places-of-worship.geojson").read_text("utf-8"))["features"]:
        tags, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"]
        street = f"{tags.get('addr:street', '')} {tags.get('addr:housenumber', '')}".strip()
        rows.append([tags.get("name", ""), "Kirke", street, tags.get("addr:postcode", ""), tags.get("addr:city", ""), f"{lat}, {lon}", tags.get("website", ""), tags.get("wheelchair", ""), feature["id"]])  # fmt: skip
    return rows


def accounted_for(run, rows):
    """Every row of the list stands in the run with one verdict, refused ones with a reason in words."""
    told = run.summary()
    assert told["read"] == rows == run.rows.count()
    assert told["read"] == sum(told[name] for name in ("made", "updated", "unchanged", "proposed", "refused"))
    for row in run.rows.filter(verdict__in=[Verdict.REFUSED, Verdict.PROPOSED]):
        assert row.remark()
    return told


def searched(words, lang, kind=""):
    """The slugs the public search finds, through its address."""
    query = {"q": words, "lang": lang, **({"kind": kind} if kind else {})}
    answer = Client().get("/api/v1/search", query)
    assert answer.status_code == 200
    return {result["slug"] for result in answer.json()["results"]}, answer.json()["total"]


FORMATS = [
    ("csv-utf8", lambda rows: as_csv(rows, ";", "utf-8-sig"), "liste.csv"),
    ("csv-utf16", lambda rows: as_csv(rows, "\t", "utf-16"), "liste.txt"),
    ("xlsx", as_xlsx, "liste.xlsx"),
    ("ods", as_ods, "liste.ods"),
]


@pytest.mark.parametrize(
    ("make", "name"),
    [pytest.param(m, n, id=i, marks=[pytest.mark.nightly] if i in {"csv-utf8", "ods"} else []) for i, m, n in FORMATS],
)
def test_helsinki_services(send, make, name):
    rows = services()
    run = send(make(rows), name, source_name="Helsinki")
    told = accounted_for(run, 478)
    assert told["refused"] == 0
    assert told["made"] + told["proposed"] == 478
    assert Provider.objects.filter(kind="municipal").count() == told["made"]
    # What is a probable duplicate to us are two services of one name: say that they are two.
    for row in run.rows.filter(verdict=Verdict.PROPOSED):
        named = {v for k, v in row.cells.items() if "nam" in k.lower() or "navn" in k.lower()}
        assert named


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
def test_swimming_places(send, make):
    run = send(make(swimming_places()), source_name="LIPAS")
    told = accounted_for(run, 25)
    assert told["made"] + told["proposed"] == 25
    place = Place.objects.get(source_key="98715")
    assert (place.name_nb, place.postcode, place.is_free, place.kind) == ("Kolmisoppisen uimaranta", "40500", True, "venue")
    assert place.point == pytest.approx((62.2076384, 25.6659284))
    assert str(place.source_date) == "2022-03-14"
    assert place.point_precision == "exact"


@pytest.mark.parametrize("make", [as_csv, as_ods])
def test_places_of_worship(send, make):
    rows = places_of_worship()
    run = send(make(rows), source_name="OpenStreetMap")
    told = accounted_for(run, 34)
    assert told["refused"] == sum(1 for row in rows[1:] if not row[0]) == 3, "three have no name"
    church = Place.objects.get(name_nb="Døvekirken")
    assert (church.street, church.postcode) == ("Klæbuveien 43", "7030")


def test_found_afterwards_in_each_of_their_languages(send):
    send(as_csv(services()), source_name="Helsinki")
    send(as_xlsx(swimming_places()), source_name="LIPAS", name="b.xlsx")
    send(as_ods(places_of_worship()), source_name="OpenStreetMap", name="c.ods")
    missed = []
    asked = 0
    for model, kind in ((Provider, "provider"), (Place, "place")):
        for listing in model.objects.order_by("pk")[::7]:
            for lang in ("fi", "sv", "en", "nb"):
                name = getattr(listing, f"name_{lang}")
                if not name:
                    continue
                found, total = searched(name, lang, kind)
                asked += 1
                # More than a page of them may have these words; then any of the same words in that language will do.
                if listing.slug not in found and total <= 20:
                    missed.append((lang, name))
    assert asked > 180
    assert not missed


def test_the_lists_again_change_nothing_and_undo_leaves_nothing(send):
    rows = as_csv(services())
    first = send(rows, source_name="Helsinki")
    again = send(rows, source_name="Helsinki")
    assert again.summary()["unchanged"] == first.summary()["made"]
    assert again.summary()["made"] == again.summary()["updated"] == 0
    assert Provider.objects.count() == first.summary()["made"]
    undo(first)
    assert Provider.objects.count() == 0
    assert searched("Wilma", "fi")[1] == 0
