"""Agreements and offers: who may do what, twice, bounds, letters, the index."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import translation

from cards.ledger.models import CountChange
from cards.offers import offering
from cards.offers.changes import changed
from cards.offers.models import Ceiling, ExternalCode, Offer, ProviderAgreement, Stock
from cards.offers.offering import Why
from cards.offers.queries import left_in_words, lines_of, shown_for, takers, waiting_in
from cards.offers.states import OFFER_MOVES, AgreementState, OfferState, Renewal
from cards.offers.tending import a_year_on, renew_agreements, warn_of_ends
from directory.municipalities.models import StaffRole
from directory.providers.models import Provider
from portal.kit.refusals import Refused
from search.engines import get_engine
from search.query import SearchQuery
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
OSLO = ZoneInfo("Europe/Oslo")


class Town:
    """A provider with somebody who keeps its page, a coordinator, and an agreement that both have said yes to."""

    def __init__(self):
        self.municipality = default_municipality(contact_email="kontoret@example.org")
        self.programme = make_programme(self.municipality, name_nb="Opplevelseskortet", slug="kortet")
        self.provider = ProviderFactory(municipality=self.municipality, name_nb="Badet")
        self.activity = ActivityFactory(municipality=self.municipality, provider=self.provider, name_nb="Svømming")
        self.editor = UserFactory(email="badet@example.org")
        MembershipFactory(user=self.editor, provider=self.provider)
        self.staff = make_staff(self.municipality)
        self.at = datetime.combine(today(), datetime.min.time(), OSLO) + timedelta(hours=10)

    def deed(self, act, by=None, **facts):
        return act(by=by or self.editor, at=self.at, **facts)

    def propose(self, **facts):
        facts = {"valid_from": today(), "valid_to": today() + timedelta(days=300), **facts}
        return self.deed(
            offering.propose_agreement,
            programme=self.programme,
            municipality=self.municipality,
            provider=self.provider,
            **facts,
        )

    def agreed(self, **facts):
        return self.deed(offering.agree, by=self.staff, agreement=self.propose(**facts))

    def draft(self, agreement=None, **values):
        return self.deed(
            offering.save_offer, agreement=agreement or self.agreed(), values={"title_nb": "Ett bad", "unit_ore": 4500, **values}
        )

    def published(self, **values):
        offer = self.deed(offering.send_offer, offer=self.draft(**values))
        return self.deed(offering.approve_offer, by=self.staff, offer=offer, publish_now=True)


@pytest.fixture
def town(db):
    return Town()


def state_of(offer):
    return Offer.objects.get(pk=offer.pk).state


def refused(why, act, /, **facts):
    with pytest.raises(Refused) as caught:
        act(**facts)
    assert caught.value.reason == why


# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_agreement_is_proposed_by_the_provider_and_agreed_by_the_coordinator(town):
    agreement = town.propose()
    assert agreement.state == AgreementState.PROPOSED
    assert [letter.to for letter in mail.outbox] == [["kontoret@example.org"]]
    assert town.propose() == agreement
    assert len(mail.outbox) == 1
    refused(Why.HAS_AGREEMENT, town.propose, valid_to=today() + timedelta(days=10))
    for who in (town.editor, UserFactory(), make_staff(make_municipality("3907", "Sandefjord"))):
        refused(Why.NOT_YOURS, offering.agree, agreement=agreement, by=who, at=town.at)
    town.deed(offering.agree, by=town.staff, agreement=agreement)
    town.deed(offering.agree, by=town.staff, agreement=agreement)
    agreement.refresh_from_db()
    assert (agreement.state, agreement.agreed_on) == (AgreementState.AGREED, today())
    assert [letter.to for letter in mail.outbox[1:]] == [["badet@example.org"]]


def test_a_stranger_proposes_nothing_and_only_for_cards_of_the_own_town(town):
    refused(
        Why.STRANGER,
        offering.propose_agreement,
        programme=town.programme,
        municipality=town.municipality,
        provider=town.provider,
        valid_from=today(),
        valid_to=today(),
        by=UserFactory(),
        at=town.at,
    )
    foreign = make_programme(make_municipality("3907", "Sandefjord"), name_nb="Et annet", slug="annet")
    refused(
        Why.NOT_MEMBER,
        offering.propose_agreement,
        programme=foreign,
        municipality=town.municipality,
        provider=town.provider,
        valid_from=today(),
        valid_to=today(),
        by=town.editor,
        at=town.at,
    )


def test_nobody_decides_about_the_page_they_keep_but_the_municipality_may_about_its_own_pool(town):
    agreement = town.propose()
    MembershipFactory(user=town.staff, provider=town.provider)
    refused(Why.OWN, offering.agree, agreement=agreement, by=town.staff, at=town.at)
    Provider.objects.filter(pk=town.provider.pk).update(kind="municipal")
    assert town.deed(offering.agree, by=town.staff, agreement=agreement).state == AgreementState.AGREED


def test_an_editor_of_the_staff_screens_decides_nothing(town):
    helper = UserFactory()
    StaffRole.objects.create(user=helper, municipality=town.municipality, role=StaffRole.Role.EDITOR)
    refused(Why.NOT_YOURS, offering.agree, agreement=town.propose(), by=helper, at=town.at)


def test_an_agreement_that_ends_closes_its_offers_and_leaves_the_search(town):
    offer = town.published(activity_id=town.activity.pk)
    assert found("card:1") == {("activity", town.activity.pk), ("provider", town.provider.pk)}
    mail.outbox.clear()
    town.deed(offering.end_agreement, by=town.staff, agreement=offer.agreement, reason="Flyttet.")
    assert state_of(offer) == OfferState.CLOSED
    assert found("card:1") == set()
    assert "Flyttet." in mail.outbox[0].body
    town.deed(offering.end_agreement, by=town.staff, agreement=offer.agreement)
    assert len(mail.outbox) == 1
    assert town.propose().pk != offer.agreement_id


def test_a_provider_takes_back_only_what_it_has_proposed(town):
    agreement = town.propose()
    town.deed(offering.end_agreement, agreement=agreement)
    agreed = town.agreed()
    refused(Why.NOT_YOURS, offering.end_agreement, agreement=agreed, by=town.editor, at=town.at)


def test_a_new_ceiling_holds_from_this_month_and_never_below_what_is_used(town):
    agreement = town.agreed()
    town.deed(offering.change_agreement, by=town.staff, agreement=agreement, ceiling_ore=100_000)
    month = today().replace(day=1)
    now = Ceiling.objects.create(agreement=agreement, month=month, quantity=100_000, used=60_000, warned=True)
    before = Ceiling.objects.create(
        agreement=agreement, month=(month - timedelta(days=1)).replace(day=1), quantity=100_000, used=90_000
    )
    town.deed(offering.change_agreement, by=town.staff, agreement=agreement, ceiling_ore=30_000)
    now.refresh_from_db()
    before.refresh_from_db()
    assert (now.quantity, now.warned, before.quantity) == (60_000, False, 100_000)
    town.deed(offering.change_agreement, by=town.staff, agreement=agreement, ceiling_ore=200_000)
    now.refresh_from_db()
    assert now.quantity == 200_000
    kinds = CountChange.objects.filter(what="ceiling", ref=now.pk).values_list("kind", "before", "after")
    assert list(kinds) == [("lower", 100_000, 60_000), ("raise", 60_000, 200_000)]
    refused(Why.NOT_YOURS, offering.change_agreement, agreement=agreement, by=town.editor, at=town.at, ceiling_ore=None)


# ── an offer's way ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_offer_is_written_sent_approved_and_published(town):
    offer = town.draft(activity_id=town.activity.pk, quantity=100, released=40)
    mail.outbox.clear()
    town.deed(offering.send_offer, offer=offer)
    town.deed(offering.send_offer, offer=offer)
    assert list(waiting_in(town.municipality)) == [offer]
    assert [letter.to for letter in mail.outbox] == [["kontoret@example.org"]]
    cheaper = {"agreement": offer.agreement, "offer": offer, "values": {"unit_ore": 1}}
    refused(Why.WAITING, offering.save_offer, by=town.editor, at=town.at, **cheaper)
    approved = town.deed(offering.approve_offer, by=town.staff, offer=offer)
    assert (approved.state, approved.approved_by) == (OfferState.APPROVED, town.staff)
    assert found("card:1") == set()
    town.deed(offering.publish, by=town.staff, offer=offer)
    town.deed(offering.publish, by=town.staff, offer=offer)
    assert found("card:kortet") == {("activity", town.activity.pk), ("provider", town.provider.pk)}
    assert [letter.to for letter in mail.outbox[1:]] == [["badet@example.org"]] * 2  # approved; published
    journal = CountChange.objects.filter(what="offer", ref=offer.pk).values_list("kind", "before", "after")
    assert list(journal) == [("raise", None, 100), ("release", None, 40)]


def test_a_provider_cannot_approve_its_own(town):
    offer = town.deed(offering.send_offer, offer=town.draft())
    refused(Why.NOT_YOURS, offering.approve_offer, offer=offer, by=town.editor, at=town.at)
    MembershipFactory(user=town.staff, provider=town.provider)
    refused(Why.OWN, offering.approve_offer, offer=offer, by=town.staff, at=town.at)
    refused(
        Why.NOT_YOURS, offering.approve_offer, offer=offer, by=make_staff(make_municipality("3907", "Sandefjord")), at=town.at
    )
    assert state_of(offer) == OfferState.OFFERED


def test_others_touch_nothing(town):
    offer = town.published(quantity=10, released=5)
    stranger = UserFactory()
    MembershipFactory(user=stranger, provider=ProviderFactory(municipality=town.municipality))
    for act, facts in (
        (offering.send_offer, {}),
        (offering.take_back, {}),
        (offering.publish, {}),
        (offering.unpublish, {}),
        (offering.close, {}),
        (offering.reopen, {}),
        (offering.release, {"released": 6}),
    ):
        refused(Why.NOT_YOURS, act, offer=offer, by=stranger, at=town.at, **facts)
    refused(
        Why.STRANGER, offering.save_offer, agreement=offer.agreement, offer=offer, values={"unit_ore": 1}, by=stranger, at=town.at
    )


def test_staff_approve_what_they_looked_at(town):
    offer = town.deed(offering.send_offer, offer=town.draft())
    seen = offering.mark_of(offer)
    town.deed(offering.take_back, offer=offer)
    town.deed(offering.save_offer, agreement=offer.agreement, offer=offer, values={"unit_ore": 99_900})
    town.deed(offering.send_offer, offer=offer)
    refused(Why.MOVED, offering.approve_offer, offer=offer, by=town.staff, at=town.at, seen=seen)
    offer.refresh_from_db()
    assert town.deed(offering.approve_offer, by=town.staff, offer=offer, seen=offering.mark_of(offer)).unit_ore == 99_900


def test_an_offer_waits_for_the_agreement(town):
    offer = town.deed(offering.send_offer, offer=town.draft(town.propose()))
    refused(Why.NOT_AGREED, offering.approve_offer, offer=offer, by=town.staff, at=town.at)


def test_a_change_after_approval_is_approved_anew_and_the_difference_shown(town):
    offer = town.published(activity_id=town.activity.pk, quantity=50, released=50)
    town.deed(offering.save_offer, agreement=offer.agreement, offer=offer, values={"unit_ore": 9900})
    offer.refresh_from_db()
    assert (offer.state, found("card:1")) == (OfferState.DRAFT, set())
    assert [(change.field, change.before, change.now) for change in changed(offer)] == [("unit_ore", "45\xa0kr", "99\xa0kr")]
    town.deed(offering.send_offer, offer=offer)
    town.deed(offering.approve_offer, by=town.staff, offer=offer, publish_now=True)
    offer.refresh_from_db()
    assert (offer.state, changed(offer)) == (OfferState.PUBLISHED, [])


def test_words_of_a_trusted_provider_are_public_at_once_and_terms_are_not(town):
    Provider.objects.filter(pk=town.provider.pk).update(publishes_at_once=True)
    offer = town.published()
    town.deed(offering.save_offer, agreement=offer.agreement, offer=offer, values={"title_nb": "Ett bad med badstue"})
    assert state_of(offer) == OfferState.PUBLISHED
    town.deed(offering.save_offer, agreement=offer.agreement, offer=offer, values={"companions": 1})
    assert state_of(offer) == OfferState.DRAFT


def test_what_is_sent_as_it_was_approved_needs_no_second_yes_but_what_staff_sent_back_does(town):
    offer = town.published()
    town.deed(offering.take_back, offer=offer)
    assert town.deed(offering.send_offer, offer=offer).state == OfferState.APPROVED
    town.deed(offering.send_back, by=town.staff, offer=offer, reason="For dyrt.")
    assert town.deed(offering.send_offer, offer=offer).state == OfferState.OFFERED
    town.deed(offering.approve_offer, by=town.staff, offer=offer, publish_now=True)
    town.deed(offering.close, by=town.staff, offer=offer)
    town.deed(offering.reopen, offer=offer)
    assert town.deed(offering.send_offer, offer=offer).state == OfferState.OFFERED


def test_sent_back_with_a_reason_and_told_once(town):
    offer = town.deed(offering.send_offer, offer=town.draft())
    refused(Why.NO_REASON, offering.send_back, offer=offer, by=town.staff, at=town.at, reason="  ")
    mail.outbox.clear()
    for _ in range(2):
        town.deed(offering.send_back, by=town.staff, offer=offer, reason="Skriv når.")
    offer.refresh_from_db()
    assert (offer.state, offer.refused_because) == (OfferState.DRAFT, "Skriv når.")
    assert [(letter.to, "Skriv når." in letter.body) for letter in mail.outbox] == [(["badet@example.org"], True)]


def test_closing_tells_the_other_side(town):
    offer = town.published()
    mail.outbox.clear()
    town.deed(offering.close, offer=offer, reason="Vi pusser opp.")
    town.deed(offering.close, offer=offer)
    assert [letter.to for letter in mail.outbox] == [["kontoret@example.org"]]
    assert found("card:1") == set()
    town.deed(offering.reopen, offer=offer)
    assert state_of(offer) == OfferState.DRAFT


def test_no_move_outside_the_table(town):
    agreement = town.agreed()
    deeds = ("send_offer", "take_back", "approve_offer", "publish", "unpublish", "close", "reopen")
    for before in OfferState:
        for name in deeds:
            offer = town.draft(agreement)
            Offer.objects.filter(pk=offer.pk).update(state=before)
            try:
                town.deed(getattr(offering, name), by=town.staff, offer=offer)
            except Refused:
                assert state_of(offer) == before
                continue
            assert state_of(offer) == before or state_of(offer) in OFFER_MOVES[before], name


def test_a_draft_is_made_once_for_a_key_and_only_of_ones_own_things(town):
    agreement, key = town.agreed(), uuid.uuid4()
    made = [town.deed(offering.save_offer, agreement=agreement, values={"title_nb": "Bad"}, key=key) for _ in range(2)]
    assert made[0] == made[1]
    others = ActivityFactory(municipality=town.municipality)
    refused(Why.FOREIGN, town.draft, agreement=agreement, activity_id=others.pk)
    abroad = PlaceFactory(municipality=make_municipality("3907", "Sandefjord"))
    refused(Why.FOREIGN, town.draft, agreement=agreement, place_id=abroad.pk)
    refused(Why.CONDITIONS, town.draft, agreement=agreement, conditions={"hours": {"9": []}})
    refused(Why.DATES, town.draft, agreement=agreement, valid_from=today(), valid_to=today() - timedelta(days=1))
    refused(Why.ABOVE_ALL, town.draft, agreement=agreement, quantity=5, released=6)
    refused(Why.ABOVE_ALL, town.draft, agreement=agreement, quantity=5)


def test_last_season_is_copied_with_new_days_and_nothing_used(town):
    offer = town.published(quantity=50, released=10, note_nb="Ta med håndkle", conditions={"most_per_day": 1})
    Offer.objects.filter(pk=offer.pk).update(used=7)
    offer.refresh_from_db()
    first = today() + timedelta(days=100)
    copy = town.deed(offering.copy_offer, offer=offer, agreement=offer.agreement, valid_from=first, valid_to=first)
    assert (copy.state, copy.used, copy.quantity, copy.released) == (OfferState.DRAFT, 0, 50, 50)
    assert (copy.title_nb, copy.note_nb, copy.unit_ore, copy.conditions) == (
        "Ett bad",
        "Ta med håndkle",
        4500,
        {"most_per_day": 1},
    )
    assert (copy.valid_from, copy.approved_values, copy.approved_by) == (first, {}, None)


# ── how many ────────────────────────────────────────────────────────────────────────────────────────────────


def test_released_stays_between_used_and_all(town):
    offer = town.published(quantity=50, released=20)
    Offer.objects.filter(pk=offer.pk).update(used=15, warned=True)
    refused(Why.BELOW_USED, offering.release, offer=offer, released=14, by=town.editor, at=town.at)
    refused(Why.ABOVE_ALL, offering.release, offer=offer, released=51, by=town.editor, at=town.at)
    town.deed(offering.release, offer=offer, released=15)
    town.deed(offering.release, offer=offer, released=30)
    town.deed(offering.release, offer=offer, released=30)
    offer.refresh_from_db()
    assert (offer.released, offer.warned, offer.state) == (30, False, OfferState.PUBLISHED)
    journal = CountChange.objects.filter(what="offer", ref=offer.pk).order_by("pk").values_list("kind", "before", "after")
    assert list(journal)[2:] == [("withdraw", 20, 15), ("release", 15, 30)]


def test_the_coordinator_raises_and_lowers_what_there_is(town):
    offer = town.published(quantity=50, released=50)
    Offer.objects.filter(pk=offer.pk).update(used=15)
    refused(Why.NOT_YOURS, offering.change_quantity, offer=offer, quantity=60, by=town.editor, at=town.at)
    refused(Why.BELOW_USED, offering.change_quantity, offer=offer, quantity=14, by=town.staff, at=town.at)
    town.deed(offering.change_quantity, by=town.staff, offer=offer, quantity=80)
    offer.refresh_from_db()
    assert (offer.quantity, offer.released) == (80, 80)
    town.deed(offering.change_quantity, by=town.staff, offer=offer, quantity=20, reason="Mindre penger")
    offer.refresh_from_db()
    assert (offer.quantity, offer.released, changed(offer)) == (20, 20, [])


def test_the_database_holds_what_the_deeds_hold(town):
    offer = town.published(quantity=50, released=20)
    for values in ({"used": 21}, {"released": 51}, {"released": None}, {"used": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(**values)


def test_stock_is_added_once_and_by_the_coordinator(town):
    offer = town.published()
    facts = {"offer": offer, "kind": "donated", "funder": "Sparebanken", "quantity": 92, "key": uuid.uuid4()}
    refused(Why.NOT_YOURS, offering.add_stock, by=town.editor, at=town.at, **facts)
    assert town.deed(offering.add_stock, by=town.staff, **facts) == town.deed(offering.add_stock, by=town.staff, **facts)
    assert Stock.objects.count() == 1
    assert CountChange.objects.filter(what="stock").count() == 1


def test_codes_are_sealed_and_loaded_once(town):
    offer = town.published()
    stock = town.deed(offering.add_stock, by=town.staff, offer=offer, kind="bought", funder="Kommunen", quantity=3)
    lines = ["AAA-1", " AAA-2 ", "", "AAA-1"]
    loaded = town.deed(offering.load_codes, by=town.staff, offer=offer, codes=lines, stock=stock)
    assert (loaded.added, loaded.known) == (2, 0)
    again = town.deed(offering.load_codes, by=town.staff, offer=offer, codes=["AAA-2", "AAA-3"], stock=stock)
    assert (again.added, again.known) == (1, 1)
    refused(Why.MORE_THAN_STOCK, offering.load_codes, offer=offer, codes=["B"], stock=stock, by=town.staff, at=town.at)
    offer.refresh_from_db()
    assert offer.deals_codes
    assert not any(b"AAA" in bytes(row.code) for row in ExternalCode.objects.all())


# ── by the clock ────────────────────────────────────────────────────────────────────────────────────────────


def at_day(day):
    return datetime.combine(day, datetime.min.time(), OSLO) + timedelta(hours=9)


def test_both_are_asked_about_renewal_once_and_in_time(town):
    agreement = town.agreed(valid_to=today() + timedelta(days=100))
    mail.outbox.clear()
    assert renew_agreements(at_day(agreement.valid_to - timedelta(days=61))) == (0, 0, 0)
    assert renew_agreements(at_day(agreement.valid_to - timedelta(days=60))) == (1, 0, 0)
    assert renew_agreements(at_day(agreement.valid_to - timedelta(days=59))) == (0, 0, 0)
    assert sorted(letter.to[0] for letter in mail.outbox) == ["badet@example.org", "kontoret@example.org"]
    until = a_year_on(agreement.valid_to)
    town.deed(offering.wish_renewal, agreement=agreement, until=until)
    town.deed(offering.wish_renewal, agreement=agreement, until=until)
    assert len(mail.outbox) == 3
    refused(Why.NOT_YOURS, offering.renew, agreement=agreement, valid_to=until, by=town.editor, at=town.at)
    for _ in range(2):
        town.deed(offering.renew, by=town.staff, agreement=agreement, valid_to=until)
    agreement.refresh_from_db()
    assert (agreement.valid_to, agreement.asked_on, agreement.wished_to) == (until, None, None)
    assert len(mail.outbox) == 4


def test_what_goes_on_by_itself_goes_on_on_its_last_day(town):
    agreement = town.agreed(valid_to=date(2028, 2, 29) if today() < date(2028, 2, 1) else today(), renewal=Renewal.RENEW)
    assert renew_agreements(at_day(agreement.valid_to - timedelta(days=1)))[1] == 0
    assert renew_agreements(at_day(agreement.valid_to))[1:] == (1, 0)
    assert renew_agreements(at_day(agreement.valid_to))[1:] == (0, 0)
    was = agreement.valid_to
    agreement.refresh_from_db()
    assert agreement.valid_to == a_year_on(was)


def test_what_nobody_renews_ends(town):
    agreement = town.agreed(valid_to=today() + timedelta(days=5), renewal=Renewal.NONE)
    over = agreement.valid_to + timedelta(days=60)
    assert renew_agreements(at_day(over))[2] == 0
    assert renew_agreements(at_day(over + timedelta(days=1)))[2] == 1
    assert ProviderAgreement.objects.get().state == AgreementState.ENDED


def test_few_left_and_a_nearly_reached_ceiling_are_told_once(town):
    offer = town.published(quantity=100, released=50)
    agreement = offer.agreement
    ceiling = Ceiling.objects.create(agreement=agreement, month=today().replace(day=1), quantity=100_000, used=80_000)
    mail.outbox.clear()
    assert warn_of_ends(town.at) == (0, 0)
    Offer.objects.filter(pk=offer.pk).update(used=45)
    Ceiling.objects.filter(pk=ceiling.pk).update(used=90_000)
    assert warn_of_ends(town.at) == (1, 1)
    assert warn_of_ends(town.at) == (0, 0)
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(["badet@example.org", "kontoret@example.org"] * 2)
    town.deed(offering.release, offer=offer, released=60)
    assert warn_of_ends(town.at) == (0, 0)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────


def found(code):
    param, value = code.split(":")
    engine = get_engine()
    assert param == "card"
    hits = engine.search(SearchQuery(cards=(value,))).hits
    return {(doc.kind, doc.listing_id) for doc in engine.fetch([hit.seq for hit in hits], cards=False)}


def test_only_what_is_published_and_in_its_days_is_shown(town):
    agreement = make_agreement(town.programme, town.provider)
    shown = make_offer(agreement, activity=town.activity)
    make_offer(agreement, activity=town.activity, state=OfferState.APPROVED)
    make_offer(agreement, activity=town.activity, valid_from=today() + timedelta(days=1))
    make_offer(agreement, activity=town.activity, valid_from=today() - timedelta(days=9), valid_to=today() - timedelta(days=1))
    assert shown_for("activity", town.activity.pk, today()) == [shown]
    assert shown_for("support", 1, today()) == []
    assert takers(today()) == {("activity", town.activity.pk): {"kortet"}, ("provider", town.provider.pk): {"kortet"}}
    Offer.objects.filter(pk=shown.pk).update(quantity=5, released=5, used=5)
    assert takers(today()) == {}
    assert shown_for("activity", town.activity.pk, today()) == [shown]


@pytest.mark.parametrize(
    ("released", "used", "said"), [(None, 5, ""), (100, 50, "Plenty"), (100, 90, "Few"), (100, 100, "All are used")]
)
def test_how_many_are_left_is_told_in_words_without_numbers(released, used, said):
    with translation.override("en"):
        words = str(left_in_words(Offer(quantity=released, released=released, used=used)))
    assert words.startswith(said)
    assert bool(words) == bool(said)
    assert not any(sign.isdigit() for sign in words)


def test_lists_cost_the_same_for_many(town, django_assert_num_queries):
    agreement = make_agreement(town.programme, town.provider)
    for _ in range(3):
        make_offer(agreement, activity=town.activity)
    with django_assert_num_queries(2):
        assert len(lines_of(town.provider, today())) == 3
    with django_assert_num_queries(1):
        assert len(shown_for("provider", town.provider.pk, today())) == 3
