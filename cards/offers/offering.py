"""Deeds about agreements and offers. Each move is in states.OFFER_MOVES and made by compare-and-set on the row that is held.

    provider   propose_agreement ─ wish_renewal      save_offer ▶ send_offer ─ take_back    release · close · reopen · copy_offer
                                                        ▲            │
    staff      agree ─ change_agreement                 └─ send_back ┴▶ approve_offer ▶ publish ⇄ unpublish ▶ close
               end_agreement ─ renew                 change_quantity · add_stock · load_codes

What is approved is what counts: a provider that changes it takes the offer out of use until it is approved anew (a trusted one
may mend its words). Whatever the public sees of it is indexed in the same transaction. The lock order is agreement, offers by
number, stock, ceiling: as a use takes them. Locks leave room for rows that point here (a use, a month's ceiling).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from cards.ledger.counter import set_quantity
from cards.ledger.models import CountChange
from cards.offers import conditions, emails
from cards.offers.approved import TERMS, TEXTS, mark_of, values_of
from cards.offers.conditions import day_of
from cards.offers.models import Ceiling, ExternalCode, Offer, ProviderAgreement, Stock
from cards.offers.permissions import is_coordinator, may_decide, may_offer
from cards.offers.ready_made import fingerprint, sealed
from cards.offers.states import OFFER_MOVES, AgreementState, OfferState, Renewal
from cards.programmes.models import Programme, ProgrammeMember
from directory.activities.models import Activity
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from portal.kit.changes import send_changed, told_together
from portal.kit.refusals import Refused, refuse_if

MOST_OFFERS = 200  # of one agreement that are not closed
MOST_COMPANIONS = 20
MOST_CODES = 20_000  # loaded at once
LONGEST_CODE = 120
LONGEST = timedelta(days=366 * 3)  # of an agreement at once
BOUNDS = ("quantity", "released")
FACTS = ("valid_from", "valid_to", "ceiling_ore", "renewal", "terms", "offline_allowed")  # of an agreement
IN_USE = (OfferState.APPROVED, OfferState.PUBLISHED)


class Why(TextChoices):
    """Why a deed about an agreement or an offer is not done."""

    NOT_YOURS = "not-yours", _("Only a coordinator of the municipality can do this.")
    OWN = "own", _("You keep this provider's page yourself. Ask a colleague to decide.")
    STRANGER = "stranger", _("Only those who keep the provider's page can do this.")
    NOT_NOW = "not-now", _("This cannot be done now. Load the page again to see where it stands.")
    MOVED = "moved", _("This has been changed since you opened the page. Look at it once more.")
    NOT_MEMBER = "not-member", _("The municipality is not part of this card.")
    HAS_AGREEMENT = "has-agreement", _("There is an agreement already. Change or renew that one.")
    DATES = "dates", _("The last day comes before the first.")
    LONG = "long", _("Choose a period of at most three years.")
    PAST = "past", _("Choose a last day that is still to come.")
    ENDED = "ended", _("The agreement has ended. Make a new one first.")
    NOT_AGREED = "not-agreed", _("The agreement with the municipality comes first.")
    OUTSIDE = "outside", _("The days lie outside the agreement. Choose others, or renew the agreement first.")
    EARLIER = "earlier", _("Choose a later day than the agreement has now.")
    WAITING = "waiting", _("This waits for the municipality. Take it back to change more.")
    CLOSED = "closed", _("This offer is closed. Open it again first.")
    NAMELESS = "nameless", _("Say what one gets.")
    MANY = "many", _("There are very many offers already. Close those that are over.")
    CONDITIONS = "conditions", _("Look at the days and hours once more.")
    FOREIGN = "foreign", _("Choose an activity and a place of your own.")
    COMPANIONS = "companions", _("Choose at most 20 who come along.")
    PRICE = "price", _("A price cannot be less than nothing.")
    BELOW_USED = "below-used", _("More than that have been used already.")
    ABOVE_ALL = "above-all", _("No more can be released than there are in all.")
    NO_REASON = "no-reason", _("Say why, so that they know what to change.")
    NO_CODES = "no-codes", _("There are no codes in this.")
    LONG_CODE = "long-code", _("A code is longer than 120 characters. Is it one code a line?")
    MORE_THAN_STOCK = "more-than-stock", _("These are more codes than tickets in this stock. Raise the number of tickets first.")


# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────


def _held_agreement(agreement: ProviderAgreement) -> ProviderAgreement:
    rows = ProviderAgreement.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("municipality__site", "provider__municipality__site", "programme").get(pk=agreement.pk)


def why_not_decide(by: Any, municipality: Municipality, provider: Provider) -> Why | None:
    """Whether somebody decides for the municipality."""
    if may_decide(by, municipality, provider):
        return None
    return Why.OWN if is_coordinator(by, municipality) else Why.NOT_YOURS


def why_not_period(first: date, last: date, today: date) -> Why | None:
    """Whether an agreement can be for these days."""
    if first > last:
        return Why.DATES
    if last - first > LONGEST:
        return Why.LONG
    return Why.PAST if last < today else None


@transaction.atomic
def propose_agreement(
    *,
    programme: Programme,
    municipality: Municipality,
    provider: Provider,
    valid_from: date,
    valid_to: date,
    by: Any,
    at: datetime,
    ceiling_ore: int | None = None,
    renewal: str = Renewal.ASK,
    terms: str = "",
) -> ProviderAgreement:
    """Put an agreement to the municipality; by a provider's own people or by staff. Pressed twice, it is there once."""
    decides = may_decide(by, municipality, provider)
    refuse_if(None if decides or may_offer(by, provider) else Why.STRANGER)
    refuse_if(why_not_period(valid_from, valid_to, day_of(at)))
    refuse_if(None if ProgrammeMember.objects.filter(programme=programme, municipality=municipality).exists() else Why.NOT_MEMBER)
    known = ProviderAgreement.objects.filter(programme=programme, municipality=municipality, provider=provider)
    try:
        with transaction.atomic():
            agreement = ProviderAgreement.objects.create(
                programme=programme,
                municipality=municipality,
                provider=provider,
                valid_from=valid_from,
                valid_to=valid_to,
                ceiling_ore=ceiling_ore,
                renewal=renewal,
                terms=terms.strip(),
                word_salt=secrets.token_bytes(16),
            )
    except IntegrityError:
        there = known.exclude(state=AgreementState.ENDED).get()
        same = (there.state, there.valid_from, there.valid_to) == (AgreementState.PROPOSED, valid_from, valid_to)
        refuse_if(None if same else Why.HAS_AGREEMENT)
        return there
    log(agreement, "agreement.propose", user=by)
    if not decides:
        emails.tell_office_of_agreement(agreement)
    return agreement


