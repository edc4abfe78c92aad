"""Settlements: what a municipality owes a provider for a period. Only what was used is paid.

    make ─ draft ─ send ─ sent ─ approve ─ approved ─ close ─ closed
             ├─────── object ───┘                  │
             └─────── object, by staff ────────────┘

A use is stamped with its settlement once, by an UPDATE that takes only what has none (`settlement IS NULL`); nobody takes it
out again. What is undone before a statement is sent goes off the statement; what is undone later becomes a minus line in the
next. Minus lines that come to more than the uses wait until there is something to take them off: no statement is below nought.
Where no use of the year is to come, staff take a statement back that is not paid yet, and its minus lines go onto it.

Whoever makes or fills a settlement locks the municipality first, so that two at once number and fill one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, Count, F, Max, Q, QuerySet, Sum, TextChoices, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from cards.offers import statement_emails
from cards.offers.models import Redemption, Settlement
from cards.offers.states import SETTLEMENT_MOVES, SettlementState, UseState
from cards.programmes.models import ProgrammeYear
from cards.programmes.states import Unit
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.kit.refusals import Refused, refuse_if

#: Uses that count. One told later counts once the coordinator has accepted it.
COUNTED = (UseState.OK, UseState.ACCEPTED)
MOST_WORDS = 500
AT_A_TIME = 500


class Why(TextChoices):
    """Why a settlement is not made, sent, approved or closed."""

    WRONG_DAYS = "wrong-days", _("The first day is after the last.")
    NOT_OVER = "not-over", _("The period is not over yet. Choose a last day before today.")
    NOTHING = "nothing", _("Nothing was used that is not settled yet.")
    OVERLAPS = "overlaps", _("Some of these days are in another settlement of this provider. Choose the days after it.")
    NEGATIVE = (
        "negative",
        _("More was taken back than was used. Nothing is to be paid now; it is taken off the provider's next settlement."),
    )
    MOVED = "moved", _("Somebody else has done something with this settlement meanwhile. Look at it again.")
    CHANGED = "changed", _("The settlement has changed since you saw it. Look at it again before you send it.")
    NO_WORDS = "no-words", _("Write what is not right, so that the municipality can look into it.")


def tickets_of(only: Q | None = None) -> Sum:
    """Tickets of uses, less what was taken back: each clip is one, and each payment out of an amount."""
    one = Case(
        When(unit=Unit.CLIP, then=F("clips")),
        When(clips__gt=0, then=Value(1)),
        default=Value(-1),
        output_field=BigIntegerField(),
    )
    return Sum(one, filter=only)


def unsettled() -> QuerySet[Redemption]:
    """Uses, and uses taken back, that count and stand in no settlement."""
    return Redemption.objects.filter(settlement=None, state__in=COUNTED)


def waiting(settlement: Settlement) -> QuerySet[Redemption]:
    """What belongs on a draft and is not on it yet: all up to its last day, and what was taken back of its own uses."""
    in_time = Q(day__lte=settlement.period_to) | Q(
        pk__in=Redemption.objects.filter(reversal_of__settlement=settlement).values("pk")
    )
    return unsettled().filter(
        in_time, municipality=settlement.municipality_id, provider=settlement.provider_id, year=settlement.year_id
    )


@transaction.atomic
def make_settlement(
    *, municipality: Municipality, provider: Provider, year: ProgrammeYear, first: date, last: date, by: Any, at: datetime
) -> Settlement:
    """The settlement of a period. Asked again, a draft takes in what has come since; one that was sent stays as it is."""
    refuse_if(Why.WRONG_DAYS if first > last else None)
    refuse_if(Why.NOT_OVER if last >= timezone.localdate(at) else None)
    _lock(municipality.pk)
    of_provider = Settlement.objects.filter(municipality=municipality, provider=provider, year=year)
    row = of_provider.filter(period_from=first, period_to=last).first()
    if row is not None and row.state != SettlementState.DRAFT:
        return row
    is_new = row is None
    if row is None:
        refuse_if(Why.OVERLAPS if of_provider.filter(period_from__lte=last, period_to__gte=first).exists() else None)
        highest = Settlement.objects.filter(municipality=municipality).aggregate(Max("number"))["number__max"] or 0
        row = Settlement.objects.create(
            municipality=municipality,
            provider=provider,
            year=year,
            period_from=first,
            period_to=last,
            number=highest + 1,
            made_on=timezone.localdate(at),
        )
        log(row, "settlement.make", user=by, data={"from": first.isoformat(), "to": last.isoformat()})
    return _fill(row, is_new=is_new)


def _lock(municipality_id: int) -> None:
    # Without the key: uses that are journalled at this moment point at the municipality and must not wait.
    Municipality.objects.select_for_update(no_key=True).filter(pk=municipality_id).values_list("pk", flat=True).get()


def _fill(row: Settlement, *, is_new: bool) -> Settlement:
    # Named first and taken under the condition: what another transaction took meanwhile is not taken. Twice, since of the uses
    # taken in the first round some have been taken back after the period.
    while found := list(waiting(row).order_by("pk").values_list("pk", flat=True)):
        for start in range(0, len(found), AT_A_TIME):
            Redemption.objects.filter(pk__in=found[start : start + AT_A_TIME], settlement=None).update(settlement=row)
    sums = row.redemptions.aggregate(rows=Count("pk"), uses=Coalesce(tickets_of(), 0), ore=Coalesce(Sum("total_ore"), 0))
    # Uses that were all taken back before anybody was told of them are nothing to tell of.
    undone = Redemption.objects.filter(settlement=row, reversal_of__settlement=row).count()
    refuse_if(Why.NOTHING if is_new and sums["rows"] == 2 * undone else None)
    refuse_if(Why.NEGATIVE if sums["ore"] < 0 else None)
    row.uses, row.total_ore = sums["uses"], sums["ore"]
    row.save(update_fields=["uses", "total_ore"])
    return row


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the settlements of all providers of a period."""

    rows: list[Settlement]
    carried: list[Provider]  # more taken back than used: it waits


