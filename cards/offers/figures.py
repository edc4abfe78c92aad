"""What was handed out, used and left over: counts for coordinators, at any moment.

Exact: what is crossed with nothing (by way of handing out, medium, offer, provider, funder, month) and all kroner.
Everything crossed with agency or card type comes from crossing.py, rounded.

    Scope                whose figures, of which year and days; without a municipality of all in the programme (counts only)
    cards_of             cards by how they were handed out, and by how they are carried
    lines_of             what stands on the cards: handed out, used, flowed back, left over, with its worth
    uses_of              tickets, people and kroner by offer;  months_of  by month
    stock_of             what was bought or given, by funder
    money_of             what is to be paid, by where it stands
    refusals_of          every "no" of tills and telephones, by reason

A card that replaces another is the same card here. A ticket is a clip, or one payment out of an amount.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Case, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone

from cards.offers.models import Offer, ProviderAgreement, Redemption, Refusal, Settlement, Stock
from cards.offers.settling import COUNTED, tickets_of, unsettled
from cards.offers.states import SettlementState, StockKind
from cards.programmes.models import Allowance, Card, CardSum, LineSum, ProgrammeYear
from cards.programmes.states import CardState, Medium, Unit, Way, YearState
from directory.listings.models import Category
from directory.municipalities.models import Municipality
from directory.providers.models import Provider


@dataclass(frozen=True)
class Scope:
    """Whose figures, of which year, of which days."""

    year: ProgrammeYear
    municipality: Municipality | None
    first: date
    last: date

    @classmethod
    def whole(cls, year: ProgrammeYear, municipality: Municipality | None = None) -> Scope:
        return cls(year, municipality, year.opens, year.closes)

    @property
    def from_start(self) -> bool:
        """Whether it begins with the year: then as many were first used as handed out, at most."""
        return self.first <= self.year.opens

    @property
    def days(self) -> tuple[date, date]:
        """The days whose uses belong to it. To the year's first day belongs what came before (cards are handed out ahead), to
        its last what comes after (a use is taken back when the year is over)."""
        return date.min if self.from_start else self.first, date.max if self.last >= self.year.closes else self.last

    @property
    def months(self) -> tuple[date, date]:
        """The days of its cards: those that are old have become the first of their month (unlinking.py)."""
        first, last = self.days
        return first.replace(day=1), last

    def mine(self, prefix: str = "") -> dict[str, Any]:
        """The condition that keeps rows to the municipality; all of the programme's where there is none."""
        return {f"{prefix}municipality": self.municipality} if self.municipality else {}

    def uses(self) -> QuerySet[Redemption]:
        """Uses that count, and what was taken back, in these days."""
        rows = Redemption.objects.filter(year=self.year, state__in=COUNTED, day__range=self.days)
        return rows.filter(**self.mine()).order_by()

    def cards(self) -> QuerySet[Card]:
        """All cards of the year, those that replace others too."""
        return Card.objects.filter(batch__card_type__year=self.year, **self.mine("batch__")).order_by()


# ── cards ───────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(slots=True)
class CardCount:
    """So many cards: handed out, of these first used, of these used for anything."""

    cards: int = 0
    activated: int = 0
    holders: int = 0

    def add(self, cards: int, activated: int, holders: int) -> None:
        self.cards += cards
        self.activated += activated
        self.holders += holders


@dataclass(slots=True)
class CardFigures:
    """The cards of a scope. Kept sums stand in for cards that are gone."""

    by_way: dict[Way, CardCount] = field(default_factory=dict)
    by_medium: dict[Medium, CardCount] = field(default_factory=dict)
    in_all: CardCount = field(default_factory=CardCount)

    def add(self, way: str, medium: str, cards: int, activated: int, holders: int) -> None:
        for count in (
            self.by_way.setdefault(Way(way), CardCount()),
            self.by_medium.setdefault(Medium(medium), CardCount()),
            self.in_all,
        ):
            count.add(cards, activated, holders)


def cards_of(scope: Scope) -> CardFigures:
    """Cards handed out, and cards first used, in these days. Who used any is known as it stands now."""
    found = CardFigures()
    if is_added_up(scope.year):
        before = [] if scope.from_start else _sums_by(scope, scope.first - timedelta(days=1))
        for sign, rows in ((1, _sums_by(scope, scope.last)), (-1, before)):
            for row in rows:
                found.add(row.way, row.medium, sign * row.cards, sign * row.activated, sign * row.holders)
    else:
        for (way, medium), count in count_cards(scope).items():
            found.add(way, medium, count.cards, count.activated, count.holders)
    return found