@transaction.atomic
def agree(*, agreement: ProviderAgreement, by: Any, at: datetime) -> ProviderAgreement:
    """Say yes for the municipality."""
    row = _held_agreement(agreement)
    refuse_if(why_not_decide(by, row.municipality, row.provider))
    if row.state == AgreementState.AGREED:
        return row
    proposed = ProviderAgreement.objects.filter(pk=row.pk, state=AgreementState.PROPOSED)
    refuse_if(None if proposed.update(state=AgreementState.AGREED, agreed_on=day_of(at)) else Why.ENDED)
    row.state, row.agreed_on = AgreementState.AGREED, day_of(at)
    log(row, "agreement.agree", user=by)
    tell_listings(row.offers.filter(state=OfferState.PUBLISHED))
    emails.tell_agreed(row)
    return row


@transaction.atomic
def change_agreement(*, agreement: ProviderAgreement, by: Any, at: datetime, reason: str = "", **facts: Any) -> ProviderAgreement:
    """Change what is agreed (`FACTS`), for the municipality. A new ceiling holds from this month; what was used stays used."""
    row = _held_agreement(agreement)
    refuse_if(why_not_decide(by, row.municipality, row.provider))
    refuse_if(Why.ENDED if row.state == AgreementState.ENDED else None)
    if unknown := set(facts) - set(FACTS):
        raise TypeError(f"not of an agreement: {', '.join(sorted(unknown))}")
    changed = [name for name, value in facts.items() if getattr(row, name) != value]
    if not changed:
        return row
    for name in changed:
        setattr(row, name, facts[name])
    refuse_if(Why.DATES if row.valid_from > row.valid_to else None)
    row.save(update_fields=changed)
    if "ceiling_ore" in changed and row.ceiling_ore is not None:
        _move_ceilings(row, by=by, at=at, reason=reason)
    log(row, "agreement.change", user=by, data={"fields": sorted(changed)})
    tell_listings(row.offers.filter(state=OfferState.PUBLISHED))
    if row.state == AgreementState.AGREED:
        emails.tell_agreement_changed(row, changed, by)
    return row


