"""Uses that a till took without network and tells of later: counted where all is right, else put before the coordinator.

    ok        proven, within the rules at the moment it was taken, and something was left: counted like any other use
    disputed  proven, but a rule says no or nothing was left: kept, paid only if the coordinator accepts it
    refused   not proven, or the card never held this: nothing that could be counted; the till keeps it and says why

Proven means: signed by a telephone that carries the card, for the step it shows; or the code of a card on paper. No claim makes
a balance: whatever is accepted comes out of what a card still holds. A card whose slot has flowed back takes it again as long as
its agency has one left; else the claim is disputed, and can be accepted once the quota is raised: no more cards are counted than
it says. A till tells in the order in which it took (its numbers rise); the moment is what its clock said, but not before the
server's time it knew last, nor after now. Each claim is a transaction of its own, so one that fails loses no other. Locks: the
till, then as everywhere (actions.py), the quota after the offer.

A key told again gets the same answer, also where it had come as an ordinary use and only the answer to it was lost.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import F, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from cards.ledger.codes import Rotating, code_in, hash_code, read_code, read_rotating
from cards.ledger.keys import kept_key
from cards.ledger.models import CountChange
from cards.offers.actions import (
    Taken,
    WhyNotKey,
    activate_at_counter,
    body_of,
    count_refusal,
    facts_of,
    lock_cards,
    lock_chain,
    lock_offer,
    take,
    was_step_used,
)
from cards.offers.conditions import day_of
from cards.offers.finding import (
    CARD_FACTS,
    choose,
    cost,
    is_foreign,
    is_fresh,
    is_signed,
    left_for,
    lock_allowances,
    slugs_for,
    used_today,
)
from cards.offers.models import Device, Offer, Redemption
from cards.offers.permissions import may_decide
from cards.offers.rules import WhyNot, why_not_redeem
from cards.offers.states import UseState, UseWay
from cards.programmes.actions import take_slot_again
from cards.programmes.models import Allowance, Card
from cards.programmes.states import CardState, Medium, Unit, YearState
from directory.municipalities.models import Municipality
from portal.kit.refusals import Refused, refuse_if

MOST_A_DAY = 50  # of one till
MOST_LATE = timedelta(days=7)
LINE = ("line_id", "offer_id", "category_id", "unit")


class Verdict(models.TextChoices):
    """What became of a claim. The API tells the value."""

    OK = "ok", _("counted")
    DISPUTED = "disputed", _("the municipality decides")
    REFUSED = "refused", _("not counted")


class WhyNotDecide(TextChoices):
    """Why a disputed claim is not decided."""

    NOT_ALLOWED = "not-allowed", _("You may not decide about this provider. Ask a colleague.")
    YEAR_CLOSED = "year-closed", _("The year is closed. Nothing more can be counted in it.")
    SLOT_GONE = (
        "slot-gone",
        _("Another card has been handed out in place of this one. Raise the agency's quota by one first, or turn this down."),
    )
    CUT_OFF = "cut-off", _("It is too long ago: nobody can tell any more whose card it was. Turn it down.")


@dataclass(frozen=True, slots=True)
class Claim:
    """A use as the till kept it. `shown` is the code or the telephone's picture, `knew` the server's time it had seen last."""

    key: str
    number: int
    offer: int
    shown: str
    at: datetime
    knew: datetime
    count: int = 1
    people: int = 1
    amount_ore: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What the till is answered. `left` only where it was counted."""

    key: str
    verdict: Verdict
    reason: TextChoices | None = None
    mark: str = ""
    left: int | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """A card that was there, and how it was shown."""

    card: Card
    way: UseWay
    step: int | None = None


def moment_of(claim: Claim, at: datetime) -> datetime:
    """When the till took it: its own clock, kept between the server's time it knew last and now."""
    return min(max(claim.at, claim.knew), at)


# ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────


