"""Results from the municipalities next door: only when asked for, told apart, and opened where they belong."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.directory import ActivityFactory, default_municipality, make_municipality

pytestmark = pytest.mark.django_db


@pytest.fixture
def larvik(db):
    larvik = default_municipality(languages=["nb", "en", "ar"])
    sandefjord = make_municipality("3907", "Sandefjord", languages=["nn", "nb", "ar"])
    porsgrunn = make_municipality("4001", "Porsgrunn", languages=["nn", "en"])
    oslo = make_municipality("0301", "Oslo")
    ActivityFactory(municipality=larvik, name_nb="Kor i Larvik")
    ActivityFactory(municipality=sandefjord, name_nb="Kor i Sandefjord")
    ActivityFactory(municipality=sandefjord, name_nb="Dans i Sandefjord", is_free=True)
    ActivityFactory(municipality=porsgrunn, name_nb="Kor i Porsgrunn")
    ActivityFactory(municipality=oslo, name_nb="Kor i Oslo")
    return larvik


def titles(page):
    return sorted(str(card.title) for card in page.context["cards"] if card.kind == "activity")


def test_neighbours_come_when_asked_for_and_say_where_they_are(client, larvik):
    here = client.get("/ar/find/?q=kor")
    assert titles(here) == ["Kor i Larvik"]
    beside = here.context["beside"]
    assert (beside.more, beside.is_on) == (2, False)
    assert "Porsgrunn" in beside.names
    assert "Sandefjord" in beside.names
    assert "Oslo" not in beside.names
    wider = client.get(beside.href)
    assert wider.context["total"] == here.context["total"] + beside.more
    assert titles(wider) == ["Kor i Larvik", "Kor i Porsgrunn", "Kor i Sandefjord"]
    cards = {str(card.title): card for card in wider.context["cards"]}
    assert [cards[f"Kor i {name}"].municipality for name in ("Larvik", "Sandefjord", "Porsgrunn")] == [
        "",
        "Sandefjord",
        "Porsgrunn",
    ]
    assert cards["Kor i Larvik"].url == "/ar/activities/kor-i-larvik/"
    # On their own host, in the reader's language where it is offered there.
    assert cards["Kor i Sandefjord"].url == "http://sandefjord.localhost/ar/activities/kor-i-sandefjord/"
    assert cards["Kor i Porsgrunn"].url == "http://porsgrunn.localhost/nn/activities/kor-i-porsgrunn/"
    for host in ("sandefjord", "porsgrunn"):
        path = cards[f"Kor i {host.capitalize()}"].url.removeprefix(f"http://{host}.localhost")
        assert client.get(path, headers={"host": f"{host}.localhost"}).status_code == 200
    back = wider.context["beside"]
    assert back.is_on
    assert titles(client.get(back.href)) == ["Kor i Larvik"]


def test_nothing_found_offers_the_neighbours_with_their_count(client, larvik):
    page = client.get("/nb/find/?q=dans&free=1")
    assert page.context["total"] == 0
    offered = {link.label: link for link in page.context["drops"]}
    link = next(link for link in offered.values() if "municipality=3907" in link.href and "3909" in link.href)
    assert link.count == client.get(link.href).context["total"] == 1


def test_an_own_choice_of_municipalities_stays(client, larvik):
    for address in ("municipality=all", "municipality=0301", "municipality=3909&municipality=0301"):
        assert client.get(f"/nb/find/?{address}").context["beside"] is None


def test_the_offer_is_not_made_where_nobody_next_door_is_here(client):
    default_municipality()
    make_municipality("0301", "Oslo")
    assert client.get("/nb/find/").context["beside"] is None


def test_more_neighbours_take_no_more_queries(client, larvik):
    asked = []
    for _ in range(2):
        client.get("/nb/find/?q=kor")
        with CaptureQueriesContext(connection) as queries:
            client.get("/nb/find/?q=kor&municipality=3909&municipality=3907&municipality=4001")
        asked.append(len(queries))
        for n in range(12):
            ActivityFactory(municipality=larvik, name_nb=f"Kor {n}")
    assert asked[0] == asked[1]
