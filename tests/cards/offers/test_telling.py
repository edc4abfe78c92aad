"""Uses that a till took without network: what is counted, what the coordinator decides, and what cannot be made up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from cards.ledger.codes import clip_key_of, new_code, new_secret, rotating_text
from cards.ledger.models import CountChange
from cards.offers import telling
from cards.offers.actions import WhyNotKey, redeem, undo
from cards.offers.conditions import day_of
from cards.offers.models import Device, Offer, Redemption, Refusal
from cards.offers.rules import WhyNot
from cards.offers.settling import Why, make_settlement
from cards.offers.states import UseState, UseWay
from cards.offers.telling import Claim, Told, Verdict, WhyNotDecide, decide_disputed, disputed_in, tell, why_disputed
from cards.offers.unlinking import cut_entries
from cards.programmes.actions import issue, reissue, return_lapsed, revoke
from cards.programmes.keeping import change_quota
from cards.programmes.models import AgencyQuota, Allowance, Card
from portal.kit.refusals import Refused
from tests.factories.cards import (
    journal_faults,
    load_codes,
    make_agency,
    make_agreement,
    make_card,
    make_card_type,
    make_offer,
    make_programme,
    make_quota,
    make_stock,
    make_till,
    put_on_phone,
    shown,
)
from tests.factories.directory import ProviderFactory, make_municipality, make_staff

pytestmark = pytest.mark.django_db


@dataclass
class Scene:
    """A pool whose till may work without network, a card on paper and one on a telephone, three clips each."""

    at: datetime
    offer: Offer
    paper: Card
    code: str
    phone: Card
    secret: str
    till: Device
    other: Device
    numbers: dict[int, int] = field(default_factory=dict)

    def picture(self, at: datetime) -> str:
        return shown(self.phone, self.secret, at)

    def claim(self, what: str, at: datetime, **asked: Any) -> Claim:
        """A claim as a till keeps it: the next number, the server's time of ten minutes before."""
        till = asked.pop("till", self.till)
        number = self.numbers[till.pk] = self.numbers.get(till.pk, 0) + 1
        facts = {"key": uuid4().hex, "number": number, "offer": self.offer.pk, "knew": at - timedelta(minutes=10), **asked}
        return Claim(shown=what, at=at, **facts)

    def used(self, card: Card) -> int:
        return Allowance.objects.get(card=card).used


@pytest.fixture
def scene() -> Scene:
    at = timezone.now().replace(hour=11, minute=0, second=5, microsecond=0) - timedelta(days=1)
    agreement = make_agreement(offline_allowed=True)
    offer = make_offer(agreement)
    paper, code = make_card(offer=offer, clips=3)
    phone, phone_code = make_card(offer=offer, clips=3)
    secret = put_on_phone(phone, phone_code, at=at - timedelta(days=1))
    till, other = (make_till(agreement.provider)[0] for _ in range(2))
    return Scene(at, offer, paper, code, phone, secret, till, other)


def one(scene: Scene, claim: Claim, *, later: float = 3600, till: Device | None = None) -> Told:
    (told,) = tell(device=till or scene.till, claims=[claim], at=claim.at + timedelta(seconds=later))
    return told


def test_paper_and_telephone_are_counted_at_the_moment_they_were_taken(scene: Scene) -> None:
    claims = [
        scene.claim(scene.code, scene.at),
        scene.claim(scene.picture(scene.at + timedelta(minutes=2)), scene.at + timedelta(minutes=2)),
    ]

    told = tell(device=scene.till, claims=claims, at=scene.at + timedelta(hours=2))

    assert [(answer.verdict, answer.reason, answer.left) for answer in told] == [(Verdict.OK, None, 2)] * 2
    uses = Redemption.objects.order_by("pk")
    assert [(use.way, use.state, use.at) for use in uses] == [
        (UseWay.OFFLINE, UseState.OK, scene.at),
        (UseWay.OFFLINE, UseState.OK, scene.at + timedelta(minutes=2)),
    ]
    scene.paper.refresh_from_db()
    assert (scene.paper.state, scene.paper.medium) == ("active", "paper")
    assert journal_faults() == []


