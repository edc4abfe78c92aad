"""Using a card: what is counted, what is answered twice, what is refused and leaves no trace but a number."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.ledger.codes import clip_key_of, in_groups, new_code, new_secret, rotating_text, step_of
from cards.offers import actions, ready_made
from cards.offers.actions import WhyNotKey, redeem, undo
from cards.offers.finding import find_card, offers_at
from cards.offers.models import Ceiling, Device, ExternalCode, Offer, Redemption, Refusal, Stock
from cards.offers.queries import usable_on
from cards.offers.rules import WhyNot
from cards.offers.unlinking import cut_uses, reconcile
from cards.programmes.actions import reissue, revoke
from cards.programmes.models import Allowance, Card
from directory.providers.models import Provider
from portal.kit.refusals import Refused
from tests.factories.cards import (
    journal_faults,
    load_codes,
    make_agreement,
    make_card,
    make_card_type,
    make_offer,
    make_programme,
    make_stock,
    make_till,
    make_use,
    put_on_phone,
    shown,
    today,
)
from tests.factories.directory import ActivityFactory, CategoryFactory, make_municipality

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counters_agree_with_the_journal(db: None) -> Any:
    yield
    assert journal_faults() == []


@pytest.fixture
def at() -> datetime:
    """Noon, so that some minutes more are the same day."""
    return timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def offer(db: None) -> Offer:
    return make_offer(unit_ore=5000)


@pytest.fixture
def till(offer: Offer) -> Device:
    return make_till(offer.agreement.provider)[0]


def why(**asked: Any) -> str:
    """Why a use is refused; empty where it is not."""
    try:
        make_use(**asked)
    except Refused as no:
        return no.reason.value
    return ""


def why_not_found(text: str, **asked: Any) -> str:
    """Why a card is not found by what was shown."""
    with pytest.raises(Refused) as no:
        find_card(text, **asked)
    return no.value.reason.value


def left(card: Card) -> int:
    return sum(row.left for row in Allowance.objects.filter(card=card))


# ── what is written ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_use_of_paper_takes_it_into_use(offer: Offer, till: Device, at: datetime) -> None:
    card, code = make_card(offer=offer, clips=3)
    found = find_card(in_groups(code).lower(), at=at, offer=offer)
    use = redeem(key="k-1", card=found.card, offer=offer, way=found.way, at=at, device=till)

    card.refresh_from_db()
    row = Redemption.objects.get()
    assert (use.left, use.replayed, use.undone, card.state, card.medium, card.activated_on) == (
        2,
        False,
        False,
        "active",
        "paper",
        at.date(),
    )
    assert (row.clips, row.unit_ore, row.total_ore, row.day, row.at, row.device, row.way) == (
        1,
        5000,
        5000,
        at.date(),
        at,
        till,
        "paper",
    )
    assert (row.municipality, row.provider, row.card_type) == (
        card.batch.municipality,
        offer.agreement.provider,
        card.batch.card_type,
    )


def test_nothing_kept_of_a_use_holds_its_code_or_its_cards_number(offer: Offer, till: Device, at: datetime) -> None:
    card, code = make_card(offer=offer)
    make_use(card, offer, at=at, device=till)
    kept = " ".join(str(value) for value in Redemption.objects.values().get().values())
    assert code not in kept
    assert card.public_id not in kept


def test_the_municipality_of_the_card_pays_wherever_it_is_used() -> None:
    larvik, porsgrunn = make_municipality(is_default=True), make_municipality("4001", "Porsgrunn")
    programme = make_programme(larvik, porsgrunn)
    offer = make_offer(make_agreement(programme, municipality=larvik))
    card, _code = make_card(make_card_type(lines=[(offer, 2)]), municipality=porsgrunn)
    make_use(card, offer)
    assert Redemption.objects.get().municipality == porsgrunn


# ── twice ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_key_is_counted_once_and_answered_the_same(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer, clips=1)
    first = make_use(card, offer, at=at, device=till, key="k-1")
    again = make_use(card, offer, at=at + timedelta(days=3), device=till, key="k-1")
    assert (again.mark, again.left, again.replayed, left(card)) == (first.mark, 0, True, 0)


def test_an_accepted_key_answers_the_same_though_the_card_is_stopped_since(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    first = make_use(card, offer, at=at, device=till, key="k-1")
    revoke(card=card, by=None, at=at)
    assert make_use(card, offer, at=at, device=till, key="k-1").mark == first.mark


@pytest.mark.parametrize("clips", [1, 2])
def test_a_key_that_was_written_while_the_card_was_waited_for_answers_the_same(
    offer: Offer, till: Device, at: datetime, monkeypatch: pytest.MonkeyPatch, clips: int
) -> None:
    """Whether the rules say no, or the table."""
    card, _code = make_card(offer=offer, clips=clips)
    first = make_use(card, offer, at=at, device=till, key="k-1")
    lock_card = actions.lock_card
    monkeypatch.setattr(actions, "lock_card", lambda pk, key: (*lock_card(pk, key)[:2], False))
    again = make_use(card, offer, at=at, device=till, key="k-1")
    assert (again.mark, again.left, again.replayed, left(card)) == (first.mark, clips - 1, True, clips - 1)
    assert not Refusal.objects.exists()


def test_a_refused_key_is_judged_anew(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer, clips=1)
    use = make_use(card, offer, at=at, device=till)
    assert why(card=card, offer=offer, at=at, device=till, key="k-2") == "exhausted"
    undo(key="u", redemption=Redemption.objects.get(mark=use.mark), by_device=till, at=at)
    assert not make_use(card, offer, at=at, device=till, key="k-2").replayed


@pytest.mark.parametrize("changed", ["till", "nobody", "card", "offer", "count", "people", "way"])
def test_a_known_key_with_another_question_is_no_answer(offer: Offer, till: Device, at: datetime, changed: str) -> None:
    card, _code = make_card(offer=offer)
    asked: dict[str, Any] = {"card": card, "offer": offer, "at": at, "device": till, "key": "k-1"}
    make_use(**asked)
    other: dict[str, Any] = {
        "till": {"device": make_till(offer.agreement.provider)[0]},
        "nobody": {"device": None},
        "card": {"card": make_card(offer=offer)[0]},
        "offer": {"offer": make_offer(offer.agreement)},
        "count": {"clips": 2},
        "people": {"people": 2},
        "way": {"way": "tap"},
    }[changed]
    with pytest.raises(Refused) as no:
        make_use(**asked | other)
    assert (no.value.reason, Redemption.objects.count()) == (WhyNotKey.KNOWN, 1)


def test_a_key_cut_off_its_card_is_not_free_again(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    asked: dict[str, Any] = {"card": card, "offer": offer, "device": till, "key": "k-1"}
    make_use(**asked, at=at)
    assert cut_uses(at + timedelta(days=31)) == 1
    assert why(**asked, at=at) == "known_key"


def test_what_another_system_calls_its_deed_is_not_kept(offer: Offer, till: Device, at: datetime) -> None:
    """Its own number of an order would tie the use to who ordered, for ever."""
    card, _code = make_card(offer=offer)
    first = make_use(card, offer, at=at, device=till, key="order-4711")
    undo(key="return-4711", redemption=Redemption.objects.get(mark=first.mark), by_device=till, at=at)
    kept = list(Redemption.objects.values_list("key", flat=True))
    assert len(kept) == 2
    assert not any("4711" in key for key in kept)
    assert make_use(card, offer, at=at, device=till, key="order-4711").mark == first.mark


# ── refused ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refusal_is_counted_to_the_hour_and_writes_nothing_else(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer, clips=1)
    make_use(card, offer, at=at, device=till)
    for minutes in (1, 2, 61):
        assert why(card=card, offer=offer, at=at + timedelta(minutes=minutes), device=till) == "exhausted"
    rows = list(Refusal.objects.order_by("hour").values_list("reason", "provider", "offer", "device", "hour", "count"))
    known = ("exhausted", offer.agreement.provider_id, offer.pk, till.pk)
    assert rows == [(*known, at, 2), (*known, at + timedelta(hours=1), 1)]
    assert Redemption.objects.count() == 1


def test_a_card_of_another_programme_is_unknown(offer: Offer, till: Device, at: datetime) -> None:
    other = make_programme()
    foreign, code = make_card(make_card_type(other.years.get(), lines=[(make_offer(make_agreement(other)), 3)]))
    assert why(card=foreign, offer=offer, at=at, device=till) == "unknown"
    assert [why_not_found(text, at=at, offer=offer) for text in (code, new_code())] == ["unknown", "unknown"]


def test_a_till_uses_its_own_providers_offers_only(offer: Offer, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    stranger, _token = make_till(make_offer().agreement.provider)
    assert why(card=card, offer=offer, at=at, device=stranger) == "other_provider"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "revoked"}, "revoked"),
        ({"state": "suspended", "medium": "paper"}, "suspended"),
        ({"activate_by": today() - timedelta(days=1)}, "lapsed"),
        ({"state": "active", "medium": "paper", "activate_by": today() - timedelta(days=1)}, ""),
        ({"valid_to": today() - timedelta(days=1)}, "expired"),
        ({"code_spent": True, "medium": "digital", "state": "active"}, "on_phone"),
    ],
)
def test_what_has_happened_to_a_card_is_seen_behind_its_lock(
    offer: Offer, at: datetime, change: dict[str, Any], reason: str
) -> None:
    card, _code = make_card(offer=offer)
    Card.objects.filter(pk=card.pk).update(**change)  # `card` still says what it was
    assert why(card=card, offer=offer, at=at) == reason


def test_an_offer_closed_meanwhile_is_seen(offer: Offer, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    Offer.objects.filter(pk=offer.pk).update(state="closed")
    assert why(card=card, offer=offer, at=at) == "offer_closed"


def test_a_provider_that_is_gone_from_the_register_is_paid_for_nothing_more(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    Provider.objects.update(delisted_at=at, delisted_reason="bankrupt")
    assert why(card=card, offer=offer, at=at, device=till) == "offer_closed"
    assert why(card=card, offer=offer, at=at, way="tap") == "offer_closed"


# ── codes and pictures ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text", ["", "FF1.", "x" * 5000, "ABCD-EFGH", "FF1.ABCDEFGH.1.ABCDEFGH" + "\n" * 3, "\ud800", "１２３４" * 4]
)
def test_what_is_no_code_is_malformed_or_unknown(text: str, at: datetime) -> None:
    assert why_not_found(text, at=at) in {"malformed", "unknown"}


def test_a_printed_picture_holds_the_code(offer: Offer, at: datetime) -> None:
    card, code = make_card(offer=offer)
    assert find_card(f"https://larvik.example/k#{code}", at=at).card == card


@pytest.mark.parametrize(("seconds", "reason"), [(0, ""), (29, ""), (59, ""), (60, "step_old"), (-30, ""), (-31, "step_old")])
def test_a_picture_is_good_for_a_step_before_and_after(
    offer: Offer, till: Device, seconds: int, reason: str, at: datetime
) -> None:
    made = at.replace(second=0)
    card, code = make_card(offer=offer)
    secret = put_on_phone(card, code, at=at - timedelta(hours=1))
    picture = shown(card, secret, made)
    moment = made + timedelta(seconds=seconds)
    found = find_card(picture, at=moment, fresh=False)
    assert why(card=found.card, offer=offer, way=found.way, step=found.step, at=moment, device=till) == reason
    if reason:
        assert why_not_found(picture, at=moment) == "step_old"


def test_a_picture_is_good_once_for_each_offer(offer: Offer, till: Device, at: datetime) -> None:
    second = make_offer(offer.agreement)
    card, code = make_card(make_card_type(lines=[(offer, 3), (second, 3)]))
    put_on_phone(card, code, at=at)
    asked: dict[str, Any] = {"card": card, "way": "scan", "step": step_of(at), "at": at, "device": till}
    assert why(offer=offer, **asked) == ""
    assert why(offer=offer, **asked) == "step_used"
    assert why(offer=second, **asked) == ""


def test_a_picture_taken_back_is_not_good_again(offer: Offer, till: Device, at: datetime) -> None:
    card, code = make_card(offer=offer)
    put_on_phone(card, code, at=at)
    asked: dict[str, Any] = {"card": card, "offer": offer, "way": "scan", "step": step_of(at), "at": at, "device": till}
    use = make_use(**asked)
    undo(key="u", redemption=Redemption.objects.get(mark=use.mark), by_device=till, at=at)
    assert why(**asked) == "step_used"


def test_a_picture_that_another_key_signed_is_unknown(offer: Offer, at: datetime) -> None:
    card, code = make_card(offer=offer)
    put_on_phone(card, code, at=at)
    forged = rotating_text(clip_key_of(new_secret()), card.public_id, at)
    assert why_not_found(forged, at=at) == "unknown"


def test_a_card_on_paper_has_no_picture(offer: Offer, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    assert why_not_found(rotating_text(b"", card.public_id, at), at=at) == "unknown"


def test_a_card_that_an_association_keeps_stays_with_it(offer: Offer, at: datetime) -> None:
    card, code = make_card(offer=offer, holder_provider=offer.agreement.provider)
    found = find_card(code, at=at, offer=offer)
    make_use(card, offer, at=at, way=found.way)
    card.refresh_from_db()
    assert (found.way, card.state, card.medium) == ("association", "active", "association")


# ── what pays ───────────────────────────────────────────────────────────────────────────────────────────────


def test_stock_that_is_lost_first_is_used_first_and_then_the_provider_is_paid(offer: Offer, at: datetime) -> None:
    for quantity, days in ((1, None), (1, 20), (1, 5), (5, -1)):
        make_stock(offer, quantity, expires=today() + timedelta(days=days) if days is not None else None, funder=str(days))
    card, _code = make_card(offer=offer, clips=4)
    for _number in range(4):
        make_use(card, offer, at=at)
    used = Redemption.objects.order_by("pk").values_list("stock__funder", "unit_ore", "total_ore")
    assert list(used) == [("5", 0, 0), ("20", 0, 0), ("None", 0, 0), (None, 5000, 5000)]
    assert Stock.objects.get(funder="-1").used == 0


def test_a_use_of_several_clips_is_not_split_between_stocks(offer: Offer, at: datetime) -> None:
    soon = make_stock(offer, 1, expires=today() + timedelta(days=1))
    later = make_stock(offer, 2, expires=today() + timedelta(days=9))
    card, _code = make_card(offer=offer, clips=2)
    make_use(card, offer, at=at, clips=2)
    soon.refresh_from_db(), later.refresh_from_db()
    assert (soon.used, later.used) == (0, 2)


def test_a_ceiling_holds_for_the_month_and_counts_what_is_paid_only(at: datetime) -> None:
    offer = make_offer(make_agreement(ceiling_ore=10_000), unit_ore=5000)
    make_stock(offer, 1)
    card, _code = make_card(offer=offer, clips=9)
    first = at.replace(day=1)
    for _number in range(3):  # one of the stock, two paid
        make_use(card, offer, at=first)
    assert why(card=card, offer=offer, at=first) == "ceiling"
    following = (first + timedelta(days=31)).replace(day=1)
    make_use(card, offer, at=following)
    ceilings = Ceiling.objects.order_by("month").values_list("month", "used", "quantity")
    assert list(ceilings) == [(first.date(), 10_000, 10_000), (following.date(), 5_000, 10_000)]


def test_no_more_is_used_than_is_released(at: datetime) -> None:
    offer = make_offer(quantity=5, released=2)
    card, _code = make_card(offer=offer, clips=4)
    for _number in range(2):
        make_use(card, offer, at=at)
    assert why(card=card, offer=offer, at=at) == "offer_exhausted"
    offer.refresh_from_db()
    assert offer.used == 2


def test_who_comes_along_costs_what_the_offer_says(at: datetime) -> None:
    offer = make_offer(companions=2, companion_clips=1)
    card, _code = make_card(offer=offer, clips=4)
    assert make_use(card, offer, at=at, people=3).left == 1
    assert why(card=card, offer=offer, at=at, people=4) == "too_many_people"
    assert Redemption.objects.values_list("clips", "people", "total_ore").get() == (3, 3, 15_000)


def test_an_amount_pays_the_price_or_what_is_asked(at: datetime) -> None:
    offer = make_offer(unit_ore=8000)
    card, _code = make_card(make_card_type(lines=[(offer, 50_000)], unit="ore"))
    assert make_use(card, offer, at=at).left == 42_000
    assert make_use(card, offer, at=at, amount_ore=12_350).left == 29_650
    assert why(card=card, offer=offer, at=at, amount_ore=29_651) == "too_few_left"
    rows = Redemption.objects.order_by("pk").values_list("unit", "clips", "unit_ore", "total_ore")
    assert list(rows) == [("ore", 8000, 1, 8000), ("ore", 12_350, 1, 12_350)]


def test_of_an_amount_each_payment_is_one_of_the_offers_tickets(at: datetime) -> None:
    """Øre and clips are never added up: an offer of two tickets is used up by a payment and a clip."""
    offer = make_offer(unit_ore=8000, quantity=2)
    card, _code = make_card(make_card_type(lines=[(offer, 50_000)], unit="ore"))
    clips, _code = make_card(offer=offer, clips=5)
    paid = make_use(card, offer, at=at)
    assert make_use(clips, offer, at=at).left == 4
    assert {why(card=one, offer=offer, at=at) for one in (card, clips)} == {"offer_exhausted"}
    till, _token = make_till(offer.agreement.provider)
    undo(key="back", redemption=Redemption.objects.get(mark=paid.mark), by_device=till, at=at)
    offer.refresh_from_db()
    assert (offer.used, reconcile(at)) == (1, [])


def test_an_amount_hands_out_a_code_for_each_ticket_and_not_for_each_ore(at: datetime) -> None:
    offer = make_offer(unit_ore=8000, deals_codes=True)
    for number in range(3):
        ExternalCode.objects.create(
            offer=offer, code=ready_made.sealed(f"A{number}"), fingerprint=ready_made.fingerprint(f"A{number}")
        )
    card, _code = make_card(make_card_type(lines=[(offer, 50_000)], unit="ore"))
    assert make_use(card, offer, at=at, clips=2).codes == ("A0", "A1")


# ── which allowance ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_offers_own_line_pays_before_its_category_and_a_parent_includes_its_children(at: datetime) -> None:
    offer = make_offer()
    town = offer.agreement.municipality
    water = CategoryFactory(municipality=town)
    swimming = CategoryFactory(municipality=town, parent=water)
    provider: Provider = offer.agreement.provider
    activity = ActivityFactory(municipality=town, provider=provider, categories=[swimming])
    Offer.objects.filter(pk=offer.pk).update(activity=activity)
    offer.refresh_from_db()
    card, _code = make_card(make_card_type(lines=[(water, 1), (offer, 1), (CategoryFactory(municipality=town), 9)]))

    lefts = [make_use(card, offer, at=at).left for _number in range(2)]

    used = Redemption.objects.order_by("pk").values_list("allowance__category", flat=True)
    assert (list(used), lefts) == ([None, water.pk], [1, 0])
    assert why(card=card, offer=offer, at=at) == "exhausted"


def test_something_extra_is_used_when_the_line_is_used_up(offer: Offer, at: datetime) -> None:
    card, _code = make_card(offer=offer, clips=1)
    Allowance.objects.create(card=card, offer=offer, quantity=1)
    assert [make_use(card, offer, at=at).left for _number in range(2)] == [1, 0]


def test_a_card_that_holds_nothing_of_it_says_so(offer: Offer, at: datetime) -> None:
    card, _code = make_card(make_card_type(lines=[(make_offer(offer.agreement), 2)]))
    assert why(card=card, offer=offer, at=at) == "not_on_card"


def test_a_counter_sees_what_the_card_holds_there(offer: Offer, till: Device, at: datetime) -> None:
    gone = make_offer(offer.agreement, quantity=0)
    make_offer()  # of another provider
    card, _code = make_card(make_card_type(lines=[(gone, 2), (offer, 3)]))
    choices = [(choice.offer, choice.left, choice.reason) for choice in offers_at(card, till.provider, at)]
    assert choices == [(offer, 3, None), (gone, 2, WhyNot.OFFER_EXHAUSTED)]


# ── a day ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_limit_of_a_day_counts_what_was_not_taken_back(till: Device, at: datetime) -> None:
    offer = make_offer(conditions={"most_per_day": 2})
    till, _token = make_till(offer.agreement.provider)
    card, _code = make_card(offer=offer, clips=9)
    first = make_use(card, offer, at=at, device=till)
    make_use(card, offer, at=at, device=till)
    assert why(card=card, offer=offer, at=at, device=till) == "per_day"
    undo(key="u", redemption=Redemption.objects.get(mark=first.mark), by_device=till, at=at)
    assert why(card=card, offer=offer, at=at, device=till) == ""
    assert why(card=card, offer=offer, at=at, device=till) == "per_day"
    assert why(card=card, offer=offer, at=at + timedelta(days=1), device=till) == ""


def test_the_limit_of_a_day_goes_along_to_the_card_in_its_place(at: datetime) -> None:
    offer = make_offer(conditions={"most_per_day": 1})
    card, _code = make_card(offer=offer, clips=9)
    make_use(card, offer, at=at)
    new = reissue(card=card, by=None, at=at, key=uuid.uuid4()).cards[0].card
    assert why(card=new, offer=offer, at=at) == "per_day"
    assert why(card=new, offer=offer, at=at + timedelta(days=1)) == ""


def offers_on(day: Any) -> list[Offer]:
    return list(usable_on(day))


# ── ready-made codes ────────────────────────────────────────────────────────────────────────────────────────


def test_ready_made_codes_are_dealt_once_each_and_told_again_to_who_asks_again(at: datetime) -> None:
    offer = make_offer(deals_codes=True)
    load_codes(offer, "KINO-1", "KINO-2")
    card, _code = make_card(offer=offer, clips=3)
    first = make_use(card, offer, at=at, key="k-1")
    second = make_use(card, offer, at=at, key="k-2")
    assert (first.codes, second.codes) == (("KINO-1",), ("KINO-2",))
    assert make_use(card, offer, at=at, key="k-1").codes == ("KINO-1",)
    assert (why(card=card, offer=offer, at=at), left(card)) == ("no_codes", 1)


def test_a_code_that_somebody_has_seen_is_never_dealt_again(at: datetime) -> None:
    offer = make_offer(deals_codes=True)
    load_codes(offer, "KINO-1")
    card, _code = make_card(offer=offer, clips=3)
    till, _token = make_till(offer.agreement.provider)
    use = make_use(card, offer, at=at, device=till)
    undo(key="u", redemption=Redemption.objects.get(mark=use.mark), by_device=till, at=at)
    assert ExternalCode.objects.get().withdrawn
    assert why(card=card, offer=offer, at=at) == "no_codes"


def test_each_who_comes_in_gets_a_code(at: datetime) -> None:
    offer = make_offer(deals_codes=True, companions=1)
    load_codes(offer, "KINO-1", "KINO-2", "KINO-3")
    card, _code = make_card(offer=offer, clips=3)
    assert make_use(card, offer, at=at, people=2).codes == ("KINO-1", "KINO-2")


def test_whoever_has_a_card_gets_a_free_code_though_other_tickets_have_none(at: datetime) -> None:
    """The stock that a code belongs to is counted, and its funder pays; a code of no stock is paid for as it is used."""
    offer = make_offer(deals_codes=True, unit_ore=8000)
    soon = make_stock(offer, 5, funder="Kinoen", expires=at.date() + timedelta(days=9))
    later = make_stock(offer, 2, funder="Sparebanken")
    load_codes(offer, "KINO-1", "KINO-2", stock=later)
    load_codes(offer, "KINO-3")
    card, _code = make_card(offer=offer, clips=4)
    uses = [make_use(card, offer, at=at) for _number in range(3)]
    assert [use.codes for use in uses] == [("KINO-1",), ("KINO-2",), ("KINO-3",)]
    rows = Redemption.objects.order_by("pk").values_list("stock__funder", "unit_ore", "total_ore")
    assert list(rows) == [("Sparebanken", 0, 0), ("Sparebanken", 0, 0), (None, 8000, 8000)]
    assert list(ExternalCode.objects.order_by("pk").values_list("dealt_to__stock", "stock")) == [(later.pk, later.pk)] * 2 + [
        (None, None)
    ]
    for stock, used in ((soon, 0), (later, 2)):
        stock.refresh_from_db()
        assert stock.used == used
    assert (why(card=card, offer=offer, at=at), left(card)) == ("no_codes", 1)


def test_tickets_lost_first_go_first_where_both_have_codes_and_none_goes_that_is_over(at: datetime) -> None:
    offer = make_offer(deals_codes=True)
    over = make_stock(offer, 5, expires=at.date() - timedelta(days=1))
    later, soon = (make_stock(offer, 5, expires=at.date() + timedelta(days=days)) for days in (9, 3))
    for stock, code in ((over, "OVER"), (later, "LATER"), (soon, "SOON")):
        load_codes(offer, code, stock=stock)
    card, _code = make_card(offer=offer, clips=4)
    assert [make_use(card, offer, at=at).codes for _number in range(2)] == [("SOON",), ("LATER",)]
    assert why(card=card, offer=offer, at=at) == "no_codes"
    assert offers_on(at.date()) == []


def test_codes_of_two_stocks_are_not_dealt_in_one_use(at: datetime) -> None:
    offer = make_offer(deals_codes=True)
    for code in ("KINO-1", "KINO-2"):
        load_codes(offer, code, stock=make_stock(offer, 1))
    card, _code = make_card(offer=offer, clips=4)
    assert why(card=card, offer=offer, at=at, clips=2) == "per_visit"
    assert {make_use(card, offer, at=at).codes for _number in range(2)} == {("KINO-1",), ("KINO-2",)}


def test_an_amount_gets_a_code_of_tickets_that_are_paid_already_for_want_of_others(at: datetime) -> None:
    """The provider is not paid a second time for them; an amount above the price pays for more than a ticket."""
    offer = make_offer(unit_ore=8000, deals_codes=True)
    stock = make_stock(offer, 2)
    load_codes(offer, "PAID-1", "PAID-2", stock=stock)
    load_codes(offer, "FREE")
    card, _code = make_card(make_card_type(lines=[(offer, 50_000)], unit="ore"))
    till, _token = make_till(offer.agreement.provider)
    first, second = (make_use(card, offer, at=at, device=till) for _number in range(2))
    assert (first.codes, second.codes) == (("FREE",), ("PAID-1",))
    assert list(Redemption.objects.order_by("pk").values_list("stock", "clips", "total_ore")) == [
        (None, 8000, 8000),
        (stock.pk, 8000, 0),
    ]
    assert why(card=card, offer=offer, at=at, amount_ore=9000) == "no_codes"
    stock.refresh_from_db()
    assert (stock.used, left(card)) == (1, 34_000)
    undo(key="u", redemption=Redemption.objects.get(mark=second.mark), by_device=till, at=at)
    stock.refresh_from_db()
    assert (stock.used, left(card)) == (0, 42_000)


def test_what_a_use_is_called_is_written_in_sheets_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spreadsheet takes "-" before a text for a sum, so exports would write another text."""
    made = iter(["-abc", "-", "a-bc"])
    monkeypatch.setattr("cards.offers.actions.secrets.token_urlsafe", lambda _size: next(made))
    assert actions.new_mark() == "a-bc"
