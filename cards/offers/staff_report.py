"""Figures and the half-year report as staff see, print and export them. Each figure carries its definition.

    figures_of    everything of a scope: tables, charts
    report_of     one page: a half-year or a year

Exact and rounded: see figures.py and crossing.py. What all municipalities of a programme share is told without kroner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from cards.ledger.money import in_kroner
from cards.offers import figures
from cards.offers.crossing import Counts, crossed_of
from cards.offers.figures import CardCount, LineCount, Scope, UseCount
from cards.offers.numbers import Kroner, per_cent, share_in_words
from cards.offers.rules import WhyNot
from cards.offers.states import SettlementState, StockKind
from cards.programmes.models import CardType, ProgrammeYear
from cards.programmes.states import Medium, Unit, Way
from directory.agencies.models import Agency
from portal.kit.charts import Chart, Series
from portal.kit.exports import harmless
from portal.kit.small_numbers import in_words
from portal.kit.texts import Text, best
from portal.languages import CODES

DRAWN = 12  # bars in a chart; the table has all
#: How ways of handing out are counted together: on a telephone, on paper, straight through an association.
CHANNELS: dict[str, tuple[str | Promise, tuple[Way, ...]]] = {
    "digital": (gettext_lazy("On the screen, by message or by code"), (Way.SCREEN, Way.SMS, Way.CODE)),
    "paper": (gettext_lazy("Printed"), (Way.PRINT,)),
    "association": (gettext_lazy("Through associations"), (Way.ASSOCIATION,)),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, in words, with what it means. `value` is for sheets."""

    key: str
    label: str
    said: str
    meaning: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand to the right."""

    heading: str
    number: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: on the screen, in print and in files. A cell is a text, a number, Kroner or a share."""

    key: str
    heading: str
    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    note: str = ""
    chart: Chart | None = None

    @property
    def said(self) -> list[list[tuple[Any, bool]]]:
        """Cells as people read them, and whether each is a number."""
        return [[(as_words(cell), column.number) for cell, column in zip(row, self.columns, strict=True)] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole."""

    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Told:
    """A rounded figure; nought says "few or none"."""

    count: int


def as_words(cell: Any) -> Any:
    """A cell on the screen."""
    if isinstance(cell, Kroner):
        return in_kroner(cell.ore)
    if isinstance(cell, Share):
        return share_in_words(cell.part, cell.whole)
    if isinstance(cell, Told):
        return in_words(max(cell.count, 0))
    if isinstance(cell, int):
        return number_format(cell, force_grouping=True)
    return cell


def in_file(cell: Any, form: str) -> Any:
    """A cell in a file: numbers stay numbers."""
    if isinstance(cell, Kroner):
        return str(cell) if form == "csv" else cell.amount
    if isinstance(cell, Share):
        return per_cent(cell.part, cell.whole)
    if isinstance(cell, Told):
        return cell.count if cell.count > 0 else in_words(0)
    return harmless(str(cell)) if isinstance(cell, str | Text | Promise) else cell


@dataclass(frozen=True)
class Figures:
    """All of a scope, for the screen and for files."""

    scope: Scope
    figures: list[Figure]
    sheets: list[Sheet]
    months: Chart | None = None
    notes: list[str] = field(default_factory=list)

    def files(self, form: str) -> Iterator[tuple[str, list[list[Any]]]]:
        """(name, rows with their headings) of each table."""
        rows = [[figure.label, in_file(figure.value, form), figure.meaning] for figure in self.figures]
        yield _("Key figures"), [[_("Figure"), _("How many"), _("What it means")], *rows]
        for sheet in self.sheets:
            head = [column.heading for column in sheet.columns]
            yield sheet.heading, [head, *([in_file(cell, form) for cell in row] for row in sheet.rows)]


# ── all figures ─────────────────────────────────────────────────────────────────────────────────────────────
def figures_of(scope: Scope, at: datetime) -> Figures:
    """Everything. Of all municipalities together: counts, and neither kroner nor what is crossed."""
    cards = figures.cards_of(scope)
    lines = figures.lines_of(scope, at)
    uses = figures.uses_of(scope)
    own = scope.municipality is not None
    sheets = [
        way_sheet(cards, scope.from_start),
        medium_sheet(cards, scope.from_start),
        line_sheet(lines, own),
        offer_sheet(uses, own),
    ]
    if own:
        sheets += [provider_sheet(uses), stock_sheet(scope, at), money_sheet(scope), *crossed_sheets(scope, at)]
    sheets.append(refusal_sheet(scope))
    return Figures(scope, key_figures(scope, at, cards, lines, uses), sheets, months_chart(scope, own))


def key_figures(
    scope: Scope, at: datetime, cards: figures.CardFigures, lines: list[LineCount], uses: list[UseCount]
) -> list[Figure]:
    """The numbers on top."""
    count = cards.in_all
    holders = figures.holders_by(scope, at)
    tickets = sum(use.tickets for use in uses)
    found = [
        Figure(
            "cards",
            _("Cards handed out"),
            as_words(count.cards),
            _("However they were handed out. A card that replaces a lost one is not counted again."),
            count.cards,
        ),
        Figure(
            "activated",
            _("Cards first used"),
            f"{as_words(count.activated)} ({share_in_words(count.activated, count.cards)})"
            if scope.from_start
            else as_words(count.activated),
            _("Put on a telephone, or used at a counter."),
            count.activated,
        ),
        Figure(
            "holders",
            _("Cards with at least one ticket used"),
            as_words(holders) if holders is not None else _("not counted then"),
            _("From the year's beginning to the end of the period. Each card is counted once, however much it was used."),
            holders,
        ),
        Figure(
            "tickets",
            _("Tickets used"),
            as_words(tickets),
            _("Each clip is one, and each payment out of an amount. What was taken back is taken off."),
            tickets,
        ),
    ]
    if scope.municipality is None:
        return found
    paid = sum(use.total_ore for use in uses)
    unused = [line for line in lines if line.unit == Unit.CLIP]
    worth = sum(line.worth(line.unused) for line in lines)
    bought = sum(row.unused_ore for row in figures.stock_of(scope, at))
    return [
        *found,
        Figure("paid", _("Paid for use"), in_kroner(paid), _("What the uses come to at the price of their day."), Kroner(paid)),
        Figure(
            "unused",
            _("Tickets on cards, not used"),
            as_words(sum(line.unused for line in unused)),
            _("On all cards of the year, as it stands now: still to be used, flowed back, or lost."),
            sum(line.unused for line in unused),
        ),
        Figure(
            "worth",
            _("Worth of what is not used"),
            in_kroner(worth),
            _("At the price of each offer; of a category at the mean of its offers. Nobody has been paid for it."),
            Kroner(worth),
        ),
        Figure(
            "bought",
            _("Paid beforehand, not used"),
            in_kroner(bought),
            _("Tickets that were bought and lie there, at what they cost."),
            Kroner(bought),
        ),
    ]


def way_sheet(cards: figures.CardFigures, shares: bool) -> Sheet:
    """Cards by channel; all channels are one allotment."""
    rows: list[tuple[Any, ...]] = []
    for label, ways in CHANNELS.values():
        count = CardCount()
        for way in ways:
            if way in cards.by_way:
                found = cards.by_way[way]
                count.add(found.cards, found.activated, found.holders)
        rows.append(_card_row(str(label), count, shares))
    rows.append(_card_row(_("All"), cards.in_all, shares))
    return Sheet("ways", _("Cards by how they were handed out"), _card_columns(_("How")), rows)


def medium_sheet(cards: figures.CardFigures, shares: bool) -> Sheet:
    """Cards by how they are carried now."""
    rows = [_card_row(str(medium.label), cards.by_medium.get(medium, CardCount()), shares) for medium in Medium]
    return Sheet("mediums", _("Cards by how they are carried"), _card_columns(_("Carried")), rows)


def _card_columns(first: str) -> tuple[Column, ...]:
    return (
        Column(first, number=False),
        Column(_("Handed out")),
        Column(_("First used")),
        Column(pgettext("of a whole", "Share")),
        Column(_("Used")),
    )


def _card_row(label: str, count: CardCount, shares: bool) -> tuple[Any, ...]:
    return (label, count.cards, count.activated, Share(count.activated, count.cards if shares else 0), count.holders)


def line_sheet(lines: list[LineCount], own: bool) -> Sheet:
    """What stands on the cards. Amounts are money: each municipality its own."""

    def amount(line: LineCount, number: int) -> Any:
        return Kroner(number) if line.unit == Unit.ORE else number

    rows = []
    for line in lines if own else [line for line in lines if line.unit == Unit.CLIP]:
        counts = (line.issued, line.activated, line.used, line.returned, line.left, line.lost)
        row = (name_of(line.label), *(amount(line, number) for number in counts), Share(line.used, line.issued))
        rows.append((*row, Kroner(line.worth(line.unused))) if own else row)
    columns = (
        Column(_("What"), number=False),
        *map(
            Column,
            (
                _("On cards"),
                _("On cards first used"),
                _("Used"),
                _("Flowed back"),
                _("Can still be used"),
                _("Not used in time"),
                _("Share used"),
            ),
        ),
    )
    return Sheet(
        "lines",
        _("What stands on the cards, the whole year as it is now"),
        (*columns, Column(_("Worth of what is not used"))) if own else columns,
        rows,
        note=_("What nobody took into use in time has flowed back, and can be handed out again."),
    )


def offer_sheet(uses: list[UseCount], own: bool) -> Sheet:
    """Uses by offer. Exact."""
    rows = []
    for use in uses:
        row = (name_of(use.offer), name_of(use.provider), use.tickets, use.people, use.from_stock, use.taken_back)
        rows.append((*row, Kroner(use.total_ore)) if own else row)
    heads = (_("Tickets"), _("People"), _("Of these paid beforehand"), _("Taken back"))
    columns = (Column(_("Offer"), number=False), Column(_("Provider"), number=False), *map(Column, heads))
    drawn = [use for use in uses if use.tickets > 0][:DRAWN]
    chart = Chart(
        "offers",
        _("Offers that were used most"),
        _("Offer"),
        tuple(name_of(use.offer) for use in drawn),
        (Series(_("Tickets"), tuple(use.tickets for use in drawn)),),
        exact=True,
    )
    return Sheet("offers", _("Tickets by offer"), (*columns, Column(_("Sum"))) if own else columns, rows, chart=chart)


def provider_sheet(uses: list[UseCount]) -> Sheet:
    """Uses by provider. Exact: it is what each is paid for."""
    columns = (Column(_("Provider"), number=False), Column(_("Tickets")), Column(_("Sum")))
    rows = [(name_of(provider), tickets, Kroner(ore)) for provider, tickets, ore in figures.by_provider(uses)]
    return Sheet("providers", _("Tickets by provider"), columns, rows)


def stock_sheet(scope: Scope, at: datetime) -> Sheet:
    """What was bought or given, by funder."""
    rows = []
    for row in figures.stock_of(scope, at):
        stock = row.stock
        kind = StockKind(stock.kind)
        cost = Kroner(stock.quantity * stock.unit_ore) if kind == StockKind.BOUGHT else ""
        over = Kroner(row.unused_ore) if kind == StockKind.BOUGHT else ""
        rows.append((stock.funder, str(kind.label), name_of(stock.offer), stock.quantity, stock.used, stock.left, cost, over))
    heads = (_("Tickets"), _("Used"), _("Left"), _("Cost"), _("Cost of what is not used"))
    columns = (
        *(Column(head, number=False) for head in (_("Paid or given by"), _("Kind"), _("Offer"))),
        *(Column(head) for head in heads),
    )
    return Sheet("stock", _("Bought and given beforehand"), columns, rows)


def money_sheet(scope: Scope) -> Sheet:
    """Where the money for the year's uses stands."""
    money = figures.money_of(scope)
    states = {
        SettlementState.DRAFT: _("being settled"),
        SettlementState.SENT: _("sent to providers"),
        SettlementState.APPROVED: _("approved, to be paid"),
        SettlementState.CLOSED: _("paid"),
    }
    rows: list[tuple[Any, ...]] = [(_("not settled yet"), Kroner(money.unsettled))]
    rows += [(states[state], Kroner(ore)) for state, ore in money.by_state.items()]
    rows.append((_("All"), Kroner(money.in_all)))
    return Sheet(
        "money", _("Money for use, the whole year as it is now"), (Column(_("State"), number=False), Column(_("Sum"))), rows
    )


def crossed_sheets(scope: Scope, at: datetime) -> Iterator[Sheet]:
    """By agency and by card type, rounded; whole months that are over."""
    assert scope.municipality is not None  # noqa: S101 - each municipality its own
    crossed = crossed_of(scope.municipality, scope.year, scope.first, scope.last, at)
    note = _(
        "Rounded by lot to fives, month by month, so that nobody can be told from the figures; low ones are rough. Only months"
        " that are over. Kroner are told for all together."
    )
    agencies = Agency.objects.in_bulk([pk for pk in crossed.by_agency if pk])
    names: dict[Any, Any] = {pk: name_of(agency) for pk, agency in agencies.items()} | {None: _("The coordinator's own")}
    yield _crossed_sheet("agencies", _("By agency"), _("Agency"), crossed.by_agency, names, note)
    kinds = CardType.objects.in_bulk(list(crossed.by_card_type))
    names = {pk: str(kind) for pk, kind in kinds.items()}
    yield _crossed_sheet("card-types", _("By card type"), _("Card type"), crossed.by_card_type, names, note)


def _crossed_sheet(key: str, heading: str, first: str, found: dict[Any, Counts], names: dict[Any, Any], note: str) -> Sheet:
    order = sorted(found, key=lambda pk: (-found[pk].tickets, str(names.get(pk, ""))))
    rows = [(names.get(pk, ""), Told(found[pk].cards), Told(found[pk].activated), Told(found[pk].tickets)) for pk in order]
    heads = (_("Handed out"), _("First used"), _("Tickets used"))
    chart = Chart(
        key,
        _("Tickets used"),
        first,
        tuple(names.get(pk, "") for pk in order),
        (Series(_("Tickets used"), tuple(max(found[pk].tickets, 0) for pk in order)),),
    )
    return Sheet(key, heading, (Column(first, number=False), *map(Column, heads)), rows, note=note, chart=chart)


def refusal_sheet(scope: Scope) -> Sheet:
    """Every "no" at counters and on telephones."""
    labels = {reason.value: str(reason.label) for reason in WhyNot}
    rows = [(labels.get(reason, reason), count) for reason, count in figures.refusals_of(scope)]
    columns = (Column(_("What was said"), number=False), Column(_("Times")))
    return Sheet(
        "refusals", _("When a card was turned away"), columns, rows, note=_("At providers of the municipality. No card is kept.")
    )


def months_chart(scope: Scope, own: bool) -> Chart:
    """Tickets month by month. Exact."""
    months = figures.months_of(scope)
    beside = (Series(_("Kroner"), tuple(round(ore / 100) for _month, _tickets, ore in months)),) if own else ()
    return Chart(
        "months",
        _("Tickets used each month"),
        _("Month"),
        tuple(date_format(month, "M Y") for month, _tickets, _ore in months),
        (Series(_("Tickets"), tuple(tickets for _month, tickets, _ore in months)),),
        beside=beside,
        exact=True,
    )


def name_of(row: Any) -> Text | str:
    """What an offer, provider, agency or category is called, for the reader."""
    if row is None:
        return _("gone")
    lang = get_language() or "nb"
    name = "title" if hasattr(row, "title_nb") else "name"
    return best(row, name, dict.fromkeys([lang, *CODES]))


# ── the report ──────────────────────────────────────────────────────────────────────────────────────────────
def first_half(year: ProgrammeYear) -> date:
    """The last day of the first half of a programme's year."""
    seventh = months_between(year.opens, year.closes)[6:7]
    return seventh[0] - timedelta(days=1) if seventh else year.closes


def report_of(scope: Scope, at: datetime) -> Figures:
    """One page: what a municipality reports to its council and to those who fund the card."""
    everything = figures_of(scope, at)
    wanted = ("ways", "offers", "providers", "money", "stock")
    sheets = [_shortened(sheet) for key in wanted for sheet in everything.sheets if sheet.key == key]
    since = figures.activated_since_the_start(scope)
    first = scope.year.programme.years.order_by("year").values_list("year", flat=True).first()
    extra = Figure(
        "since",
        _("Cards first used since %(year)s") % {"year": first},
        as_words(since),
        _("In all years of the programme up to the end of the period."),
        since,
    )
    figures_told = [*everything.figures[:3], extra, *everything.figures[3:]]
    return Figures(scope, figures_told, sheets, everything.months)


LISTED = 10


def _shortened(sheet: Sheet) -> Sheet:
    """The first ten lines of a long table, and the rest as one."""
    if len(sheet.rows) <= LISTED + 1 or sheet.key not in ("offers", "providers"):
        return Sheet(sheet.key, sheet.heading, sheet.columns, sheet.rows)
    rest = sheet.rows[LISTED:]
    sums = tuple(_sum(row[n] for row in rest) if column.number else "" for n, column in enumerate(sheet.columns))
    named = (_("%(count)s others") % {"count": len(rest)}, *sums[1:])
    return Sheet(sheet.key, sheet.heading, sheet.columns, [*sheet.rows[:LISTED], named])


def _sum(cells: Iterable[Any]) -> Any:
    found = list(cells)
    if found and isinstance(found[0], Kroner):
        return Kroner(sum(cell.ore for cell in found))
    return sum(found)


def months_between(first: date, last: date) -> list[date]:
    """The first days of all months from one day to another."""
    months, month = [], first.replace(day=1)
    while month <= last:
        months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return months
