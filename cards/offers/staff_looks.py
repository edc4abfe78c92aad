"""Uses that are worth a look: a provider is paid for each, so one that never happened would be money. Told to the coordinator,
never stopped.

    hours   at a time when the offer, or the place it is used at, is closed
    pace    many at one till in a short time
    share   at a provider where many cards use nearly everything they use, though they hold more
    lot     a few of everybody's, so that each may be asked about

Nothing of it tells which card it was, or that two uses were of one card. Of a provider where cards stay, uses are drawn by lot
from all that were done there, whichever card it was; and its cards are counted up to yesterday, so that no number grows with a
use somebody watches. Only uses of one's own municipality's cards are counted, also at tills that take those of others.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet, TextChoices
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from cards.offers import conditions
from cards.offers.models import Offer, Redemption
from cards.offers.rules import of_offer, why_not_now
from cards.offers.states import UseState
from cards.programmes.models import Allowance
from cards.programmes.tenancy import own_rows_of
from directory.places.models import OpeningTime
from directory.places.words import open_now

DOOR = timedelta(minutes=15)  # so long before and after its hours somebody may still be let in
MANY, WITHIN = 15, timedelta(minutes=5)  # at one till
STAYS = 4  # clips of a card, before it says anything where they were used
NEARLY_ALL = 90  # per cent
FEWEST_CARDS = 5  # below it nothing is told of cards, as in portal/kit/small_numbers.py
ONE_IN = 50  # is drawn by lot everywhere
ONE_IN_HERE = 5  # where cards stay; and at least FEWEST_DRAWN
FEWEST_DRAWN = 5


class Look(TextChoices):
    """Why a use is worth a look."""

    HOURS = "hours", _("at a time when it is closed")
    PACE = "pace", _("many at one till in a short time")
    SHARE = "share", _("where many cards are used and nowhere else")
    LOT = "lot", _("drawn by lot")


SENTENCES = {
    Look.HOURS: _("This is outside of the hours that the offer, or its place, has now."),
    Look.PACE: _("The till took many within a few minutes."),
    Look.SHARE: _("Many cards are used here and nearly nowhere else, though they hold more. This use is drawn by lot."),
    Look.LOT: _("This use is drawn by lot, like a few at every provider."),
}


@dataclass(frozen=True, slots=True)
class Hours:
    """When something can be used: the hours of the offer; where it has none, those of its place."""

    rules: conditions.Conditions = conditions.NONE
    place: tuple[OpeningTime, ...] = ()

    def are_open(self, at: datetime) -> bool:
        if why_not_now(self.rules, at) is not None:
            return False
        return bool(self.rules.hours) or not self.place or open_now(self.place, conditions.clock_of(at))


@dataclass(frozen=True, slots=True)
class Use:
    """What is looked at. `card` tells cards from one another, and goes no further."""

    pk: int
    mark: str
    day: date
    at: datetime
    offer: int
    provider: int
    till: int | None
    card: int
    tickets: int = 1


# ── deciding: pure ──────────────────────────────────────────────────────────────────────────────────────────


def worth_a_look(
    uses: Collection[Use],
    *,
    hours: Mapping[int, Hours],
    reach: Mapping[int, Collection[int]],
    lot: Callable[[str], int],
    today: date,
) -> dict[int, tuple[Look, ...]]:
    """The uses that are worth a look, and why. `hours` of each offer; `reach`: the providers where a card could be used."""
    found = {
        Look.HOURS: {use.pk for use in uses if is_outside(hours.get(use.offer, Hours()), use.at)},
        Look.PACE: _fast(uses),
        Look.SHARE: _where_cards_stay([use for use in uses if use.day < today], reach, lot),
        Look.LOT: {use.pk for use in uses if lot(use.mark) % ONE_IN == 0},
    }
    return {pk: tuple(look for look in Look if pk in found[look]) for pk in sorted(set().union(*found.values()))}


def is_outside(hours: Hours, at: datetime) -> bool:
    return not any(hours.are_open(moment) for moment in (at, at - DOOR, at + DOOR))


def _fast(uses: Iterable[Use]) -> set[int]:
    tills: dict[int, list[Use]] = defaultdict(list)
    for use in sorted(uses, key=lambda use: (use.at, use.pk)):
        if use.till is not None:
            tills[use.till].append(use)
    found: set[int] = set()
    for row in tills.values():
        for last in range(MANY - 1, len(row)):
            some = row[last - MANY + 1 : last + 1]
            if some[-1].at - some[0].at <= WITHIN:
                found.update(use.pk for use in some)
    return found


def _where_cards_stay(uses: Collection[Use], reach: Mapping[int, Collection[int]], lot: Callable[[str], int]) -> set[int]:
    cards: dict[int, Counter[int]] = defaultdict(Counter)
    here: dict[int, list[Use]] = defaultdict(list)
    for use in uses:
        cards[use.card][use.provider] += use.tickets
        here[use.provider].append(use)
    been, stay = Counter[int](), Counter[int]()
    for card, tickets in cards.items():
        been.update(tickets.keys())
        provider, most = tickets.most_common(1)[0]
        if most >= STAYS and 100 * most >= NEARLY_ALL * tickets.total() and set(reach.get(card, ())) - {provider}:
            stay[provider] += 1
    found: set[int] = set()
    for provider, count in stay.items():
        if count >= FEWEST_CARDS and 2 * count >= been[provider]:
            drawn = sorted(here[provider], key=lambda use: (lot(use.mark), use.pk))
            found.update(use.pk for use in drawn[: max(FEWEST_DRAWN, len(drawn) // ONE_IN_HERE)])
    return found


# ── what is looked at ───────────────────────────────────────────────────────────────────────────────────────


def looks_of(user: Any, today: date) -> dict[int, tuple[Look, ...]]:
    """Of the uses that the user sees as coordinator: those that are paid, or may still be, and not cut from their cards yet."""
    seen = own_rows_of(Redemption, user).filter(allowance__isnull=False, at__isnull=False, reversal_of=None, reversal=None)
    seen = seen.exclude(state=UseState.TURNED_DOWN).order_by()
    uses: list[Use] = []
    payers: set[tuple[int | None, int]] = set()
    facts = ("pk", "mark", "day", "at", "offer", "provider", "device", "allowance__card", "unit", "clips", "allowance__category")
    for row in seen.values_list(*facts):
        pk, mark, day, at, offer, provider, till, card, unit, clips, category = row
        if at is not None and card is not None:
            uses.append(Use(pk, mark, day, at, offer, provider, till, card, of_offer(unit, clips)))
            payers.add((category, provider))
    return worth_a_look(uses, hours=_hours_of(seen), reach=_reach_of(seen, payers), lot=lots(), today=today)


def _hours_of(seen: QuerySet[Redemption]) -> dict[int, Hours]:
    offers = Offer.objects.filter(pk__in=seen.values("offer")).select_related("place").prefetch_related("place__opening_times")
    return {
        offer.pk: Hours(conditions.read(offer.conditions), tuple(offer.place.opening_times.all()) if offer.place else ())
        for offer in offers
    }


def _reach_of(seen: QuerySet[Redemption], payers: Iterable[tuple[int | None, int]]) -> dict[int, set[int]]:
    """By card: the providers of what stands on it; of a category, those who took something that was paid out of it."""
    of_category: dict[int, set[int]] = defaultdict(set)
    for category, provider in payers:
        if category is not None:
            of_category[category].add(provider)
    lines = Allowance.objects.filter(card__in=seen.values("allowance__card"), quantity__gt=0).order_by()
    found: dict[int, set[int]] = defaultdict(set)
    for card, provider, category in lines.values_list("card", "offer__agreement__provider", "category"):
        found[card] |= {provider} if provider is not None else of_category[category]
    return found


def lots() -> Callable[[str], int]:
    """Draws a number for a use: always the same, and nobody without the key can tell which."""
    key = salted_hmac("cards.offers.staff_looks", "lots", algorithm="sha256").digest()

    def lot(mark: str) -> int:
        return int.from_bytes(hashlib.blake2b(mark.encode(), key=key, digest_size=8).digest(), "big")

    return lot


# ── saying ──────────────────────────────────────────────────────────────────────────────────────────────────


def in_sentences(looks: Iterable[Look]) -> str:
    return " ".join(str(SENTENCES[look]) for look in looks)
