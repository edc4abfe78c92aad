"""A line of a card type, changed for all cards that are out: what it would do, the asking, and the task that does it.

The task does it in one piece, in the transaction that writes down that it is done: run twice, it is done once; killed, it has
not begun. Meanwhile cards go on being used; what is used stays used, whatever the new quantity.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.utils import timezone
from django_tasks import task

from cards.programmes.actions import add_line, change_line
from cards.programmes.keeping import WhyNotKept
from cards.programmes.models import Allowance, Card, CardType, CardTypeLine, LineChange
from cards.programmes.rules import WhyNotHand
from cards.programmes.states import CardState, YearState
from portal.kit.refusals import Refused, refuse_if


@dataclass(frozen=True, slots=True)
class WouldDo:
    """What a change would do to the cards that are out; `before` and `after` are all of them together, in clips or øre."""

    cards: int
    more: int
    less: int
    kept: int  # cards on which more is used already than the new quantity: they keep what they used
    before: int
    after: int


def cards_out(card_type: CardType) -> QuerySet[Card]:
    """Cards of the type that are neither stopped nor lapsed."""
    return Card.objects.filter(batch__card_type=card_type, returned=False).exclude(state=CardState.REVOKED)


def what_it_would_do(*, card_type: CardType, line: CardTypeLine | None, quantity: int) -> WouldDo:
    """The sums of `actions.change_line`, before anything is done."""
    if line is None:
        cards = cards_out(card_type).count()
        return WouldDo(cards, cards if quantity else 0, 0, 0, 0, cards * quantity)
    rows = Allowance.objects.filter(line=line, card__in=cards_out(card_type))
    after = Case(When(used__gt=quantity, then=F("used")), default=Value(quantity))
    found = rows.filter(card__replaces=None).aggregate(
        cards=Count("pk"),
        more=Count("pk", filter=Q(quantity__lt=after)),
        less=Count("pk", filter=Q(quantity__gt=after)),
        kept=Count("pk", filter=Q(used__gt=quantity)),
        before=Sum("quantity"),
        after=Sum(after),
    )
    sums = {name: number or 0 for name, number in found.items()}
    for allowance in rows.filter(card__replaces__isnull=False).select_related("card"):
        spent = _spent_before(allowance)
        new = max(allowance.used, quantity - spent)
        sums["cards"] += 1
        sums["more"] += new > allowance.quantity
        sums["less"] += new < allowance.quantity
        sums["kept"] += allowance.used + spent > quantity
        sums["before"] += allowance.quantity
        sums["after"] += new
    return WouldDo(**sums)


def _spent_before(allowance: Allowance) -> int:
    """What was used of the line on the cards that this one replaces."""
    spent, card = 0, Card.objects.filter(replaced_by=allowance.card_id).first()
    while card is not None:
        spent += sum(Allowance.objects.filter(line=allowance.line_id, card=card).values_list("used", flat=True))
        card = Card.objects.filter(replaced_by=card).first()
    return spent


def ask_for_change(
    *,
    card_type: CardType,
    line: CardTypeLine | None,
    quantity: int,
    key: UUID,
    reason: str,
    by: Any,
    at: datetime,
    offer: Any = None,
    category: Any = None,
    unit: str = "",
) -> LineChange:
    """Put a change into the queue. Without `line`, what `offer` or `category` names is added."""
    if (earlier := _asked_before(card_type, key)) is not None:
        refuse_if(None if (earlier.line, earlier.quantity) == (line or earlier.line, quantity) else WhyNotKept.KEY_USED)
        return earlier
    refuse_if(WhyNotKept.YEAR_IS_OVER if card_type.year.state != YearState.OPEN else None)
    if line is not None:
        offer, category, unit = line.offer, line.category, line.unit
    elif card_type.lines.filter(offer=offer, category=category).exists():
        raise Refused(WhyNotKept.LINE_IS_THERE)
    try:
        with transaction.atomic():
            change = LineChange.objects.create(
                card_type=card_type,
                line=line,
                offer=offer,
                category=category,
                unit=unit,
                quantity=quantity,
                reason=reason,
                key=key,
                by=by,
                asked_at=at,
            )
            do_change.enqueue(change.pk)
    except IntegrityError:
        if (earlier := _asked_before(card_type, key)) is None:
            raise
        return earlier
    return change


def _asked_before(card_type: CardType, key: UUID) -> LineChange | None:
    return LineChange.objects.filter(key=key, card_type=card_type).first()


@task()
def do_change(change_pk: int) -> None:
    """Change a line, or add one, on all cards that are out."""
    at = timezone.now()
    try:
        with transaction.atomic():
            _do(change_pk, at)
    except Refused as refused:
        _say_why_not(change_pk, refused.reason.value, at)
    except IntegrityError:  # somebody has added the same line meanwhile
        _say_why_not(change_pk, WhyNotKept.LINE_IS_THERE.value, at)


def _say_why_not(change_pk: int, reason: str, at: datetime) -> None:
    LineChange.objects.filter(pk=change_pk, done_at=None).update(done_at=at, refused=reason)


def why_not_in_words(change: LineChange) -> str:
    """Why a change was not done, to whoever reads it."""
    reasons = {reason.value: reason.label for reason in (*WhyNotKept, *WhyNotHand)}
    return str(reasons.get(change.refused, change.refused))


def _do(change_pk: int, at: datetime) -> None:
    row = LineChange.objects.select_for_update(of=("self",)).get(pk=change_pk)
    if row.done_at is not None:
        return
    refuse_if(WhyNotKept.YEAR_IS_OVER if row.card_type.year.state != YearState.OPEN else None)
    if row.line is not None:
        row.rows = change_line(line=row.line, quantity=row.quantity, by=row.by, at=at, reason=row.reason).rows
    else:
        row.line = add_line(
            card_type=row.card_type,
            offer=row.offer,
            category=row.category,
            unit=row.unit,
            quantity=row.quantity,
            by=row.by,
            at=at,
        )
        row.rows = row.line.allowances.count()
    row.done_at = at
    row.save(update_fields=["line", "rows", "done_at"])
