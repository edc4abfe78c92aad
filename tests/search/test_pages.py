"""`/find/` and the API: the same hits, honest counts, and an answer to every address."""

import json
import random
from copy import deepcopy
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import jsonschema
import pytest
from django.utils import translation

from directory.activities.models import Activity
from directory.listings.cards import card_of, for_cards
from search.api_description import describe_api
from search.documents import MODELS
from search.engines import get_engine
from search.presenters import card_from
from search.query import PARAMS
from tests.factories.directory import (
    ActivityFactory,
    default_municipality,
    make_municipality,
)
from tests.search.town import make_town, random_address
from tests.whole_file import rows_for_a_file

pytestmark = pytest.mark.django_db
HIDDEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def town_of_the_file(django_db_setup, django_db_blocker):
    with rows_for_a_file(django_db_blocker):
        neighbour = make_municipality("3907", "Sandefjord")
        make_town(neighbour, seed=2, providers=2, places=2, activities=6, support=1)
        larvik = default_municipality()
        make_town(larvik)
        yield larvik


@pytest.fixture
def town(town_of_the_file, db):
    return deepcopy(town_of_the_file)


def ask(client, pairs=(), path="/api/v1/search", **headers):
    response = client.get(f"{path}?{urlencode(list(pairs))}", headers=headers)
    assert response.status_code == 200, response.content[:500]
    return response.json()


def schema(name):
    description = describe_api("")
    return {"$ref": f"#/components/schemas/{name}", "components": description["components"]}


def test_page_and_api_give_the_same_hits_and_counts(client, town):
    dice = random.Random(3)
    for _ in range(60):
        pairs = random_address(dice)
        api = ask(client, [*pairs, ("lang", "en")])
        page = client.get(f"/en/find/?{urlencode(pairs)}").context
        assert [r["id"] for r in api["results"]] == [card.ident for card in page["cards"]], pairs
        assert api["total"] == page["total"]
        assert [r["title"] for r in api["results"]] == [str(card.title) for card in page["cards"]]
        shown = {facet.param: [(o.value, o.count) for o in facet.options] for facet in page["facets"]}
        for param, values in api["facets"].items():
            assert sorted((v["value"], v["count"]) for v in values) == sorted(shown.get(param, [])), (param, pairs)


def test_every_count_is_what_choosing_gives(client, town):
    dice = random.Random(4)
    for _ in range(12):
        pairs = random_address(dice)
        for param, values in ask(client, pairs)["facets"].items():
            others = [pair for pair in pairs if pair[0] != param]
            for value in values:
                assert ask(client, [*others, (param, value["value"])])["total"] == value["count"], (pairs, param, value)


def test_links_of_the_page_lead_where_they_say(client, town):
    page = client.get("/nb/find/?category=idrett&q=fotball").context
    for facet in page["facets"]:
        for option in facet.options:
            if option.selected or facet.chosen:
                continue
            assert client.get(option.href).context["total"] == option.count, (facet.param, option.value)
    for drop in client.get("/nb/find/?q=sjakk+svommekurs&free=1&weekday=7&season=sommer&kind=support").context["drops"]:
        assert client.get(drop.href).context["total"] == drop.count > 0


def test_answers_fit_their_description(client, town):
    answer = ask(client, [("near", "59.05,10.03"), ("age", "500")])
    jsonschema.validate(answer, schema("Search"))
    assert answer["notices"][0]["param"] == "age"
    jsonschema.validate(ask(client, path="/api/v1/points"), schema("Points"))
    jsonschema.validate(ask(client, [("q", "fot")], path="/api/v1/suggest"), schema("Suggestions"))
    for result in ask(client)["results"]:
        one = ask(client, path=f"/api/v1/listings/{result['kind']}/{result['slug']}")
        jsonschema.validate(one, schema("Listing"))
        assert {k: one[k] for k in result} == result
    assert client.get("/api/v1/listings/activity/nowhere").status_code == 404
    assert client.get("/api/v1/listings/nonsense/nowhere").status_code == 404
    assert ask(client, path="/api/v1/openapi.json")["paths"].keys() >= {"/search", "/points"}


def test_card_of_a_document_is_the_card_of_its_row(town):
    for lang in ("nb", "ar"):
        with translation.override(lang):
            for kind, model in MODELS.items():
                for row in for_cards(model.objects.public()):
                    found = get_engine().find(kind, row.slug, row.municipality.number)
                    assert card_from(found, lang, date.today(), url=row.get_absolute_url()) == card_of(row, lang, date.today())


def test_only_what_is_public_and_ours_is_found(client, town):
    activity = ActivityFactory(municipality=town, name_nb="Veldig hemmelig sirkus")
    find = [("q", "sirkus")]
    assert ask(client, find)["total"] == 1
    for change in ({"live": False}, {"hidden_at": "2030-01-01T00:00Z"}, {"delisted_at": "2030-01-01T00:00Z"}):
        Activity.objects.filter(pk=activity.pk).update(**change)
        assert ask(client, find)["total"] == 0
        assert ask(client, path="/api/v1/points", pairs=find)["total"] == 0
        assert client.get(f"/api/v1/listings/activity/{activity.slug}").status_code == 404
        Activity.objects.filter(pk=activity.pk).update(live=True, hidden_at=None, delisted_at=None)
        assert ask(client, find)["total"] == 1
    activity.name_nb = "Vanlig teater"
    activity.save()
    assert ask(client, find)["total"] == 0
    assert ask(client, [("q", "teater")])["total"] == 1
    activity.delete()
    assert ask(client, [("q", "teater")])["total"] == 0
    ids = {r["id"] for r in ask(client)["results"]}
    assert ids
    response = client.get("/api/v1/search", headers={"host": "sandefjord.localhost"})
    assert response.json()["total"] == 11
    assert response.json()["total"] + ask(client)["total"] == ask(client, [("municipality", "all")])["total"]