def _move_ceilings(agreement: ProviderAgreement, *, by: Any, at: datetime, reason: str) -> None:
    """The months that run or come get the new ceiling, or what has been used where that is more."""
    months = Ceiling.objects.select_for_update(no_key=True).filter(agreement=agreement, month__gte=day_of(at).replace(day=1))
    for ceiling in months.order_by("pk"):
        wanted = max(agreement.ceiling_ore or 0, ceiling.used)
        if wanted != ceiling.quantity:
            kind = "raise" if wanted > ceiling.quantity else "lower"
            set_quantity(row=ceiling, quantity=wanted, kind=kind, what="ceiling", by=by, at=at, reason=reason)
            Ceiling.objects.filter(pk=ceiling.pk).update(warned=False)


@transaction.atomic
def end_agreement(*, agreement: ProviderAgreement, by: Any, at: datetime, reason: str = "") -> ProviderAgreement:
    """End an agreement now: its offers are closed. A provider may take back what it has only proposed."""
    row = _held_agreement(agreement)
    if row.state != AgreementState.PROPOSED or not may_offer(by, row.provider):
        refuse_if(why_not_decide(by, row.municipality, row.provider))
    if row.state == AgreementState.ENDED:
        return row
    was_agreed = row.state == AgreementState.AGREED
    ProviderAgreement.objects.filter(pk=row.pk).update(state=AgreementState.ENDED, wished_to=None)
    row.state, row.wished_to = AgreementState.ENDED, None
    offers = row.offers.select_for_update(of=("self",), no_key=True).exclude(state=OfferState.CLOSED).order_by("pk")
    shown = [offer for offer in offers if offer.state == OfferState.PUBLISHED]
    offers.update(state=OfferState.CLOSED, approved_by=None)
    log(row, "agreement.end", user=by, data={"reason": reason.strip()[:300]})
    tell_listings(shown)
    if was_agreed:
        emails.tell_ended(row, reason.strip())
    return row


@transaction.atomic
def wish_renewal(*, agreement: ProviderAgreement, until: date | None, by: Any, at: datetime) -> ProviderAgreement:
    """A provider answers whether it goes on: until a day, or (None) not beyond what is agreed."""
    row = _held_agreement(agreement)
    refuse_if(None if may_offer(by, row.provider) else Why.STRANGER)
    refuse_if(Why.ENDED if row.state == AgreementState.ENDED else None)
    refuse_if(Why.NOT_AGREED if row.state != AgreementState.AGREED else None)
    if until is not None:
        refuse_if(Why.EARLIER if until <= row.valid_to else None)
        refuse_if(why_not_period(row.valid_to, until, day_of(at)))
    renewal = Renewal.NONE if until is None else row.renewal
    if (row.wished_to, row.renewal) == (until, renewal):
        return row
    row.wished_to, row.renewal = until, renewal
    row.save(update_fields=["wished_to", "renewal"])
    log(row, "agreement.wish", user=by, data={"until": until.isoformat() if until else ""})
    emails.tell_office_of_wish(row)
    return row