def is_added_up(year: ProgrammeYear) -> bool:
    """Whether kept sums stand in for the year's cards: they are gone, or going."""
    going = year.state == YearState.CLOSING and LineSum.objects.filter(year=year).exists()
    return year.state == YearState.CLOSED or going


def count_cards(scope: Scope) -> dict[tuple[str, str], CardCount]:
    """(way, medium) → counts, from the cards themselves. Medium is that of the card which stands now."""
    days = scope.months
    used = Exists(Allowance.objects.filter(card=OuterRef("pk"), used__gt=0))
    single = (
        scope.cards()
        .filter(replaces__isnull=True, replaced_by__isnull=True)
        .annotate(is_used=used)
        .values_list("batch__way", "medium")
        .annotate(
            n_cards=Count("pk", filter=Q(batch__made_on__range=days)),
            n_activated=Count("pk", filter=Q(activated_on__range=days)),
            n_holders=Count("pk", filter=Q(is_used=True)),
        )
    )
    found: dict[tuple[str, str], CardCount] = {}
    for way, medium, cards, activated, holders in single:
        found.setdefault((way, medium), CardCount()).add(cards, activated, holders)
    for way, medium, made_on, activated_on, is_used in _replaced(scope, used):
        count = found.setdefault((way, medium), CardCount())
        first_used = activated_on is not None and days[0] <= activated_on <= days[1]
        count.add(int(days[0] <= made_on <= days[1]), int(first_used), int(is_used))
    return found


def _replaced(scope: Scope, used: Exists) -> Iterable[tuple[str, str, date, date | None, bool]]:
    """Cards that were replaced, each with all that replaced it as one: (way, medium, made on, first used on, used)."""
    rows = scope.cards().filter(Q(replaces__isnull=False) | Q(replaced_by__isnull=False)).annotate(is_used=used)
    names = ("pk", "replaced_by", "batch__way", "medium", "batch__made_on", "activated_on", "is_used")
    cards = {row[0]: row for row in rows.values_list(*names)}
    followers = {row[1] for row in cards.values()}
    for pk, row in cards.items():
        if pk in followers:
            continue
        chain = [row]
        while chain[-1][1] in cards:
            chain.append(cards[chain[-1][1]])
        days = [one[5] for one in chain if one[5]]
        yield row[2], chain[-1][3], row[4], min(days, default=None), any(one[6] for one in chain)


def _sums_by(scope: Scope, day: date) -> list[CardSum]:
    """The sums that were kept last before the end of a day, of each municipality."""
    rows = list(CardSum.objects.filter(year=scope.year, month__lte=day, **scope.mine()).order_by("month"))
    newest = {row.municipality_id: row.month for row in rows}
    return [row for row in rows if row.month == newest[row.municipality_id]]


def holders_by(scope: Scope, at: datetime) -> int | None:
    """Cards that had been used for anything by the end of the scope; None where nobody counted then."""
    ends_later = timezone.localdate(at) <= scope.last or scope.last >= scope.year.closes
    if ends_later and not is_added_up(scope.year):
        return cards_of(scope).in_all.holders
    rows = _sums_by(scope, scope.last)
    return sum(row.holders for row in rows) if rows else None


def activated_since_the_start(scope: Scope) -> int:
    """Cards first used in the programme's years up to the end of the scope."""
    years = ProgrammeYear.objects.filter(programme=scope.year.programme_id, opens__lte=scope.year.opens)
    scopes = [scope if year == scope.year else Scope.whole(year, scope.municipality) for year in years]
    return sum(cards_of(one).in_all.activated for one in scopes)


# ── what stands on the cards ────────────────────────────────────────────────────────────────────────────────
@dataclass(slots=True)
class LineCount:
    """Tickets of one line as they stand now; øre where it counts øre. issued = used + returned + left + lost."""

    label: Any  # the offer or the category
    unit: Unit
    issued: int = 0
    activated: int = 0  # of these, on cards that were used at all
    used: int = 0
    returned: int = 0  # on cards that nobody used in time: free to be handed out again
    left: int = 0  # can still be used
    price_ore: int = 0

    @property
    def lost(self) -> int:
        """Not used, and cannot be any more."""
        return self.issued - self.used - self.returned - self.left

    @property
    def unused(self) -> int:
        return self.issued - self.used

    def worth(self, count: int) -> int:
        """Øre."""
        return count if self.unit == Unit.ORE else count * self.price_ore


