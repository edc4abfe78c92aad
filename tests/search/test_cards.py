"""`card`: where an activity card can be used now: filter, counts, chips, suggestion, API, and the index that follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from django.core.management import call_command
from django.db import transaction
from django.http import QueryDict

from cards.offers import offering
from cards.offers.models import Offer, ProviderAgreement
from cards.offers.states import OfferState
from directory.merging.actions import merge, undo
from portal.kept_pages import pages
from portal.kit.refusals import Refused
from portal.stamps import stamp
from portal.what_changed import what_changed
from search.api_description import describe_api
from search.documents import MODELS, documents
from search.engines import get_engine
from search.following import follow_offers, indexed
from search.models import SearchDoc
from search.query import SearchQuery
from search.vocabulary import Vocabulary
from tests.factories.cards import make_agreement, make_offer, make_programme, today
from tests.factories.directory import (
    ActivityFactory,
    MembershipFactory,
    PlaceFactory,
    ProviderFactory,
    UserFactory,
    default_municipality,
    make_municipality,
    make_staff,
)

pytestmark = pytest.mark.django_db
NOON = datetime.combine(today(), datetime.min.time(), ZoneInfo("Europe/Oslo")) + timedelta(hours=12)


@pytest.fixture
def larvik(db):
    return default_municipality()


@pytest.fixture
def bath(larvik):
    """A pool where one swim is got for a card, and one that has nothing to do with it."""
    programme = make_programme(larvik, name_nb="Opplevelseskortet", name_en="The adventure card", slug="kortet")
    provider = ProviderFactory(municipality=larvik, name_nb="Badet")
    activity = ActivityFactory(municipality=larvik, provider=provider, name_nb="Svømming", is_free=False)
    ActivityFactory(municipality=larvik, name_nb="Sjakk")
    agreement = make_agreement(programme, provider)
    offer = make_offer(agreement, activity=activity, title_nb="Ett bad", state=OfferState.APPROVED)
    offer.staff = make_staff(larvik)
    return offer


def publish(offer):
    return offering.publish(offer=offer, by=offer.staff, at=NOON)


def ask(client, pairs=(), path="/api/v1/search"):
    response = client.get(f"{path}?{urlencode(list(pairs))}")
    assert response.status_code == 200
    return response.json()


def names(answer):
    return sorted(result["title"] for result in answer["results"])


def test_both_say_the_same_and_every_count_is_what_choosing_gives(client, bath):
    assert "card" not in {param for param, values in ask(client)["facets"].items() if values}
    publish(bath)
    for value in ("1", "kortet"):
        answer = ask(client, [("card", value)])
        assert names(answer) == ["Badet", "Svømming"]
        page = client.get(f"/nb/find/?card={value}").context
        assert [card.ident for card in page["cards"]] == [result["id"] for result in answer["results"]]
    facet = ask(client)["facets"]["card"]
    assert [(one["value"], one["count"]) for one in facet] == [("1", 2), ("kortet", 2)]
    assert names(ask(client, [("card", "1"), ("kind", "activity")])) == ["Svømming"]
    points = ask(client, [("card", "1")], "/api/v1/points")
    assert points["total"] == 0
    assert not points["notices"]


def test_a_card_that_is_not_known_is_left_out_with_a_notice(client, bath):
    publish(bath)
    for value in ("finnes-ikke", "0"):
        answer = ask(client, [("card", value)])
        assert [notice["param"] for notice in answer["notices"]] == ["card"]
        assert answer["total"] == ask(client)["total"]


def test_a_card_of_another_town_is_no_choice_here(client, bath):
    make_programme(make_municipality("3907", "Sandefjord"), name_nb="Hvalkortet", slug="hvalkortet")
    answer = ask(client, [("card", "hvalkortet")])
    assert [notice["param"] for notice in answer["notices"]] == ["card"]
    assert Vocabulary(bath.agreement.municipality, "nb").has("card", "kortet")


def test_a_town_without_a_programme_has_no_such_filter(client, larvik):
    ActivityFactory(municipality=larvik)
    assert ask(client, [("card", "1")])["notices"][0]["param"] == "card"
    assert "card" not in {facet.param for facet in client.get("/nb/find/").context["facets"]}
    assert all("card=1" not in way["href"] for way in client.get("/nb/").context["quick"])


def test_the_chip_the_suggestion_and_the_front_page_lead_there(client, bath):
    assert all("card=1" not in way["href"] for way in client.get("/nb/").context["quick"])
    publish(bath)
    pages.clear()
    page = client.get("/en/find/?card=1").context
    assert [str(chip.label) for chip in page["chips"]] == ["Takes the card"]
    named = client.get("/en/find/?card=kortet").context
    assert [str(chip.label) for chip in named["chips"]] == ["The adventure card"]
    assert any(way["href"].endswith("/find/?card=1") for way in client.get("/nb/").context["quick"])
    for words, href in (("card", "/en/find/?card=1"), ("advent", "/en/find/?card=kortet")):
        found = ask(client, [("q", words), ("lang", "en")], "/api/v1/suggest")["suggestions"]
        assert href in [one.get("url") for one in found], words


def test_what_the_card_is_called_finds_where_it_is_taken(client, bath):
    publish(bath)
    assert names(ask(client, [("q", "opplevelseskortet")])) == ["Badet", "Svømming"]
    assert names(ask(client, [("q", "adventure")])) == ["Badet", "Svømming"]


def test_one_listing_tells_its_offers_and_no_numbers(client, bath):
    Offer.objects.filter(pk=bath.pk).update(
        conditions={"hours": {"1": [["10:00", "16:00"]]}, "most_per_day": 1},
        quantity=77,
        released=77,
        used=3,
        let_in_nb="Hemmelig",
    )
    publish(bath)
    one = ask(client, path=f"/api/v1/listings/activity/{bath.activity.slug}")
    schema = {"$ref": "#/components/schemas/Listing", "components": describe_api("")["components"]}
    jsonschema.validate(one, schema)
    assert [(offer["title"], offer["programme"]) for offer in one["offers"]] == [("Ett bad", "kortet")]
    assert one["offers"][0]["conditions"] == {"hours": {"1": [["10:00", "16:00"]]}, "most_per_day": 1}
    told = str(one["offers"])
    assert "77" not in told
    assert "5000" not in told
    assert "Hemmelig" not in told
    other = ask(client, path="/api/v1/listings/activity/sjakk")
    assert other["offers"] == []


# ── the index follows ───────────────────────────────────────────────────────────────────────────────────────


def taken():
    return {kind for kind, _pk in indexed()}


def test_the_index_is_written_in_the_deeds_own_transaction(bath):
    with transaction.atomic():
        publish(bath)
        assert taken() == {"activity", "provider"}
        transaction.set_rollback(True)
    assert taken() == set()
    publish(bath)
    place = PlaceFactory(municipality=bath.agreement.municipality)
    offering.save_offer(
        agreement=bath.agreement, offer=bath, values={"place_id": place.pk}, by=bath.staff, at=NOON, as_staff=True
    )
    offering.unpublish(offer=bath, by=bath.staff, at=NOON)
    assert taken() == set()
    offering.publish(offer=bath, by=bath.staff, at=NOON)
    assert taken() == {"activity", "place", "provider"}
    offering.end_agreement(agreement=bath.agreement, by=bath.staff, at=NOON)
    assert taken() == set()


def test_what_begins_and_ends_by_the_calendar_is_followed(bath, larvik):
    first, last = today() + timedelta(days=10), today() + timedelta(days=12)
    Offer.objects.filter(pk=bath.pk).update(valid_from=first, valid_to=last)
    publish(bath)
    assert taken() == set()
    assert follow_offers(NOON) == 0


@pytest.mark.parametrize(
    "gone",
    [
        {"valid_to": today() - timedelta(days=1), "valid_from": today() - timedelta(days=9)},
        {"quantity": 4, "released": 4, "used": 4},
    ],
)
def test_what_is_over_or_used_up_leaves_the_search_and_comes_back(bath, gone):
    publish(bath)
    before = {name: getattr(bath, name) for name in gone}
    Offer.objects.filter(pk=bath.pk).update(**gone)
    assert taken() == {"activity", "provider"}
    assert follow_offers(NOON) == 2
    assert follow_offers(NOON) == 0
    assert taken() == set()
    Offer.objects.filter(pk=bath.pk).update(**before)
    assert follow_offers(NOON) == 2
    assert taken() == {"activity", "provider"}


def test_hidden_listings_are_not_looked_at_again_and_again(bath):
    type(bath.activity).objects.filter(pk=bath.activity_id).update(live=False)
    publish(bath)
    assert follow_offers(NOON) == 0
    assert taken() == {"provider"}


def test_rebuilding_gives_the_same(bath):
    publish(bath)
    before = set(SearchDoc.objects.values_list("kind", "listing_id", "codes"))
    call_command("rebuild_search", verbosity=0)
    assert set(SearchDoc.objects.values_list("kind", "listing_id", "codes")) == before


def test_a_kept_page_sees_the_change_and_others_stay(bath):
    before = stamp()
    publish(bath)
    changed = what_changed(before, stamp())
    assert changed is not None
    assert {address.decode() for address in changed} == {
        f"/activities/{bath.activity.slug}/",
        f"/providers/{bath.agreement.provider.slug}/",
    }


def test_a_listing_costs_no_more_questions_with_many_offers(bath, django_assert_max_num_queries):
    publish(bath)
    for number in range(4):
        make_offer(bath.agreement, activity=bath.activity, title_nb=f"Tilbud {number}")
    pks = list(MODELS["activity"].objects.values_list("pk", flat=True))
    with django_assert_max_num_queries(30):
        docs = documents("activity", pks)
    assert sum("card:1" in doc.codes for doc in docs) == 1


def test_an_address_is_read_and_written(bath):
    known = Vocabulary(bath.agreement.municipality, "nb")
    query, notices = SearchQuery.from_params(QueryDict("card=kortet&card=1&card=1"), home="3909", known=known)
    assert (query.cards, notices) == (("1", "kortet"), ())
    assert query.address("/nb/find/") == "/nb/find/?card=1&card=kortet"
    assert query.without("card", "1").cards == ("kortet",)
    assert get_engine().count(query) == 0


def test_merging_waits_for_the_agreement(bath, larvik):
    publish(bath)
    other = ProviderFactory(municipality=larvik, name_nb="Badet AS")
    MembershipFactory(user=UserFactory(), provider=other)
    gone = bath.agreement.provider
    with pytest.raises(Refused) as caught:
        merge(keep=other, gone=gone, choices={}, by=bath.staff, at=NOON)
    assert caught.value.reason.value == "card-agreement"
    assert "Badet" in str(caught.value)
    merge(keep=gone, gone=other, choices={}, by=bath.staff, at=NOON)
    assert ProviderAgreement.objects.get().provider_id == gone.pk


def test_an_offer_follows_its_activity_when_two_are_made_one(bath, larvik):
    publish(bath)
    keep = ActivityFactory(municipality=larvik, provider=bath.agreement.provider, name_nb="Svømming for alle")
    done = merge(keep=keep, gone=bath.activity, choices={}, by=bath.staff, at=NOON)
    assert Offer.objects.get(pk=bath.pk).activity_id == keep.pk
    assert ("activity", keep.pk) in indexed()
    undo(comparison=done, by=bath.staff, at=NOON)
    assert Offer.objects.get(pk=bath.pk).activity_id == bath.activity_id
    assert ("activity", keep.pk) not in indexed()
