"""What a card's holder is shown: what is left of each line, where and when, and until which day.

    tickets_of(cards, …)   ─▶ Ticket ─ TicketLine ─ TicketOffer        the same for one card or thirty: as many queries
    done_of(use, …)        ─▶ Done, the green screen

Neither the agency nor the kind of card stands in any of it: it is shown to whoever sees the telephone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from cards.ledger.codes import in_groups
from cards.ledger.money import in_kroner
from cards.offers import conditions
from cards.offers.actions import Use
from cards.offers.finding import COUNTED, choose, left_for
from cards.offers.models import Offer, Redemption
from cards.offers.rules import Now, card_facts, next_day, offer_facts, why_not_card, why_not_redeem, words_of
from cards.offers.states import AgreementState, OfferState
from cards.offers.words import word_of_the_day
from cards.programmes.models import Allowance, Card
from cards.programmes.states import CardState, Unit
from directory.listings.models import Category
from directory.municipalities.models import Municipality
from portal.kit.texts import Text
from portal.till.words import let_in_now

SOON = 30  # days before its last one from which a card, or a line of it, says that it runs out
STILL_NOW = timedelta(minutes=5)  # so long after a use is it shown to a counter; then it is an old one
MOST_DOTS = 20
RELATED = "batch__card_type__year__programme"


@dataclass(frozen=True, slots=True)
class TicketOffer:
    """An offer as one line of a card pays for it."""

    pk: int
    title: Text
    provider: Text
    note: Text
    address: str
    href: str
    now: Now
    ends: date
    facts: str  # for card_conditions.js
    most_at_once: int
    companions: int

    @property
    def why(self) -> str:
        """Why not now; empty when it can be used."""
        return str(self.now.reason.label) if self.now.reason else ""

    @property
    def counts(self) -> range:
        return range(1, self.most_at_once + 1)

    @property
    def people(self) -> range:
        return range(1, self.companions + 2)


@dataclass(frozen=True, slots=True)
class TicketLine:
    """What is left of one line. `dots`: one for each clip, where they are few; true for one that is left."""

    title: Text
    unit: str
    quantity: int
    left: int
    words: str
    soon: str
    dots: tuple[bool, ...]
    offers: tuple[TicketOffer, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """A card as it is shown. `number` is the one on the stub; it opens nothing."""

    number: str
    name: Text
    intro: Text
    valid_to: date
    until: str
    soon: str
    refusal: str
    lines: tuple[TicketLine, ...]
    help_phone: str
    help_email: str
    map_href: str
    on_phone: bool

    @property
    def number_in_groups(self) -> str:
        return in_groups(self.number)


@dataclass(frozen=True, slots=True)
class Done:
    """What is shown after a press on the telephone: `let_in` to the counter, in a language it reads; `own` to who pressed, where
    that is another."""

    let_in: Text
    own: Text | None
    provider: Text
    word: str
    codes: tuple[str, ...]
    left: str
    at: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: at which municipality's site, in which language, when."""

    municipality: Municipality
    lang: str
    at: datetime

    @property
    def day(self) -> date:
        return conditions.day_of(self.at)

    @property
    def order(self) -> list[str]:
        return self.municipality.order_for(self.lang)

    def page_of(self, listing: Any) -> str:
        """The page of a listing in the reader's language; another municipality's stands at its own host."""
        there = listing.municipality
        if there.pk == self.municipality.pk:
            with override(self.lang):
                return str(listing.get_absolute_url())
        with override(self.lang if self.lang in there.languages else there.languages[0]):
            return (there.site.root_url if there.site else "") + str(listing.get_absolute_url())


def tickets_of(cards: Sequence[Card], reader: Reader, *, on_phone: bool) -> list[Ticket]:
    """The cards, which were fetched with RELATED, as they are shown."""
    allowances = _allowances(cards)
    offers = _offers(cards, reader.day)
    carried = _slugs(offers)
    used = _used_today(cards, [offer for offer in offers if _limits_the_day(offer)], reader.day)
    of_programme = defaultdict(list)
    for offer in offers:
        of_programme[offer.agreement.programme_id].append(offer)
    tickets = []
    for card in cards:
        rows = allowances[card.pk]
        own = of_programme[card.batch.card_type.year.programme_id]
        tickets.append(_ticket(card, rows, own, carried, used, reader, on_phone=on_phone))
    return tickets


