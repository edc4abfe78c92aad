"""The deeds at the counter: a card is used, a use is taken back.

One transaction each, and an answer only after it. Locks are taken in one order by all who count anything here:

    card → allowance → offer → stock → ceiling        rows of a kind by their primary key

The key of the deed is looked up with the card's lock, before anything is judged but whether the card is known here, and again
before a refusal is told: who sends a deed again hears what was said the first time, though nothing may be left by now. The first
look does not see what another transaction wrote while the lock was waited for; then the table, which allows a key once, or the
rules say no, and the second look finds it. A refusal is not kept under its key, and is judged anew; it is counted to the hour,
outside of the transaction.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from cards.ledger import counter
from cards.ledger.keys import kept_key, key_for
from cards.ledger.models import CountChange
from cards.offers import ready_made
from cards.offers.conditions import clock_of, day_of
from cards.offers.finding import (
    CARD_FACTS,
    COUNTED,
    Choice,
    Found,
    Shown,
    allowance_for,
    card_of,
    choose,
    cost,
    find_card,
    found_by,
    is_foreign,
    is_fresh,
    left_for,
    offers_at,
    read_shown,
    slugs_for,
    used_today,
)
from cards.offers.models import Ceiling, Device, ExternalCode, Offer, Redemption, Refusal, Settlement, Stock
from cards.offers.permissions import keeps_till, may_decide
from cards.offers.rules import WhyNot, of_offer, why_not_redeem, why_not_undo
from cards.offers.states import SettlementState, UseState, UseWay
from cards.programmes.models import Allowance, Card
from cards.programmes.states import CardState, Medium, Unit
from directory.providers.models import Provider
from portal.kit.refusals import Refused, refuse_if
from portal.kit.statements import Change, asked_often, done_often
from portal.kit.turns import in_turn

__all__ = ["Choice", "Found", "Use", "WhyNotKey", "allowance_for", "find_card", "offers_at", "redeem", "redeem_shown", "undo"]


class WhyNotKey(TextChoices):
    """What is wrong with the key of a deed. No rule of the offer; whoever wrote the till must mend it."""

    KNOWN = "known_key", _("This number was used for something else. Start again.")


@dataclass(frozen=True, slots=True)
class Use:
    """A use as the counter is told of it. `used`: clips, or øre; `undone`: it has been taken back since; `codes`: ready-made
    ones, to be handed over."""

    mark: str
    left: int
    offer: Offer
    answer: dict[str, Any]
    replayed: bool = False
    undone: bool = False
    codes: tuple[str, ...] = ()
    used: int = 0


def new_mark() -> str:
    """What the outside calls a use. No "-" before it: a spreadsheet takes that for a sum, so exports would write it otherwise."""
    return next(mark for mark in iter(lambda: secrets.token_urlsafe(16), "") if not mark.startswith("-"))


def body_of(*asked: object) -> bytes:
    """What was asked under a key, and by whom, in a form that tells nothing: it stands beside the use."""
    return hmac.digest(key_for("body"), "|".join(map(str, asked)).encode(), "sha256")


# ── using a card ────────────────────────────────────────────────────────────────────────────────────────────


def redeem(
    *,
    key: str,
    card: Card,
    offer: Offer,
    way: UseWay | str,
    at: datetime,
    device: Device | None = None,
    clips: int = 1,
    people: int = 1,
    step: int | None = None,
    amount_ore: int | None = None,
) -> Use:
    """Use a card for an offer: `clips` for `people` people, of whom those who come along cost what the offer says.

    Where the card counts øre, the use costs `amount_ore`, or the offer's price for so many. `step` is of a telephone's picture.
    """

    def lock() -> Locked:
        locked, rows, is_known = lock_card(card.pk, key)
        return Locked(Found(locked, UseWay(way), step), rows, is_known)

    return _in_one(Deed(key, offer, at, device, clips, people, amount_ore), lock)


def redeem_shown(
    *,
    key: str,
    shown: str,
    offer: Offer,
    at: datetime,
    device: Device | None = None,
    clips: int = 1,
    people: int = 1,
    amount_ore: int | None = None,
) -> Use:
    """Use the card that a typed code, a printed picture or a telephone's picture stands for: `find_card` and `redeem` in one, and
    the card is looked for where it is locked."""

    deed = Deed(key, offer, at, device, clips, people, amount_ore)
    with deed.refusals_counted():
        read = read_shown(shown)

    def lock() -> Locked:
        card, rows, is_known = lock_shown(read, key)
        found = found_by(read, card)
        # Before anything is told of the key: who sends an old key hears of a foreign card what they hear of one nobody has.
        refuse_if(WhyNot.UNKNOWN if is_foreign(found.card, offer) else None)
        return Locked(found, rows, is_known)

    return _in_one(deed, lock)


class Deed(NamedTuple):
    """What is asked for, beside the card."""

    key: str
    offer: Offer
    at: datetime
    device: Device | None
    clips: int
    people: int
    amount_ore: int | None

    def body(self, found: Found) -> bytes:
        device = self.device.pk if self.device else ""
        asked = (found.card.pk, self.offer.pk, found.way, self.clips, self.people, found.step, self.amount_ore)
        return body_of("use", device, *asked)

    @contextmanager
    def refusals_counted(self) -> Iterator[None]:
        """A rule's "no" is counted to the hour, after everything else of the deed has been undone."""
        try:
            yield
        except Refused as refused:
            if isinstance(refused.reason, WhyNot):
                provider = self.device.provider if self.device else self.offer.agreement.provider
                with in_turn():
                    count_refusal(reason=refused.reason, provider=provider, offer=self.offer, device=self.device, at=self.at)
            raise


