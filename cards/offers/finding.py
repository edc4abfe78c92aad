"""From what was shown at a counter to a card, and from a card to what it can be used for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet, Sum

from cards.ledger.codes import Rotating, code_in, hash_code, is_mac, read_code, read_rotating, step_of
from cards.offers import conditions
from cards.offers.models import Offer, Redemption
from cards.offers.rules import WhyNot, clips_for, why_not_redeem
from cards.offers.states import UseState, UseWay
from cards.programmes.models import Allowance, Card
from cards.programmes.states import Medium, Unit
from cards.programmes.wallets import clip_keys
from directory.listings.models import Category
from directory.providers.models import Provider
from portal.kit.refusals import Refused, refuse_if
from portal.kit.statements import asked_often

STEPS_OFF = 1  # clocks of telephones are off by some seconds, and holding one up takes some
COUNTED = (UseState.OK, UseState.ACCEPTED)
CARD_FACTS = "batch__card_type__year"


@dataclass(frozen=True, slots=True)
class Found:
    """A card that was shown. `step` is of a telephone's rotating picture."""

    card: Card
    way: UseWay
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """An offer at the counter: what is left of it on the card, and why it cannot be used just now."""

    offer: Offer
    allowance: Allowance
    left: int
    reason: WhyNot | None

    @property
    def is_open(self) -> bool:
        return self.reason is None


# ── which card ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown, read and not yet looked up: a telephone's picture, or what a code is found by."""

    picture: Rotating | None
    code_hash: bytes = b""


def find_card(code_or_qr: str, *, at: datetime, offer: Offer | None = None, fresh: bool = True) -> Found:
    """The card that a typed code, a printed picture or a telephone's picture stands for.

    With `offer`, cards of other programmes are as unknown as codes that nobody has. `fresh`: whether it must be good for a use
    now, a telephone's picture not old, a code not spent; who has something else to ask of the card first asks `why_not_fresh`.
    """
    shown = read_shown(code_or_qr)
    found = found_by(shown, card_of(shown))
    if offer is not None and is_foreign(found.card, offer):
        raise Refused(WhyNot.UNKNOWN)
    refuse_if(why_not_fresh(found, at) if fresh else None)
    return found


def read_shown(code_or_qr: str) -> Shown:
    """A telephone's picture, or a code as it was typed or printed; refused where it can be neither."""
    if (picture := read_rotating(code_or_qr)) is not None:
        return Shown(picture)
    if (code := read_code(code_in(code_or_qr))) is None:
        raise Refused(WhyNot.MALFORMED)
    return Shown(None, hash_code(code))


def card_of(shown: Shown) -> Card | None:
    """The card that has this number or this code."""
    if shown.picture is not None:
        return card_with_number.first(public_id=shown.picture.public_id)
    return card_with_code.first(code_hash=shown.code_hash)


def found_by(shown: Shown, card: Card | None) -> Found:
    """A card as it was shown. One that nobody has, and a picture that no telephone of the card made, are unknown."""
    if card is None or (shown.picture is not None and not is_signed(card, shown.picture)):
        raise Refused(WhyNot.UNKNOWN)
    if shown.picture is not None:
        return Found(card, UseWay.SCAN, shown.picture.step)
    return Found(card, UseWay.ASSOCIATION if card.medium == Medium.ASSOCIATION else UseWay.PAPER)


def is_foreign(card: Card, offer: Offer) -> bool:
    """Whether a card is of another programme than an offer."""
    return card.batch.card_type.year.programme_id != offer.agreement.programme_id


@asked_often(code_hash=bytes)
def card_with_code(code_hash: bytes) -> QuerySet[Card]:
    return Card.objects.filter(code_hash=code_hash).select_related(CARD_FACTS).order_by()


@asked_often(public_id=str)
def card_with_number(public_id: str) -> QuerySet[Card]:
    return Card.objects.filter(public_id=public_id).select_related(CARD_FACTS).order_by()


def is_signed(card: Card, rotating: Rotating) -> bool:
    """Whether one of the card's telephones made this picture."""
    return any(is_mac(key, rotating) for key in clip_keys(card))


def why_not_fresh(found: Found, at: datetime) -> WhyNot | None:
    """Why a card that was shown is no good for a use now, though it is there."""
    if found.step is not None:
        return None if is_fresh(found.step, at) else WhyNot.STEP_OLD
    return WhyNot.ON_PHONE if found.card.code_spent else None


def is_fresh(step: int, at: datetime) -> bool:
    return abs(step - step_of(at)) <= STEPS_OFF


# ── what it can be used for ─────────────────────────────────────────────────────────────────────────────────