def tell(*, device: Device, claims: Iterable[Claim], at: datetime) -> list[Told]:
    """Judge what a till took without network, in the order in which it took it; one answer for each, in the order given."""
    claims = list(claims)
    told = {}
    for place in sorted(range(len(claims)), key=lambda place: (claims[place].number, place)):
        told[place] = _tell(device, claims[place], at)
    return [told[place] for place in range(len(claims))]


def _tell(device: Device, claim: Claim, at: datetime) -> Told:
    try:
        try:
            with transaction.atomic():
                return _judge(device.pk, claim, at)
        except IntegrityError:
            # Somebody else's use has taken the key meanwhile.
            if not Redemption.objects.filter(key=kept_key(claim.key)).exists():
                raise
            raise Refused(WhyNotKey.KNOWN) from None
    except Refused as refused:
        if isinstance(refused.reason, WhyNot):
            offer = _offer_here(claim, device)
            count_refusal(reason=refused.reason, provider=device.provider, offer=offer, device=device, at=at)
        return Told(claim.key, Verdict.REFUSED, refused.reason)


def _judge(device_pk: int, claim: Claim, at: datetime) -> Told:
    device = Device.objects.select_for_update(of=("self",), no_key=True).select_related("provider").get(pk=device_pk)
    proof = prove(claim.shown)
    bodies = _bodies(device, claim, proof)
    card = lock_cards([proof.card.pk])[0]
    # Behind the lock: the ordinary use that lost its answer may be on its way still.
    earlier = Redemption.objects.filter(key=kept_key(claim.key)).first()
    if earlier is not None:
        return _again(earlier, claim, bodies)
    rows = lock_allowances(card)
    if (known := _offer_here(claim, device)) is None:
        raise Refused(WhyNot.OTHER_PROVIDER)
    offer = lock_offer(known.pk)
    refuse_if(WhyNot.UNKNOWN if is_foreign(card, offer) else None)
    refuse_if(WhyNot.NOTHING_ASKED if claim.count < 1 or claim.people < 1 else None)
    slugs = slugs_for(rows, offer)
    asked: dict[str, Any] = {"count": claim.count, "people": claim.people, "amount_ore": claim.amount_ore}
    allowance = choose(rows, offer, slugs=slugs, **asked)
    if allowance is None:
        raise Refused(WhyNot.NOT_ON_CARD)
    clips = cost(allowance, offer, **asked)
    refuse_if(WhyNot.NOTHING_ASKED if clips < 1 else None)
    moment = moment_of(claim, at)
    taken_step = proof.step is not None and was_step_used(card, offer, proof.step)
    reason: TextChoices | None = (
        (WhyNot.ON_PHONE if proof.step is None and card.code_spent else None)
        or _why_not_told(device, claim, card, offer, moment, at)
        or _why_not_step(proof.step, taken_step, moment)
        or why_not_redeem(
            card=card,
            allowance=allowance,
            offer=offer,
            at=moment,
            clips=clips,
            people=claim.people,
            used_today=used_today(card, offer, allowance, moment),
        )
        # A ready-made code cannot have been handed out.
        or (WhyNot.NO_CODES if offer.deals_codes else None)
    )
    Device.objects.filter(pk=device.pk, told__lt=claim.number).update(told=claim.number)
    pays = _nothing_taken(allowance, offer)
    if reason is None:
        pays, reason = _try_to_take(card, allowance, offer, clips, moment, at)
    left = None
    if reason is None:
        activate_at_counter(card, moment)
        left = left_for(rows, offer, slugs, allowance) - clips
    stock, ceiling, unit_ore, _codes = pays
    use = Redemption.objects.create(  # type: ignore[misc]
        **facts_of(
            card=card,
            allowance=allowance,
            offer=offer,
            stock=stock,
            ceiling=ceiling,
            clips=clips,
            unit_ore=unit_ore,
            at=moment,
        ),
        key=kept_key(claim.key),
        body=bodies[0],
        way=UseWay.OFFLINE,
        state=UseState.DISPUTED if reason else UseState.OK,
        device=device,
        people=claim.people,
        step=None if taken_step else proof.step,
        answer={"left": left, "unit": allowance.unit, "reason": reason.value if reason else None, "told": at.isoformat()},
    )
    return Told(claim.key, Verdict.DISPUTED if reason else Verdict.OK, reason, use.mark, left)