class Locked(NamedTuple):
    """A card and what stands on it, locked; `is_known`: whether the key of the deed was known when that was asked."""

    found: Found
    rows: list[Allowance]
    is_known: bool


def _in_one(deed: Deed, lock: Callable[[], Locked]) -> Use:
    """One transaction; a refusal is counted after it."""
    bodies: list[bytes] = []  # as soon as the card is known
    with deed.refusals_counted():
        try:
            with in_turn(), transaction.atomic():
                return _redeem(deed, lock, bodies)
        except (IntegrityError, Refused):
            # The same deed may have been done while this one waited for the card.
            if not bodies or (earlier := _earlier(deed.key, bodies[0], deed.offer)) is None:
                raise
            return earlier


def _redeem(deed: Deed, lock: Callable[[], Locked], bodies: list[bytes]) -> Use:
    key, shown, at, device, count, people, amount_ore = deed
    found, rows, is_known = lock()
    card, way, step = found.card, found.way, found.step
    body = deed.body(found)
    bodies.append(body)
    if is_known and (earlier := _earlier(key, body, shown)) is not None:
        return earlier
    offer = lock_offer(shown.pk)
    refuse_if(WhyNot.UNKNOWN if is_foreign(card, offer) else None)
    refuse_if(WhyNot.OTHER_PROVIDER if device is not None and device.provider_id != offer.agreement.provider_id else None)
    refuse_if(WhyNot.ON_PHONE if way == UseWay.PAPER and card.code_spent else None)
    if step is not None:
        refuse_if(None if is_fresh(step, at) else WhyNot.STEP_OLD)
        refuse_if(WhyNot.STEP_USED if was_step_used(card, offer, step) else None)
    slugs = slugs_for(rows, offer)
    allowance = choose(rows, offer, slugs=slugs, count=count, people=people, amount_ore=amount_ore)
    clips = cost(allowance, offer, count=count, people=people, amount_ore=amount_ore) if allowance and count > 0 else count
    today = used_today(card, offer, allowance, at)
    refuse_if(why_not_redeem(card=card, allowance=allowance, offer=offer, at=at, clips=clips, people=people, used_today=today))
    assert allowance is not None  # noqa: S101 - the rule has refused it
    tickets = max(clips if allowance.unit == Unit.CLIP else count, people)
    stock, ceiling, unit_ore, codes = take(allowance=allowance, offer=offer, clips=clips, day=day_of(at), codes=tickets)
    activate_at_counter(card, at)
    left = left_for(rows, offer, slugs, allowance) - clips
    facts = facts_of(
        card=card, allowance=allowance, offer=offer, stock=stock, ceiling=ceiling, clips=clips, unit_ore=unit_ore, at=at
    )
    told: dict[str, Any] = {
        "key": kept_key(key),
        "body": body,
        "way": way,
        "device_id": device and device.pk,
        "people": people,
        "step": step,
        "answer": {"left": left, "unit": allowance.unit},
    }
    use = Redemption.objects.create(**facts, **told)  # type: ignore[misc]
    return Use(use.mark, left, shown, use.answer, codes=ready_made.deal(codes, use) if codes else (), used=clips)


