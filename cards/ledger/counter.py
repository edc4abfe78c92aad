"""The one primitive: a number used that never passes its bound, moved by one conditional UPDATE.

Whoever moves a counter does so in the transaction that writes the journal row; the CHECK of the table stands behind it.
`bound` names the column that `used` may not pass. Where it is NULL there is no limit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import F, Model, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from cards.ledger.models import CountChange
from portal.kit.refusals import Refused
from portal.kit.statements import Change, done_often

WHO_DID_IT = timedelta(days=1096)


class WhyNotCount(TextChoices):
    BELOW_USED = "below_used", _("More than this has been used already. Choose at least what has been used.")
    NEGATIVE = "negative", _("Write a number that is not below zero.")


def take(rows: QuerySet[Any] | Model, amount: int, *, bound: str = "quantity") -> bool:
    """Use `amount` of one row. False, and nothing is changed, when it has not so much left."""
    if amount < 0:
        raise ValueError("amount is negative")
    if isinstance(rows, Model):
        return taking(type(rows), bound)(pk=rows.pk, amount=amount) == 1
    with_room, moved = _moved(rows, amount, bound)
    return with_room.update(**moved) == 1


def _moved(rows: QuerySet[Any], amount: int, bound: str) -> tuple[QuerySet[Any], dict[str, Any]]:
    has_room = Q(**{f"{bound}__isnull": True}) | Q(**{f"{bound}__gte": F("used") + amount})
    return rows.filter(has_room), {"used": F("used") + amount}


@cache
def taking(model: type[Model], bound: str) -> Change:
    """The UPDATE of one row of a table."""

    @done_often(pk=int, amount=int)
    def change(pk: int, amount: int) -> tuple[QuerySet[Any], dict[str, Any]]:
        return _moved(model._default_manager.filter(pk=pk), amount, bound)

    return change


def give_back(rows: QuerySet[Any], amount: int) -> bool:
    """Count `amount` of one row as not used. False, and nothing is changed, when not so much was used."""
    if amount < 0:
        raise ValueError("amount is negative")
    return rows.filter(used__gte=amount).update(used=F("used") - amount) == 1


@transaction.atomic
def set_quantity(
    *,
    row: Model,
    quantity: int | None,
    kind: str,
    what: str,
    by: Any,
    at: datetime,
    reason: str = "",
    bound: str = "quantity",
) -> None:
    """Raise or lower a bound, never below what is used; the change is written down."""
    if quantity is not None and quantity < 0:
        raise Refused(WhyNotCount.NEGATIVE)
    rows = type(row)._default_manager.filter(pk=row.pk)
    before: int | None = rows.select_for_update(of=("self",)).values_list(bound, flat=True).get()
    if before == quantity:
        return
    allowed = rows if quantity is None else rows.filter(used__lte=quantity)
    if allowed.update(**{bound: quantity}) != 1:
        raise Refused(WhyNotCount.BELOW_USED)
    CountChange.objects.create(
        what=what, ref=row.pk, kind=kind, before=before, after=quantity, rows=1, reason=reason, by=by, at=at
    )
    setattr(row, bound, quantity)


def forget_who_changed(at: datetime) -> int:
    """After three years a change stays without who made it; how many."""
    return CountChange.objects.filter(at__lt=at - WHO_DID_IT, by__isnull=False).update(by=None)