def test_claims_are_judged_in_their_order_and_answered_in_the_one_sent(scene: Scene) -> None:
    Allowance.objects.filter(card=scene.paper).update(quantity=1)
    first, second = (scene.claim(scene.code, scene.at + timedelta(minutes=minute)) for minute in (0, 30))
    second = replace(second, knew=first.at + timedelta(minutes=20))

    told = tell(device=scene.till, claims=[second, first], at=first.at + timedelta(minutes=15, seconds=30))

    assert [answer.key for answer in told] == [second.key, first.key]
    assert [answer.verdict for answer in told] == [Verdict.DISPUTED, Verdict.OK]


def test_the_same_key_gets_the_same_answer(scene: Scene) -> None:
    good, bad = scene.claim(scene.code, scene.at), scene.claim(scene.picture(scene.at), scene.at + timedelta(minutes=5))
    first = tell(device=scene.till, claims=[good, bad], at=scene.at + timedelta(hours=1))
    decide_disputed(redemption=Redemption.objects.get(mark=first[1].mark), accept=True, by=None, at=scene.at + timedelta(hours=2))

    again = tell(device=scene.till, claims=[good, bad], at=scene.at + timedelta(hours=3))

    assert [answer.verdict for answer in first] == [Verdict.OK, Verdict.DISPUTED]
    assert again == [replace(answer, replayed=True) for answer in first]
    assert Redemption.objects.count() == 2


def test_a_key_belongs_to_who_sent_it(scene: Scene) -> None:
    claim = scene.claim(scene.code, scene.at)
    assert one(scene, claim).verdict == Verdict.OK

    stolen = one(scene, claim, till=scene.other)
    changed = one(scene, replace(claim, count=2))

    assert [(told.verdict, told.reason, told.left, told.mark) for told in (stolen, changed)] == [
        (Verdict.REFUSED, WhyNotKey.KNOWN, None, "")
    ] * 2
    assert scene.used(scene.paper) == 1


def test_a_use_whose_answer_was_lost_is_not_counted_again(scene: Scene) -> None:
    claim = scene.claim(scene.code, scene.at)
    use = redeem(key=claim.key, card=scene.paper, offer=scene.offer, way=UseWay.PAPER, at=scene.at, device=scene.till)

    told = one(scene, claim)

    assert (told.verdict, told.mark, told.left, told.replayed) == (Verdict.OK, use.mark, 2, True)
    assert scene.used(scene.paper) == 1


@pytest.mark.parametrize("picture", ["other-key", "other-card", "other-step", "no-mac"])
def test_a_picture_cannot_be_made_up(scene: Scene, picture: str) -> None:
    good = scene.picture(scene.at)
    public_id, step, mac = good.split(".")[1:]
    forged = {
        "other-key": rotating_text(clip_key_of(new_secret()), scene.phone.public_id, scene.at),
        "other-card": f"FF1.{scene.paper.public_id}.{step}.{mac}",
        "other-step": f"FF1.{public_id}.{int(step) + 1}.{mac}",
        "no-mac": f"FF1.{public_id}.{step}.{'0' * 8}",
    }[picture]

    told = one(scene, scene.claim(forged, scene.at))

    assert (told.verdict, told.reason) == (Verdict.REFUSED, WhyNot.UNKNOWN)
    assert not Redemption.objects.exists()
    assert Refusal.objects.get().reason == "unknown"


@pytest.mark.parametrize(("what", "reason"), [("code", WhyNot.UNKNOWN), ("slip", WhyNot.MALFORMED), ("number", WhyNot.MALFORMED)])
def test_a_code_cannot_be_made_up(scene: Scene, what: str, reason: WhyNot) -> None:
    code = {"code": new_code(), "slip": "0" + scene.code[1:] if scene.code[0] != "0" else "1" + scene.code[1:], "number": "12"}[
        what
    ]
    told = one(scene, scene.claim(code, scene.at))
    assert (told.verdict, told.reason, Redemption.objects.count()) == (Verdict.REFUSED, reason, 0)