def facts_of(
    *,
    card: Card,
    allowance: Allowance,
    offer: Offer,
    stock: Stock | None,
    ceiling: Ceiling | None,
    clips: int,
    unit_ore: int,
    at: datetime,
) -> dict[str, Any]:
    """What the journal says of a use, whoever told of it."""
    batch = card.batch
    return {
        "mark": new_mark(),
        "year_id": batch.card_type.year_id,
        "municipality_id": batch.municipality_id,
        "provider_id": offer.agreement.provider_id,
        "offer_id": offer.pk,
        "stock_id": stock and stock.pk,
        "ceiling_id": ceiling and ceiling.pk,
        "allowance_id": allowance.pk,
        "card_type_id": batch.card_type_id,
        "agency_id": batch.agency_id,
        "day": day_of(at),
        "at": at,
        "clips": clips,
        "unit": allowance.unit,
        "unit_ore": unit_ore,
        "total_ore": clips * unit_ore,
    }


def _earlier(key: str, body: bytes, offer: Offer | None = None) -> Use | None:
    """What was told under this key before, to who told it. `offer`: where it is in the body too, so that it is the use's."""
    use = uses_under.first(key=kept_key(key))
    if use is None:
        return None
    if not hmac.compare_digest(bytes(use.body), body):
        raise Refused(WhyNotKey.KNOWN)
    offer = offer or use.offer
    undone = use.is_undone  # type: ignore[attr-defined]
    codes = ready_made.codes_of(use) if offer.deals_codes and not undone else ()
    left = use.answer.get("left", 0)
    return Use(use.mark, left, offer, use.answer, replayed=True, undone=undone, codes=codes, used=abs(use.clips))


@asked_often(key=str)
def uses_under(key: str) -> QuerySet[Redemption]:
    is_undone = Exists(Redemption.objects.filter(reversal_of=OuterRef("pk")))
    return Redemption.objects.filter(key=key).annotate(is_undone=is_undone).order_by()


def lock_card(pk: int, key: str) -> tuple[Card, list[Allowance], bool]:
    """A card with what is asked of it and what stands on it, locked in this order in one question; and whether the key of a deed
    was known when it was asked."""
    rows = locked_card(card=pk, key=kept_key(key))
    if not rows:  # nothing stands on it
        return lock_cards([pk])[0], [], False
    return rows[0].card, rows, rows[0].is_known


def lock_shown(shown: Shown, key: str) -> tuple[Card | None, list[Allowance], bool]:
    """The same for a card that was shown."""
    if shown.picture is not None:
        rows = locked_card_with_number(number=shown.picture.public_id, key=kept_key(key))
    else:
        rows = locked_card_with_code(code_hash=shown.code_hash, key=kept_key(key))
    if not rows:  # nobody has it, or nothing stands on it
        card = card_of(shown)
        return card and lock_cards([card.pk])[0], [], False
    return rows[0].card, rows, rows[0].is_known


@asked_often(card=int, key=str)
def locked_card(card: int, key: str) -> QuerySet[Any]:
    return _locked(Q(card=card), key)


@asked_often(code_hash=bytes, key=str)
def locked_card_with_code(code_hash: bytes, key: str) -> QuerySet[Any]:
    return _locked(Q(card__code_hash=code_hash), key)


@asked_often(number=str, key=str)
def locked_card_with_number(number: str, key: str) -> QuerySet[Any]:
    return _locked(Q(card__public_id=number), key)


#: What the rules, the counters and the journal ask of a card and of what stands on it.
ASKED_OF_CARD = (
    *("quantity", "used", "offer", "category", "unit"),
    *(f"card__{name}" for name in ("batch", "code_spent", "medium", "state", "activate_by", "valid_to")),
    *(f"card__batch__{name}" for name in ("municipality", "card_type", "agency")),
    *(f"card__batch__card_type__{name}" for name in ("year", "age_from", "age_to")),
    *(f"card__batch__card_type__year__{name}" for name in ("programme", "opens", "closes", "state")),
)


def _locked(which: Q, key: str) -> QuerySet[Any]:
    is_known = Exists(Redemption.objects.filter(key=key))
    rows = Allowance.objects.filter(which).select_related(f"card__{CARD_FACTS}").only(*ASKED_OF_CARD)
    rows = rows.annotate(slug=F("category__slug"), is_known=is_known).order_by("pk")
    return rows.select_for_update(of=("card", "self"), no_key=True)


# ── parts that claims told later use too (telling.py) ───────────────────────────────────────────────────────