@transaction.atomic
def renew(*, agreement: ProviderAgreement, valid_to: date, by: Any, at: datetime) -> ProviderAgreement:
    """Let an agreement go on until a later day. Pressed twice, it goes on once."""
    row = _held_agreement(agreement)
    refuse_if(why_not_decide(by, row.municipality, row.provider))
    refuse_if(Why.NOT_AGREED if row.state != AgreementState.AGREED else None)
    if row.valid_to == valid_to:
        return row
    refuse_if(Why.EARLIER if valid_to < row.valid_to else None)
    refuse_if(why_not_period(row.valid_to, valid_to, day_of(at)))
    row.valid_to, row.asked_on, row.wished_to = valid_to, None, None
    if row.renewal == Renewal.NONE:  # somebody has changed their mind
        row.renewal = Renewal.ASK
    row.save(update_fields=["valid_to", "asked_on", "wished_to", "renewal"])
    log(row, "agreement.renew", user=by, data={"until": valid_to.isoformat()})
    tell_listings(row.offers.filter(state=OfferState.PUBLISHED))
    emails.tell_renewed(row)
    return row


# ── offers ──────────────────────────────────────────────────────────────────────────────────────────────────


def _held(offer: Offer) -> Offer:
    rows = Offer.objects.select_for_update(of=("self",), no_key=True).select_related(
        "agreement__municipality__site", "agreement__provider__municipality__site", "agreement__programme"
    )
    return rows.get(pk=offer.pk)


def _refuse_stranger(by: Any, offer: Offer) -> None:
    """Deeds that both sides may do."""
    agreement = offer.agreement
    if not may_offer(by, agreement.provider):
        refuse_if(why_not_decide(by, agreement.municipality, agreement.provider))


def _move(offer: Offer, to: OfferState, **values: Any) -> None:
    """Compare and set: of two who press at once, one moves it."""
    refuse_if(None if to in OFFER_MOVES[OfferState(offer.state)] else Why.NOT_NOW)
    moved = Offer.objects.filter(pk=offer.pk, state=offer.state).update(state=to, **values)
    refuse_if(None if moved == 1 else Why.MOVED)
    offer.state = to
    for name, value in values.items():
        setattr(offer, name, value)


def tell_listings(offers: Iterable[Offer]) -> None:
    """What the public sees of these has changed: the index follows in this transaction."""
    found: dict[Any, set[int]] = {Activity: set(), Place: set(), Provider: set()}
    for offer in offers:
        found[Provider].add(offer.agreement.provider_id)
        if offer.activity_id:
            found[Activity].add(offer.activity_id)
        if offer.place_id:
            found[Place].add(offer.place_id)
    with told_together():
        for model, pks in found.items():
            if pks:
                send_changed(model, model.KIND.value, sorted(pks))


def why_not_values(offer: Offer) -> Why | None:
    """Whether an offer can be kept like this, also as a draft."""
    agreement = offer.agreement
    if offer.valid_from > offer.valid_to:
        return Why.DATES
    if offer.unit_ore < 0:
        return Why.PRICE
    if offer.companions > MOST_COMPANIONS or offer.companion_clips > MOST_COMPANIONS:
        return Why.COMPANIONS
    activity = Activity.objects.filter(pk=offer.activity_id, provider=agreement.provider_id)
    place = Place.objects.filter(pk=offer.place_id, municipality=agreement.provider.municipality_id)
    if (offer.activity_id and not activity.exists()) or (offer.place_id and not place.exists()):
        return Why.FOREIGN
    return why_not_bounds(offer.used, offer.quantity, offer.released)


def why_not_bounds(used: int, quantity: int | None, released: int | None) -> Why | None:
    """used ≤ released ≤ quantity; without a quantity there may be no limit at all."""
    if quantity is not None and (released is None or released > quantity):
        return Why.ABOVE_ALL
    return Why.BELOW_USED if released is not None and released < used else None