def lines_of(scope: Scope, at: datetime) -> list[LineCount]:
    """What stands on the cards of the whole year, as it is now. A fixed number of queries."""
    found = _kept_lines(scope) if is_added_up(scope.year) else count_lines(scope, timezone.localdate(at))
    offers = Offer.objects.select_related("agreement__provider").in_bulk({pk for pk, _c, _u in found if pk})
    categories = Category.objects.in_bulk({pk for _o, pk, _u in found if pk})
    prices = _prices(scope, offers.values(), categories.values())
    lines = []
    for (offer, category, unit), count in found.items():
        count.label = offers.get(offer) if offer else categories.get(category)
        count.price_ore = 0 if unit == Unit.ORE else prices.get((offer, category), 0)
        lines.append(count)
    return sorted(lines, key=lambda line: (-line.issued if line.unit == Unit.CLIP else 0, str(line.label)))


LineKey = tuple[int | None, int | None, str]


def count_lines(scope: Scope, day: date) -> dict[LineKey, LineCount]:
    """(offer, category, unit) → counts, from the allowances of the cards."""
    unused = F("quantity") - F("used")
    taken_up = Q(card__state__in=(CardState.ACTIVE, CardState.SUSPENDED))
    alive = Q(card__valid_to__gte=day) & (taken_up | Q(card__state=CardState.ISSUED, card__activate_by__gte=day))
    if scope.year.state != YearState.OPEN or day > scope.year.closes:
        alive = Q(pk__in=[])
    # What lapsed flows back whether the worker has been round already or not.
    back = Q(card__returned=True) | Q(card__state=CardState.ISSUED, card__activate_by__lt=day)
    rows = (
        Allowance.objects.filter(card__in=scope.cards())
        .order_by()
        .values_list("offer", "category", "unit")
        .annotate(
            issued=Coalesce(Sum("quantity"), 0),
            activated=Coalesce(Sum("quantity", filter=Q(card__activated_on__isnull=False)), 0),
            all_used=Coalesce(Sum("used"), 0),
            returned=Coalesce(Sum(unused, filter=back), 0),
            still=Coalesce(Sum(unused, filter=alive & ~back), 0),
        )
    )
    return {
        (offer, category, unit): LineCount(None, Unit(unit), issued, activated, used, returned, still)
        for offer, category, unit, issued, activated, used, returned, still in rows
    }


def _kept_lines(scope: Scope) -> dict[LineKey, LineCount]:
    found: dict[LineKey, LineCount] = {}
    for row in LineSum.objects.filter(year=scope.year, **scope.mine()):
        key = (row.offer_id, row.category_id, row.unit)
        line = found.setdefault(key, LineCount(None, Unit(row.unit)))
        line.issued += row.issued
        line.activated += row.activated
        line.used += row.used
        line.returned += row.returned
    return found


def _prices(scope: Scope, offers: Iterable[Offer], categories: Iterable[Category]) -> dict[tuple[int | None, int | None], int]:
    """What one ticket is worth: the offer's price, or what its tickets cost where they were bought beforehand. Of a category
    the mean of what it can be used for."""
    bought: dict[int, int] = {}
    for offer, ore in Stock.objects.filter(kind=StockKind.BOUGHT, unit_ore__gt=0).order_by("pk").values_list("offer", "unit_ore"):
        bought[offer] = ore
    prices: dict[tuple[int | None, int | None], int] = {
        (offer.pk, None): offer.unit_ore or bought.get(offer.pk, 0) for offer in offers
    }
    wanted = {category.pk: {category.pk} for category in categories}
    for child, parent in Category.objects.filter(parent__in=wanted).values_list("pk", "parent"):
        wanted[parent].add(child)
    if wanted:
        of_year = Offer.objects.filter(agreement__programme=scope.year.programme_id, activity__isnull=False)
        labels = of_year.order_by().values_list("pk", "unit_ore", "activity__categories")
        for pk, some in wanted.items():
            each = {offer: ore or bought.get(offer, 0) for offer, ore, category in labels if category in some}
            prices[None, pk] = round(sum(each.values()) / len(each)) if each else 0
    return prices


# ── uses ────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class UseCount:
    """What was used of an offer, less what was taken back."""

    offer: Offer
    tickets: int
    people: int
    total_ore: int
    from_stock: int
    taken_back: int

    @property
    def provider(self) -> Provider:
        return self.offer.agreement.provider