def lock_cards(pks: list[int]) -> list[Card]:
    """Cards with what is asked of them, locked in the order of their primary keys."""
    return [card for pk in sorted(set(pks)) for card in locked_cards(pk=pk)]


@asked_often(pk=int)
def locked_cards(pk: int) -> QuerySet[Card]:
    rows = Card.objects.filter(pk=pk).select_related(CARD_FACTS).order_by("pk")
    return rows.select_for_update(of=("self",), no_key=True)


#: What the rules and the counters ask of an offer. Its texts, in all their languages, cost more to fetch than everything else.
ASKED_OF_OFFER = (
    *("agreement", "activity", "state", "valid_from", "valid_to", "conditions", "companions", "companion_clips"),
    *("unit_ore", "quantity", "released", "used", "deals_codes"),
    *(f"agreement__{name}" for name in ("programme", "municipality", "provider", "state", "valid_from", "valid_to")),
    *("agreement__ceiling_ore", "agreement__offline_allowed", "agreement__provider__delisted_at"),
)


def lock_offer(pk: int) -> Offer:
    """An offer with its agreement, locked, without its texts; it knows whether there is stock of it."""
    offer: Offer = locked_offers(pk=pk)[0]
    return offer


@asked_often(pk=int)
def locked_offers(pk: int) -> QuerySet[Offer]:
    has_stock = Exists(Stock.objects.filter(offer=OuterRef("pk")))
    rows = Offer.objects.filter(pk=pk).select_related("agreement__provider").only(*ASKED_OF_OFFER).annotate(has_stock=has_stock)
    return rows.order_by().select_for_update(of=("self",), no_key=True)


def was_step_used(card: Card, offer: Offer, step: int) -> bool:
    return Redemption.objects.filter(allowance__card=card, offer=offer, step=step).exists()


class Taken(NamedTuple):
    """What pays for a use beside the allowance, the price of a clip that is left to be paid, and the ready-made codes for it."""

    stock: Stock | None
    ceiling: Ceiling | None
    unit_ore: int
    codes: list[ExternalCode]


def take(*, allowance: Allowance, offer: Offer, clips: int, day: date, codes: int = 0) -> Taken:
    """Count a use everywhere. `codes`: so many ready-made ones go with it, where the offer deals them out; none with a claim
    that is told late, since nobody can have got any.

    The rows are locked and the rules have been asked, so nothing here should refuse; but the counter has the last word.
    """
    refuse_if(None if counter.take(allowance, clips) else WhyNot.EXHAUSTED)
    tickets = of_offer(allowance.unit, clips)
    refuse_if(None if counter.take(offer, tickets, bound="released") else WhyNot.OFFER_EXHAUSTED)
    is_amount = allowance.unit == Unit.ORE
    price = 1 if is_amount else offer.unit_ore
    stock: Stock | None = None
    dealt: list[ExternalCode] = []
    if offer.deals_codes and codes:
        # An amount takes a ticket that is paid already only for want of others, one at a time, and where it pays for no more.
        fits = not is_amount or (codes == 1 and clips <= offer.unit_ore)
        stock, dealt = _take_codes(offer, codes, tickets if fits else 0, day, paid_first=not is_amount)
    elif not is_amount and offer.has_stock:  # type: ignore[attr-defined]
        stock = _take_stock(offer, clips, day)
    unit_ore = 0 if stock else price
    return Taken(stock, _take_ceiling(offer, clips * unit_ore, day), unit_ore, dealt)


def _stocks(offer: Offer, tickets: int, day: date) -> list[Stock]:
    """Tickets that are paid already and not over, so many of each at least, locked: those first that are lost first."""
    if not offer.has_stock:  # type: ignore[attr-defined]
        return []
    alive = Q(expires=None) | Q(expires__gte=day)
    rows = Stock.objects.filter(alive, offer=offer, quantity__gte=F("used") + tickets).order_by("pk")
    locked = list(rows.select_for_update(of=("self",), no_key=True))
    return sorted(locked, key=lambda row: (row.expires or date.max, row.kind, row.pk))


def _take_stock(offer: Offer, clips: int, day: date) -> Stock | None:
    """Tickets that are paid already. None: the provider is paid for this use. A ticket that has its code goes with the code."""
    for stock in _stocks(offer, clips, day):
        kept = ready_made.count_free(stock) if offer.deals_codes else 0
        if stock.left >= clips + kept and counter.take(stock, clips):
            return stock
    return None


