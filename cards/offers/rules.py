"""Whether a card may be used for an offer now. Pure: what it asks of its rows must have been fetched with them.

    card       with batch__card_type__year
    allowance  what pays, or None where the card holds nothing for this offer
    offer      with agreement and provider

The same is decided on the phone for display (portal/frontend/js/card_conditions.js); tests run one table through both. What only
the till can tell (codes, steps, keys, ceilings, stock) is decided in actions.py with the reasons that stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cards.offers import conditions
from cards.offers.models import Offer
from cards.offers.states import AgreementState, OfferState
from cards.programmes.models import Allowance, Card
from cards.programmes.states import CardState, Unit, YearState

UNDO_WITHIN = timedelta(minutes=10)  # at the till; the coordinator until the settlement is closed
FEW = 10  # so many left of an offer are "few", whatever there was
AHEAD = 400  # days that are searched for the next one an offer is open


class WhyNot(TextChoices):
    """Every "no" of the till and the wallet: one reason, one sentence that says what to do. The API tells the value."""

    UNKNOWN = "unknown", _("This card is not known here. Check the code, or ask who gave the card out.")
    MALFORMED = "malformed", _("This is not a card's code. Look for a slip and type it again.")
    REVOKED = "revoked", _("This card has been replaced or stopped. Use the new one, or ask who gave the card out.")
    SUSPENDED = "suspended", _("This card is paused. Ask who gave the card out.")
    ON_PHONE = "on_phone", _("This card has moved to a telephone. Ask to see it there.")
    LAPSED = "lapsed", _("This card was not taken into use in time. Ask for a new one.")
    EXPIRED = "expired", _("The last day of this card has passed. Ask for a new one.")
    NOT_OPEN_YET = "not_open_yet", _("This cannot be used yet. Come back from its first day.")
    YEAR_CLOSED = "year_closed", _("This card's year is over. Ask for a card of the new year.")
    NOT_ON_CARD = "not_on_card", _("This card does not hold this. Choose something else that it holds.")
    EXHAUSTED = "exhausted", _("Nothing is left of this on the card. Choose something else that it holds.")
    TOO_FEW_LEFT = "too_few_left", _("Fewer are left on the card. Use fewer at once.")
    OFFER_EXHAUSTED = "offer_exhausted", _("All of these have been used for now. Choose something else, or try again later.")
    OFFER_CLOSED = "offer_closed", _("This is not offered any more. Choose something else.")
    CEILING = "ceiling", _("What the municipality pays for this month is used up. Try again next month.")
    WRONG_DAY = "wrong_day", _("Not on this weekday. See which days it can be used.")
    WRONG_TIME = "wrong_time", _("Not at this time of day. See the hours in which it can be used.")
    WRONG_SEASON = "wrong_season", _("Not at this time of year. See when it can be used.")
    BLACK_OUT = "black_out", _("Not today: it is closed to cards. Come on another day.")
    PER_DAY = "per_day", _("No more of this today. Come back tomorrow.")
    PER_VISIT = "per_visit", _("Not so many at once. Use fewer.")
    TOO_MANY_PEOPLE = "too_many_people", _("The card does not cover so many people. Let in fewer on the card.")
    AGE = "age", _("This is for another age. Choose something else that the card holds.")
    STEP_OLD = "step_old", _("This picture is too old. Show the card itself on the telephone, and see that its clock is right.")
    STEP_USED = "step_used", _("This picture has been used. Wait half a minute for the next one.")
    NO_CODES = "no_codes", _("There are no tickets to hand out just now. Choose something else, or try again later.")
    NOTHING_ASKED = "nothing_asked", _("Choose how many, at least one.")
    ALREADY_UNDONE = "already_undone", _("This has been taken back already. Nothing more is to do.")
    TOO_LATE_TO_UNDO = "too_late_to_undo", _("It is too late to take this back at the till. Ask the municipality.")
    SETTLED = "settled", _("This has been settled and cannot be taken back. Ask the municipality.")
    OTHER_PROVIDER = "other_provider", _("This belongs to another provider. Use what is offered here.")
    NOT_YOURS = "not_yours", _("This was not done here. Ask where the card was used.")
    OFFLINE_OFF = "offline_off", _("This till may not work without network. Wait for the network.")
    TOLD_TWICE = "told_twice", _("This till has one of this card that waits for the network already. Wait for the network.")
    TOLD_MANY = "told_many", _("This till has taken as many without network today as it may. Wait for the network.")
    OUT_OF_ORDER = "out_of_order", _("This was not told in the order in which it was taken. The municipality decides.")
    TOLD_LATE = "told_late", _("This was told more than a week late. The municipality decides.")
    SLOT_GONE = "slot_gone", _("Another card has been handed out in place of this one. The municipality decides.")
    NOT_DISPUTED = "not_disputed", _("This has been decided already. Nothing more is to do.")


def clips_for(offer: Offer, *, count: int, people: int) -> int:
    """What `count` clips for `people` people cost: who comes along costs what the offer says."""
    return count + max(0, people - 1) * offer.companion_clips


def of_offer(unit: str, clips: int) -> int:
    """What an offer loses by a use: its clips, or one where the allowance counts øre. Amounts and clips are never added up."""
    return clips if unit == Unit.CLIP else 1


def why_not_card(card: Card, day: date) -> WhyNot | None:
    """Whether a card can be used at all on a day, whatever for."""
    year = card.batch.card_type.year
    if card.state == CardState.REVOKED:
        return WhyNot.REVOKED
    if card.state == CardState.SUSPENDED:
        return WhyNot.SUSPENDED
    if year.state != YearState.OPEN or day > year.closes:
        return WhyNot.YEAR_CLOSED
    if day < year.opens:
        return WhyNot.NOT_OPEN_YET
    if day > card.valid_to:
        return WhyNot.EXPIRED
    return WhyNot.LAPSED if card.state == CardState.ISSUED and day > card.activate_by else None


def is_there(offer: Offer) -> bool:
    """Whether an offer is published, under an agreement that holds, by a provider that is there: as `Offer.objects.shown_on`."""
    agreement = offer.agreement
    agreed = offer.state == OfferState.PUBLISHED and agreement.state == AgreementState.AGREED
    return agreed and agreement.provider.delisted_at is None


def why_not_offer(offer: Offer, day: date) -> WhyNot | None:
    """Whether an offer is there on a day, whoever asks."""
    agreement = offer.agreement
    if not is_there(offer):
        return WhyNot.OFFER_CLOSED
    if day > min(offer.valid_to, agreement.valid_to):
        return WhyNot.OFFER_CLOSED
    return WhyNot.NOT_OPEN_YET if day < max(offer.valid_from, agreement.valid_from) else None


def why_not_now(rules: conditions.Conditions, at: datetime) -> WhyNot | None:
    """Whether the conditions hold at a moment."""
    clock = conditions.clock_of(at)
    day = clock.date()
    if rules.blacked_out(day):
        return WhyNot.BLACK_OUT
    if not rules.in_season(day):
        return WhyNot.WRONG_SEASON
    spans = rules.hours_on(day)
    if not spans:
        return WhyNot.WRONG_DAY
    minute = clock.hour * 60 + clock.minute
    return None if any(a <= minute < b for a, b in spans) else WhyNot.WRONG_TIME


def why_not_redeem(
    *, card: Card, allowance: Allowance | None, offer: Offer, at: datetime, clips: int, people: int, used_today: int = 0
) -> WhyNot | None:
    """Whether this card may be used for this offer now, or the reason why not.

    `clips` is what the allowance loses (see `clips_for`; øre where it counts øre). `used_today` is what this card used of this
    offer on the day of `at`, less what was undone: in clips, or in uses where the allowance counts øre.
    """
    day = conditions.day_of(at)
    if (reason := why_not_card(card, day) or why_not_offer(offer, day)) is not None:
        return reason
    if allowance is None:
        return WhyNot.NOT_ON_CARD
    if clips < 1 or people < 1:
        return WhyNot.NOTHING_ASKED
    rules = conditions.read(offer.conditions)
    kind = card.batch.card_type
    if not rules.fits(kind.age_from, kind.age_to):
        return WhyNot.AGE
    if (reason := why_not_now(rules, at)) is not None:
        return reason
    if people > 1 + offer.companions:
        return WhyNot.TOO_MANY_PEOPLE
    if allowance.left < clips:
        return WhyNot.EXHAUSTED if allowance.left < 1 else WhyNot.TOO_FEW_LEFT
    counted = of_offer(allowance.unit, clips)
    if rules.most_per_visit is not None and counted > rules.most_per_visit:
        return WhyNot.PER_VISIT
    if rules.most_per_day is not None and used_today + counted > rules.most_per_day:
        return WhyNot.PER_DAY
    if offer.released is not None and offer.used + counted > offer.released:
        return WhyNot.OFFER_EXHAUSTED
    return None


def why_not_undo(
    *, is_undone: bool, is_counted: bool, used_at: datetime | None, closed: bool, by_till: bool, at: datetime
) -> WhyNot | None:
    """Whether a use may be taken back: by the till for ten minutes, by the coordinator until its settlement is closed.

    `is_counted`: it is a use (no reversal) that took something, not a claim that waits or was turned down.
    """
    if is_undone or not is_counted:
        return WhyNot.ALREADY_UNDONE
    if closed:
        return WhyNot.SETTLED
    # Another process counted the use: its clock may be a little ahead, or it was let in first.
    if by_till and (used_at is None or abs(at - used_at) > UNDO_WITHIN):
        return WhyNot.TOO_LATE_TO_UNDO
    return None


@dataclass(frozen=True, slots=True)
class Now:
    """What is shown of an offer on a card: usable or why not, what is left, the next day it opens, conditions in words."""

    reason: WhyNot | None
    left: int
    next_day: date | None
    words: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return self.reason is None


def card_facts(*, card: Card, allowance: Allowance | None, used_today: int = 0) -> dict[str, Any]:
    """What the phone must know of a card to tell what it may be used for. Nothing of it names the card or its kind."""
    kind = card.batch.card_type
    year = kind.year
    return {
        "state": card.state,
        "activate_by": card.activate_by.isoformat(),
        "valid_to": card.valid_to.isoformat(),
        "opens": year.opens.isoformat(),
        "year_open": year.state == YearState.OPEN,
        "year_closes": year.closes.isoformat(),
        "age_from": kind.age_from,
        "age_to": kind.age_to,
        "unit": allowance.unit if allowance else None,
        "left": allowance.left if allowance else None,
        "used_today": used_today,
    }


def offer_facts(offer: Offer) -> dict[str, Any]:
    """What the phone must know of an offer to tell whether it is there."""
    agreement = offer.agreement
    left = None if offer.released is None else offer.released - offer.used
    return {
        "open": is_there(offer),
        "from": max(offer.valid_from, agreement.valid_from).isoformat(),
        "to": min(offer.valid_to, agreement.valid_to).isoformat(),
        "conditions": conditions.read(offer.conditions).as_json(),
        "companions": offer.companions,
        "companion_clips": offer.companion_clips,
        # A number that changes with every use would tell when somebody was there; the counter itself says no.
        "offer_left": None if left is None or left > FEW else left,
    }


def what_now(*, offer: Offer, card: Card, allowance: Allowance | None, at: datetime, used_today: int = 0) -> Now:
    """One clip for one person, judged for display."""
    reason = why_not_redeem(card=card, allowance=allowance, offer=offer, at=at, clips=1, people=1, used_today=used_today)
    return Now(
        reason=reason,
        left=allowance.left if allowance else 0,
        next_day=next_day(offer, card=card, at=at),
        words=tuple(words_of(offer)),
    )


def next_day(offer: Offer, *, card: Card | None, at: datetime) -> date | None:
    """The first day from now on that the offer is open, with hours not over yet; None where there is none to come."""
    rules = conditions.read(offer.conditions)
    clock = conditions.clock_of(at)
    today, minute = clock.date(), clock.hour * 60 + clock.minute
    last = min(offer.valid_to, offer.agreement.valid_to, card.valid_to if card else date.max)
    first = max(today, offer.valid_from, offer.agreement.valid_from)
    for number in range(AHEAD):
        day = first + timedelta(days=number)
        if day > last:
            return None
        if rules.open_on(day) and (day > today or any(minute < b for _a, b in rules.hours_on(day))):
            return day
    return None


def words_of(offer: Offer) -> list[str]:
    """The conditions of an offer in words, who may come along included."""
    said = conditions.read(offer.conditions).words()
    if offer.companions:
        numbers = {"count": offer.companions}
        said.append(ngettext("%(count)s may come along", "%(count)s may come along", offer.companions) % numbers)
        cost = offer.companion_clips
        if cost:
            each = ngettext("Each who comes along costs %(count)s clip", "Each who comes along costs %(count)s clips", cost)
            said.append(each % {"count": cost})
        else:
            said.append(str(_("Who comes along costs no clip")))
    return said
