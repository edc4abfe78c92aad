"""The statement of a settlement: what was used, by offer, day and price. As lines, as a sheet, and as a PDF set by typst.

What was taken back before the statement was sent stands nowhere in it; what was taken back of an earlier one is a minus line.
Tickets bought or given beforehand stand at nought kroner. Nothing here tells of cards, card types or agencies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import typst
from django.conf import settings as site_settings
from django.db.models import Q, QuerySet, Sum
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from cards.offers.models import Offer, Redemption, Settlement, Stock
from cards.offers.numbers import Kroner
from cards.offers.settling import tickets_of
from cards.offers.states import StockKind
from portal.kit.texts import best

SOURCE = Path(__file__).with_name("statement.typ")
FONTS = Path(site_settings.BASE_DIR) / "portal" / "fonts"
PDF_LANG = "nb"  # what is binding is written in Norwegian


@dataclass(frozen=True, slots=True)
class Line:
    """One line: so many of an offer on a day at a price."""

    offer: Offer
    title: str
    day: date
    unit_ore: int | None  # None where each use was an amount of its own
    tickets: int
    total_ore: int
    paid_by: str = ""  # who bought or gave it beforehand
    taken_back: bool = False

    @property
    def note(self) -> str:
        if self.taken_back:
            return _("taken back after an earlier statement")
        return _("paid beforehand: %(name)s") % {"name": self.paid_by} if self.paid_by else ""


def rows_of(settlement: Settlement) -> QuerySet[Redemption]:
    """The settlement's uses, without those that it takes back itself."""
    own = settlement.redemptions.all()
    inside = Redemption.objects.filter(settlement=settlement, reversal_of__settlement=settlement)
    return own.exclude(Q(pk__in=inside.values("pk")) | Q(pk__in=inside.values("reversal_of")))


def lines_of(settlement: Settlement, lang: str) -> list[Line]:
    """The lines by offer, day and price. A fixed number of queries."""
    groups = (
        rows_of(settlement)
        .order_by()
        .annotate(is_back=Q(reversal_of__isnull=False))
        .values("offer", "day", "unit", "unit_ore", "stock", "is_back")
        .annotate(tickets=tickets_of(), ore=Sum("total_ore"))
    )
    found = list(groups)
    offers = Offer.objects.in_bulk({row["offer"] for row in found})
    stocks = Stock.objects.in_bulk({row["stock"] for row in found if row["stock"]})
    order = settlement.municipality.order_for(lang)
    lines = [
        Line(
            offer=(offer := offers[row["offer"]]),
            title=best(offer, "title", order).value,
            day=row["day"],
            unit_ore=None if row["unit"] == "ore" else row["unit_ore"],
            tickets=row["tickets"],
            total_ore=row["ore"],
            paid_by=_payer(stocks.get(row["stock"])),
            taken_back=row["is_back"],
        )
        for row in found
    ]
    return sorted(
        lines, key=lambda line: (line.title, line.offer.pk, line.day, line.taken_back, line.unit_ore or 0, line.paid_by)
    )


def _payer(stock: Stock | None) -> str:
    if stock is None:
        return ""
    return _("given by %(name)s") % {"name": stock.funder} if stock.kind == StockKind.DONATED else stock.funder


def by_offer(lines: list[Line]) -> list[tuple[str, list[Line], int, int]]:
    """(title, its lines, tickets, øre) of each offer."""
    found: dict[int, list[Line]] = {}
    for line in lines:
        found.setdefault(line.offer.pk, []).append(line)
    return [
        (some[0].title, some, sum(line.tickets for line in some), sum(line.total_ore for line in some)) for some in found.values()
    ]


def sheet_of(settlement: Settlement, lang: str) -> Iterator[list[Any]]:
    """The statement as rows of a sheet; the sum last."""
    with translation.override(lang):
        yield [_("Offer"), _("Day"), _("Price"), _("Tickets"), _("Sum"), _("Note")]
        for line in lines_of(settlement, lang):
            price = "" if line.unit_ore is None else Kroner(line.unit_ore)
            yield [line.title, line.day.isoformat(), price, line.tickets, Kroner(line.total_ore), line.note]
        yield [_("Sum"), "", "", settlement.uses, Kroner(settlement.total_ore), ""]


def pdf_of(settlement: Settlement) -> bytes:
    """The statement as a tagged PDF. The texts are given as values: nothing in them is read as markup."""
    with translation.override(PDF_LANG):
        facts = json.dumps(_facts(settlement), ensure_ascii=False)
    return typst.compile(
        str(SOURCE),
        root=str(SOURCE.parent),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"facts": facts},
    )


def _facts(settlement: Settlement) -> dict[str, Any]:
    provider, municipality = settlement.provider, settlement.municipality
    offers = by_offer(lines_of(settlement, PDF_LANG))
    return {
        "title": _("Statement %(number)s") % {"number": settlement.number},
        "town": municipality.name,
        "provider": best(provider, "name", municipality.order_for(PDF_LANG)).value,
        "org_number": provider.org_number,
        "facts": [
            [_("Programme"), str(settlement.year)],
            [_("Period"), f"{_day(settlement.period_from)} – {_day(settlement.period_to)}"],
            [_("Made"), _day(settlement.made_on)],
            [_("State"), settlement.state_in_words],
        ],
        "head": [_("Day"), _("Price"), _("Tickets"), _("Sum")],
        "offers": [
            {
                "title": title,
                "lines": [
                    [
                        _day(line.day),
                        "" if line.unit_ore is None else _kroner(line.unit_ore),
                        _whole(line.tickets),
                        _kroner(line.total_ore),
                        line.note,
                    ]
                    for line in lines
                ],
                "tickets": _whole(tickets),
                "sum": _kroner(ore),
            }
            for title, lines, tickets, ore in offers
        ],
        "sum_of_offer": _("Sum of the offer"),
        "sum_name": _("To be paid"),
        "tickets": _whole(settlement.uses),
        "sum": _kroner(settlement.total_ore),
        "note": _(
            "Only what was used is paid. Tickets that were bought or given beforehand stand at 0 kr. "
            "What is taken back later is taken off the next statement."
        ),
        "page": _("Page"),
    }


def _day(day: date) -> str:
    return date_format(day, "j. F Y")


def _whole(number: int) -> str:
    return number_format(number, force_grouping=True).replace("-", "−")


def _kroner(ore: int) -> str:
    return f"{number_format(Kroner(ore).amount, 2, force_grouping=True)} kr".replace("-", "−")
