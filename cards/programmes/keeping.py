"""Looking after programmes: who takes part, years, card types with their lines, and quotas of agencies.

Deeds of coordinators. Handing out cards stands in actions.py, changing a line for cards that are out in lines.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError, TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from cards.ledger.counter import set_quantity
from cards.ledger.models import CountChange
from cards.programmes.models import AgencyQuota, Batch, CardType, CardTypeLine, Programme, ProgrammeMember, ProgrammeYear
from cards.programmes.states import Unit, YearState
from directory.agencies.models import Agency
from directory.listings.models import Category, TargetGroup
from directory.municipalities.models import Feature, Municipality
from portal.kit.refusals import Refused, refuse_if


class WhyNotKept(TextChoices):
    NO_SUCH_TOWN = "no_such_town", _("No municipality here that uses the activity card has this number.")
    TOWN_IS_IN = "town_is_in", _("This municipality takes part already.")
    TOWN_LEADS = "town_leads", _("This municipality looks after the programme, so it stays.")
    TOWN_HAS_ROWS = (
        "town_has_rows",
        _("This municipality has agreements, quotas or cards in the programme, so it stays until the year is closed."),
    )
    YEAR_IS_THERE = "year_is_there", _("The programme has this year already.")
    YEAR_IS_OVER = "year_is_over", _("The year is being closed or is closed. Nothing in it is changed any more.")
    LINE_IS_THERE = "line_is_there", _("The card type has a line for this already. Change that one.")
    QUOTA_IS_THERE = "quota_is_there", _("The agency has a quota of this card type already. Change that one.")
    NOT_IN_PROGRAMME = "not_in_programme", _("The municipality of this agency takes no part in the programme.")
    HAS_ROWS = "has_rows", _("Something belongs to it already, so it stays.")
    KEY_USED = "key_used", _("This page was used for something else already. Load it anew.")
    CARDS_ARE_OUT = (
        "cards_are_out",
        _("Cards of this type have been handed out. Change its lines with “Change a line for all cards”."),
    )


# ── who takes part ──────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def found(*, programme: Programme) -> None:
    """The municipality that looks after a programme takes part in it."""
    ProgrammeMember.objects.get_or_create(programme=programme, municipality=programme.municipality)


@transaction.atomic
def let_in(*, programme: Programme, number: str, by: Any) -> ProgrammeMember:
    """Let a municipality take part. It keeps its own agencies, quotas, agreements and money."""
    town = Municipality.objects.filter(number=number).first()
    refuse_if(WhyNotKept.NO_SUCH_TOWN if town is None or not town.has(Feature.CARDS) else None)
    member, is_new = ProgrammeMember.objects.get_or_create(programme=programme, municipality=town)
    refuse_if(None if is_new else WhyNotKept.TOWN_IS_IN)
    log(programme, "programme.let_in", user=by, data={"municipality": number})
    return member


@transaction.atomic
def let_go(*, programme: Programme, number: str, by: Any) -> None:
    """Let a municipality leave that has nothing in the programme."""
    member = ProgrammeMember.objects.filter(programme=programme, municipality__number=number).first()
    if member is None:
        return
    town = member.municipality
    refuse_if(WhyNotKept.TOWN_LEADS if town == programme.municipality else None)
    refuse_if(WhyNotKept.TOWN_HAS_ROWS if has_rows(programme, town) else None)
    member.delete()
    log(programme, "programme.let_go", user=by, data={"municipality": number})


def has_rows(programme: Programme, town: Municipality) -> bool:
    """Whether a municipality has anything of its own in a programme."""
    return bool(
        programme.agreements.filter(municipality=town).exists()  # type: ignore[attr-defined]
        or AgencyQuota.objects.filter(card_type__year__programme=programme, agency__municipality=town).exists()
        or Batch.objects.filter(card_type__year__programme=programme, municipality=town).exists()
    )


@transaction.atomic
def remove(*, row: Model, by: Any) -> None:
    """Take away what was made by mistake, as long as nothing belongs to it."""
    try:
        with transaction.atomic():
            log(row, "wagtail.delete", user=by, deleted=True)
            row.delete()
    except ProtectedError:
        raise Refused(WhyNotKept.HAS_ROWS) from None


# ── years ───────────────────────────────────────────────────────────────────────────────────────────────────


def open_year(*, programme: Programme, year: int, opens: date, closes: date, by: Any) -> ProgrammeYear:
    try:
        with transaction.atomic():
            row = ProgrammeYear.objects.create(programme=programme, year=year, opens=opens, closes=closes)
            log(row, "year.open", user=by)
    except IntegrityError:
        raise Refused(WhyNotKept.YEAR_IS_THERE) from None
    return row


@transaction.atomic
def change_year(*, year: ProgrammeYear, opens: date, closes: date, by: Any) -> None:
    """Move the first and last day. Cards keep their own last days."""
    row = _open_year(year.pk)
    row.opens, row.closes = opens, closes
    row.save(update_fields=["opens", "closes"])
    log(row, "year.change", user=by, data={"opens": opens.isoformat(), "closes": closes.isoformat()})


def _open_year(pk: int) -> ProgrammeYear:
    row = ProgrammeYear.objects.select_for_update(of=("self",)).select_related("programme").get(pk=pk)
    refuse_if(None if row.state == YearState.OPEN else WhyNotKept.YEAR_IS_OVER)
    return row


# ── card types ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class LineSaid:
    """A line as a form says it: an offer or a category, and how many clips, or øre."""

    quantity: int
    unit: str = Unit.CLIP
    offer: Any = None
    category: Category | None = None

    @property
    def about(self) -> tuple[int | None, int | None]:
        return (self.offer.pk if self.offer else None, self.category.pk if self.category else None)


def is_out(card_type: CardType) -> bool:
    """Whether cards of this type have been handed out."""
    return Batch.objects.filter(card_type=card_type).exists()


def make_card_type(
    *, year: ProgrammeYear, key: UUID, targets: Iterable[TargetGroup], lines: Iterable[LineSaid], by: Any, **facts: Any
) -> CardType:
    """A new card type. Sent twice under one key it is made once."""
    try:
        with transaction.atomic():
            row = CardType.objects.create(year=_open_year(year.pk), key=key, **facts)
            row.targets.set(targets)
            _write_lines(row, list(lines))
            log(row, "wagtail.create", user=by)
    except IntegrityError:
        earlier = CardType.objects.filter(key=key).first()
        if earlier is None:
            raise
        refuse_if(None if (earlier.year_id, earlier.name) == (year.pk, facts["name"]) else WhyNotKept.KEY_USED)
        return earlier
    return row


@transaction.atomic
def change_card_type(
    *, card_type: CardType, targets: Iterable[TargetGroup], lines: Iterable[LineSaid] | None, by: Any, **facts: Any
) -> None:
    """Change a card type; its lines too, as long as no card of it is out. Cards that are out keep their last days."""
    row = CardType.objects.select_for_update(of=("self",)).get(pk=card_type.pk)
    _open_year(row.year_id)
    for name, value in facts.items():
        setattr(row, name, value)
    row.version += 1
    row.save()
    row.targets.set(targets)
    if lines is not None:
        refuse_if(WhyNotKept.CARDS_ARE_OUT if is_out(row) else None)
        row.lines.all().delete()
        _write_lines(row, list(lines))
    log(row, "wagtail.edit", user=by)


def _write_lines(card_type: CardType, lines: list[LineSaid]) -> None:
    about = [line.about for line in lines]
    refuse_if(WhyNotKept.LINE_IS_THERE if len(set(about)) < len(about) else None)
    CardTypeLine.objects.bulk_create(
        CardTypeLine(
            card_type=card_type,
            sort_order=number,
            quantity=line.quantity,
            unit=line.unit,
            offer=line.offer,
            category=line.category,
        )
        for number, line in enumerate(lines)
    )


@transaction.atomic
def set_open(*, card_type: CardType, is_open: bool, by: Any) -> None:
    """Let a card type be handed out, or no longer. Cards that are out are not touched."""
    changed = CardType.objects.filter(pk=card_type.pk, is_open=not is_open).update(is_open=is_open)
    if changed:
        log(card_type, "card_type.open" if is_open else "card_type.shut", user=by)


# ── quotas ──────────────────────────────────────────────────────────────────────────────────────────────────


def give_quota(*, agency: Agency, card_type: CardType, quantity: int, by: Any, at: datetime, reason: str = "") -> AgencyQuota:
    """Let an agency hand out so many cards of a type."""
    takes_part = ProgrammeMember.objects.filter(programme=card_type.year.programme, municipality=agency.municipality_id).exists()
    refuse_if(None if takes_part else WhyNotKept.NOT_IN_PROGRAMME)
    try:
        with transaction.atomic():
            _open_year(card_type.year_id)
            row = AgencyQuota.objects.create(agency=agency, card_type=card_type, quantity=quantity)
            CountChange.objects.create(
                what="quota", ref=row.pk, kind="raise", before=0, after=quantity, reason=reason, by=by, at=at
            )
            log(row, "quota.give", user=by)
    except IntegrityError:
        raise Refused(WhyNotKept.QUOTA_IS_THERE) from None
    return row


@transaction.atomic
def change_quota(*, quota: AgencyQuota, quantity: int, reason: str, by: Any, at: datetime) -> None:
    """Raise or lower; never below what has been handed out."""
    _open_year(quota.card_type.year_id)
    kind = "raise" if quantity >= quota.quantity else "lower"
    set_quantity(row=quota, quantity=quantity, kind=kind, what="quota", by=by, at=at, reason=reason)