def test_nothing_is_counted_that_the_card_never_held(scene: Scene) -> None:
    sauna = make_offer(scene.offer.agreement)
    elsewhere = make_offer(provider=ProviderFactory(municipality=scene.till.provider.municipality))
    foreign = make_offer(make_agreement(make_programme(name_nb="Et annet"), scene.till.provider, offline_allowed=True))
    told = [one(scene, scene.claim(scene.code, scene.at, offer=offer.pk)) for offer in (sauna, elsewhere, foreign)]
    assert [(answer.verdict, answer.reason) for answer in told] == [
        (Verdict.REFUSED, WhyNot.NOT_ON_CARD),
        (Verdict.REFUSED, WhyNot.OTHER_PROVIDER),
        (Verdict.REFUSED, WhyNot.UNKNOWN),
    ]
    assert one(scene, scene.claim(scene.code, scene.at, count=0)).reason == WhyNot.NOTHING_ASKED
    assert not Redemption.objects.exists()


def test_without_leave_the_coordinator_decides_everything(scene: Scene) -> None:
    type(scene.offer.agreement).objects.update(offline_allowed=False)
    told = one(scene, scene.claim(scene.code, scene.at))
    assert (told.verdict, told.reason, scene.used(scene.paper)) == (Verdict.DISPUTED, WhyNot.OFFLINE_OFF, 0)


@pytest.mark.parametrize(
    ("device", "knew", "now", "reason"),
    [
        (0, -600, 3600, None),
        (45, -600, 3600, None),  # the next step
        (61, -600, 3600, WhyNot.STEP_OLD),
        (-7200, 0, 3600, None),  # a clock two hours slow, but the server's time was just seen
        (-7200, -7200, 3600, WhyNot.STEP_OLD),
        (7200, -600, 10, None),  # a clock two hours fast, but told at once
        (7200, -600, 3600, WhyNot.STEP_OLD),
        (0, 900, 3600, WhyNot.STEP_OLD),  # a picture from before the server was seen last
    ],
)
def test_the_moment_is_kept_between_the_servers_time_and_now(
    scene: Scene, device: int, knew: int, now: int, reason: WhyNot | None
) -> None:
    picture = scene.picture(scene.at)
    claim = replace(
        scene.claim(picture, scene.at), at=scene.at + timedelta(seconds=device), knew=scene.at + timedelta(seconds=knew)
    )
    (told,) = tell(device=scene.till, claims=[claim], at=scene.at + timedelta(seconds=now))
    assert told.reason == reason


def test_a_picture_is_good_for_one_use_wherever_it_was_shown(scene: Scene) -> None:
    picture = scene.picture(scene.at)
    here, there = scene.claim(picture, scene.at), scene.claim(picture, scene.at, till=scene.other)
    told = [one(scene, here), one(scene, there, till=scene.other)]
    assert [(answer.verdict, answer.reason) for answer in told] == [(Verdict.OK, None), (Verdict.DISPUTED, WhyNot.STEP_USED)]
    assert scene.used(scene.phone) == 1