def prove(shown: str) -> Proof:
    """The card that was shown. Refuses what is not proven."""
    if (rotating := read_rotating(shown)) is not None:
        return _prove_picture(rotating)
    if (code := read_code(code_in(shown))) is None:
        raise Refused(WhyNot.MALFORMED)
    card = Card.objects.select_related(CARD_FACTS).filter(code_hash=hash_code(code)).first()
    if card is None:
        raise Refused(WhyNot.UNKNOWN)
    way = UseWay.ASSOCIATION if card.medium == Medium.ASSOCIATION else UseWay.PAPER
    return Proof(card, way)


def _prove_picture(rotating: Rotating) -> Proof:
    card = Card.objects.select_related(CARD_FACTS).filter(public_id=rotating.public_id).first()
    if card is None or not is_signed(card, rotating):
        raise Refused(WhyNot.UNKNOWN)
    return Proof(card, UseWay.SCAN, rotating.step)


def _bodies(device: Device, claim: Claim, proof: Proof) -> tuple[bytes, bytes]:
    """What stands beside the claim; and what would stand beside it had it come as an ordinary use (actions.redeem)."""
    use = (device.pk, proof.card.pk, claim.offer, proof.way, claim.count, claim.people, proof.step, claim.amount_ore)
    return body_of("tell", *use, claim.number, claim.at.isoformat(), claim.knew.isoformat()), body_of("use", *use)


def _again(earlier: Redemption, claim: Claim, bodies: tuple[bytes, bytes]) -> Told:
    if not any(hmac.compare_digest(bytes(earlier.body), body) for body in bodies):
        raise Refused(WhyNotKey.KNOWN)
    reason = why_disputed(earlier)
    return Told(
        claim.key, Verdict.DISPUTED if reason else Verdict.OK, reason, earlier.mark, earlier.answer.get("left"), replayed=True
    )


def _offer_here(claim: Claim, device: Device) -> Offer | None:
    return Offer.objects.filter(pk=claim.offer, agreement__provider=device.provider_id).first()


def _why_not_told(device: Device, claim: Claim, card: Card, offer: Offer, moment: datetime, at: datetime) -> WhyNot | None:
    """What a till may not do without network. It kept these rules itself if it is one of ours."""
    if not offer.agreement.offline_allowed:
        return WhyNot.OFFLINE_OFF
    if claim.number <= device.told:
        return WhyNot.OUT_OF_ORDER
    if at - moment > MOST_LATE:
        return WhyNot.TOLD_LATE
    mine = Redemption.objects.filter(device=device, way=UseWay.OFFLINE)
    if mine.filter(day=day_of(moment)).count() >= MOST_A_DAY:
        return WhyNot.TOLD_MANY
    # What the till told before it took this one had been told; what it told after waited for the network at that moment.
    others = mine.filter(allowance__card=card, offer=offer).values_list("answer", flat=True)
    waited = any(datetime.fromisoformat(answer["told"]) > claim.knew for answer in others if answer.get("told"))
    return WhyNot.TOLD_TWICE if waited else None


def _why_not_step(step: int | None, taken: bool, moment: datetime) -> WhyNot | None:
    if step is None:
        return None
    if taken:
        return WhyNot.STEP_USED
    return None if is_fresh(step, moment) else WhyNot.STEP_OLD


def _try_to_take(
    card: Card, allowance: Allowance, offer: Offer, clips: int, moment: datetime, at: datetime
) -> tuple[Taken, TextChoices | None]:
    """What pays for the use; or nothing counted, and the reason."""
    try:
        with transaction.atomic():
            refuse_if(None if take_slot_again(card, at) else WhyNot.SLOT_GONE)
            return take(allowance=allowance, offer=offer, clips=clips, day=day_of(moment)), None
    except Refused as refused:
        return _nothing_taken(allowance, offer), refused.reason


