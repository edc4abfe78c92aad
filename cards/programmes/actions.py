"""Deeds on cards: handing out, taking into use, pausing, stopping, replacing, giving extra, and changing a whole card type.

    issue ──▶ issued ──activate──▶ active ⇄ suspended      revoke: what is left is gone, a slot never used goes back
                 └── not in time: return_lapsed ──▶ its slot goes back to the agency's quota by itself
    reissue: the old card is stopped and emptied, and a new one holds what was left

Whoever locks more than one row takes them in this order: card type → card → allowances → quota; rows of a kind by number. Codes
are in memory only, and sealed in a sheet for who made them (sheets.py). The log and the journal name batches, not cards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone
from wagtail.log_actions import log

from cards.ledger.codes import hash_code, new_code, new_public_id
from cards.ledger.counter import give_back, take
from cards.ledger.models import CountChange
from cards.programmes import rules, sheets
from cards.programmes.models import (
    AgencyQuota,
    Allowance,
    Batch,
    Card,
    CardType,
    CardTypeLine,
    CodeSheet,
    Programme,
    ProgrammeMember,
)
from cards.programmes.rules import StopReason, WhyNotHand
from cards.programmes.sheets import IssuedCard
from cards.programmes.states import CardState, Medium, Unit
from cards.programmes.tags import Marks, marks_for, set_marks
from cards.programmes.wallets import activate
from directory.agencies.models import Agency
from directory.municipalities.models import Municipality, TenantLogEntry, out_of_order
from directory.providers.models import Provider
from portal.kit.refusals import Refused, refuse_if

__all__ = [
    "Issued",
    "IssuedCard",
    "activate",
    "add_extra",
    "add_line",
    "change_line",
    "issue",
    "move_to_phone",
    "print_done",
    "reissue",
    "resume",
    "return_lapsed",
    "revoke",
    "rotate",
    "suspend",
]

TRIES = 3  # to find numbers that no other card has
PORTION = 1_000  # rows that are written or changed at once

#: A card that was used on paper comes to a telephone like a new one: its code is spent, what is left stays.
move_to_phone = activate


@dataclass(frozen=True, slots=True)
class Issued:
    """Cards that were just made. Of a deed that was done before the codes are gone: `cards` is empty."""

    batch: Batch
    cards: list[IssuedCard] = field(default_factory=list)
    replayed: bool = False


# ── handing out ─────────────────────────────────────────────────────────────────────────────────────────────
def issue(
    *,
    card_type: CardType,
    municipality: Municipality,
    agency: Agency | None,
    count: int,
    way: str,
    key: UUID,
    by: Any,
    at: datetime,
    lang: str = "",
    purpose: str = "",
    holder_provider: Provider | None = None,
    national_ids: Sequence[str] | None = None,
    secret: str = "",
) -> Issued:
    """Hand out `count` cards, out of the agency's quota; without agency they are the coordinator's own.

    `key` is of this deed alone: sent twice, the cards are made once. With `secret` (and `key` its `sheets.deed_of`) the codes are
    kept sealed for a quarter of an hour. `national_ids`, one a card, are for programmes that guard against two cards.
    """
    new = Batch(
        municipality=municipality,
        card_type=card_type,
        agency=agency,
        way=way,
        count=max(count, 0),
        lang=lang,
        key=key,
        made_on=timezone.localdate(at),
        purpose=" ".join(purpose.split())[:120],
    )
    if (earlier := _done_before(new)) is not None:
        return earlier
    marks = _marks(new, national_ids, by, at)
    try:
        return _issue(new, marks, holder_provider, secret, by, at)
    except _GivenAlready:
        facts = {"reference": marks.reference}
        log(agency or municipality, "cards.refused", user=by, timestamp=at, data=facts, id=out_of_order())
        raise Refused(WhyNotHand.CANNOT, reference=marks.reference) from None


class _GivenAlready(Exception):
    """A mark stands there already."""


def _done_before(new: Batch) -> Issued | None:
    """What was made under this key before. A key that stands for something else is no key here."""
    earlier = Batch.objects.filter(key=new.key).first()
    if earlier is None:
        return None
    same = all(
        getattr(earlier, name) == getattr(new, name) for name in ("municipality_id", "card_type_id", "agency_id", "way", "count")
    )
    refuse_if(None if same else WhyNotHand.KEY_USED)
    return Issued(earlier, replayed=True)


def _marks(new: Batch, national_ids: Sequence[str] | None, by: Any, at: datetime) -> Marks:
    year = new.card_type.year
    guarded = year.programme.privacy_level == Programme.Privacy.TAG
    if national_ids is not None and not guarded:
        raise ValueError("this programme takes no national numbers")
    if not guarded or (national_ids is None and new.agency_id is None):  # a welcome pack knows no children
        return Marks("", ())
    refuse_if(WhyNotHand.NUMBER_MISSING if national_ids is None or len(national_ids) != new.count else None)
    return marks_for(year=year, numbers=national_ids or (), asker=new.agency or new.municipality, by=by, at=at)


@transaction.atomic
def _issue(new: Batch, marks: Marks, keeper: Provider | None, secret: str, by: Any, at: datetime) -> Issued:
    # Locked, so that a line that is changed meanwhile reaches these cards too.
    card_type = CardType.objects.select_for_update(of=("self",), no_key=True).select_related("year__programme")
    new.card_type = card_type.get(pk=new.card_type_id)
    year, lines = new.card_type.year, list(new.card_type.lines.all())
    refuse_if(
        rules.why_not_issue(
            card_type=new.card_type,
            municipality=new.municipality,
            agency=new.agency,
            count=new.count,
            way=new.way,
            has_provider=keeper is not None,
            is_member=_takes_part(year.programme, new.municipality),
            has_lines=bool(lines),
            day=new.made_on,
        )
    )
    try:
        with transaction.atomic():
            new.save(force_insert=True)
    except IntegrityError:
        earlier = _done_before(new)
        if earlier is None:
            raise
        return earlier
    _take_quota(new)
    try:
        with transaction.atomic():
            set_marks(year, marks, at)
    except IntegrityError as error:
        raise _GivenAlready from error
    made = _new_cards(new, new.card_type.activate_by, new.card_type.valid_to, keeper)
    _fill([one.card for one in made], lines)
    log(new, "cards.issue", user=by, timestamp=at, data={"cards": new.count, "way": new.way})
    if secret:
        sheets.keep(batch=new, cards=made, secret=secret, by=by, at=at)
    return Issued(new, made)


def _takes_part(programme: Programme, municipality: Municipality) -> bool:
    own = programme.municipality_id == municipality.pk
    return own or ProgrammeMember.objects.filter(programme=programme, municipality=municipality).exists()


def _take_quota(batch: Batch) -> None:
    if batch.agency_id is None:
        return
    quota = AgencyQuota.objects.filter(agency=batch.agency_id, card_type=batch.card_type_id)
    if not take(quota, batch.count):
        row = quota.first()
        raise Refused(WhyNotHand.QUOTA, left=row.left) if row else Refused(WhyNotHand.NO_QUOTA)


def _new_cards(batch: Batch, activate_by: date, valid_to: date, keeper: Provider | None) -> list[IssuedCard]:
    medium = Medium.ASSOCIATION if keeper else Medium.UNKNOWN
    for _again in range(TRIES):
        made = []
        for _number in range(batch.count):
            code = new_code()
            card = Card(
                batch=batch,
                public_id=new_public_id(),
                code_hash=hash_code(code),
                medium=medium,
                activate_by=activate_by,
                valid_to=valid_to,
                holder_provider=keeper,
            )
            made.append(IssuedCard(card, code))
        try:
            with transaction.atomic():
                Card.objects.bulk_create([one.card for one in made], batch_size=PORTION)
        except IntegrityError:  # a number that another card has
            continue
        return made
    raise RuntimeError("No free numbers were found for new cards.")


def _fill(cards: Iterable[Card], lines: Sequence[CardTypeLine]) -> None:
    Allowance.objects.bulk_create(
        [
            Allowance(
                card=card,
                line=line,
                offer_id=line.offer_id,
                category_id=line.category_id,
                unit=line.unit,
                quantity=line.quantity,
            )
            for card in cards
            for line in lines
        ],
        batch_size=PORTION,
    )


def print_done(*, batch: Batch, by: Any, at: datetime) -> None:
    """'Printed' was pressed: the codes are forgotten."""
    with transaction.atomic():
        sheets.printed(batch=batch, by=by, at=at)
        log(batch, "cards.printed", user=by, timestamp=at)


@transaction.atomic
def rotate(*, batch: Batch, by: Any, at: datetime, secret: str) -> Issued:
    """New codes for the cards of a batch that were never used: what was printed of these stops working."""
    batch = Batch.objects.select_for_update(of=("self",), no_key=True).select_related("card_type__year").get(pk=batch.pk)
    deed = sheets.deed_of(secret)
    if CodeSheet.objects.filter(batch=batch, key=deed).exists():
        return Issued(batch, replayed=True)
    refuse_if(WhyNotHand.SHEET_GONE if _was_done("cards.rotate", batch, deed) else None)
    day = timezone.localdate(at)
    rows = Card.objects.filter(batch=batch, state=CardState.ISSUED).select_for_update(of=("self",), no_key=True).order_by("pk")
    made = []
    for card in rows.select_related("batch__card_type__year"):
        if rules.can_get_new_code(card, day):
            code = new_code()
            card.code_hash = hash_code(code)
            made.append(IssuedCard(card, code))
    refuse_if(None if made else WhyNotHand.ALL_USED)
    Card.objects.bulk_update([one.card for one in made], ["code_hash"], batch_size=500)
    Batch.objects.filter(pk=batch.pk).update(printed_on=None)
    sheets.keep(batch=batch, cards=made, secret=secret, by=by, at=at)
    log(batch, "cards.rotate", user=by, timestamp=at, data={"cards": len(made), "deed": str(deed)})
    return Issued(batch, made)


def _was_done(action: str, batch: Batch, deed: UUID) -> bool:
    """Whether a form was sent before whose codes are gone by now: what was printed of them must not stop working."""
    entries = TenantLogEntry.objects.filter(action=action, content_type=ContentType.objects.get_for_model(Batch))
    return entries.filter(object_id=str(batch.pk), data__deed=str(deed)).exists()


# ── one card ────────────────────────────────────────────────────────────────────────────────────────────────
def _locked(card: Card) -> Card:
    rows = Card.objects.select_for_update(of=("self",), no_key=True).select_related(
        "batch__card_type__year__programme", "batch__agency"
    )
    return rows.get(pk=card.pk)


def _move(card: Card, to: CardState, action: str, by: Any, at: datetime) -> Card:
    row = _locked(card)
    if row.state != to:  # pressed twice, it is so already
        refuse_if(rules.why_not_move(row, to, timezone.localdate(at)))
        row.state = to
        row.save(update_fields=["state"])
        log(row.batch, action, user=by, timestamp=at)
    return row


@transaction.atomic
def suspend(*, card: Card, by: Any, at: datetime, reason: str = "") -> Card:
    """Pause a card in use: nothing can be used until it is taken up again."""
    return _move(card, CardState.SUSPENDED, "cards.suspend", by, at)


@transaction.atomic
def resume(*, card: Card, by: Any, at: datetime, reason: str = "") -> Card:
    """Take a paused card up again."""
    return _move(card, CardState.ACTIVE, "cards.resume", by, at)


@transaction.atomic
def revoke(*, card: Card, by: Any, at: datetime, reason: str = StopReason.OTHER) -> Card:
    """Stop a card for good. What was left on it is gone; of one that was never used the slot goes back to the agency."""
    row = _locked(card)
    refuse_if(rules.is_over(row, timezone.localdate(at)))
    _empty(row)
    row.returned = _give_back_slot(row)
    row.save(update_fields=["state", "returned"])
    _journal(row.batch, "revoke", by, at, reason=StopReason(reason).value)
    log(row.batch, "cards.revoke", user=by, timestamp=at, data={"reason": StopReason(reason).value})
    return row


@transaction.atomic
def reissue(*, card: Card, by: Any, at: datetime, key: UUID, secret: str = "") -> Issued:
    """Replace a card: the old one is stopped everywhere, also on telephones, and the new one holds what was left on it."""
    # Locked, as for a new card: a line that is changed meanwhile must not miss it.
    CardType.objects.select_for_update(of=("self",), no_key=True).get(batches=card.batch_id)
    row = _locked(card)
    earlier = Batch.objects.filter(key=key).first()
    if earlier is not None:
        refuse_if(None if row.replaced_by_id and row.replaced_by.batch_id == earlier.pk else WhyNotHand.KEY_USED)  # type: ignore[union-attr]
        return Issued(earlier, replayed=True)
    day = timezone.localdate(at)
    refuse_if(rules.is_over(row, day))
    was_in_use = row.state != CardState.ISSUED
    rest = _empty(row)
    batch = Batch.objects.create(
        municipality_id=row.batch.municipality_id,
        card_type=row.batch.card_type,
        agency=row.batch.agency,
        way=row.batch.way,
        count=1,
        lang=row.batch.lang,
        key=key,
        made_on=day,
        purpose=row.batch.purpose,
    )
    # What was in use does not lapse again: it was taken into use in time.
    made = _new_cards(batch, row.valid_to if was_in_use else row.activate_by, row.valid_to, row.holder_provider)
    for allowance, left in rest:
        allowance.pk, allowance.card, allowance.quantity, allowance.used, allowance.cut, allowance.key = (
            None,
            made[0].card,
            left,
            0,
            0,
            None,
        )
    Allowance.objects.bulk_create([allowance for allowance, _left in rest])
    row.replaced_by = made[0].card
    row.save(update_fields=["state", "replaced_by"])
    _journal(row.batch, "reissue", by, at)
    log(row.batch, "cards.reissue", user=by, timestamp=at)
    if secret:
        sheets.keep(batch=batch, cards=made, secret=secret, by=by, at=at)
    return Issued(batch, made)


def _empty(row: Card) -> list[tuple[Allowance, int]]:
    """Stop a locked card and take away what is left on it: (allowance as it was, what was left) of each."""
    allowances = list(Allowance.objects.filter(card=row).select_for_update(of=("self",), no_key=True).order_by("pk"))
    Allowance.objects.filter(card=row).update(quantity=F("used"))
    row.state = CardState.REVOKED
    return [(allowance, allowance.left) for allowance in allowances]


def _chain(card: Card) -> Iterator[Card]:
    """A card, and those that it replaces, the newest first."""
    row: Card | None = card
    while row is not None:
        yield row
        row = Card.objects.filter(replaced_by=row).first()


def _give_back_slot(row: Card) -> bool:
    """Of a card never used, nor those it replaces, the agency may hand out another."""
    if Allowance.objects.filter(card__in=[one.pk for one in _chain(row)], used__gt=0).exists():
        return False
    if row.batch.agency_id is not None:
        give_back(AgencyQuota.objects.filter(agency=row.batch.agency_id, card_type=row.batch.card_type_id), 1)
    return True


def take_slot_again(card: Card, at: datetime) -> bool:
    """A locked card whose slot has flowed back was used in time after all: the agency hands it out once more, if it may.

    False, and nothing is changed, where the slot has gone to another card meanwhile. True too where it never flowed back.
    """
    chain = [one.pk for one in _chain(card)]
    flowed_back = card.returned and (len(chain) == 1 or not Allowance.objects.filter(card__in=chain, used__gt=0).exists())
    if not flowed_back:
        return True
    batch = card.batch
    if batch.agency_id is not None:
        quota = AgencyQuota.objects.filter(agency=batch.agency_id, card_type=batch.card_type_id)
        if not take(quota, 1):
            return False
    _journal(batch, "taken", None, at)
    card.returned = False
    card.save(update_fields=["returned"])
    return True


def _journal(batch: Batch, kind: str, by: Any, at: datetime, *, after: int | None = None, reason: str = "") -> None:
    CountChange.objects.create(what="batch", ref=batch.pk, kind=kind, after=after, rows=1, reason=reason, by=by, at=at)


@transaction.atomic
def add_extra(
    *,
    card: Card,
    quantity: int,
    by: Any,
    at: datetime,
    key: UUID,
    offer: Any = None,
    category: Any = None,
    unit: str = Unit.CLIP,
) -> Allowance:
    """Give something straight to one card, beside what its card type holds. `key`: sent twice, given once."""
    row = _locked(card)
    if (earlier := Allowance.objects.filter(key=key).first()) is not None:
        about = (earlier.card_id, earlier.offer_id, earlier.category_id, earlier.unit, earlier.quantity)
        same = about == (row.pk, offer.pk if offer else None, category.pk if category else None, unit, quantity)
        refuse_if(None if same else WhyNotHand.KEY_USED)
        return earlier
    day = timezone.localdate(at)
    refuse_if(rules.is_over(row, day))
    most = rules.MOST_EXTRA if unit == Unit.CLIP else rules.MOST_EXTRA_ORE
    refuse_if(None if 1 <= quantity <= most else WhyNotHand.AMOUNT)
    if offer is not None:
        shown = type(offer)._default_manager.shown_on(day)
        fits = shown.filter(pk=offer.pk, agreement__programme=row.batch.card_type.year.programme_id)
        refuse_if(None if fits.exists() else WhyNotHand.OFFER_CLOSED)
    given = Allowance.objects.create(card=row, offer=offer, category=category, unit=unit, quantity=quantity, key=key)
    _journal(row.batch, "extra" if unit == Unit.CLIP else "extra-ore", by, at, after=quantity)
    log(row.batch, "cards.extra", user=by, timestamp=at, data={"quantity": quantity, "unit": unit})
    return given


# ── a whole card type ───────────────────────────────────────────────────────────────────────────────────────
def _portions(rows: QuerySet[Any]) -> Iterator[list[int]]:
    """The numbers of rows in order, some at a time."""
    last = 0
    while pks := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:PORTION]):
        yield pks
        last = pks[-1]


@transaction.atomic
def change_line(
    *, line: CardTypeLine, quantity: int, by: Any, at: datetime, apply_to_cards: bool = True, reason: str = ""
) -> CountChange:
    """Raise, lower or withdraw a line for new cards, and on those that are out as far as what they used allows.

    A card that replaces another gets what the new quantity leaves after what was used on those before it.
    """
    refuse_if(WhyNotHand.AMOUNT if quantity < 0 else None)
    CardType.objects.select_for_update(of=("self",), no_key=True).get(pk=line.card_type_id)
    row = CardTypeLine.objects.get(pk=line.pk)
    before, changed = row.quantity, 0
    row.quantity = line.quantity = quantity
    row.save(update_fields=["quantity"])
    CardType.objects.filter(pk=row.card_type_id).update(version=F("version") + 1)
    if apply_to_cards:
        changed = _apply(row)
    kind = "withdraw" if quantity == 0 else "raise" if quantity > before else "lower"
    log(row.card_type, "cards.line", user=by, timestamp=at, data={"before": before, "after": quantity, "cards": changed})
    return CountChange.objects.create(
        what="card-type-line",
        ref=row.pk,
        kind=kind,
        before=before,
        after=quantity,
        rows=changed,
        reason=reason,
        by=by,
        at=at,
    )


def _living(card_type_id: int) -> QuerySet[Card]:
    return Card.objects.filter(batch__card_type=card_type_id, returned=False).exclude(state=CardState.REVOKED)


def _apply(line: CardTypeLine) -> int:
    """Bring the allowances of a line to its quantity, never below what is used; how many were changed."""
    rows = Allowance.objects.filter(line=line, card__returned=False).exclude(card__state=CardState.REVOKED)
    wanted = Case(When(used__gt=line.quantity, then=F("used")), default=Value(line.quantity))
    changed = 0
    for pks in _portions(rows.filter(card__replaces=None)):
        locked = list(
            Allowance.objects.filter(pk__in=pks).select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk")
        )
        living = Allowance.objects.filter(pk__in=[pk for (pk,) in locked]).exclude(card__state=CardState.REVOKED)
        changed += living.exclude(quantity=wanted).update(quantity=wanted)
    for allowance in rows.filter(card__replaces__isnull=False).select_for_update(of=("self",), no_key=True).order_by("pk"):
        before = [one.pk for one in _chain(allowance.card)][1:]
        spent = sum(Allowance.objects.filter(line=line, card__in=before).values_list("used", flat=True))
        new = max(allowance.used, line.quantity - spent)
        living = Allowance.objects.filter(pk=allowance.pk).exclude(card__state=CardState.REVOKED)
        changed += living.exclude(quantity=new).update(quantity=new)
    return changed


@transaction.atomic
def add_line(
    *,
    card_type: CardType,
    quantity: int,
    by: Any,
    at: datetime,
    offer: Any = None,
    category: Any = None,
    unit: str = Unit.CLIP,
    apply_to_cards: bool = True,
) -> CardTypeLine:
    """Something new on a card type, for cards to come and for those that are out."""
    refuse_if(WhyNotHand.AMOUNT if quantity < 0 else None)
    kind = CardType.objects.select_for_update(of=("self",), no_key=True).get(pk=card_type.pk)
    last = kind.lines.order_by("-sort_order").values_list("sort_order", flat=True).first()
    line = CardTypeLine.objects.create(
        card_type=kind,
        offer=offer,
        category=category,
        unit=unit,
        quantity=quantity,
        sort_order=0 if last is None else last + 1,
    )
    CardType.objects.filter(pk=kind.pk).update(version=F("version") + 1)
    filled = 0
    if apply_to_cards:
        for pks in _portions(_living(kind.pk)):
            cards = Card.objects.filter(pk__in=pks).select_for_update(of=("self",), no_key=True).order_by("pk")
            living = [card for card in cards if card.state != CardState.REVOKED and not card.returned]
            _fill(living, [line])
            filled += len(living)
    CountChange.objects.create(
        what="card-type-line", ref=line.pk, kind="raise", before=0, after=quantity, rows=filled, by=by, at=at
    )
    log(kind, "cards.line", user=by, timestamp=at, data={"before": 0, "after": quantity, "cards": filled})
    return line


# ── by the clock ────────────────────────────────────────────────────────────────────────────────────────────
def return_lapsed(at: datetime) -> int:
    """Cards that were not taken into use in time: their slots go back to the agencies; how many cards. Run twice, done once."""
    day, gone = timezone.localdate(at), 0
    while lapsed := _return_portion(day, at):
        gone += lapsed
    return gone


@transaction.atomic
def _return_portion(day: date, at: datetime) -> int:
    lapsed = Q(state=CardState.ISSUED, activate_by__lt=day, returned=False)
    rows = (
        Card.objects.filter(lapsed).select_related("batch").select_for_update(of=("self",), no_key=True).order_by("pk")[:PORTION]
    )
    cards = list(rows)
    if not cards:
        return 0
    fresh = set(Card.objects.filter(pk__in=[card.pk for card in cards], replaces=None).values_list("pk", flat=True))
    slots: Counter[tuple[int, int]] = Counter()
    for card in cards:
        chain = [] if card.pk in fresh else [one.pk for one in _chain(card)]
        if card.batch.agency_id and not Allowance.objects.filter(card__in=chain, used__gt=0).exists():
            slots[card.batch.agency_id, card.batch.card_type_id] += 1
    Card.objects.filter(pk__in=[card.pk for card in cards]).update(returned=True)
    for (agency, card_type), count in sorted(slots.items()):
        quota = AgencyQuota.objects.filter(agency=agency, card_type=card_type)
        if give_back(quota, count):
            row = quota.get()
            CountChange.objects.create(
                what="quota", ref=row.pk, kind="return", before=row.used + count, after=row.used, rows=count, at=at
            )
    return len(cards)
