"""Two listings that look like one: found, made one, and made two again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from directory.activities.models import Activity, Session
from directory.listings.models import MovedListing
from directory.merging.actions import mark_different, merge, undo
from directory.merging.models import Comparison
from directory.merging.queries import candidates
from directory.merging.rules import Facts, Sign, Why, pairs, why_not_undo
from directory.municipalities.models import Municipality, TenantLogEntry
from directory.places.models import OpeningTime, Place
from directory.providers.actions import leave, take_away
from directory.providers.models import AccessRequest, Attestation, Membership, Provider
from directory.reports.models import ErrorReport
from portal.accounts.models import User
from portal.contact.sharing.actions import give_consent
from portal.contact.sharing.models import ContactConsent
from portal.contact.sharing.queries import Narrowed, consented
from portal.kit.refusals import Refused
from portal.privacy.erasing import erase
from search.models import SearchDoc
from tests.directory.proposals.conftest import ask, propose
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    MembershipFactory,
    PlaceFactory,
    ProviderFactory,
    make_municipality,
    make_staff,
    org_number,
)

NOW = timezone.now()


def refused(deed: Any) -> Any:
    with pytest.raises(Refused) as found:
        deed()
    return found.value.reason


# ── finding ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "other", "signs"),
    [
        (Facts(1, ("Larvik turnforening",)), Facts(2, ("Turnforening Larvik",)), {Sign.NAME}),
        (Facts(1, ("Stavern IL",)), Facts(2, ("Stavern idrettslag",)), {Sign.NAME}),
        (Facts(1, ("Nanset vel",)), Facts(2, ("Nanset velforening",), address="storgata1 3256"), None),
        (
            Facts(1, ("Nanset vel",), contacts=frozenset({"a@b.no"})),
            Facts(2, ("Nanset velforening",), contacts=frozenset({"a@b.no"})),
            {Sign.CONTACT},
        ),
        (Facts(1, ("Koret",), contacts=frozenset({"a@b.no"})), Facts(2, ("Sjakklubben",), contacts=frozenset({"a@b.no"})), None),
        (Facts(1, ("A",), number="310000019"), Facts(2, ("B",), number="310000019"), {Sign.NUMBER}),
        (Facts(1, ("Larvik",)), Facts(2, ("Sandefjord",)), None),
    ],
)
def test_what_makes_two_look_like_one(one: Facts, other: Facts, signs: Any) -> None:
    found = pairs([one, other])
    assert (set(found[0].signs) if found else None) == signs


def test_activities_are_compared_within_their_provider() -> None:
    rows = [Facts(1, ("Barnedans",), provider=1), Facts(2, ("Barnedans",), provider=2), Facts(3, ("Barnedans",), provider=1)]
    assert [(pair.one, pair.other) for pair in pairs(rows, within_provider=True)] == [(1, 3)]


def test_candidates_are_own_and_not_decided(town: Municipality, staff: User) -> None:
    one, other = (ProviderFactory(municipality=town, name_nb=name) for name in ("Larvik turnforening", "Larvik Turnforening"))
    third = ProviderFactory(municipality=town, name_nb="Larvik turnforening", delisted_at=NOW)
    ProviderFactory(municipality=make_municipality("3907", "Sandefjord"), name_nb="Larvik turnforening")
    assert [(pair.one, pair.other) for pair in candidates(Provider, town)] == [(one.pk, other.pk)]
    assert third.pk

    mark_different(one=other, other=one, by=staff, at=NOW)
    mark_different(one=one, other=other, by=staff, at=NOW)
    assert candidates(Provider, town) == []
    assert Comparison.objects.count() == 1


@pytest.mark.parametrize(
    ("merged", "days", "both", "reason"),
    [(True, 29, True, None), (True, 31, True, Why.LATE), (False, 1, True, Why.UNDONE), (True, 1, False, Why.MISSING)],
)
def test_how_long_a_merge_can_be_undone(merged: bool, days: int, both: bool, reason: Any) -> None:
    assert why_not_undo(merged=merged, at=NOW - timedelta(days=days), now=NOW, both_there=both) == reason


# ── merging ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def pair(town: Municipality, member: User) -> tuple[Provider, Provider]:
    dance, song = CategoryFactory(municipality=town), CategoryFactory(municipality=town)
    keep = ProviderFactory(municipality=town, name_nb="Turnlaget", summary_nb="Kort", categories=[dance])
    gone = ProviderFactory(
        municipality=town,
        name_nb="Turnlaget IL",
        summary_nb="Bedre ord",
        summary_ar="أفضل",
        phone="1",
        org_number=org_number(1),
        categories=[song],
    )
    for row in (keep, gone):
        MembershipFactory(provider=row, user=member)
    MembershipFactory(provider=gone, user=User.objects.create_user("bare@example.org"))
    return keep, gone


def everything_about(gone: Provider, member: User) -> dict[str, Any]:
    """One of each thing that can belong to a provider."""
    town = gone.municipality
    place = PlaceFactory(municipality=town, provider=gone)
    waiting = propose(ActivityFactory(municipality=town, provider=gone, name_nb="Med utkast"), member, summary_nb="Utkast")
    return {
        "activity": ActivityFactory(municipality=town, provider=gone, name_nb="Turn"),
        "waiting": waiting,
        "place": place,
        "request": ask(town, User.objects.create_user("spor@example.org"), provider=gone),
        "attestation": Attestation.objects.create(provider=gone, seen_on=NOW.date(), said_by="Styret", recorded_at=NOW),
        "report": ErrorReport.objects.create(
            municipality=town, kind="provider", listing_id=gone.pk, listing_name="x", topic="time"
        ),
    }


def test_everything_moves_and_values_win_as_chosen(pair: Any, member: User, staff: User, client: Client) -> None:
    keep, gone = pair
    own = everything_about(gone, member)

    choices = {"summary_nb": "other", "summary_ar": "other", "org_number": "other", "categories": "both", "phone": "keep"}
    done = merge(keep=keep, gone=gone, choices=choices, by=staff, at=NOW)

    keep, gone = Provider.objects.get(pk=keep.pk), Provider.objects.get(pk=gone.pk)
    assert (keep.summary_nb, keep.summary_ar, keep.org_number, keep.phone) == ("Bedre ord", "أفضل", org_number(1), "")
    assert keep.categories.count() == 2
    assert (gone.delisted_at, gone.org_number) == (NOW, "")
    for model, name in ((Activity, "activity"), (Activity, "waiting"), (Place, "place"), (AccessRequest, "request")):
        assert model.objects.get(pk=own[name].pk).provider == keep
    assert Attestation.objects.get().provider == keep
    assert ErrorReport.objects.get().listing_id == keep.pk
    members = sorted(Membership.objects.filter(provider=keep).values_list("user__email", flat=True))
    assert members == ["bare@example.org", "member@example.org"]
    assert not Membership.objects.filter(provider=gone).exists()
    waiting = Activity.objects.get(pk=own["waiting"].pk)
    assert waiting.latest_revision.as_object().provider == keep, "a draft would lead back when it is published"
    assert set(TenantLogEntry.objects.filter(action="listing.merge").values_list("user", flat=True)) == {staff.pk}
    assert done.outcome == Comparison.Outcome.MERGED
    assert SearchDoc.objects.filter(kind="provider").count() == 1, "the one that went is found no more"


def test_old_address_leads_on_for_good(pair: Any, staff: User, client: Client) -> None:
    keep, gone = pair
    third = ProviderFactory(municipality=keep.municipality, name_nb="Tredje")
    merge(keep=keep, gone=gone, choices={}, by=staff, at=NOW)
    old = f"/nb/providers/{gone.slug}/"
    answer = client.get(f"{old}?a=1")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"/nb/providers/{keep.slug}/?a=1")
    assert client.get(f"/ar/providers/{gone.slug}/qr.svg").headers["Location"] == f"/ar/providers/{keep.slug}/qr.svg"

    merge(keep=third, gone=Provider.objects.get(pk=keep.pk), choices={}, by=staff, at=NOW)
    assert client.get(old).headers["Location"] == f"/nb/providers/{third.slug}/"

    Provider.objects.get(pk=third.pk).delete()
    assert client.get(old).status_code == 410
    assert client.get(f"/nb/providers/{third.slug}/").status_code == 410


def test_deleted_listing_is_gone_and_one_never_seen_was_never_there(town: Municipality, client: Client) -> None:
    public = ActivityFactory(municipality=town, name_nb="Borte")
    draft = ProviderFactory(municipality=town, name_nb="Kladd", live=False)
    public.provider.delete()  # takes the activity along
    draft.delete()
    assert client.get("/nb/activities/borte/").status_code == 410
    assert client.get("/nb/providers/kladd/").status_code == 404
    assert client.get("/nb/providers/aldri/").status_code == 404
    ActivityFactory(municipality=town, name_nb="Borte")
    assert client.get("/nb/activities/borte/").status_code == 200, "a new one with the same address is itself"


def test_undone_all_is_as_before(pair: Any, member: User, staff: User, client: Client) -> None:
    keep, gone = pair
    own = everything_about(gone, member)
    before = {row.pk: Provider.objects.get(pk=row.pk).serializable_data() for row in pair}
    choices = {"summary_nb": "other", "org_number": "other", "categories": "both", "phone": "other"}
    done = merge(keep=keep, gone=gone, choices=choices, by=staff, at=NOW)
    changed = Provider.objects.get(pk=keep.pk)
    changed.phone = "nytt siden"
    changed.save_revision(user=staff).publish(user=staff, skip_permission_checks=True)

    undo(comparison=done, by=staff, at=NOW + timedelta(days=3))

    keep, gone = Provider.objects.get(pk=keep.pk), Provider.objects.get(pk=gone.pk)
    for row, left in ((keep, {"phone"}), (gone, set())):
        now = row.serializable_data()
        moving = {"updated_at", "latest_revision", "live_revision", "last_published_at", "first_published_at"}
        assert {name for name, value in before[row.pk].items() if now[name] != value} - moving == left
    assert keep.phone == "nytt siden", "what was changed since stays"
    for model, name in ((Activity, "activity"), (Activity, "waiting"), (Place, "place"), (AccessRequest, "request")):
        assert model.objects.get(pk=own[name].pk).provider == gone
    assert Activity.objects.get(pk=own["waiting"].pk).latest_revision.as_object().provider == gone
    assert sorted(Membership.objects.filter(provider=gone).values_list("user__email", flat=True)) == [
        "bare@example.org",
        "member@example.org",
    ]
    assert not MovedListing.objects.exists()
    assert client.get(f"/nb/providers/{gone.slug}/").status_code == 200
    assert refused(lambda: undo(comparison=done, by=staff, at=NOW)) == Why.UNDONE


@pytest.mark.parametrize("way", ["left", "taken away", "erased"])
def test_undoing_gives_nothing_back_to_who_has_gone_since(pair: Any, member: User, staff: User, way: str) -> None:
    keep, gone = pair
    done = merge(keep=keep, gone=gone, choices={}, by=staff, at=NOW)
    if way == "left":
        leave(provider=keep, user=member, at=NOW)
    elif way == "taken away":
        take_away(membership=Membership.objects.get(provider=keep, user=member), by=staff, at=NOW, by_staff=True)
    else:
        erase(member, at=NOW, by=staff)

    undo(comparison=done, by=staff, at=NOW)

    assert sorted(Membership.objects.values_list("provider", "user__email")) == [(gone.pk, "bare@example.org")]


def test_a_yes_to_the_list_of_contacts_is_not_another_page_s(pair: Any, staff: User) -> None:
    keep, gone = pair
    consent = give_consent(provider=gone, by=staff, at=NOW)

    done = merge(keep=keep, gone=gone, choices={}, by=staff, at=NOW)

    consent.refresh_from_db()
    assert consent.provider == gone
    assert consented(keep.municipality, Narrowed()) == []
    undo(comparison=done, by=staff, at=NOW)
    assert ContactConsent.objects.get().provider == gone


def test_places_take_their_sessions_along(town: Municipality, staff: User) -> None:
    keep = PlaceFactory(
        municipality=town, name_nb="Hallen", opening_times=[OpeningTime(weekday=1, opens="10:00", closes="12:00")]
    )
    gone = PlaceFactory(
        municipality=town, name_nb="Hallen", opening_times=[OpeningTime(weekday=2, opens="10:00", closes="12:00")]
    )
    one = ActivityFactory(municipality=town, places=[keep, gone])
    two = ActivityFactory(municipality=town, places=[gone], sessions=[Session(weekday=1, place=gone)])

    done = merge(keep=Place.objects.get(pk=keep.pk), gone=gone, choices={"opening_times": "both"}, by=staff, at=NOW)

    assert [time.weekday for time in Place.objects.get(pk=keep.pk).opening_times.all()] == [1, 2]
    two = Activity.objects.get(pk=two.pk)
    assert [place.pk for place in two.places.all()] == [keep.pk]
    assert two.sessions.get().place == keep
    assert keep in Activity.objects.get(pk=one.pk).places.all()
    undo(comparison=done, by=staff, at=NOW)
    assert Activity.objects.get(pk=two.pk).sessions.get().place == gone
    assert [time.weekday for time in Place.objects.get(pk=keep.pk).opening_times.all()] == [1]


def test_what_waits_is_decided_first(pair: Any, member: User, staff: User) -> None:
    keep, gone = pair
    waiting = propose(gone, member, summary_nb="Ny")
    assert refused(lambda: merge(keep=keep, gone=waiting, choices={}, by=staff, at=NOW)) == Why.WAITS
    assert refused(lambda: merge(keep=waiting, gone=keep, choices={}, by=staff, at=NOW)) == Why.WAITS


def test_what_cannot_be_one(pair: Any, staff: User) -> None:
    keep, gone = pair
    foreign = ProviderFactory(municipality=make_municipality("3907", "Sandefjord"))
    hidden = ProviderFactory(municipality=keep.municipality, live=False)
    draft = ProviderFactory(municipality=keep.municipality)
    draft.save_revision()
    for one, other, reason in (
        (keep, keep, Why.ITSELF),
        (keep, foreign, Why.ITSELF),
        (hidden, keep, Why.KEEP_PUBLIC),
        (Provider.objects.get(pk=draft.pk), keep, Why.DRAFT),
    ):
        assert refused(lambda one=one, other=other: merge(keep=one, gone=other, choices={}, by=staff, at=NOW)) == reason
    merge(keep=keep, gone=gone, choices={}, by=staff, at=NOW)
    assert refused(lambda: merge(keep=keep, gone=gone, choices={}, by=staff, at=NOW)) == Why.GONE
    assert not Comparison.objects.exclude(outcome=Comparison.Outcome.MERGED).exists()


# ── screens ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_screens_lead_through_it(kari: Client, pair: Any) -> None:
    keep, gone = pair
    listed = kari.get("/cms/duplicates/").content.decode()
    address = f"/cms/duplicates/provider/{keep.pk}/{gone.pk}/"
    assert address in listed
    page = kari.get(address)
    usual = {choice.line.name: choice.chosen for choice in page.context["choices"]}
    assert usual["summary_nb"] == "keep"
    assert usual["phone"] == "other", "what only the other has is not lost"
    assert usual["categories"] == "both"

    kari.post(address, {"deed": "merge", **{f"field-{name}": chosen for name, chosen in usual.items()}})

    keep.refresh_from_db()
    assert (keep.phone, keep.org_number) == ("1", org_number(1))
    done = Comparison.objects.get()
    assert f"/cms/duplicates/undo/{done.pk}/" in kari.get("/cms/duplicates/").content.decode()
    kari.post(f"/cms/duplicates/undo/{done.pk}/")
    done.refresh_from_db()
    assert done.outcome == Comparison.Outcome.UNDONE


def test_two_chosen_by_hand(kari: Client, pair: Any) -> None:
    keep, gone = pair
    assert "Turnlaget IL" in kari.get("/cms/duplicates/?kind=provider&q=turnlaget").content.decode()
    to = kari.get(f"/cms/duplicates/?kind=provider&q=turn&one={gone.pk}&other={keep.pk}").headers["Location"]
    assert to == f"/cms/duplicates/provider/{gone.pk}/{keep.pk}/"
    assert kari.get(f"/cms/duplicates/?kind=provider&one={gone.pk}&other={gone.pk}").status_code == 302
    assert kari.get("/cms/duplicates/?kind=provider&one=²&other=1").status_code == 404
    assert kari.get("/cms/duplicates/?kind=unknown").status_code == 404


def test_foreign_rows_are_not_there(kari: Client, pair: Any) -> None:
    keep, _gone = pair
    there = make_municipality("3907", "Sandefjord")
    foreign = ProviderFactory(municipality=there, name_nb="Turnlaget fremmed")
    done = merge(
        keep=foreign, gone=ProviderFactory(municipality=there, name_nb="To"), choices={}, by=make_staff(there), at=timezone.now()
    )
    assert "fremmed" not in kari.get("/cms/duplicates/?q=turnlaget").content.decode()
    for address in (
        f"/cms/duplicates/provider/{keep.pk}/{foreign.pk}/",
        f"/cms/duplicates/provider/{foreign.pk}/{keep.pk}/",
        f"/cms/duplicates/undo/{done.pk}/",
        "/cms/duplicates/?municipality=3907",
    ):
        for ask_for in (kari.get, kari.post):
            assert "fremmed" not in ask_for(address, {"deed": "merge"} if ask_for == kari.post else None).content.decode()
    done.refresh_from_db()
    assert done.outcome == Comparison.Outcome.MERGED