def _ticket(
    card: Card,
    rows: list[Allowance],
    offers: Iterable[Offer],
    carried: dict[int | None, frozenset[str]],
    used: dict[tuple[int, int, str], int],
    reader: Reader,
    *,
    on_phone: bool,
) -> Ticket:
    programme = card.batch.card_type.year.programme
    shown: dict[int, list[TicketOffer]] = defaultdict(list)
    for offer in offers:
        slugs = carried.get(offer.activity_id, frozenset())
        allowance = choose(rows, offer, slugs=slugs)
        if allowance is None:
            continue
        # A use that finds too little on one line goes to the next that has enough.
        total = left_for(rows, offer, slugs, allowance)
        shown[allowance.pk].append(
            _offer(card, allowance, offer, total, used.get((card.pk, offer.pk, allowance.unit), 0), reader)
        )
    reason = why_not_card(card, reader.day)
    return Ticket(
        number=card.public_id,
        name=programme.text("name", reader.order),
        intro=programme.text("intro", reader.order),
        valid_to=last_day_of(card),
        until=_until(card),
        soon="" if reason else _soon(card, reader.day),
        refusal=str(reason.label) if reason else "",
        lines=tuple(_line(row, tuple(shown[row.pk]), last_day_of(card), reader) for row in rows),
        help_phone=programme.help_phone,
        help_email=programme.help_email,
        map_href=_map_href(programme.slug, reader),
        on_phone=on_phone,
    )


def _line(row: Allowance, offers: tuple[TicketOffer, ...], last: date, reader: Reader) -> TicketLine:
    title = row.offer.text("title", reader.order) if row.offer else row.category.name_in(reader.order)  # type: ignore[union-attr]
    few = row.unit == Unit.CLIP and row.quantity <= MOST_DOTS
    # Where all it can be used for ends before the card does.
    ends = max((offer.ends for offer in offers), default=last)
    return TicketLine(
        title=title,
        unit=row.unit,
        quantity=row.quantity,
        left=row.left,
        words=left_words(row.unit, row.left, row.quantity),
        soon=runs_out(ends, reader.day) if row.left and ends < last else "",
        dots=(True,) * row.left + (False,) * row.used if few else (),
        offers=offers,
    )


def _offer(card: Card, allowance: Allowance, offer: Offer, total: int, used_today: int, reader: Reader) -> TicketOffer:
    reason = why_not_redeem(card=card, allowance=allowance, offer=offer, at=reader.at, clips=1, people=1, used_today=used_today)
    facts = {
        "card": card_facts(card=card, allowance=allowance, used_today=used_today) | {"left": total},
        "offer": offer_facts(offer),
        "day": reader.day.isoformat(),
    }
    # An activity that is not shown just now has no page; its provider has.
    pages = [offer.activity, offer.place, offer.agreement.provider]
    page = next((listing for listing in pages if listing is not None and listing.is_public), None)
    rules = conditions.read(offer.conditions)
    first, ends = window_of(offer)
    most = min([total, *(most for most in (rules.most_per_visit, rules.most_per_day) if most is not None)])
    return TicketOffer(
        pk=offer.pk,
        title=offer.text("title", reader.order),
        provider=offer.agreement.provider.text("name", reader.lang),
        note=offer.text("note", reader.order),
        address=next((found for listing in pages if listing is not None and (found := listing.address_line)), ""),
        href=reader.page_of(page) if page else "",
        now=Now(
            reason, total, next_day(offer, card=card, at=reader.at), (*_window(first, ends, card, reader.day), *words_of(offer))
        ),
        ends=ends,
        facts=json.dumps(facts),
        most_at_once=1 if allowance.unit == Unit.ORE else max(1, min(most, MOST_DOTS)),
        companions=offer.companions,
    )


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────
def left_words(unit: str, left: int, quantity: int) -> str:
    """ "2 of 3 left", "300 kr left of 500 kr"."""
    if unit == Unit.ORE:
        return _("%(left)s left of %(all)s") % {"left": in_kroner(left), "all": in_kroner(quantity)}
    return ngettext("%(left)s of %(all)s left", "%(left)s of %(all)s left", left) % {"left": left, "all": quantity}


def last_day_of(card: Card) -> date:
    """The last day on which anything can come of the card."""
    return min(card.valid_to, card.batch.card_type.year.closes)


def _until(card: Card) -> str:
    day = date_format(last_day_of(card), "DATE_FORMAT")
    if card.state != CardState.ISSUED or card.activate_by >= last_day_of(card):
        return _("Use it by %(day)s") % {"day": day}
    first = date_format(card.activate_by, "DATE_FORMAT")
    return _("Use it for the first time by %(first)s, and for the last time by %(last)s") % {"first": first, "last": day}


def _soon(card: Card, today: date) -> str:
    return runs_out(min(last_day_of(card), card.activate_by) if card.state == CardState.ISSUED else last_day_of(card), today)


def runs_out(last: date, today: date) -> str:
    """Told in the last month: how many days are left after today."""
    days = (last - today).days
    if days > SOON:
        return ""
    if days < 1:
        return _("Today is the last day")
    return ngettext("Runs out in %(count)s day", "Runs out in %(count)s days", days) % {"count": days}