def _take_codes(
    offer: Offer, count: int, tickets: int, day: date, *, paid_first: bool
) -> tuple[Stock | None, list[ExternalCode]]:
    """Free codes, and the stock that they are tickets of. A code of no stock is paid for as it is used.

    Tickets without codes are passed over here: whoever is handed nothing cannot come in. `tickets` is 0 where none of a stock
    may be taken. A use is not split between stocks: where only some of its codes are free in each, fewer must be asked for.
    """
    stocks: list[Stock | None] = [*(_stocks(offer, tickets, day) if tickets else ())]
    for stock in [*stocks, None] if paid_first else [None, *stocks]:
        codes = ready_made.free_codes(offer, stock, count)
        if len(codes) == count and (stock is None or counter.take(stock, tickets)):
            return stock, codes
    raise Refused(WhyNot.PER_VISIT if count > 1 and ready_made.is_any_free(offer, day) else WhyNot.NO_CODES)


def _take_ceiling(offer: Offer, ore: int, day: date) -> Ceiling | None:
    """What the municipality pays this provider in a month at most, where the agreement says so."""
    agreement = offer.agreement
    if agreement.ceiling_ore is None or ore == 0:
        return None
    ceiling, _made = Ceiling.objects.get_or_create(
        agreement=agreement, month=day.replace(day=1), defaults={"quantity": agreement.ceiling_ore}
    )
    refuse_if(None if counter.take(ceiling, ore) else WhyNot.CEILING)
    return ceiling


def activate_at_counter(card: Card, at: datetime) -> None:
    """The first use of a card that is on no telephone takes it into use, on paper unless an association keeps it."""
    if card.state != CardState.ISSUED:
        return
    card.state, card.activated_on = CardState.ACTIVE, day_of(at)
    card.medium = card.medium or Medium.PAPER
    card.save(update_fields=["state", "activated_on", "medium"])


def count_refusal(*, reason: TextChoices, provider: Provider, offer: Offer | None, device: Device | None, at: datetime) -> None:
    """One more "no" of this hour. Nothing says of which card."""
    which: dict[str, Any] = {
        "reason": reason.value,
        "provider": provider,
        "offer": offer,
        "device": device,
        "hour": clock_of(at).replace(minute=0, second=0, microsecond=0),
    }
    asked = {"offer": offer.pk if offer else None, "device": device.pk if device else None}
    named = {name: pk for name, pk in asked.items() if pk is not None}
    once_more = refused_again(frozenset(named))
    if not once_more(reason=reason.value, provider=provider.pk, hour=which["hour"], **named):
        Refusal.objects.create(**which)


@cache
def refused_again(named: frozenset[str]) -> Change:
    """The UPDATE of this hour's number. `named`: which of offer and till are known."""
    kinds: dict[str, type] = dict.fromkeys(sorted(named), int)

    @done_often(reason=str, provider=int, hour=datetime, **kinds)
    def change(**which: Any) -> tuple[QuerySet[Refusal], dict[str, Any]]:
        same = Refusal.objects.filter(**{"offer": None, "device": None} | which)
        return Refusal.objects.filter(pk__in=same.order_by("pk").values("pk")[:1]), {"count": F("count") + 1}

    return change


# ── taking a use back ───────────────────────────────────────────────────────────────────────────────────────


def undo(*, key: str, redemption: Redemption, at: datetime, by_device: Device | None = None, by_user: Any = None) -> Use:
    """Take a use back: by a till of its provider for some minutes, by the coordinator until it is settled for good. Who keeps
    the provider's till may as long as the till itself.

    A counter-entry, never a deletion. What it gives back comes to the card that has replaced the one used, if one has.
    """
    if (by_device is None) == (by_user is None):
        raise ValueError("either a till or a person takes a use back")
    body = body_of("undo", by_device.pk if by_device else "", by_user.pk if by_user else "", redemption.pk)
    try:
        with in_turn(), transaction.atomic():
            return _undo(key, body, redemption.pk, at, by_device, by_user)
    except IntegrityError:
        if (earlier := _earlier(key, body)) is None:
            raise
        return earlier