def make_settlements(*, municipality: Municipality, year: ProgrammeYear, first: date, last: date, by: Any, at: datetime) -> Made:
    """One settlement for each provider with anything unsettled. Whoever has a settlement of these days that was sent keeps it."""
    refuse_if(Why.WRONG_DAYS if first > last else None)
    refuse_if(Why.NOT_OVER if last >= timezone.localdate(at) else None)
    open_uses = unsettled().filter(municipality=municipality, year=year, day__lte=last)
    providers = Provider.objects.filter(pk__in=open_uses.values("provider")).order_by("name_nb", "pk")
    rows: list[Settlement] = []
    carried: list[Provider] = []
    for provider in providers:
        try:
            rows.append(
                make_settlement(municipality=municipality, provider=provider, year=year, first=first, last=last, by=by, at=at)
            )
        except Refused as refused:
            if refused.reason == Why.NEGATIVE:
                carried.append(provider)
            elif refused.reason not in (Why.NOTHING, Why.OVERLAPS):
                raise
    return Made(rows, carried)


# ── from one state to the next ──────────────────────────────────────────────────────────────────────────────
def _move(settlement: Settlement, to: SettlementState, *, seen: int | None = None, **values: Any) -> bool:
    """Whether this call moved it; one that stands there already was moved by the press before. `seen`: the sum it had then."""
    before = [state for state, following in SETTLEMENT_MOVES.items() if to in following]
    rows = Settlement.objects.filter(pk=settlement.pk, state__in=before)
    if seen is not None:
        rows = rows.filter(total_ore=seen)
    if rows.update(state=to, **values) == 1:
        settlement.refresh_from_db()
        return True
    settlement.refresh_from_db()
    refuse_if(None if settlement.state == to else Why.MOVED)
    return False


@transaction.atomic
def send(*, settlement: Settlement, total_ore: int, by: Any, at: datetime) -> None:
    """Send the statement to the provider. `total_ore` is what the sender saw."""
    if settlement.state == SettlementState.DRAFT:
        _lock(settlement.municipality_id)
        settlement.refresh_from_db()
        refuse_if(Why.CHANGED if settlement.total_ore != total_ore or waiting(settlement).exists() else None)
    if _move(settlement, SettlementState.SENT, objection=""):
        log(settlement, "settlement.send", user=by, data={"total_ore": settlement.total_ore})
        transaction.on_commit(lambda: statement_emails.tell_provider(settlement))


@transaction.atomic
def approve(*, settlement: Settlement, by: Any, at: datetime, total_ore: int | None = None) -> None:
    """The provider says that the statement is right; or staff do, who heard it from them. `total_ore` is what they saw."""
    if _move(settlement, SettlementState.APPROVED, seen=total_ore):
        log(settlement, "settlement.approve", user=by)


@transaction.atomic
def object_to(*, settlement: Settlement, words: str, by: Any, at: datetime, by_staff: bool = False) -> None:
    """The provider, or staff, say that something is not right: it is a draft again, with what they say."""
    words = " ".join(words.split())[:MOST_WORDS]
    refuse_if(None if words else Why.NO_WORDS)
    unpaid = (SettlementState.APPROVED,) if by_staff else ()
    refuse_if(None if settlement.state in (SettlementState.SENT, SettlementState.DRAFT, *unpaid) else Why.MOVED)
    if _move(settlement, SettlementState.DRAFT, objection=words):
        log(settlement, "settlement.object", user=by)
        if not by_staff:
            transaction.on_commit(lambda: statement_emails.tell_office(settlement))


@transaction.atomic
def close(*, settlement: Settlement, by: Any, at: datetime) -> None:
    """It has been paid. From now on nothing in it can be taken back."""
    if _move(settlement, SettlementState.CLOSED, closed_on=timezone.localdate(at)):
        log(settlement, "settlement.close", user=by, data={"total_ore": settlement.total_ore})


# ── what is open ────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Open:
    """What one provider has used of and not had settled; below nought where more was taken back than used since."""

    provider: Provider
    year: ProgrammeYear
    tickets: int
    total_ore: int


def open_of(municipalities: Iterable[int]) -> list[Open]:
    """What is not settled yet, by provider and year; not where all of it was taken back."""
    rows = (
        unsettled()
        .filter(municipality__in=list(municipalities))
        .order_by()
        .values("provider", "year")
        .annotate(tickets=tickets_of(), ore=Sum("total_ore"))
        .order_by("provider__name_nb", "year")
    )
    found = [row for row in rows if row["tickets"] or row["ore"]]
    providers = Provider.objects.in_bulk({row["provider"] for row in found})
    years = ProgrammeYear.objects.select_related("programme").in_bulk({row["year"] for row in found})
    return [Open(providers[row["provider"]], years[row["year"]], row["tickets"], row["ore"]) for row in found]
