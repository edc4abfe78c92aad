"""A programme year ends: open ─ closing ─ closed. The worker does it piece by piece; killed, it goes on where it stopped.

    begin_closing    by the coordinator, or by itself sixty days after the last day: nothing can be used from now on
    go_on            1. what nobody used flows back
                     2. waits until no use can be told from its card any more (unlinking.py), sixty days after the last day
                     3. adds up what stays: cards by way and medium, lines, and the rounded cells of crossed figures
                     4. deletes cards with their allowances, wallets and batches, some at a time
                     5. closed

What was used stays, by offer and day, for statements. The key of the marks against two cards, and the marks, go on the same day
by a job of their own (programmes/tags.py): that is promised whether anybody closes the year or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from cards.ledger.models import CountChange
from cards.offers.crossing import cells_of_cards, first_of, round_what_is_over
from cards.offers.figures import Scope, count_cards, count_lines
from cards.offers.models import Redemption, UseSum
from cards.offers.unlinking import cut_dates, cut_entries, cut_uses
from cards.programmes.actions import return_lapsed
from cards.programmes.models import Allowance, Batch, Card, CardSum, LineSum, ProgrammeYear, Transfer, Wallet, WalletCard
from cards.programmes.states import CardState, YearState
from directory.municipalities.models import Municipality
from portal.kit.refusals import refuse_if

CLOSES_AFTER = timedelta(days=60)  # after the last day: cards are deleted, and the key of the marks with them
AT_A_TIME = 500


class Why(TextChoices):
    """Why a year is not closed, or not opened again."""

    NOT_OVER = "not-over", _("The year is not over yet. Its last day has to pass first.")
    MOVED = "moved", _("Somebody else has closed or opened the year meanwhile. Look at it again.")
    SUMMED = "summed", _("The year has been added up. It can no longer be opened.")


# ── by the coordinator ──────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def begin_closing(*, year: ProgrammeYear, by: Any, at: datetime) -> None:
    """From now on no card of the year is handed out or used."""
    refuse_if(Why.NOT_OVER if timezone.localdate(at) <= year.closes else None)
    if ProgrammeYear.objects.filter(pk=year.pk, state=YearState.OPEN).update(state=YearState.CLOSING):
        log(year, "year.close", user=by)
    year.refresh_from_db()


@transaction.atomic
def open_again(*, year: ProgrammeYear, by: Any, at: datetime) -> None:
    """As long as nothing has been added up. What has flowed back does not come back."""
    refuse_if(Why.SUMMED if LineSum.objects.filter(year=year).exists() else None)
    if ProgrammeYear.objects.filter(pk=year.pk, state=YearState.CLOSING).update(state=YearState.OPEN):
        log(year, "year.reopen", user=by)
    year.refresh_from_db()
    refuse_if(None if year.state == YearState.OPEN else Why.MOVED)


# ── by the clock ────────────────────────────────────────────────────────────────────────────────────────────
def close_years(at: datetime) -> int:
    """Begin what nobody began, and go on with what is being closed; how many years are closed now."""
    day = timezone.localdate(at)
    for year in ProgrammeYear.objects.filter(state=YearState.OPEN, closes__lt=day - CLOSES_AFTER):
        begin_closing(year=year, by=None, at=at)
    return sum(go_on(year, at) for year in ProgrammeYear.objects.filter(state=YearState.CLOSING).order_by("pk"))


def go_on(year: ProgrammeYear, at: datetime) -> bool:
    """Do all that can be done now; whether the year is closed by it."""
    return_lapsed(at)
    _return_the_rest(year)
    if timezone.localdate(at) <= year.closes + CLOSES_AFTER:
        return False
    for cut in (cut_uses, cut_dates, cut_entries):
        cut(at)
    if Redemption.objects.filter(year=year, allowance__isnull=False).exists():
        return False
    if not LineSum.objects.filter(year=year).exists():
        add_up(year, at)
    for _deleted in _delete_portions(year):
        pass
    with transaction.atomic():
        closed = ProgrammeYear.objects.filter(pk=year.pk, state=YearState.CLOSING).update(state=YearState.CLOSED)
        if closed:
            log(year, "year.closed", user=None)
    return bool(closed)


def _return_the_rest(year: ProgrammeYear) -> None:
    """Cards that nobody took into use though they still had time."""
    Card.objects.filter(batch__card_type__year=year, state=CardState.ISSUED, returned=False).update(returned=True)


def count_cards_of_years(at: datetime) -> int:
    """Each day: the cards of the years that are not closed, as they stand at the end of the month; how many sums."""
    month = first_of(timezone.localdate(at) - timedelta(days=1))
    years = ProgrammeYear.objects.exclude(state=YearState.CLOSED).filter(opens__lte=timezone.localdate(at))
    return sum(_keep_cards(year, month) for year in years if not LineSum.objects.filter(year=year).exists())


@transaction.atomic
def add_up(year: ProgrammeYear, at: datetime) -> None:
    """Keep what stays when the cards are gone, all of it or nothing."""
    ProgrammeYear.objects.select_for_update(of=("self",), no_key=True).get(pk=year.pk)
    if LineSum.objects.filter(year=year).exists():
        return
    _keep_cards(year, first_of(year.closes))
    for municipality in _municipalities(year):
        scope = Scope.whole(year, municipality)
        for (offer, category, unit), line in count_lines(scope, timezone.localdate(at)).items():
            LineSum.objects.create(
                year=year,
                municipality=municipality,
                offer_id=offer,
                category_id=category,
                unit=unit,
                issued=line.issued,
                activated=line.activated,
                used=line.used,
                returned=line.returned,
            )
        for (month, card_type, agency), counts in cells_of_cards(municipality.pk, year.pk).items():
            row, _made = UseSum.objects.get_or_create(
                year=year,
                municipality=municipality,
                month=month,
                card_type_id=card_type,
                agency_id=agency,  # type: ignore[misc]
            )
            UseSum.objects.filter(pk=row.pk).update(cards=counts.cards, activated=counts.activated)
    round_what_is_over(first_of(timezone.localdate(at)))


def _municipalities(year: ProgrammeYear) -> list[Municipality]:
    of_cards = Batch.objects.filter(card_type__year=year, municipality=OuterRef("pk"))
    return list(Municipality.objects.filter(Exists(of_cards)).defer("boundary").order_by("pk"))


@transaction.atomic
def _keep_cards(year: ProgrammeYear, month: date) -> int:
    # Two workers at once: the one that waits here counts once more.
    ProgrammeYear.objects.select_for_update(of=("self",), no_key=True).get(pk=year.pk)
    count = 0
    for municipality in _municipalities(year):
        kept = CardSum.objects.filter(year=year, municipality=municipality, month=month)
        found = count_cards(Scope.whole(year, municipality))
        for row in kept:
            if (row.way, row.medium) not in found:  # its cards are carried otherwise by now
                row.delete()
        for (way, medium), cards in found.items():
            CardSum.objects.update_or_create(
                year=year,
                municipality=municipality,
                month=month,
                way=way,
                medium=medium,
                defaults={"cards": cards.cards, "activated": cards.activated, "holders": cards.holders},
            )
            count += 1
    return count


def _delete_portions(year: ProgrammeYear) -> Iterator[int]:
    """Delete the cards of a year some at a time, then their batches."""
    rows = Card.objects.filter(batch__card_type__year=year)
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_A_TIME]):
        with transaction.atomic():
            Card.objects.filter(replaced_by__in=pks).update(replaced_by=None)
            wallets = list(WalletCard.objects.filter(card__in=pks).values_list("wallet", flat=True))
            WalletCard.objects.filter(card__in=pks).delete()
            Transfer.objects.filter(card__in=pks).delete()
            Allowance.objects.filter(card__in=pks).delete()
            Card.objects.filter(pk__in=pks).delete()
            Wallet.objects.filter(pk__in=wallets, links__isnull=True).delete()
        yield len(pks)
    batches = Batch.objects.filter(card_type__year=year)
    with transaction.atomic():
        CountChange.objects.filter(what="batch", ref__in=batches.values("pk"), pk__lt=0).delete()  # younger ones stay
        batches.delete()