def test_results_of_a_neighbour_lead_to_its_own_host(client, town):
    results = ask(client, [("municipality", "3907")])["results"]
    assert len(results) == 11
    assert all(r["url"].startswith("http://sandefjord.localhost/nb/") for r in results)


WORDS = """fotball" E-sport -barn C++ R&B 24/7 x:y (a NEAR( * AND fot* ^a + title: OR NOT % _ \\ {} {{7*7}}
    <script>alert(1)</script> 😀 ﷺ null -0 1e309 NaN ../../etc/passwd =1+1 ½ ² ẞ ǅ"""
HOSTILE = [
    *WORDS.split(),
    *("", " ", "fotball -barn", "a + b", "'; DROP TABLE search_searchdoc; --", "' OR 1=1", "a OR b", "NOT a"),
    *("\x00", "a\x00b", "\ud800", "\u202e\u200f", "a" * 100_000, "a " * 50_000, "ا" * 5_000),
]
ABSURD = """page=99999999999999 page=0 page=-1 page=2.5 within=0&near=59,10 near=91,0 near=59,10&within=99999 bbox=1,2,3
    bbox=10,60,9,59 zoom=99 q=%ff%fe %00=%00 sort=distance q=a&q=b&q=c free=maybe municipality=9999 near=1e9,2
    municipality=all&municipality=3909"""
EVERY_PARAM = [*PARAMS, "lang", "bbox", "zoom", "unknown"]


@pytest.mark.parametrize("path", ["/api/v1/search", "/nb/find/", "/api/v1/points", "/api/v1/suggest"])
def test_no_address_makes_an_error(client, town, path):
    for value in HOSTILE:
        wherever = EVERY_PARAM if len(value) < 1_000 else ["q", "near", "category"]
        for params in ([(param, value) for param in wherever], [("q", value)], [("near", value)]):
            response = client.get(f"{path}?{urlencode(params, errors='surrogatepass')}")
            assert response.status_code == 200, value[:50]
    for query in [*ABSURD.split(), "age=" + "&age=".join(map(str, range(300)))]:
        assert client.get(f"{path}?{query}").status_code == 200, query


def test_what_makes_no_sense_is_left_out_with_a_notice(client, town):
    everything = ask(client)["total"]
    for param in set(PARAMS) - {"q", "municipality", "within", "page"}:
        answer = ask(client, [(param, "ikke-dette")])
        assert answer["total"] == everything
        assert [(n["param"], n["value"]) for n in answer["notices"]] == [(param, "ikke-dette")]
        assert answer["notices"][0]["message"]


def test_answers_are_cached_by_tag_and_open_to_all(client, town):
    first = client.get("/api/v1/search?q=fotball")
    assert first["Access-Control-Allow-Origin"] == "*"
    again = client.get("/api/v1/search?q=fotball", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content
    ActivityFactory(municipality=town, name_nb="Fotball til")
    changed = client.get("/api/v1/search?q=fotball", headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert client.options("/api/v1/search").status_code == 204
    refused = client.post("/api/v1/search")
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert not first.cookies


def test_points_show_every_hit_that_has_a_place(client, town):
    pairs = [("kind", "activity")]
    total, placed, page = None, set(), 1
    while total is None or page <= total:
        answer = ask(client, [*pairs, ("page", page)])
        placed |= {r["id"] for r in answer["results"] if r["point"]}
        total, page = answer["pages"], page + 1
    points = ask(client, pairs, path="/api/v1/points")
    assert {p["id"] for p in points["points"]} == placed
    assert points["total"] == len(placed)
    boxed = ask(client, [*pairs, ("bbox", "10.0,59.0,10.1,59.1")], path="/api/v1/points")
    inside = {p["id"] for p in points["points"] if 59.0 <= p["point"][0] <= 59.1 and 10.0 <= p["point"][1] <= 10.1}
    assert {p["id"] for p in boxed["points"]} == inside


def test_many_points_are_gathered_without_losing_any(client, town, monkeypatch):
    monkeypatch.setattr("search.api.MOST_POINTS", 5)
    everything = ask(client, path="/api/v1/points", pairs=[("zoom", "3")])
    for zoom in (0, 8, 12, 22):
        answer = ask(client, path="/api/v1/points", pairs=[("zoom", zoom)])
        assert len(answer["points"]) + sum(c["count"] for c in answer["clusters"]) == answer["total"] == everything["total"]
        assert len(answer["points"]) + len(answer["clusters"]) <= 5


def test_suggestions_know_categories_in_other_languages(client, town):
    found = ask(client, [("q", "كرة"), ("lang", "nb")], path="/api/v1/suggest")["suggestions"]
    assert found[0]["label"] == "Fotball"
    assert found[0]["url"] == "/nb/find/?category=fotball"
    assert ask(client, path="/api/v1/suggest")["suggestions"] == []


def test_a_changed_label_is_found_at_once(client, town):
    from directory.listings.models import Category

    assert ask(client, [("q", "bordtennis")])["total"] == 0
    category = Category.objects.get(municipality=town, slug="fotball")
    category.synonyms_nb = "bordtennis"
    category.save()
    assert ask(client, [("q", "bordtennis")])["total"] > 0
    assert json.loads(client.get("/healthz").content)["checks"]["search"] == "ok"