def _nothing_taken(allowance: Allowance, offer: Offer) -> Taken:
    return Taken(None, None, offer.unit_ore if allowance.unit == Unit.CLIP else 1, [])


# ── deciding ────────────────────────────────────────────────────────────────────────────────────────────────


def disputed_in(municipality: Municipality) -> QuerySet[Redemption]:
    """The claims that wait for this municipality's coordinator, the oldest first."""
    waiting = Redemption.objects.filter(municipality=municipality, state=UseState.DISPUTED)
    return waiting.select_related("offer__agreement__provider", "device", "settlement").order_by("day", "pk")


def why_disputed(use: Redemption) -> WhyNot | None:
    """Why a claim was not counted at once, as long as it is known."""
    value = use.answer.get("reason")
    return WhyNot(value) if value in WhyNot.values else None


@transaction.atomic
def decide_disputed(*, redemption: Redemption, accept: bool, by: Any, at: datetime) -> Redemption:
    """Accept a claim, which then is counted and paid, or turn it down. Accepted is only what a card still holds.

    Where the card has been replaced since, it comes out of the one in its place.
    """
    cards = lock_chain(redemption.pk)
    rows = list(Allowance.objects.filter(card__in=cards).order_by("pk").select_for_update(of=("self",), no_key=True))
    offer = lock_offer(redemption.offer_id)
    use = (
        Redemption.objects.select_for_update(of=("self",), no_key=True)
        .select_related("year", "municipality")
        .get(pk=redemption.pk)
    )
    refuse_if(None if may_decide(by, use.municipality, offer.agreement.provider) else WhyNotDecide.NOT_ALLOWED)
    refuse_if(None if use.state == UseState.DISPUTED else WhyNot.NOT_DISPUTED)
    if not accept:
        Redemption.objects.filter(pk=use.pk).update(state=UseState.TURNED_DOWN)
    else:
        refuse_if(WhyNotDecide.YEAR_CLOSED if use.year.state == YearState.CLOSED else None)
        allowance = next((row for row in rows if row.pk == use.allowance_id), None)
        if allowance is None:
            raise Refused(WhyNotDecide.CUT_OFF)
        if cards[0].state == CardState.REVOKED:
            _fetch_back(allowance, cards[-1], rows, use.clips, at)
        refuse_if(None if take_slot_again(cards[-1], at) else WhyNotDecide.SLOT_GONE)
        stock, ceiling, unit_ore, _codes = take(allowance=allowance, offer=offer, clips=use.clips, day=use.day)
        activate_at_counter(cards[0], use.at or at)
        Redemption.objects.filter(pk=use.pk).update(
            state=UseState.ACCEPTED, stock=stock, ceiling=ceiling, unit_ore=unit_ore, total_ore=use.clips * unit_ore
        )
    use = Redemption.objects.select_related("offer").get(pk=use.pk)
    log(use.offer, "offer.decide", user=by, timestamp=at, data={"accepted": accept})
    return use


def _fetch_back(allowance: Allowance, last: Card, rows: Iterable[Allowance], clips: int, at: datetime) -> None:
    """A stopped card holds nothing: what the claim takes comes from the same line of the card in its place, if that has it."""
    facts = {name: getattr(allowance, name) for name in LINE}
    same = (row for row in rows if row.card_id == last.pk and all(getattr(row, name) == facts[name] for name in LINE))
    held = next(same, None) if last.state != CardState.REVOKED else None
    has_it = Allowance.objects.filter(pk=held.pk, quantity__gte=F("used") + clips) if held else Allowance.objects.none()
    refuse_if(None if has_it.update(quantity=F("quantity") - clips) else WhyNot.EXHAUSTED)
    Allowance.objects.filter(pk=allowance.pk).update(quantity=F("quantity") + clips)
    CountChange.objects.create(what="batch", ref=last.batch_id, kind="extra", before=None, after=None, rows=1, by=None, at=at)