@transaction.atomic
def save_offer(
    *,
    agreement: ProviderAgreement,
    values: Mapping[str, Any],
    by: Any,
    at: datetime,
    offer: Offer | None = None,
    key: UUID | None = None,
    as_staff: bool = False,
    reason: str = "",
) -> Offer:
    """Keep what is written of an offer; without `offer`, a new draft (`key`: made once). `values`: of TEXTS, TERMS and BOUNDS.

    What a provider changes of an offer that was approved makes it a draft again, unless the provider is trusted and only words
    are changed. Staff (`as_staff`) change what is in use.
    """
    if unknown := set(values) - {*TEXTS, *TERMS, *BOUNDS}:
        raise TypeError(f"not of an offer: {', '.join(sorted(unknown))}")
    if offer is None:
        return _begin(agreement, values, by, at, key, as_staff)
    row = _held(offer)
    _refuse_writer(by, row.agreement, as_staff)
    facts = _readable(values)
    changed = {name for name, value in facts.items() if (getattr(row, name) or None) != (value or None)}
    changed |= {name for name in BOUNDS if name in facts and getattr(row, name) != facts[name]}
    if not changed:
        return row
    refuse_if(Why.CLOSED if row.state == OfferState.CLOSED else None)
    refuse_if(Why.WAITING if row.state == OfferState.OFFERED and not as_staff else None)
    before, price = row.state, row.unit_ore
    stays = as_staff or (changed <= set(TEXTS) and row.agreement.provider.publishes_at_once)
    if before in IN_USE and not stays:
        _move(row, OfferState.DRAFT)
    bounds = {name: facts.get(name, getattr(row, name)) for name in BOUNDS}
    for name in changed - set(BOUNDS):
        setattr(row, name, facts[name])
    refuse_if(why_not_values(row))
    columns = sorted(changed - set(BOUNDS))
    if columns:
        row.save(update_fields=[name.removesuffix("_id") for name in columns])
    if changed & set(BOUNDS):
        _bound(row, **bounds, by=by, at=at, reason=reason)
    if as_staff and row.approved_values and row.unit_ore != price:
        kind = "raise" if row.unit_ore > price else "lower"
        CountChange.objects.create(
            what="offer-price", ref=row.pk, kind=kind, before=price, after=row.unit_ore, reason=reason[:300], by=by, at=at
        )
    approved = row.approved_values
    if row.state in IN_USE:
        row.approved_values = values_of(row)
        Offer.objects.filter(pk=row.pk).update(approved_values=row.approved_values)
    if before in IN_USE or as_staff:
        log(row, "offer.change", user=by, data={"fields": sorted(changed)})
    if before == OfferState.PUBLISHED:
        tell_listings([row])
    if as_staff and row.state in IN_USE:
        emails.tell_changed(row, approved, reason.strip(), by)
    return row


def _refuse_writer(by: Any, agreement: ProviderAgreement, as_staff: bool) -> None:
    if as_staff:
        refuse_if(why_not_decide(by, agreement.municipality, agreement.provider))
    else:
        refuse_if(None if by is None or may_offer(by, agreement.provider) else Why.STRANGER)


