"""Whom a newsletter goes to: everybody chosen, each address once, nobody who does not want it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.offers.states import OfferState
from directory.freshness.bounces import record_bounce
from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from portal.newsletters.audience import WhyNot, audience_of
from portal.newsletters.models import Newsletter, Receiver, Subscription
from tests.factories.cards import make_offer
from tests.factories.directory import ActivityFactory, CategoryFactory, DistrictFactory, ProviderFactory, make_municipality
from tests.factories.newsletters import make_letter


def addresses(letter: Newsletter) -> list[str]:
    return sorted(person.email for person in audience_of(letter).people)


def member(provider: Provider, email: str, role: str = "editor", lang: str = "", **fields: Any) -> User:
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, lang=lang, **fields)
    Membership.objects.create(user=user, provider=provider, role=role)
    return user


def test_an_address_that_many_share_gets_one_letter(larvik: Municipality) -> None:
    one = ProviderFactory(municipality=larvik, name_nb="Koret", email="Post@Example.org")
    two = ProviderFactory(municipality=larvik, name_nb="Laget", email="post@example.org")
    member(one, "post@example.org")
    member(two, "styret@example.org")

    people = audience_of(make_letter(larvik)).people

    assert sorted((person.email, person.names) for person in people) == [
        ("post@example.org", ("Koret", "Laget")),
        ("styret@example.org", ("Laget",)),
    ]


def test_only_the_chosen_addresses_are_written_to(larvik: Municipality) -> None:
    provider = ProviderFactory(municipality=larvik, email="post@example.org")
    member(provider, "editor@example.org")
    member(provider, "kasserer@example.org", role="treasurer")
    member(provider, "kasse@example.org", role="till")
    member(provider, "gone@example.org", is_active=False)

    assert addresses(make_letter(larvik)) == ["editor@example.org", "kasserer@example.org", "post@example.org"]
    assert addresses(make_letter(larvik, roles=["treasurer"])) == ["kasserer@example.org"]
    assert addresses(make_letter(larvik, roles=["contact"])) == ["post@example.org"]
    assert addresses(make_letter(larvik, roles=["till", "contact"])) == ["kasse@example.org", "post@example.org"]
    assert set(Newsletter.Role.values) == {"contact", *Membership.Role.values}, "who can be written to"


def test_what_is_chosen_in_each_list_must_fit(larvik: Municipality) -> None:
    sport = CategoryFactory(municipality=larvik)
    football = CategoryFactory(municipality=larvik, parent=sport)
    stavern = DistrictFactory(municipality=larvik, postcodes=["3290"])
    ProviderFactory(municipality=larvik, email="a@example.org", categories=[football], postcode="3290")
    ProviderFactory(municipality=larvik, email="b@example.org", categories=[sport], postcode="3256", kind="informal")
    by_activity = ProviderFactory(municipality=larvik, email="c@example.org", districts=[stavern])
    ActivityFactory(municipality=larvik, provider=by_activity, categories=[sport])
    ProviderFactory(municipality=larvik, email="d@example.org", postcode="3290")

    assert addresses(make_letter(larvik, categories=[sport])) == ["a@example.org", "b@example.org", "c@example.org"]
    assert addresses(make_letter(larvik, categories=[football])) == ["a@example.org"]
    assert addresses(make_letter(larvik, districts=[stavern])) == ["a@example.org", "c@example.org", "d@example.org"]
    assert addresses(make_letter(larvik, districts=[stavern], categories=[sport])) == ["a@example.org", "c@example.org"]
    assert addresses(make_letter(larvik, kinds=["informal", "faith"])) == ["b@example.org"]


def test_those_who_have_not_confirmed_can_be_chosen(larvik: Municipality) -> None:
    now = timezone.now()
    for name, at in (("new", now - timedelta(days=10)), ("old", now - timedelta(days=400)), ("never", None)):
        row = ProviderFactory(municipality=larvik, email=f"{name}@example.org")
        Provider.objects.filter(pk=row.pk).update(confirmed_at=at)

    assert addresses(make_letter(larvik, confirmed="not")) == ["never@example.org", "old@example.org"]
    assert addresses(make_letter(larvik, confirmed="never")) == ["never@example.org"]
    assert len(addresses(make_letter(larvik))) == 3


def test_those_with_an_offer_for_the_card_can_be_chosen(larvik: Municipality) -> None:
    day = timezone.localdate()
    for name, fields in (
        ("takes", {}),
        ("used-up", {"released": 5, "quantity": 5, "used": 5}),
        ("asks", {"state": OfferState.OFFERED}),
        ("over", {"valid_to": day - timedelta(days=1)}),
    ):
        make_offer(provider=ProviderFactory(municipality=larvik, email=f"{name}@example.org"), **fields)
    ProviderFactory(municipality=larvik, email="takes-none@example.org")

    assert addresses(make_letter(larvik, card_offers=True)) == ["takes@example.org", "used-up@example.org"]
    assert len(addresses(make_letter(larvik))) == 5


def test_each_reads_their_own_language_or_the_first(larvik: Municipality) -> None:
    provider = ProviderFactory(municipality=larvik, email="post@example.org")
    member(provider, "amal@example.org", lang="ar")
    member(provider, "timo@example.org", lang="fi")  # not offered here

    letter = make_letter(larvik)
    by_address = {person.email: person.lang for person in audience_of(letter).people}
    assert by_address == {"post@example.org": "nb", "amal@example.org": "ar", "timo@example.org": "nb"}
    assert audience_of(letter).by_language() == {"nb": 2, "ar": 1}
    assert addresses(make_letter(larvik, receiver_languages=["ar"])) == ["amal@example.org"]


def test_the_address_of_a_page_is_written_to_in_the_language_of_whose_it_is(larvik: Municipality) -> None:
    ProviderFactory(municipality=larvik, email="amal@example.org")
    User.objects.create_user("amal@example.org", lang="ar")

    assert [person.lang for person in audience_of(make_letter(larvik)).people] == ["ar"]


def test_who_is_left_out_is_said_with_the_reason(larvik: Municipality) -> None:
    for name in ("out", "back", "fine"):
        ProviderFactory(municipality=larvik, name_nb=name, email=f"{name}@example.org")
    ProviderFactory(municipality=larvik, name_nb="mute", email="")
    Receiver.objects.create(municipality=larvik, email="out@example.org", unsubscribed_at=timezone.now())
    record_bounce(email="back@example.org", at=timezone.now())

    audience = audience_of(make_letter(larvik))

    assert [person.email for person in audience.people] == ["fine@example.org"]
    assert {(row.names, row.reason) for row in audience.left_out} == {
        (("out",), WhyNot.UNSUBSCRIBED),
        (("back",), WhyNot.COMES_BACK),
        (("mute",), WhyNot.NO_ADDRESS),
    }


def test_neither_neighbours_nor_the_unpublished_are_written_to(larvik: Municipality) -> None:
    there = make_municipality("3907", "Sandefjord")
    ProviderFactory(municipality=there, email="there@example.org")
    ProviderFactory(municipality=larvik, email="draft@example.org", live=False)
    ProviderFactory(municipality=larvik, email="closed@example.org", delisted_at=timezone.now())
    ProviderFactory(municipality=larvik, email="hidden@example.org", hidden_at=timezone.now())
    # Wanting nothing from the neighbour says nothing about us.
    Receiver.objects.create(municipality=there, email="hidden@example.org", unsubscribed_at=timezone.now())

    assert addresses(make_letter(larvik)) == ["hidden@example.org"]


def test_residents_who_confirmed_get_theirs_and_nobody_else(larvik: Municipality) -> None:
    now = timezone.now()
    rows = [("yes@example.org", "news", now), ("not-yet@example.org", "news", None), ("search@example.org", "search", now)]
    for email, about, confirmed in rows:
        Subscription.objects.create(
            municipality=larvik, email=email, lang="ar", about=about, created_at=now, confirmed_at=confirmed, told_until=now
        )
    ProviderFactory(municipality=larvik, email="post@example.org")

    audience = audience_of(make_letter(larvik, audience="residents"))

    assert [(person.email, person.lang) for person in audience.people] == [("yes@example.org", "ar")]


@pytest.mark.parametrize("count", [1, 30])
def test_asking_costs_the_same_however_many_there_are(
    larvik: Municipality, django_assert_max_num_queries: Any, count: int
) -> None:
    district = DistrictFactory(municipality=larvik, postcodes=["3290"])
    for n in range(count):
        provider = ProviderFactory(municipality=larvik, email=f"p{n}@example.org", postcode="3290")
        member(provider, f"m{n}@example.org")
    letter = make_letter(larvik, districts=[district])

    with django_assert_max_num_queries(10):
        assert len(audience_of(letter).people) == 2 * count
