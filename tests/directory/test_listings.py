"""Listings keep the promises that every room relies on."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from directory.activities.models import Activity, Session
from directory.listings.kinds import ConfirmedAs, Precision
from directory.listings.models import tell_dependants
from directory.places.models import Place
from directory.providers.models import Provider
from portal.kit.changes import listing_changed
from portal.kit.texts import Text
from search.engines import get_engine
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    DistrictFactory,
    PlaceFactory,
    ProviderFactory,
    SupportSchemeFactory,
    make_municipality,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def larvik():
    return make_municipality()


@pytest.fixture
def told():
    """Every (kind, pk) that the search index was told of."""
    heard: list[tuple[str, int]] = []

    def listen(sender, kind, pks, **kwargs):
        heard.extend((str(kind), pk) for pk in pks)

    listing_changed.connect(listen)
    yield heard
    listing_changed.disconnect(listen)


def test_slug_is_made_from_the_name_and_is_free(larvik):
    first, second = (
        ProviderFactory(municipality=larvik, name_nb="Ærlig Øy"),
        ProviderFactory(municipality=larvik, name_nb="Ærlig Øy"),
    )
    assert (first.slug, second.slug) == ("aerlig-oy", "aerlig-oy-2")


def test_slug_of_a_name_without_latin_letters_is_the_kind(larvik):
    assert ProviderFactory(municipality=larvik, name_nb=None, name_ti="ማእከል").slug == "provider"


def test_the_same_slug_is_free_in_another_municipality(larvik):
    other = make_municipality("3907", "Sandefjord")
    assert {ProviderFactory(municipality=m, name_nb="Kor").slug for m in (larvik, other)} == {"kor"}


def test_a_new_address_gives_the_middle_of_its_postcode_at_once(larvik):
    provider = ProviderFactory(municipality=larvik, street="Eksempelveien 1", postcode="3256", city="Larvik")
    assert provider.point is not None
    assert provider.precision == Precision.POSTCODE
    provider.lat, provider.lon, provider.precision = 59.05, 10.03, Precision.ADDRESS
    provider.save()
    assert provider.precision == Precision.ADDRESS, "the same address keeps the better position"
    provider.postcode = "9999"
    provider.save()
    assert provider.point is None


def test_publishing_an_old_draft_keeps_what_happened_meanwhile(larvik):
    activity = ActivityFactory(municipality=larvik, name_nb="Sjakk")
    activity.name_nb = "Sjakk for alle"
    draft = activity.save_revision()
    live = Activity.objects.get(pk=activity.pk)
    live.confirm(by=None, as_=ConfirmedAs.PROVIDER, at=datetime(2026, 1, 2, tzinfo=UTC))
    Activity.objects.filter(pk=live.pk).update(lat=59.0, lon=10.0, precision=Precision.ADDRESS)
    draft.publish()
    live = Activity.objects.get(pk=activity.pk)
    assert (live.name_nb, live.lat, live.confirmed_at) == ("Sjakk for alle", 59.0, datetime(2026, 1, 2, tzinfo=UTC))


def test_text_is_found_in_the_readers_language_then_in_the_municipalitys_order(larvik):
    provider = ProviderFactory(municipality=larvik, name_nb="Kor", name_ar="جوقة", summary_nb=" ", summary_uk="Хор")
    assert provider.text("name", "ar") == Text("جوقة", "ar")
    assert provider.text("name", "uk") == Text("Kor", "nb")
    assert provider.text("summary", "ar") == Text("Хор", "uk")
    assert provider.text("summary", "ar").dir == "ltr"
    assert not provider.text("description", "ar")


def test_contact_is_shown_only_to_whom_its_visibility_allows(larvik):
    provider = ProviderFactory(municipality=larvik, phone="00 00 00 01", email="a@example.org", email_visibility="providers")
    assert [provider.contact("phone", level) for level in ("public", "providers", "staff")] == ["", "", "00 00 00 01"]
    assert [provider.contact("email", level) for level in ("public", "providers", "staff")] == [
        "",
        "a@example.org",
        "a@example.org",
    ]


def test_every_way_to_change_a_listing_tells_the_index(larvik, told):
    place = PlaceFactory(municipality=larvik)
    activity = ActivityFactory(municipality=larvik, sessions=[Session(weekday=2, place=place)])
    told.clear()
    place.save()
    assert ("activity", activity.pk) in told, "a session is held there"
    told.clear()
    activity.provider.save()
    assert ("activity", activity.pk) in told
    told.clear()
    Activity.objects.filter(pk=activity.pk).update(volunteers_wanted=True)
    assert told == [("activity", activity.pk)]
    told.clear()
    provider = activity.provider
    Provider.objects.filter(pk=provider.pk).delete()
    assert {("activity", activity.pk)} < set(told), "a cascade takes the activity along"
    told.clear()
    pk = place.pk
    at_the_place = ActivityFactory(municipality=larvik, sessions=[Session(weekday=2, place=place)])
    told.clear()
    Place.objects.all().delete()
    assert ("place", pk) in told
    assert ("activity", at_the_place.pk) in told, "its card named the place"


def test_bulk_changes_tell_the_index_of_what_shows_them(larvik, told):
    provider = ProviderFactory(municipality=larvik)
    hall, house = PlaceFactory.create_batch(2, municipality=larvik, provider=provider)
    weekly = ActivityFactory(municipality=larvik, provider=provider, sessions=[Session(weekday=2, place=hall)])
    placed = ActivityFactory(municipality=larvik, provider=provider, places=[hall, house])
    ActivityFactory(municipality=larvik)
    scheme = SupportSchemeFactory(municipality=larvik, provider=provider)
    here = {("activity", weekly.pk), ("activity", placed.pk)}
    told.clear()
    Place.objects.filter(pk__in=[hall.pk, house.pk]).update(lat=59.05, lon=10.03)
    assert sorted(told) == sorted({("place", hall.pk), ("place", house.pk)} | here), "each once"
    told.clear()
    Provider.objects.filter(pk=provider.pk).update(delisted_at=datetime(2026, 1, 2, tzinfo=UTC))
    offered = {("place", hall.pk), ("place", house.pk), ("support", scheme.pk)} | here
    assert sorted(told) == sorted({("provider", provider.pk)} | offered)
    told.clear()
    house.name_nb = "Huset"
    Place.objects.bulk_update([house], ["name_nb"])
    assert told == [("place", house.pk), ("activity", placed.pk)]


def test_a_place_that_moves_takes_its_activities_along_in_the_search(larvik):
    place = PlaceFactory(municipality=larvik)
    activity = ActivityFactory(municipality=larvik, sessions=[Session(weekday=2, place=place)])
    Place.objects.filter(pk=place.pk).update(lat=59.05, lon=10.03, precision=Precision.ADDRESS)
    found = get_engine().find("activity", activity.slug, larvik.number)
    assert [tuple(round(number, 4) for number in point) for point in found.points] == [(59.05, 10.03)]


@pytest.mark.parametrize(("factory", "most"), [(PlaceFactory, 2), (ProviderFactory, 3), (ActivityFactory, 0)])
def test_dependants_are_found_in_as_many_queries_however_many_there_are(
    larvik, factory, most, django_assert_num_queries, monkeypatch
):
    listings = factory.create_batch(12, municipality=larvik)
    pks = [listing.pk for listing in listings]
    with django_assert_num_queries(most):
        list(type(listings[0]).dependants_of(pks))
    monkeypatch.setattr("directory.listings.models.BATCH", 5)
    with django_assert_num_queries(most * 3):
        tell_dependants(type(listings[0]), pks)


def test_renaming_a_category_tells_the_index_of_its_listings(larvik, told):
    category = CategoryFactory(municipality=larvik)
    provider = ProviderFactory(municipality=larvik, categories=[category])
    told.clear()
    category.name_nb = "Noe annet"
    category.save()
    assert ("provider", provider.pk) in told


def test_new_borders_of_a_district_tell_the_index_of_all_that_may_lie_in_it(larvik, told):
    provider = ProviderFactory(municipality=larvik)
    elsewhere = ProviderFactory(municipality=make_municipality("3907", "Sandefjord"))
    told.clear()
    district = DistrictFactory(municipality=larvik, postcodes=["3256"])
    assert told == [("provider", provider.pk)]
    told.clear()
    district.delete()
    assert told == [("provider", provider.pk)]
    assert ("provider", elsewhere.pk) not in told


def test_the_database_refuses_what_must_not_be(larvik):
    for wrong in ({"age_from": 12, "age_to": 6}, {"price": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ActivityFactory(municipality=larvik, **wrong)
    ProviderFactory(municipality=larvik, org_number="310000019")
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderFactory(municipality=larvik, org_number="310000019")
    activity = ActivityFactory(municipality=larvik)
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.create(activity=activity)


def test_a_session_that_ends_before_it_begins_is_refused_in_words(larvik):
    activity = ActivityFactory(municipality=larvik)
    with pytest.raises(ValidationError) as refused:
        Session(activity=activity, weekday=1, starts=time(18), ends=time(17)).full_clean()
    assert "ends" in refused.value.message_dict
    Session(activity=activity, weekday=1, starts=time(18), ends=time(19)).full_clean()
    Session(activity=activity, weekday=1, starts=time(18)).full_clean()