def _readable(values: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    if "conditions" in facts:
        try:
            facts["conditions"] = conditions.read(facts["conditions"]).as_json()
        except ValidationError as error:
            raise Refused(Why.CONDITIONS) from error
    return facts


def _begin(
    agreement: ProviderAgreement, values: Mapping[str, Any], by: Any, at: datetime, key: UUID | None, as_staff: bool
) -> Offer:
    row = _held_agreement(agreement)
    _refuse_writer(by, row, as_staff)
    refuse_if(Why.ENDED if row.state == AgreementState.ENDED else None)
    key = key or uuid4()
    if there := row.offers.filter(key=key).first():
        return there
    refuse_if(Why.MANY if row.offers.exclude(state=OfferState.CLOSED).count() >= MOST_OFFERS else None)
    days = {"valid_from": min(max(row.valid_from, day_of(at)), row.valid_to), "valid_to": row.valid_to}
    offer = Offer(agreement=row, key=key, **{**days, **_readable(values)})
    refuse_if(why_not_values(offer))
    offer.save()
    return offer


def _bound(offer: Offer, *, quantity: int | None, released: int | None, by: Any, at: datetime, reason: str = "") -> None:
    """Set both bounds in one conditional statement. What was approved once is journalled from then on."""
    refuse_if(why_not_bounds(offer.used, quantity, released))
    rows = Offer.objects.filter(pk=offer.pk)
    if released is not None:
        rows = rows.filter(used__lte=released)
    more = released is None or (offer.released is not None and released > offer.released)
    done = rows.update(quantity=quantity, released=released, **({"warned": False} if more else {}))
    refuse_if(None if done == 1 else Why.BELOW_USED)
    before = (offer.quantity, offer.released)
    offer.quantity, offer.released = quantity, released
    if offer.approved_values:
        _journal(offer, before, by=by, at=at, reason=reason)


def _journal(offer: Offer, before: tuple[int | None, int | None], *, by: Any, at: datetime, reason: str = "") -> None:
    now = (offer.quantity, offer.released)
    for (up, down), was, is_now in zip((("raise", "lower"), ("release", "withdraw")), before, now, strict=True):
        if was != is_now:
            less = is_now is not None and (was is None or is_now < was) and bool(offer.approved_values)
            kind = down if less and was is not None else up
            CountChange.objects.create(
                what="offer", ref=offer.pk, kind=kind, before=was, after=is_now, reason=reason[:300], by=by, at=at
            )


def why_not_send(offer: Offer, today: date) -> Why | None:
    """What an offer lacks before anybody should look at it."""
    agreement = offer.agreement
    if agreement.state == AgreementState.ENDED:
        return Why.ENDED
    if not getattr(offer, f"title_{agreement.provider.municipality.languages[0]}"):
        return Why.NAMELESS
    if offer.valid_to < today:
        return Why.PAST
    if offer.valid_from > agreement.valid_to or offer.valid_to < agreement.valid_from:
        return Why.OUTSIDE
    return why_not_values(offer)


@transaction.atomic
def send_offer(*, offer: Offer, by: Any, at: datetime) -> Offer:
    """Hand an offer in for approval. Pressed twice, it is handed in once; what is as it was approved needs nobody's yes again."""
    row = _held(offer)
    _refuse_stranger(by, row)
    if row.state == OfferState.OFFERED:
        return row
    refuse_if(why_not_send(row, day_of(at)))
    _move(row, OfferState.OFFERED)
    log(row, "offer.send", user=by)
    if row.approved_by_id and row.agreement.state == AgreementState.AGREED and values_of(row) == row.approved_values:
        _move(row, OfferState.APPROVED)
    else:
        emails.tell_office_of_offer(row, at)
    return row


@transaction.atomic
def take_back(*, offer: Offer, by: Any, at: datetime) -> Offer:
    """What waits, or is in use, is a draft again: until it is approved anew no card can be used for it."""
    row = _held(offer)
    _refuse_stranger(by, row)
    if row.state == OfferState.DRAFT:
        return row
    refuse_if(Why.CLOSED if row.state == OfferState.CLOSED else None)
    was_shown = row.state == OfferState.PUBLISHED
    _move(row, OfferState.DRAFT)
    log(row, "offer.take_back", user=by)
    if was_shown:
        tell_listings([row])
    return row


@transaction.atomic
def send_back(*, offer: Offer, reason: str, by: Any, at: datetime) -> Offer:
    """Ask the provider to change something, and say what."""
    row = _held(offer)
    agreement = row.agreement
    refuse_if(why_not_decide(by, agreement.municipality, agreement.provider))
    refuse_if(None if reason.strip() else Why.NO_REASON)
    if row.state == OfferState.DRAFT and row.refused_because == reason.strip()[:300]:
        return row
    was_shown = row.state == OfferState.PUBLISHED
    refuse_if(Why.NOT_NOW if row.state == OfferState.DRAFT else None)
    _move(row, OfferState.DRAFT, refused_because=reason.strip()[:300], approved_by=None)
    log(row, "offer.send_back", user=by, data={"reason": row.refused_because})
    if was_shown:
        tell_listings([row])
    emails.tell_sent_back(row)
    return row


@transaction.atomic
def approve_offer(*, offer: Offer, by: Any, at: datetime, seen: str | None = None, publish_now: bool = False) -> Offer:
    """Say yes to an offer as it was looked at (`seen`: its mark_of), and with `publish_now` let cards be used for it at once."""
    row = _held(offer)
    agreement = row.agreement
    refuse_if(why_not_decide(by, agreement.municipality, agreement.provider))
    if row.state not in IN_USE:
        refuse_if(Why.MOVED if seen is not None and seen != mark_of(row) else None)
        refuse_if(Why.NOT_AGREED if agreement.state != AgreementState.AGREED else None)
        refuse_if(why_not_send(row, day_of(at)))
        first = not row.approved_values
        who = by if by is not None and getattr(by, "pk", None) else None
        _move(row, OfferState.APPROVED, approved_by=who, approved_values=values_of(row), refused_because="")
        if first:
            _journal(row, (None, None), by=who, at=at)
        log(row, "offer.approve", user=by)
        if not publish_now:
            emails.tell_approved(row)
    if publish_now and row.state == OfferState.APPROVED:
        row = publish(offer=row, by=by, at=at)
    return row


@transaction.atomic
def publish(*, offer: Offer, by: Any, at: datetime) -> Offer:
    """Let what was approved be seen and used, within its days."""
    row = _held(offer)
    _refuse_stranger(by, row)
    if row.state == OfferState.PUBLISHED:
        return row
    refuse_if(None if row.state == OfferState.APPROVED else Why.NOT_NOW)
    refuse_if(Why.NOT_AGREED if row.agreement.state != AgreementState.AGREED else None)
    _move(row, OfferState.PUBLISHED)
    log(row, "offer.publish", user=by)
    tell_listings([row])
    emails.tell_published(row, by)
    return row


@transaction.atomic
def unpublish(*, offer: Offer, by: Any, at: datetime) -> Offer:
    """Take an offer down for now; it stays approved."""
    row = _held(offer)
    _refuse_stranger(by, row)
    if row.state == OfferState.APPROVED:
        return row
    _move(row, OfferState.APPROVED)
    log(row, "offer.unpublish", user=by)
    tell_listings([row])
    return row


@transaction.atomic
def close(*, offer: Offer, by: Any, at: datetime, reason: str = "") -> Offer:
    """End an offer, by either side; the other is told."""
    row = _held(offer)
    _refuse_stranger(by, row)
    if row.state == OfferState.CLOSED:
        return row
    before = row.state
    _move(row, OfferState.CLOSED, approved_by=None)
    log(row, "offer.close", user=by, data={"reason": reason.strip()[:300]})
    if before == OfferState.PUBLISHED:
        tell_listings([row])
    if before != OfferState.DRAFT:
        emails.tell_closed(row, reason.strip(), by_provider=by is not None and may_offer(by, row.agreement.provider))
    return row


@transaction.atomic
def reopen(*, offer: Offer, by: Any, at: datetime) -> Offer:
    """A closed offer is a draft again, to be sent anew."""
    row = _held(offer)
    _refuse_stranger(by, row)
    if row.state == OfferState.DRAFT:
        return row
    refuse_if(Why.ENDED if row.agreement.state == AgreementState.ENDED else None)
    refuse_if(None if row.state == OfferState.CLOSED else Why.NOT_NOW)
    _move(row, OfferState.DRAFT, refused_because="")
    log(row, "offer.reopen", user=by)
    return row


@transaction.atomic
def copy_offer(
    *,
    offer: Offer,
    agreement: ProviderAgreement,
    valid_from: date,
    valid_to: date,
    by: Any,
    at: datetime,
    key: UUID | None = None,
) -> Offer:
    """Last season's offer with new days, as a draft: nothing of it is used, and all there are is released."""
    values = {name: getattr(offer, name) for name in (*TERMS, *TEXTS) if getattr(offer, name)}
    values |= {"valid_from": valid_from, "valid_to": valid_to, "quantity": offer.quantity, "released": offer.quantity}
    if offer.quantity is None:
        values["released"] = None
    refuse_if(None if offer.agreement.provider_id == agreement.provider_id else Why.FOREIGN)
    return save_offer(agreement=agreement, values=values, by=by, at=at, key=key)


# ── how many ────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def release(*, offer: Offer, released: int | None, by: Any, at: datetime, reason: str = "") -> Offer:
    """Let so many of all there are be used by now; by either side. None only where there is no limit in all."""
    row = _held(offer)
    _refuse_stranger(by, row)
    if row.released == released:
        return row
    _bound(row, quantity=row.quantity, released=released, by=by, at=at, reason=reason.strip())
    log(row, "offer.release", user=by, data={"released": released})
    if row.state == OfferState.PUBLISHED:
        tell_listings([row])
    return row


@transaction.atomic
def change_quantity(*, offer: Offer, quantity: int | None, by: Any, at: datetime, reason: str = "") -> Offer:
    """Raise or lower how many there are in all, for the municipality. What is released goes along where it was all or is more."""
    row = _held(offer)
    refuse_if(why_not_decide(by, row.agreement.municipality, row.agreement.provider))
    if row.quantity == quantity:
        return row
    released = row.released
    if quantity is None:
        released = None if row.released == row.quantity else row.released
    elif released is None or released > quantity or row.released == row.quantity:
        released = quantity
    _bound(row, quantity=quantity, released=released, by=by, at=at, reason=reason.strip())
    if row.approved_values:
        Offer.objects.filter(pk=row.pk).update(approved_values=row.approved_values | {"quantity": quantity})
    log(row, "offer.release", user=by, data={"quantity": quantity, "released": released})
    if row.state == OfferState.PUBLISHED:
        tell_listings([row])
    return row


@transaction.atomic
def add_stock(
    *,
    offer: Offer,
    kind: str,
    funder: str,
    quantity: int,
    by: Any,
    at: datetime,
    unit_ore: int = 0,
    expires: date | None = None,
    key: UUID | None = None,
) -> Stock:
    """Tickets bought beforehand or given, with who paid and until when. Sent twice with one key, they are there once."""
    row = _held(offer)
    refuse_if(why_not_decide(by, row.agreement.municipality, row.agreement.provider))
    if key is not None and (there := row.stocks.filter(key=key).first()):
        return there
    refuse_if(Why.PRICE if unit_ore < 0 else None)
    refuse_if(Why.BELOW_USED if quantity < 0 else None)
    stock = Stock.objects.create(
        offer=row,
        kind=kind,
        funder=funder.strip(),
        quantity=quantity,
        unit_ore=unit_ore,
        expires=expires,
        key=key or uuid4(),
    )
    CountChange.objects.create(what="stock", ref=stock.pk, kind="raise", before=None, after=quantity, by=by, at=at)
    log(row, "offer.add_stock", user=by, data={"stock": stock.pk, "quantity": quantity})
    return stock


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many codes are new, and how many were there already."""

    added: int
    known: int


@transaction.atomic
def load_codes(*, offer: Offer, codes: Iterable[str], stock: Stock | None, by: Any, at: datetime) -> Loaded:
    """Put ready-made codes of a cinema or a bus company into an offer: each use deals out one. The same code is loaded once."""
    row = _held(offer)
    refuse_if(why_not_decide(by, row.agreement.municipality, row.agreement.provider))
    wanted = list(dict.fromkeys(code for line in codes if (code := " ".join(line.split()))))
    refuse_if(None if wanted else Why.NO_CODES)
    refuse_if(Why.LONG_CODE if any(len(code) > LONGEST_CODE for code in wanted) else None)
    refuse_if(Why.MANY if len(wanted) > MOST_CODES else None)
    refuse_if(Why.FOREIGN if stock is not None and stock.offer_id != row.pk else None)
    known = {bytes(found) for found in row.external_codes.values_list("fingerprint", flat=True)}
    new = {mark: code for code in wanted if (mark := fingerprint(code)) not in known}
    if stock is not None:
        stock = Stock.objects.select_for_update(no_key=True).get(pk=stock.pk)
        there = row.external_codes.filter(stock=stock, withdrawn=False).count()
        refuse_if(Why.MORE_THAN_STOCK if there + len(new) > stock.quantity else None)
    ExternalCode.objects.bulk_create(
        [ExternalCode(offer=row, stock=stock, code=sealed(code), fingerprint=mark) for mark, code in new.items()],
        batch_size=500,
    )
    Offer.objects.filter(pk=row.pk).update(deals_codes=True)
    log(row, "offer.load_codes", user=by, data={"added": len(new), "known": len(wanted) - len(new)})
    return Loaded(len(new), len(wanted) - len(new))