def window_of(offer: Offer) -> tuple[date, date]:
    """The first and the last day of an offer."""
    agreement = offer.agreement
    return max(offer.valid_from, agreement.valid_from), min(offer.valid_to, agreement.valid_to)


def _window(first: date, ends: date, card: Card, today: date) -> list[str]:
    """In words, where an offer begins later than today or ends before the card."""
    said = [_("From %(day)s") % {"day": date_format(first, "DATE_FORMAT")}] if first > today else []
    return said + ([_("Until %(day)s") % {"day": date_format(ends, "DATE_FORMAT")}] if ends < last_day_of(card) else [])


def _map_href(programme: str, reader: Reader) -> str:
    with override(reader.lang):
        return f"{reverse('find')}?card={programme}"


# ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────
def _allowances(cards: Iterable[Card]) -> dict[int, list[Allowance]]:
    found: dict[int, list[Allowance]] = defaultdict(list)
    rows = Allowance.objects.filter(card__in=list(cards)).annotate(slug=F("category__slug"))
    extra_last = F("line__sort_order").asc(nulls_last=True)
    for row in rows.select_related("offer", "category").order_by(extra_last, "pk"):
        found[row.card_id].append(row)
    return found


def _offers(cards: Iterable[Card], day: date) -> list[Offer]:
    """What is offered in the cards' programmes, from today on."""
    programmes = {card.batch.card_type.year.programme_id for card in cards}
    related = ("agreement__provider__municipality__site", "activity__municipality__site", "place__municipality__site")
    return list(
        Offer.objects.filter(
            agreement__programme__in=programmes,
            state=OfferState.PUBLISHED,
            valid_to__gte=day,
            agreement__state=AgreementState.AGREED,
            agreement__valid_to__gte=day,
            agreement__provider__delisted_at=None,
        ).select_related(*related)
    )


def _slugs(offers: Iterable[Offer]) -> dict[int | None, frozenset[str]]:
    """The categories of each activity, and those above them: `cards.offers.finding.slugs_for`, for many at once."""
    activities = {offer.activity_id for offer in offers if offer.activity_id}
    found: dict[int | None, set[str]] = defaultdict(set)
    for activity, slug, above in Category.objects.filter(activity__in=activities).values_list("activity", "slug", "parent__slug"):
        found[activity] |= {slug, above} - {None}
    return {activity: frozenset(slugs) for activity, slugs in found.items()}


def _limits_the_day(offer: Offer) -> bool:
    return conditions.read(offer.conditions).most_per_day is not None


def _used_today(cards: Iterable[Card], offers: list[Offer], day: date) -> dict[tuple[int, int, str], int]:
    """`cards.offers.finding.used_today`, for many at once: by card, offer and what is counted."""
    now_held = {card.pk: card.pk for card in cards}
    if not offers or not now_held:
        return {}
    before = dict(now_held)
    while before:
        older = Card.objects.filter(replaced_by__in=before).values_list("pk", "replaced_by")
        before = {pk: now_held[following] for pk, following in older if following is not None}
        now_held |= before
    uses = Redemption.objects.filter(
        allowance__card__in=now_held, offer__in=offers, day=day, reversal_of=None, reversal=None, state__in=COUNTED
    )
    found: dict[tuple[int, int, str], int] = defaultdict(int)
    sums = uses.values_list("allowance__card", "offer").annotate(clips=Sum("clips", filter=Q(unit=Unit.CLIP)), uses=Count("pk"))
    for card, offer, clips, count in sums.order_by():
        found[now_held[card], offer, Unit.CLIP] += clips or 0
        found[now_held[card], offer, Unit.ORE] += count
    return found


def done_of(use: Use, reader: Reader) -> Done | None:
    """The green screen of a use that was just made, with the word of its day. None for one that is over, or was taken back:
    whoever sends an old press again gets nothing to show."""
    row = Redemption.objects.get(mark=use.mark)
    if use.undone or row.at is None or not row.at <= reader.at <= row.at + STILL_NOW:
        return None
    offer = use.offer
    left = in_kroner(use.left) if row.unit == Unit.ORE else str(use.left)
    at_counter = reader.municipality.order_for(reader.municipality.languages[0])
    let_in, own = (let_in_now(row, offer, order) for order in (at_counter, reader.order))
    return Done(
        let_in=let_in,
        own=own if own.value != let_in.value else None,
        provider=offer.agreement.provider.text("name", reader.lang),
        word=word_of_the_day(offer.agreement, row.day),
        codes=use.codes,
        left=_("Left: %(left)s") % {"left": left},
        at=f"{conditions.clock_of(row.at):%H:%M}",
    )
