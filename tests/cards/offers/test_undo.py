"""Taking a use back: everything it moved moves back, to the card that is held now, once."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.offers.actions import WhyNotKey, undo
from cards.offers.models import Ceiling, Device, Offer, Redemption, Settlement
from cards.offers.unlinking import cut_uses, reconcile
from cards.programmes.actions import reissue, revoke
from cards.programmes.models import Allowance, Card
from directory.municipalities.models import StaffRole, TenantLogEntry
from directory.providers.models import Membership
from portal.kit.refusals import Refused
from tests.factories.cards import journal_faults, make_agreement, make_card, make_offer, make_stock, make_till, make_use, today
from tests.factories.directory import MembershipFactory, ProviderFactory, UserFactory, make_municipality, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counters_agree_with_the_journal(db: None) -> Any:
    yield
    assert journal_faults() == []


@pytest.fixture
def at() -> datetime:
    return timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def offer(db: None) -> Offer:
    return make_offer(make_agreement(ceiling_ore=100_000), unit_ore=5000, quantity=50)


@pytest.fixture
def till(offer: Offer) -> Device:
    return make_till(offer.agreement.provider)[0]


def used(card: Card, offer: Offer, at: datetime, till: Device, **asked: Any) -> Redemption:
    return Redemption.objects.get(mark=make_use(card, offer, at=at, device=till, **asked).mark)


def why(**asked: Any) -> str:
    try:
        undo(key=uuid.uuid4().hex, **asked)
    except Refused as no:
        return no.reason.value
    return ""


def bounds(card: Card) -> list[tuple[int, int]]:
    return list(Allowance.objects.filter(card=card).order_by("pk").values_list("used", "quantity"))


def test_everything_a_use_moved_moves_back(offer: Offer, till: Device, at: datetime) -> None:
    stock = make_stock(offer, 1)
    card, _code = make_card(offer=offer, clips=3)
    of_stock, paid = used(card, offer, at, till), used(card, offer, at, till, clips=2)

    assert undo(key="u-1", redemption=paid, by_device=till, at=at).left == 2
    assert undo(key="u-2", redemption=of_stock, by_device=till, at=at).left == 3

    offer.refresh_from_db(), stock.refresh_from_db()
    assert (offer.used, stock.used, Ceiling.objects.get().used, bounds(card)) == (0, 0, 0, [(0, 3)])
    assert list(Redemption.objects.order_by("pk").values_list("clips", "total_ore", "stock")) == [
        (1, 0, stock.pk),
        (2, 10_000, None),
        (-2, -10_000, None),
        (-1, 0, stock.pk),
    ]


@pytest.mark.parametrize(
    ("minutes", "reason"), [(0, ""), (10, ""), (10 + 1 / 60, "too_late_to_undo"), (-1, ""), (-11, "too_late_to_undo")]
)
def test_a_till_has_ten_minutes(offer: Offer, till: Device, at: datetime, minutes: float, reason: str) -> None:
    card, _code = make_card(offer=offer)
    use = used(card, offer, at, till)
    assert why(redemption=use, by_device=till, at=at + timedelta(minutes=minutes)) == reason


def test_any_till_of_the_provider_may_and_no_other(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    use = used(card, offer, at, till)
    stranger, _token = make_till(make_offer().agreement.provider)
    assert why(redemption=use, by_device=stranger, at=at) == "not_yours"
    assert why(redemption=use, by_device=make_till(offer.agreement.provider)[0], at=at) == ""


def test_the_coordinator_may_until_it_is_settled_for_good(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer, clips=3)
    uses = [used(card, offer, at, till) for _number in range(3)]
    coordinator = make_staff(offer.agreement.municipality)
    settlement = Settlement.objects.create(
        municipality=uses[0].municipality,
        provider=uses[0].provider,
        year=uses[0].year,
        period_from=today() - timedelta(days=9),
        period_to=today(),
        number=1,
        made_on=today(),
    )
    Redemption.objects.update(settlement=settlement)
    later = at + timedelta(days=9)
    for use, state in zip(uses, ("sent", "approved", "closed"), strict=True):
        Settlement.objects.update(state=state)
        use.refresh_from_db()
        expected = "settled" if state == "closed" else ""
        assert why(redemption=use, by_user=coordinator, at=later) == expected
    assert list(Redemption.objects.filter(clips__lt=0).values_list("settlement", flat=True)) == [None, None]
    assert TenantLogEntry.objects.filter(action="offer.undo", object_id=str(offer.pk)).count() == 2


@pytest.mark.parametrize(
    ("who", "soon", "later"),
    [
        ("stranger", "not_yours", "not_yours"),
        ("coordinator of another town", "not_yours", "not_yours"),
        ("editor of the town", "not_yours", "not_yours"),
        ("till of another provider", "not_yours", "not_yours"),
        ("till", "", "too_late_to_undo"),
        ("coordinator who keeps the page", "", "too_late_to_undo"),
        ("coordinator", "", ""),
        ("superuser", "", ""),
        ("coordinator who has left", "not_yours", "not_yours"),
    ],
)
def test_who_may_take_a_use_back(offer: Offer, till: Device, at: datetime, who: str, soon: str, later: str) -> None:
    """A person is asked who they are: the coordinator of who pays, or somebody who keeps the till, as long as a till may."""
    town, provider = offer.agreement.municipality, offer.agreement.provider
    card, _code = make_card(offer=offer)
    first, second = used(card, offer, at, till), used(card, offer, at, till)
    if who.startswith("coordinator"):
        somebody = make_staff(make_municipality("4001", "Porsgrunn") if "another" in who else town)
    else:
        somebody = UserFactory(is_superuser=who == "superuser")
    if who == "editor of the town":
        StaffRole.objects.create(user=somebody, municipality=town, role=StaffRole.Role.EDITOR)
    if who.startswith("till"):
        where = ProviderFactory(municipality=town) if "another" in who else provider
        MembershipFactory(user=somebody, provider=where, role=Membership.Role.TILL)
    if "page" in who:
        MembershipFactory(user=somebody, provider=provider, role=Membership.Role.EDITOR)
    if "left" in who:
        somebody.is_active = False
    assert why(redemption=first, by_user=somebody, at=at + timedelta(minutes=9)) == soon
    assert why(redemption=second, by_user=somebody, at=at + timedelta(hours=9)) == later


def test_twice_is_once(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    use = used(card, offer, at, till)
    first = undo(key="u-1", redemption=use, by_device=till, at=at)
    again = undo(key="u-1", redemption=use, by_device=till, at=at + timedelta(hours=5))
    assert (again.mark, again.left, again.replayed) == (first.mark, 3, True)
    assert why(redemption=use, by_device=till, at=at) == "already_undone"
    assert why(redemption=Redemption.objects.get(mark=first.mark), by_device=till, at=at) == "already_undone"
    assert bounds(card) == [(0, 3)]


def test_the_key_of_a_use_taken_back_says_so(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    use = used(card, offer, at, till, key="k-1")
    undo(key="u-1", redemption=use, by_device=till, at=at)
    again = make_use(card, offer, at=at, device=till, key="k-1")
    assert (again.mark, again.replayed, again.undone) == (use.mark, True, True)


def test_the_key_of_something_else_takes_nothing_back(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    use, other = used(card, offer, at, till, key="k-1"), used(card, offer, at, till)
    undo(key="u-1", redemption=other, by_device=till, at=at)
    for key in ("k-1", "u-1"):
        with pytest.raises(Refused) as no:
            undo(key=key, redemption=use, by_device=till, at=at)
        assert no.value.reason == WhyNotKey.KNOWN


def test_after_reissues_the_clip_comes_to_the_card_held_now(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer, clips=3)
    use = used(card, offer, at, till)
    second = reissue(card=card, by=None, at=at, key=uuid.uuid4()).cards[0].card
    third = reissue(card=second, by=None, at=at, key=uuid.uuid4()).cards[0].card
    assert undo(key="u-1", redemption=use, by_device=till, at=at).left == 3
    assert [bounds(row) for row in (card, second, third)] == [[(0, 0)], [(0, 0)], [(0, 3)]]


def test_after_a_reissue_of_an_emptied_card_the_clip_comes_along_all_the_same(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer, clips=1)
    use = used(card, offer, at, till)
    new = reissue(card=card, by=None, at=at, key=uuid.uuid4()).cards[0].card
    Allowance.objects.filter(card=new).delete()
    assert undo(key="u-1", redemption=use, by_device=till, at=at).left == 1
    assert not make_use(new, offer, at=at).replayed


def test_what_comes_back_to_a_stopped_card_is_gone_with_it(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer, clips=3)
    use = used(card, offer, at, till)
    new = reissue(card=card, by=None, at=at, key=uuid.uuid4()).cards[0].card
    revoke(card=new, by=None, at=at)
    assert undo(key="u-1", redemption=use, by_device=till, at=at).left == 0
    assert (bounds(card), bounds(new)) == ([(0, 0)], [(0, 0)])


def test_a_use_cut_off_its_card_cannot_be_taken_back(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    use = used(card, offer, at, till)
    later = at + timedelta(days=40)
    cut_uses(later)
    assert why(redemption=use, by_user=make_staff(offer.agreement.municipality), at=later) == "too_late_to_undo"
    assert why(redemption=use, by_device=till, at=later) == "too_late_to_undo"
    assert reconcile(later) == []


def test_somebody_must_take_it_back(offer: Offer, till: Device, at: datetime) -> None:
    card, _code = make_card(offer=offer)
    with pytest.raises(ValueError, match="either"):
        undo(key="u", redemption=used(card, offer, at, till), at=at)