def allowance_for(
    card: Card, offer: Offer, *, count: int = 1, people: int = 1, amount_ore: int | None = None
) -> Allowance | None:
    """What pays for an offer on a card: what stands there for this offer, else for its category; first what has enough left."""
    rows = allowances_of(card)
    return choose(rows, offer, slugs=slugs_for(rows, offer), count=count, people=people, amount_ore=amount_ore)


def allowances_of(card: Card) -> list[Allowance]:
    return allowances_on(card=card.pk)


def lock_allowances(card: Card) -> list[Allowance]:
    return locked_allowances_on(card=card.pk)


@asked_often(card=int)
def allowances_on(card: int) -> QuerySet[Allowance]:
    return Allowance.objects.filter(card=card).annotate(slug=F("category__slug")).order_by("pk")


@asked_often(card=int)
def locked_allowances_on(card: int) -> QuerySet[Allowance]:
    rows = Allowance.objects.filter(card=card).annotate(slug=F("category__slug"))
    return rows.order_by("pk").select_for_update(of=("self",), no_key=True)


def slugs_for(rows: Iterable[Allowance], offer: Offer) -> frozenset[str]:
    """The categories of an offer's activity and those above them. Not looked up where the card holds no category."""
    if offer.activity_id is None or all(row.category_id is None for row in rows):
        return frozenset()
    carried = Category.objects.filter(activity=offer.activity_id).values_list("slug", "parent__slug")
    return frozenset(slug for pair in carried for slug in pair if slug)


def choose(
    rows: Iterable[Allowance],
    offer: Offer,
    *,
    slugs: frozenset[str],
    count: int = 1,
    people: int = 1,
    amount_ore: int | None = None,
) -> Allowance | None:
    fitting = [row for row in rows if row.offer_id == offer.pk] + [row for row in rows if row.category_id and row.slug in slugs]  # type: ignore[attr-defined]
    enough = (row for row in fitting if row.left >= cost(row, offer, count=count, people=people, amount_ore=amount_ore))
    return next(enough, None) or next((row for row in fitting if row.left), None) or next(iter(fitting), None)


def cost(allowance: Allowance, offer: Offer, *, count: int, people: int, amount_ore: int | None = None) -> int:
    """What a use takes: clips; or øre, the price of so many where no amount is told."""
    clips = clips_for(offer, count=count, people=people)
    if allowance.unit == Unit.CLIP:
        return clips
    return clips * offer.unit_ore if amount_ore is None else amount_ore


def used_today(card: Card, offer: Offer, allowance: Allowance | None, at: datetime) -> int:
    """What this card, or those it replaces, used of an offer on the day of `at`, less what was taken back.

    Looked up only where the offer limits it. In clips; in uses where the allowance counts øre.
    """
    if conditions.read(offer.conditions).most_per_day is None:
        return 0
    uses = Redemption.objects.filter(
        allowance__card__in=with_those_before(card),
        offer=offer,
        day=conditions.day_of(at),
        reversal_of=None,
        reversal=None,
        state__in=COUNTED,
    )
    if allowance is not None and allowance.unit == Unit.ORE:
        return uses.count()
    return uses.filter(unit=Unit.CLIP).aggregate(sum=Sum("clips"))["sum"] or 0


def with_those_before(card: Card) -> list[int]:
    """The card and those that it replaces."""
    pks = [card.pk]
    while (before := Card.objects.filter(replaced_by=pks[-1]).values_list("pk", flat=True).first()) is not None:
        pks.append(before)
    return pks


def offers_at(card: Card, provider: Provider, at: datetime) -> list[Choice]:
    """What a card holds of a provider's offers, what can be used now first."""
    shown = Offer.objects.shown_on(conditions.day_of(at)).select_related("agreement__provider")
    year = card.batch.card_type.year
    rows = allowances_of(card)
    choices = []
    for offer in shown.filter(agreement__provider=provider, agreement__programme=year.programme_id):
        slugs = slugs_for(rows, offer)
        allowance = choose(rows, offer, slugs=slugs)
        if allowance is None:
            continue
        clips = cost(allowance, offer, count=1, people=1)
        reason = why_not_redeem(
            card=card,
            allowance=allowance,
            offer=offer,
            at=at,
            clips=clips,
            people=1,
            used_today=used_today(card, offer, allowance, at),
        )
        choices.append(Choice(offer, allowance, left_for(rows, offer, slugs, allowance), reason))
    return sorted(choices, key=lambda choice: not choice.is_open)


def left_for(rows: Iterable[Allowance], offer: Offer, slugs: frozenset[str], like: Allowance) -> int:
    """All that is left for an offer, counted as one allowance is."""
    alike = [row for row in rows if row.unit == like.unit]
    left: list[int] = [row.left for row in alike if row.offer_id == offer.pk or row.slug in slugs]  # type: ignore[attr-defined]
    return sum(left)
