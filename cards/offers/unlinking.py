"""Thirty days after a use nobody can tell any more which card it was, nor at what time of day; and nothing says on which day a
card was handed out or first used.

    cut_uses     from a use: card, card type, agency, till, time, what was asked and answered, and the number by which a ticketing
                 system may know it. First its card type and agency are added up by month (`UseSum`), and the allowance remembers
                 how much of what it used has been cut
    cut_refusals every "no" of a till: what is told of a month stays, without the till and the hour
    cut_dates    of batches and cards to the month; entries of the log and the journal about a batch lose it, or their day, and
                 their place among the others
    write_anew   leaves no trace in the tables of which rows were written together
    reconcile    says where a counter and its journal differ. Run before anything is cut, and every night

All of it is done some rows at a time and may be run as often as one likes, by several workers at once.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Case, Exists, F, Model, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone

from cards.ledger.guards import CUT_OFF
from cards.ledger.models import CountChange
from cards.offers.crossing import first_of, round_what_is_over
from cards.offers.models import Ceiling, ExternalCode, Offer, Redemption, Refusal, Settlement, Stock, UseSum
from cards.offers.settling import COUNTED
from cards.offers.states import UseState
from cards.programmes.models import TRACE_DAYS, AgencyQuota, Allowance, Batch, Card, Wallet, WalletCard
from cards.programmes.states import Unit, YearState
from directory.municipalities.models import TenantLogEntry, out_of_order

log = logging.getLogger("cards")
AT_A_TIME = 200
PORTION = 1_000
OF_CARDS = ("batch",)  # the journal's word for rows that may stand for a single card
OF_CHILDREN = ("cards.check", "cards.refused")  # the log about handing out under the guard against two cards: as good as a card


@dataclass(frozen=True, slots=True)
class Unlinked:
    """What one run did."""

    uses: int
    dates: int
    entries: int


def unlink(at: datetime) -> Unlinked:
    """Cut whatever is old enough."""
    tell_differences(reconcile(at))
    uses = cut_uses(at)
    dates, entries = cut_dates(at), cut_entries(at)
    cut_refusals(at)
    round_what_is_over(due_by(at))
    write_anew()  # in every run: a worker that was killed after cutting leaves nothing to cut to the next
    return Unlinked(uses, dates, entries)


def due_by(at: datetime) -> date:
    """The last day that is old enough."""
    return timezone.localdate(at) - timedelta(days=TRACE_DAYS)


# ── uses ────────────────────────────────────────────────────────────────────────────────────────────────────
def cut_uses(at: datetime) -> int:
    """How many uses were cut from their cards."""
    day, count, last = due_by(at), 0, 0
    while allowances := list(
        Redemption.objects.filter(_old(day), allowance__gt=last)
        .order_by("allowance")
        .values_list("allowance", flat=True)
        .distinct()[:AT_A_TIME]
    ):
        count += _cut_of(allowances, day)
        last = allowances[-1]
    # What was never counted on a card, or came to be told of later still: nothing to add up.
    return count + Redemption.objects.filter(_holds_something(), _old(day), allowance=None).update(**CUT_OFF)


def _old(day: date) -> Q:
    """What is old enough. What takes an old use back goes with it, or it would still lead from there to the card.

    No join: a database that knows nothing yet of how much a table holds would go through all of it for each row.
    """
    taken_back = Redemption.objects.filter(pk=OuterRef("reversal_of"), day__lte=day)
    return Q(day__lte=day) | Q(Exists(taken_back), reversal_of__isnull=False)


def _holds_something() -> Q:
    found = Q()
    for name in ("card_type", "agency", "device", "at", "step"):
        found |= Q(**{f"{name}__isnull": False})
    return found


@transaction.atomic
def _cut_of(allowances: list[int], day: date) -> int:
    # Behind the allowances' lock nothing is used or taken back on them meanwhile.
    cards = Card.objects.filter(allowances__in=allowances).order_by("pk").distinct().values_list("pk", flat=True)
    list(Card.objects.filter(pk__in=list(cards)).select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    list(Allowance.objects.filter(pk__in=allowances).select_for_update(no_key=True).order_by("pk").values_list("pk"))
    pks = list(Redemption.objects.filter(_old(day), allowance__in=allowances).order_by("pk").values_list("pk", flat=True))
    return sum(_cut(pks[start : start + PORTION]) for start in range(0, len(pks), PORTION))


def _cut(pks: list[int]) -> int:
    """Add up what these uses counted, and cut them from their cards; how many."""
    due = Redemption.objects.filter(pk__in=pks)
    # Who was asked to decide about a claim has had thirty days.
    due.filter(state=UseState.DISPUTED).update(state=UseState.TURNED_DOWN)
    cut: dict[int, int] = defaultdict(int)
    sums: dict[tuple[Any, ...], int] = defaultdict(int)
    counted = due.filter(state__in=COUNTED).values_list(
        *("allowance", "year", "municipality", "day", "card_type", "agency", "unit", "clips")
    )
    for allowance, year, municipality, on, card_type, agency, unit, clips in counted:
        cut[allowance] += clips
        if card_type is not None:
            tickets = clips if unit == Unit.CLIP else (1 if clips > 0 else -1)
            sums[year, municipality, first_of(on), card_type, agency] += tickets
    for pk, clips in sorted(cut.items()):
        Allowance.objects.filter(pk=pk).update(cut=F("cut") + clips)
    for (year, municipality, month, card_type, agency), tickets in sorted(sums.items(), key=str):
        row, _made = UseSum.objects.get_or_create(
            year_id=year, municipality_id=municipality, month=month, card_type_id=card_type, agency_id=agency
        )
        UseSum.objects.filter(pk=row.pk).update(tickets=F("tickets") + tickets)
    ExternalCode.objects.filter(dealt_to__in=pks).exclude(code=b"").update(code=b"")
    return due.update(**CUT_OFF)


# ── dates ───────────────────────────────────────────────────────────────────────────────────────────────────
def cut_dates(at: datetime) -> int:
    """Days on which cards were handed out, printed and first used become months; how many rows."""
    day, count = due_by(at), 0
    for model, name in ((Batch, "made_on"), (Batch, "printed_on"), (Card, "activated_on")):
        rows = model._default_manager.filter(**{f"{name}__lte": day}).exclude(**{f"{name}__day": 1})
        count += rows.update(**{name: TruncMonth(name)})
    return count


def cut_entries(at: datetime) -> int:
    """Entries about a batch, which may be a single card: the log forgets which, the journal the day. Both forget between which
    others it stood, or the order of numbers would tell the day all the same."""
    count, before = 0, _due_before(at)
    of_cards = ContentType.objects.get_for_models(Batch, Card, Allowance).values()
    named = Q(content_type__in=of_cards) | Q(action__in=OF_CHILDREN)
    entries = TenantLogEntry.objects.filter(named, timestamp__lt=before).exclude(object_id="")
    for pk, timestamp in list(entries.values_list("pk", "timestamp")):
        values = {"id": out_of_order(), "object_id": "", "uuid": None, "timestamp": _month_of(timestamp)}
        count += TenantLogEntry.objects.filter(pk=pk).update(**values)
    for pk, moment in list(CountChange.objects.filter(what__in=OF_CARDS, at__lt=before, pk__gt=0).values_list("pk", "at")):
        count += CountChange.objects.filter(pk=pk).update(id=out_of_order(), at=_month_of(moment))
    return count


def cut_refusals(at: datetime) -> int:
    """Add up by month what is old; how many rows were added up."""
    count, last = 0, 0
    old = Refusal.objects.filter(hour__lt=_due_before(at)).order_by("pk")
    while pks := list(old.filter(pk__gt=last).values_list("pk", flat=True)[:AT_A_TIME]):
        count += _add_up(pks)
        last = pks[-1]
    return count


@transaction.atomic
def _add_up(pks: list[int]) -> int:
    rows = Refusal.objects.filter(pk__in=pks).select_for_update(of=("self",)).order_by("pk")
    detailed = [row for row in rows if row.device_id is not None or row.hour != _month_of(row.hour)]
    sums: Counter[tuple[str, int, int | None, datetime]] = Counter()
    for row in detailed:
        sums[row.reason, row.provider_id, row.offer_id, _month_of(row.hour)] += row.count
    for (reason, provider, offer, month), times in sums.items():
        kept = Refusal.objects.filter(reason=reason, provider=provider, offer=offer, device=None, hour=month)
        if not Refusal.objects.filter(pk__in=kept.order_by("pk").values("pk")[:1]).update(count=F("count") + times):
            Refusal.objects.create(reason=reason, provider_id=provider, offer_id=offer, hour=month, count=times)
    Refusal.objects.filter(pk__in=[row.pk for row in detailed]).delete()
    return len(detailed)


def _due_before(at: datetime) -> datetime:
    """The moment before which everything is old enough."""
    return timezone.make_aware(datetime.combine(due_by(at) + timedelta(days=1), datetime.min.time()))


def _month_of(moment: datetime) -> datetime:
    local = timezone.localtime(moment)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


# ── what the database itself remembers ──────────────────────────────────────────────────────────────────────
def write_anew() -> None:
    """PostgreSQL keeps beside each row which transaction wrote it last, and numbers these as time goes. An allowance written
    together with the use that was cut from it would tell the use, and a card written that night its day: so all rows about
    cards are written once more."""
    if connection.vendor != "postgresql":
        return
    about_cards: tuple[tuple[QuerySet[Any], str], ...] = (
        (Batch.objects.all(), "count"),
        (Card.objects.all(), "returned"),
        (Allowance.objects.all(), "cut"),
        (Wallet.objects.all(), "auth_hash"),
        (WalletCard.objects.all(), "slot"),
        (UseSum.objects.all(), "tickets"),
        (CountChange.objects.filter(what__in=OF_CARDS, pk__lt=0), "rows"),
    )
    for rows, column in about_cards:
        pks = list(rows.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(pks), PORTION):
            some = rows.filter(pk__in=pks[start : start + PORTION])
            with transaction.atomic():
                list(some.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
                some.order_by().update(**{column: F(column)})


# ── counters and their journal ──────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Difference:
    """A counter that says something else than its journal."""

    row: Model
    what: str
    told: int
    counted: int

    def __str__(self) -> str:
        """Without the number of a row that stands for a card."""
        name = type(self.row).__name__ if isinstance(self.row, Allowance) else f"{type(self.row).__name__} {self.row.pk}"
        return f"{name}: {self.what} {self.told}, journal {self.counted}"


#: What an offer loses by a use, or gets back (rules.py:of_offer).
OF_OFFER = Case(When(unit=Unit.CLIP, then=F("clips")), When(clips__gt=0, then=1), default=-1)


def reconcile(at: datetime) -> list[Difference]:
    """Every counter beside the rows it counts."""
    return [
        *_compare(Allowance, "allowance", "clips", besides=("cut",)),
        *_compare(Offer, "offer", OF_OFFER),
        *_compare(Stock, "stock", OF_OFFER),
        *_compare(Ceiling, "ceiling", "total_ore"),
        *_compare(Settlement, "settlement", "total_ore", column="total_ore"),
        *_strange_lines(),
        *_quotas(),
    ]


def _compare(
    model: type[Model], pointer: str, amount: str | Case, *, column: str = "used", besides: Iterable[str] = ()
) -> Iterator[Difference]:
    rows = Redemption.objects.filter(state__in=COUNTED, **{f"{pointer}__isnull": False}).order_by()
    journal = dict(rows.values_list(pointer).annotate(n=Sum(amount)))
    for values in model._default_manager.order_by("pk").values_list("pk", column, *besides).iterator(chunk_size=2000):
        pk, told, *more = values
        counted = journal.get(pk, 0) + sum(more)
        if told != counted:
            yield Difference(model._default_manager.get(pk=pk), column, told, counted)


def _strange_lines() -> Iterator[Difference]:
    """Uses on the settlement of another provider, year or municipality, or that do not count."""
    own = Q(provider=F("settlement__provider"), year=F("settlement__year"), municipality=F("settlement__municipality"))
    strange = Redemption.objects.filter(settlement__isnull=False).exclude(own & Q(state__in=COUNTED))
    for pk, count in strange.order_by().values_list("settlement").annotate(n=Coalesce(Sum("clips"), 0)):
        yield Difference(Settlement.objects.get(pk=pk), "lines of others", count, 0)


def _quotas() -> Iterator[Difference]:
    """Cards that an agency has handed out and that did not come back, beside its quota. Cards of closed years are gone."""
    handed_out: QuerySet[Card] = Card.objects.filter(
        batch__agency__isnull=False, replaces__isnull=True, batch__card_type__year__state=YearState.OPEN
    )
    journal: dict[tuple[int, int], int] = defaultdict(int)
    for agency, card_type in _held(handed_out):
        journal[agency, card_type] += 1
    for quota in AgencyQuota.objects.filter(card_type__year__state=YearState.OPEN):
        counted = journal.get((quota.agency_id, quota.card_type_id), 0)
        if quota.used != counted:
            yield Difference(quota, "used", quota.used, counted)


def _held(first_cards: QuerySet[Card]) -> Iterator[tuple[int, int]]:
    """(agency, card type) of each card whose slot is taken. Of a card that was replaced the last one tells."""
    names = ("batch__agency", "batch__card_type")
    yield from first_cards.filter(replaced_by__isnull=True, returned=False).values_list(*names).iterator(chunk_size=2000)
    for card in first_cards.filter(replaced_by__isnull=False).select_related("batch"):
        chain = [card]
        while chain[-1].replaced_by is not None:
            chain.append(chain[-1].replaced_by)
        if not chain[-1].returned or Allowance.objects.filter(card__in=chain, used__gt=0).exists():
            yield card.batch.agency_id, card.batch.card_type_id  # type: ignore[misc]


def tell_differences(found: list[Difference]) -> None:
    """In the log, for who runs the installation."""
    for difference in found[:50]:
        log.error("A counter and its journal differ. %s", difference)


def reconcile_all(at: datetime) -> int:
    """Every night: how many counters differ."""
    found = reconcile(at)
    tell_differences(found)
    return len(found)