def test_one_of_a_card_waits_at_a_till_and_fifty_a_day(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (scene.claim(scene.code, scene.at + timedelta(minutes=minute)) for minute in (0, 5))
    told_at = scene.at + timedelta(minutes=6)
    told = tell(device=scene.till, claims=[first, second], at=told_at)
    third = replace(scene.claim(scene.code, scene.at + timedelta(minutes=7)), knew=told_at)
    told += tell(device=scene.till, claims=[third], at=scene.at + timedelta(minutes=8))
    monkeypatch.setattr(telling, "MOST_A_DAY", 3)
    fourth = replace(scene.claim(scene.picture(third.at), third.at), knew=told_at)
    told += tell(device=scene.till, claims=[fourth], at=scene.at + timedelta(minutes=9))
    next_day = scene.at + timedelta(days=1)
    told.append(one(scene, scene.claim(scene.picture(next_day), next_day)))
    assert [answer.reason for answer in told] == [None, WhyNot.TOLD_TWICE, None, WhyNot.TOLD_MANY, None]


def test_what_is_told_out_of_order_or_late_is_decided_by_the_coordinator(scene: Scene) -> None:
    first, second = scene.claim(scene.code, scene.at), scene.claim(scene.picture(scene.at), scene.at)
    late = scene.claim(scene.picture(scene.at), scene.at, till=scene.other)
    assert one(scene, second).verdict == Verdict.OK
    assert one(scene, first).reason == WhyNot.OUT_OF_ORDER
    assert one(scene, late, later=7 * 86400 + 1, till=scene.other).reason == WhyNot.TOLD_LATE


def test_rules_are_asked_about_the_moment_it_was_taken(scene: Scene) -> None:
    weekday = str(timezone.localtime(scene.at).isoweekday())
    hour = timezone.localtime(scene.at).hour
    hours = {weekday: [[f"{hour:02d}:00", f"{hour + 1:02d}:00"]]}
    Offer.objects.filter(pk=scene.offer.pk).update(conditions={"hours": hours, "most_per_day": 1})
    claim = scene.claim(scene.code, scene.at)
    assert one(scene, claim, later=9 * 3600).reason is None
    early = replace(scene.claim(scene.picture(scene.at - timedelta(hours=1)), scene.at - timedelta(hours=1)))
    assert one(scene, early, later=9 * 3600).reason == WhyNot.WRONG_TIME
    assert one(scene, scene.claim(scene.code, scene.at, till=scene.other), till=scene.other).reason == WhyNot.PER_DAY


def test_a_paper_that_went_to_a_telephone_since_is_decided_by_the_coordinator(scene: Scene) -> None:
    claim = scene.claim(scene.code, scene.at)
    put_on_phone(scene.paper, scene.code, at=scene.at + timedelta(minutes=1))
    assert one(scene, claim).reason == WhyNot.ON_PHONE


# ── deciding ────────────────────────────────────────────────────────────────────────────────────────────────


def disputed(scene: Scene, **asked: Any) -> Redemption:
    """A claim for more than was left."""
    Allowance.objects.filter(card=scene.paper).update(quantity=0)
    told = one(scene, scene.claim(scene.code, scene.at, **asked))
    assert (told.verdict, told.reason) == (Verdict.DISPUTED, WhyNot.EXHAUSTED)
    return Redemption.objects.get(mark=told.mark)


def test_accepted_is_only_what_the_card_holds(scene: Scene) -> None:
    use = disputed(scene)
    assert why_disputed(use) == WhyNot.EXHAUSTED
    with pytest.raises(Refused) as no:
        decide_disputed(redemption=use, accept=True, by=None, at=scene.at)
    assert no.value.reason == WhyNot.EXHAUSTED
    assert list(disputed_in(use.municipality)) == [use]

    Allowance.objects.filter(card=scene.paper).update(quantity=1)
    decided = decide_disputed(redemption=use, accept=True, by=None, at=scene.at)

    assert (decided.state, decided.total_ore, scene.used(scene.paper)) == (UseState.ACCEPTED, 5000, 1)
    assert list(disputed_in(use.municipality)) == []
    assert journal_faults() == []
    with pytest.raises(Refused) as twice:
        decide_disputed(redemption=use, accept=True, by=None, at=scene.at)
    assert twice.value.reason == WhyNot.NOT_DISPUTED


def test_a_first_use_that_is_accepted_takes_the_card_into_use(scene: Scene) -> None:
    """Else it would lapse, though it was used, and its slot be handed out once more."""
    type(scene.offer.agreement).objects.update(offline_allowed=False)
    use = Redemption.objects.get(mark=one(scene, scene.claim(scene.code, scene.at)).mark)
    decide_disputed(redemption=use, accept=True, by=None, at=scene.at + timedelta(days=2))
    scene.paper.refresh_from_db()
    assert (scene.paper.state, scene.paper.medium, scene.paper.activated_on) == ("active", "paper", day_of(scene.at))


def test_a_first_use_that_is_turned_down_leaves_the_card_unused(scene: Scene) -> None:
    type(scene.offer.agreement).objects.update(offline_allowed=False)
    use = Redemption.objects.get(mark=one(scene, scene.claim(scene.code, scene.at)).mark)
    decide_disputed(redemption=use, accept=False, by=None, at=scene.at)
    scene.paper.refresh_from_db()
    assert (scene.paper.state, scene.paper.medium) == ("issued", "")


def test_a_claim_is_paid_once_it_is_accepted(scene: Scene) -> None:
    use = disputed(scene)
    asked = {"municipality": use.municipality, "provider": scene.till.provider, "year": use.year, "first": use.day}
    asked |= {"last": use.day, "by": None, "at": timezone.now()}
    with pytest.raises(Refused) as no:
        make_settlement(**asked)
    assert no.value.reason == Why.NOTHING
    Allowance.objects.filter(card=scene.paper).update(quantity=1)
    decide_disputed(redemption=use, accept=True, by=None, at=scene.at)
    assert make_settlement(**asked).total_ore == 5000


def test_turned_down_counts_nothing_and_stays(scene: Scene) -> None:
    use = disputed(scene)
    assert decide_disputed(redemption=use, accept=False, by=None, at=scene.at).state == UseState.TURNED_DOWN
    Allowance.objects.filter(card=scene.paper).update(quantity=1)
    with pytest.raises(Refused):
        decide_disputed(redemption=use, accept=True, by=None, at=scene.at)
    assert (scene.used(scene.paper), Redemption.objects.count()) == (0, 1)
    assert journal_faults() == []


def test_only_the_coordinator_of_who_pays_decides(scene: Scene) -> None:
    use = disputed(scene)
    with pytest.raises(Refused) as no:
        decide_disputed(redemption=use, accept=False, by=make_staff(make_municipality("3907", "Sandefjord")), at=scene.at)
    assert no.value.reason == WhyNotDecide.NOT_ALLOWED
    assert decide_disputed(redemption=use, accept=False, by=make_staff(use.municipality), at=scene.at)


def test_the_card_in_its_place_pays_for_a_claim_of_a_stopped_one(scene: Scene) -> None:
    claim = scene.claim(scene.code, scene.at)
    # Stopped before the till told of it: what was left is on the new card.
    issued = reissue(card=scene.paper, by=None, at=scene.at + timedelta(minutes=30), key=uuid4())
    new = issued.cards[0].card
    told = one(scene, claim)
    assert (told.verdict, told.reason) == (Verdict.DISPUTED, WhyNot.REVOKED)
    use = Redemption.objects.get(mark=told.mark)

    decide_disputed(redemption=use, accept=True, by=None, at=scene.at + timedelta(hours=2))

    old_row, new_row = Allowance.objects.get(card=scene.paper), Allowance.objects.get(card=new)
    assert [(row.used, row.quantity) for row in (old_row, new_row)] == [(1, 1), (0, 2)]
    assert journal_faults() == []
    undo(key="back", redemption=use, by_user=make_staff(use.municipality), at=scene.at + timedelta(hours=3))
    old_row, new_row = Allowance.objects.get(card=scene.paper), Allowance.objects.get(card=new)
    assert [(row.used, row.quantity) for row in (old_row, new_row)] == [(0, 0), (0, 3)]
    assert journal_faults() == []


def test_a_claim_of_a_stopped_card_takes_no_more_than_the_new_one_holds(scene: Scene) -> None:
    claim = scene.claim(scene.code, scene.at, count=2)
    new = reissue(card=scene.paper, by=None, at=scene.at + timedelta(minutes=1), key=uuid4()).cards[0].card
    redeem(
        key="two", card=new, offer=scene.offer, way=UseWay.PAPER, at=scene.at + timedelta(minutes=2), device=scene.till, clips=2
    )
    use = Redemption.objects.get(mark=one(scene, claim).mark)
    with pytest.raises(Refused) as no:
        decide_disputed(redemption=use, accept=True, by=None, at=scene.at + timedelta(hours=2))
    assert no.value.reason == WhyNot.EXHAUSTED
    assert journal_faults() == []


def test_a_card_stopped_without_another_has_nothing_to_pay_with(scene: Scene) -> None:
    claim = scene.claim(scene.code, scene.at)
    revoke(card=scene.paper, by=None, at=scene.at + timedelta(minutes=1))
    use = Redemption.objects.get(mark=one(scene, claim).mark)
    with pytest.raises(Refused) as no:
        decide_disputed(redemption=use, accept=True, by=None, at=scene.at + timedelta(hours=2))
    assert no.value.reason == WhyNot.EXHAUSTED


def test_a_claim_that_waits_cannot_be_taken_back(scene: Scene) -> None:
    use = disputed(scene)
    with pytest.raises(Refused):
        undo(key="u", redemption=use, by_device=scene.till, at=scene.at + timedelta(minutes=1))
    assert scene.used(scene.paper) == 0


def test_a_till_that_tells_takes_the_ceiling_into_account(scene: Scene) -> None:
    type(scene.offer.agreement).objects.update(ceiling_ore=5000)
    first = one(scene, scene.claim(scene.code, scene.at))
    second = one(scene, scene.claim(scene.picture(scene.at), scene.at, till=scene.other), till=scene.other)
    assert [(first.verdict, first.reason), (second.verdict, second.reason)] == [
        (Verdict.OK, None),
        (Verdict.DISPUTED, WhyNot.CEILING),
    ]
    assert (scene.used(scene.phone), journal_faults()) == (0, [])


def test_a_claim_without_its_code_leaves_each_code_its_ticket(scene: Scene) -> None:
    """Accepted, it takes tickets that have no code, and else is paid as it was used: who comes next still gets the code."""
    Offer.objects.filter(pk=scene.offer.pk).update(deals_codes=True)
    coded, plain = make_stock(scene.offer, 1), make_stock(scene.offer, 1)
    load_codes(scene.offer, "KINO-1", stock=coded)
    claims = [scene.claim(scene.code, scene.at, till=till) for till in (scene.till, scene.other)]
    told = [one(scene, claim, till=till) for claim, till in zip(claims, (scene.till, scene.other), strict=True)]
    assert {answer.reason for answer in told} == {WhyNot.NO_CODES}
    for answer in told:
        use = Redemption.objects.get(mark=answer.mark)
        decide_disputed(redemption=use, accept=True, by=None, at=scene.at + timedelta(hours=2))
    assert list(Redemption.objects.order_by("pk").values_list("stock", "total_ore")) == [
        (plain.pk, 0),
        (None, scene.offer.unit_ore),
    ]
    assert redeem(key="k", card=scene.paper, offer=scene.offer, way="paper", at=scene.at).codes == ("KINO-1",)
    assert journal_faults() == []


# ── a slot that has flowed back ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lapsed(scene: Scene) -> tuple[Claim, AgencyQuota]:
    """An agency's only card of a kind was used without network on its last day; the till tells two days later."""
    agency = make_agency()
    kind = make_card_type(lines=[(scene.offer, 3)])
    quota = make_quota(agency, kind, 1)
    issued = issue_one(quota, scene.at)
    card = issued.cards[0].card
    Card.objects.filter(pk=card.pk).update(activate_by=day_of(scene.at))
    claim = scene.claim(issued.cards[0].code, scene.at)
    assert return_lapsed(scene.at + timedelta(days=1)) == 1
    quota.refresh_from_db()
    assert quota.used == 0
    return claim, quota


def issue_one(quota: AgencyQuota, at: datetime) -> Any:
    asked = {"municipality": quota.agency.municipality, "count": 1, "way": "print", "by": None, "at": at}
    return issue(card_type=quota.card_type, agency=quota.agency, key=uuid4(), **asked)


def test_a_claim_told_late_takes_its_slot_again_where_the_agency_has_one_left(
    scene: Scene, lapsed: tuple[Claim, AgencyQuota]
) -> None:
    claim, quota = lapsed
    told = one(scene, claim, later=2 * 86400)
    assert (told.verdict, told.reason, told.left) == (Verdict.OK, None, 2)
    quota.refresh_from_db()
    assert (quota.used, quota.left) == (1, 0)
    card = Card.objects.get(batch__agency=quota.agency)
    assert (card.state, card.returned) == ("active", False)
    assert [(row.what, row.kind) for row in CountChange.objects.all()] == [("quota", "return"), ("batch", "taken")]
    assert journal_faults() == []
    cut_entries(timezone.now() + timedelta(days=40))
    change = CountChange.objects.get(kind="taken")
    assert (change.pk < 0, day_of(change.at).day) == (True, 1), "it is about one card, so its day goes with the card's"


def test_no_more_cards_are_counted_than_the_agency_may_hand_out(scene: Scene, lapsed: tuple[Claim, AgencyQuota]) -> None:
    """Its slot has been given to somebody else: the coordinator decides, and raises the quota first."""
    claim, quota = lapsed
    issue_one(quota, scene.at)
    told = one(scene, claim, later=2 * 86400)
    assert (told.verdict, told.reason) == (Verdict.DISPUTED, WhyNot.SLOT_GONE)
    use = Redemption.objects.get(mark=told.mark)
    asked: dict[str, Any] = {"redemption": use, "accept": True, "by": None, "at": scene.at + timedelta(days=3)}
    with pytest.raises(Refused) as no:
        decide_disputed(**asked)
    assert no.value.reason == WhyNotDecide.SLOT_GONE
    quota.refresh_from_db()
    assert (quota.used, Allowance.objects.get(card=use.allowance.card).used) == (1, 0)
    change_quota(quota=quota, quantity=2, reason="", by=None, at=asked["at"])
    assert decide_disputed(**asked).state == UseState.ACCEPTED
    quota.refresh_from_db()
    card = Card.objects.get(pk=use.allowance.card_id)
    assert (quota.used, card.state, card.returned) == (2, "active", False)
    assert journal_faults() == []


def test_a_claim_that_takes_nothing_takes_no_slot(scene: Scene, lapsed: tuple[Claim, AgencyQuota]) -> None:
    claim, quota = lapsed
    Offer.objects.filter(pk=scene.offer.pk).update(quantity=0, released=0)
    assert one(scene, claim, later=2 * 86400).reason == WhyNot.OFFER_EXHAUSTED
    quota.refresh_from_db()
    assert (quota.used, Card.objects.get(batch__agency=quota.agency).returned) == (0, True)


def test_a_claim_of_a_replaced_card_takes_the_slot_of_the_one_in_its_place(scene: Scene) -> None:
    quota = make_quota(make_agency(), make_card_type(lines=[(scene.offer, 3)]), 1)
    issued = issue_one(quota, scene.at)
    claim = scene.claim(issued.cards[0].code, scene.at)
    new = reissue(card=issued.cards[0].card, by=None, at=scene.at + timedelta(hours=1), key=uuid4()).cards[0].card
    Card.objects.filter(pk=new.pk).update(activate_by=day_of(scene.at))
    assert return_lapsed(scene.at + timedelta(days=1)) == 1
    use = Redemption.objects.get(mark=one(scene, claim, later=2 * 86400).mark)
    decide_disputed(redemption=use, accept=True, by=None, at=scene.at + timedelta(days=3))
    quota.refresh_from_db()
    assert quota.used == 1
    assert journal_faults() == []