def uses_of(scope: Scope) -> list[UseCount]:
    """By offer: the offers one may use under the programme, and any other that was used."""
    sign = Case(When(reversal_of__isnull=True, then=F("people")), default=-F("people"))
    rows = (
        scope.uses()
        .values("offer")
        .annotate(
            tickets=tickets_of(),
            n_people=Sum(sign),
            ore=Sum("total_ore"),
            stocked=Coalesce(tickets_of(only=Q(stock__isnull=False)), 0),
            back=Count("pk", filter=Q(reversal_of__isnull=False)),
        )
    )
    found = {row["offer"]: row for row in rows}
    offers = Offer.objects.filter(
        Q(pk__in=found) | Q(agreement__programme=scope.year.programme_id, valid_from__lte=scope.last, valid_to__gte=scope.first)
    )
    if scope.municipality:
        offers = offers.filter(Q(pk__in=found) | Q(agreement__municipality=scope.municipality))
    none = {"tickets": 0, "n_people": 0, "ore": 0, "stocked": 0, "back": 0}
    counts = [
        UseCount(offer, row["tickets"], row["n_people"], row["ore"], row["stocked"], row["back"])
        for offer in offers.select_related("agreement__provider", "agreement__municipality")
        for row in [found.get(offer.pk, none)]
    ]
    return sorted(counts, key=lambda count: (-count.tickets, str(count.offer), count.offer.pk))


def by_provider(counts: Iterable[UseCount]) -> list[tuple[Provider, int, int]]:
    """(provider, tickets, øre), the most used first."""
    found: dict[Provider, list[int]] = {}
    for count in counts:
        sums = found.setdefault(count.provider, [0, 0])
        sums[0] += count.tickets
        sums[1] += count.total_ore
    return sorted(((provider, *sums) for provider, sums in found.items()), key=lambda row: (-row[1], str(row[0])))  # type: ignore[misc]


def months_of(scope: Scope) -> list[tuple[date, int, int]]:
    """(month, tickets, øre) of every month in the scope, and of those after the year in which something was taken back."""
    of_months = scope.uses().annotate(month=TruncMonth("day")).values_list("month")
    rows = of_months.annotate(tickets=tickets_of(), ore=Sum("total_ore")).order_by()
    found = {month: (tickets, ore) for month, tickets, ore in rows}
    months = set(found)
    month = scope.first.replace(day=1)
    while month <= scope.last:
        months.add(month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return [(month, *found.get(month, (0, 0))) for month in sorted(months)]


# ── stock, money, refusals ──────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class StockCount:
    """Tickets of one funder for one offer."""

    stock: Stock
    is_over: bool

    @property
    def unused_ore(self) -> int:
        """Paid, and not used."""
        return self.stock.left * self.stock.unit_ore if self.stock.kind == StockKind.BOUGHT else 0


def stock_of(scope: Scope, at: datetime) -> list[StockCount]:
    """What was bought or given beforehand for the programme's offers; each municipality its own."""
    day = timezone.localdate(at)
    over = ExpressionWrapper(Q(expires__lt=day) | Q(expires=None, offer__valid_to__lt=day), output_field=BooleanField())
    rows = Stock.objects.filter(
        offer__agreement__programme=scope.year.programme_id,
        offer__valid_from__lte=scope.year.closes,
        offer__valid_to__gte=scope.year.opens,
        **scope.mine("offer__agreement__"),
    ).annotate(over=Coalesce(over, Value(False)))
    return [StockCount(row, row.over) for row in rows.select_related("offer__agreement__provider").order_by("funder", "pk")]


@dataclass(frozen=True, slots=True)
class Money:
    """Øre by where they stand: not settled yet, then each state of a settlement."""

    unsettled: int
    by_state: dict[SettlementState, int]

    @property
    def in_all(self) -> int:
        return self.unsettled + sum(self.by_state.values())


def money_of(scope: Scope) -> Money:
    """What the uses of the whole year come to. Each municipality its own."""
    rows = Settlement.objects.filter(year=scope.year, **scope.mine()).order_by().values_list("state").annotate(Sum("total_ore"))
    found = {SettlementState(state): ore for state, ore in rows}
    waits = unsettled().filter(year=scope.year, **scope.mine()).aggregate(ore=Coalesce(Sum("total_ore"), 0))["ore"]
    return Money(waits, {state: found.get(state, 0) for state in SettlementState})


def refusals_of(scope: Scope) -> list[tuple[str, int]]:
    """(reason, times), the most frequent first: at providers of the municipality, in these days."""
    agreements = ProviderAgreement.objects.filter(programme=scope.year.programme_id, **scope.mine())
    first = scope.first.replace(day=1)  # what is old stands at the first of its month
    rows = (
        Refusal.objects.filter(provider__in=agreements.values("provider"), hour__date__range=(first, scope.last))
        .order_by()
        .values_list("reason")
        .annotate(n=Sum("count"))
    )
    return sorted(rows, key=lambda row: (-row[1], row[0]))
