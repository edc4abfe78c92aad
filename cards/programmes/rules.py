"""Whether cards may be handed out, stopped, replaced or changed. Pure: facts and a day in, a reason or nothing out."""

from __future__ import annotations

import re
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cards.programmes.models import AgencyQuota, Card, CardType
from cards.programmes.states import CARD_MOVES, CardState, Medium, Way, YearState
from directory.agencies.models import Agency
from directory.municipalities.models import Municipality

MOST_AT_ONCE = 10_000  # cards of one batch
MOST_EXTRA = 100  # clips given straight to a card at once
MOST_EXTRA_ORE = 1_000_000


class WhyNotHand(TextChoices):
    """Why no card is handed out, or nothing is done with one."""

    YEAR_CLOSED = "year-closed", _("This year's cards are not handed out any more. Ask the coordinator.")
    TYPE_CLOSED = "type-closed", _("This card is not handed out just now. Choose another, or ask the coordinator.")
    TOO_LATE = "too-late", _("The last day to take this card into use has passed. Choose another, or ask the coordinator.")
    EMPTY = "empty", _("This card holds nothing yet. Ask the coordinator.")
    NONE_ASKED = "none-asked", _("Write how many cards, at least one.")
    TOO_MANY = "too-many", _("So many cards cannot be made at once. Make them in several goes.")
    FOREIGN = "foreign", _("This card belongs to another municipality. Choose another.")
    NO_QUOTA = "no-quota", _("You have no cards of this kind. Ask the coordinator.")
    QUOTA = "quota", _("You have %(left)s of these cards left. Hand out fewer, or ask the coordinator for more.")
    NO_PROVIDER = "no-provider", _("Choose the association that keeps the card.")
    KEY_USED = "key-used", _("This page was used for another card. Open it anew.")
    NUMBER_MISSING = "number-missing", _("Write the child's national number, or say that there is none.")
    NUMBER = "number", _("This is not a national number. It has eleven digits; look for a slip.")
    CANNOT = "cannot", _("A card cannot be handed out in this scheme this year. Ask the coordinator; reference %(reference)s.")
    TRIED_MANY = "tried-many", _("You have written many national numbers. Wait an hour, or ask the coordinator.")
    UNKNOWN_CARD = "unknown-card", _("No card of yours has this number. Look at the stub and type it again.")
    STOPPED = "stopped", _("This card has been stopped already.")
    REPLACED = "replaced", _("This card has been replaced already. Look up the number of the new one.")
    LAPSED = "lapsed", _("This card was not taken into use in time. Hand out a new one.")
    EXPIRED = "expired", _("The last day of this card has passed. Hand out a new one.")
    NOT_IN_USE = "not-in-use", _("Only a card in use can be paused. Stop this one, or replace it.")
    NOT_PAUSED = "not-paused", _("This card is not paused.")
    SHEET_GONE = "sheet-gone", _("These codes cannot be shown again. Make new ones: what was printed before stops working.")
    ALL_USED = "all-used", _("All of these cards are in use or over. Nothing was changed.")
    OFFER_CLOSED = "offer-closed", _("This cannot be given just now. Choose something else.")
    AMOUNT = "amount", _("Write how many, at least one and not more than a card may get at once.")


class StopReason(TextChoices):
    """Why a card was stopped: chosen, never written, so that nothing about a person stands there."""

    LOST = "lost", _("it is lost")
    MISTAKE = "mistake", _("it was handed out by mistake")
    MISUSE = "misuse", _("it is used by somebody else")
    OTHER = "other", _("another reason")


def why_not_issue(
    *,
    card_type: CardType,
    municipality: Municipality,
    agency: Agency | None,
    count: int,
    way: str,
    has_provider: bool,
    is_member: bool,
    has_lines: bool,
    day: date,
) -> WhyNotHand | None:
    """Whether so many cards may be handed out on a day; the quota is asked by taking from it."""
    if not is_member or (agency is not None and agency.municipality_id != municipality.pk):
        return WhyNotHand.FOREIGN
    if card_type.year.state != YearState.OPEN or day > card_type.year.closes:
        return WhyNotHand.YEAR_CLOSED
    if not card_type.is_open:
        return WhyNotHand.TYPE_CLOSED
    if day > card_type.activate_by:
        return WhyNotHand.TOO_LATE
    if not has_lines:
        return WhyNotHand.EMPTY
    if has_provider != (way == Way.ASSOCIATION):
        return WhyNotHand.NO_PROVIDER
    if count < 1:
        return WhyNotHand.NONE_ASKED
    return WhyNotHand.TOO_MANY if count > MOST_AT_ONCE else None


def why_not_offered(quota: AgencyQuota, day: date) -> WhyNotHand | None:
    """Whether an agency can hand out a card of a kind now."""
    card_type = quota.card_type
    if card_type.year.state != YearState.OPEN or day > card_type.year.closes:
        return WhyNotHand.YEAR_CLOSED
    if not card_type.is_open:
        return WhyNotHand.TYPE_CLOSED
    return WhyNotHand.TOO_LATE if day > card_type.activate_by else None


def is_over(card: Card, day: date) -> WhyNotHand | None:
    """Whether a card can be helped at all."""
    if card.state == CardState.REVOKED:
        return WhyNotHand.REPLACED if card.replaced_by_id else WhyNotHand.STOPPED
    if card.batch.card_type.year.state != YearState.OPEN:
        return WhyNotHand.YEAR_CLOSED
    if day > card.valid_to:
        return WhyNotHand.EXPIRED
    return WhyNotHand.LAPSED if card.returned or (card.state == CardState.ISSUED and day > card.activate_by) else None


def why_not_move(card: Card, to: CardState, day: date) -> WhyNotHand | None:
    """Whether a card may be paused, or taken up again."""
    if (reason := is_over(card, day)) is not None:
        return reason
    comes_from = {CardState.SUSPENDED: CardState.ACTIVE, CardState.ACTIVE: CardState.SUSPENDED}[to]
    if card.state == comes_from and to in CARD_MOVES[comes_from]:
        return None
    return WhyNotHand.NOT_PAUSED if to == CardState.ACTIVE else WhyNotHand.NOT_IN_USE


def can_get_new_code(card: Card, day: date) -> bool:
    """Whether a print of the card may be made anew: it was never used, wherever it lies."""
    carried = card.medium in (Medium.UNKNOWN, Medium.ASSOCIATION)
    return card.state == CardState.ISSUED and carried and not card.returned and is_over(card, day) is None


# ── national numbers ────────────────────────────────────────────────────────────────────────────────────────
K2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def national_id_in(text: str) -> str | None:
    """Eleven digits that can be a national number; None for anything else.

    The first check digit is not asked: from 2032 on it may leave a remainder. The second one finds most slips. Days from 41 on
    are D-numbers; months from 41, 66 and 81 on are of people without a number yet, and of the register's made-up people.
    """
    digits = re.sub(r"[\s\u00a0-]", "", text)
    if not re.fullmatch(r"[0-9]{11}", digits, re.ASCII):
        return None
    day, month = int(digits[:2]), int(digits[2:4])
    day = day - 40 if day > 40 else day
    month = next((month - more for more in (80, 65, 40) if month > more), month)
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    return digits if sum(weight * int(digit) for weight, digit in zip(K2, digits, strict=True)) % 11 == 0 else None