def _undo(key: str, body: bytes, use_pk: int, at: datetime, device: Device | None, by: Any) -> Use:
    cards = lock_chain(use_pk)
    if (earlier := _earlier(key, body)) is not None:
        return earlier
    use = Redemption.objects.select_related("offer__agreement", "settlement", "municipality", "provider").get(pk=use_pk)
    refuse_if(WhyNot.NOT_YOURS if device is not None and device.provider_id != use.provider_id else None)
    by_till = device is not None or not may_decide(by, use.municipality, use.provider)
    refuse_if(WhyNot.NOT_YOURS if by_till and device is None and not keeps_till(by, use.provider) else None)
    settlement = Settlement.objects.select_for_update().filter(pk=use.settlement_id).first() if use.settlement_id else None
    refuse_if(
        why_not_undo(
            is_undone=Redemption.objects.filter(reversal_of=use).exists(),
            is_counted=use.reversal_of_id is None and use.state in COUNTED,
            used_at=use.at,
            closed=settlement is not None and settlement.state == SettlementState.CLOSED,
            by_till=by_till,
            at=at,
        )
    )
    refuse_if(WhyNot.TOO_LATE_TO_UNDO if not cards else None)  # nobody can tell any more whose clip it was
    left = _give_back(use, cards, at)
    reversal = Redemption.objects.create(  # type: ignore[misc]
        key=kept_key(key),
        body=body,
        mark=new_mark(),
        device=device,
        way=use.way,
        state=UseState.OK,
        day=day_of(at),
        at=at,
        clips=-use.clips,
        total_ore=-use.total_ore,
        reversal_of=use,
        answer={"left": left, "unit": use.unit},
        **{name: getattr(use, name) for name in SAME_IN_REVERSAL},
    )
    if by is not None:
        log(use.offer, "offer.undo", user=by, timestamp=at)
    return Use(reversal.mark, left, use.offer, reversal.answer)


SAME_IN_REVERSAL = (
    "year_id",
    "municipality_id",
    "provider_id",
    "offer_id",
    "stock_id",
    "ceiling_id",
    "allowance_id",
    "card_type_id",
    "agency_id",
    "unit",
    "people",
    "unit_ore",
)


def lock_chain(use_pk: int) -> list[Card]:
    """The card of a use and those that have replaced it, locked, the first one used first; empty once the way to it is cut."""
    first = Redemption.objects.filter(pk=use_pk).values_list("allowance__card", flat=True).first()
    cards: list[Card] = []
    following = first
    while following is not None:
        # Who replaces a card locks it, and the new one has a higher number.
        cards += lock_cards([following])
        following = cards[-1].replaced_by_id
    return cards


def _give_back(use: Redemption, cards: list[Card], at: datetime) -> int:
    """Move all counters back; what is left of the allowance then."""
    card, last = cards[0], cards[-1]
    rows = list(Allowance.objects.filter(card__in=cards).order_by("pk").select_for_update(of=("self",), no_key=True))
    used = next(row for row in rows if row.pk == use.allowance_id)
    lock_offer(use.offer_id)
    _move_back(Allowance.objects.filter(pk=used.pk), use.clips)
    left = used.left + use.clips
    if card.state == CardState.REVOKED:
        # A stopped card holds nothing; what comes back to it goes on to the one in its place, or to the pool.
        Allowance.objects.filter(pk=used.pk).update(quantity=F("quantity") - use.clips)
        own = [row for row in rows if row.card_id == last.pk]
        left = _pass_on(used, last, own, use.clips) if last.state != CardState.REVOKED else 0
        CountChange.objects.create(
            what="batch", ref=card.batch_id, kind="return", before=None, after=None, rows=1, by=None, at=at
        )
    _move_back(Offer.objects.filter(pk=use.offer_id), of_offer(use.unit, use.clips))
    if use.stock_id:
        _move_back(Stock.objects.filter(pk=use.stock_id), of_offer(use.unit, use.clips))
    if use.ceiling_id:
        _move_back(Ceiling.objects.filter(pk=use.ceiling_id), use.total_ore)
    use.external_codes.update(withdrawn=True)
    return left


def _move_back(rows: Any, amount: int) -> None:
    if not counter.give_back(rows, amount):
        raise IntegrityError("a counter holds less than its journal")


def _pass_on(used: Allowance, last: Card, rows: list[Allowance], clips: int) -> int:
    """What comes back goes to the same line of the card that is held now; what is left there."""
    line = ("line_id", "offer_id", "category_id", "unit")
    facts = {name: getattr(used, name) for name in line}
    same = next((row for row in rows if all(getattr(row, name) == facts[name] for name in line)), None)
    if same is None:
        return Allowance.objects.create(card=last, quantity=clips, **facts).left
    Allowance.objects.filter(pk=same.pk).update(quantity=F("quantity") + clips)
    return same.left + clips
