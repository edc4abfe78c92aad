"""What a municipality has put into card programmes that a neighbour looks after, as sheets: they stay here when it leaves.

Rows of them would hang on the neighbour's programme, years and kinds of card, which another installation does not have. So they
are told by name: its agencies' quotas and what was handed out of them, its agreements' offers, tickets bought or given, its sums,
and the journal about all these. Reading the file back leaves them in it. Cards stay, as everywhere (scope.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from cards.ledger.models import CountChange
from cards.offers.crossing import first_of
from cards.offers.models import Offer, Stock, UseSum
from cards.offers.unlinking import due_by
from cards.programmes.models import AgencyQuota, CardSum, LineSum
from directory.municipalities.models import Municipality
from portal.kit.texts import best
from portal.leaving.scope import every

Row = tuple[Any, ...]
AT_A_TIME = 400
#: What the journal calls the rows of a sheet.
JOURNALS = {"quotas": ("quota",), "offers": ("offer", "offer-price"), "tickets": ("stock",)}


def joint_sheets(municipality: Municipality) -> dict[str, Iterator[Row]]:
    """Each sheet with its heading and its rows."""
    own = Joint(municipality)
    return {
        "card-joint-quotas": own.quotas(),
        "card-joint-offers": own.offers(),
        "card-joint-tickets": own.tickets(),
        "card-joint-cards": own.cards(),
        "card-joint-lines": own.lines(),
        "card-joint-uses": own.uses(),
        "card-joint-journal": own.journal(),
    }


class Joint:
    """The rows of one municipality under programmes of others."""

    def __init__(self, municipality: Municipality) -> None:
        self.municipality = municipality
        self.order = municipality.order_for("nb")

    def rows(self, model: type[Model], owner: str, programme: str) -> QuerySet[Any]:
        """A municipality's own rows of a model, in the order in which they were made."""
        rows = every(model).filter(**{owner: self.municipality})
        return rows.exclude(**{f"{programme}__municipality": self.municipality}).order_by("pk")

    @property
    def quota_rows(self) -> QuerySet[AgencyQuota]:
        rows = self.rows(AgencyQuota, "agency__municipality", "card_type__year__programme")
        return rows.select_related("agency", "card_type__year__programme")

    @property
    def offer_rows(self) -> QuerySet[Offer]:
        rows = self.rows(Offer, "agreement__municipality", "agreement__programme")
        return rows.select_related("agreement__programme", "agreement__provider")

    @property
    def stock_rows(self) -> QuerySet[Stock]:
        rows = self.rows(Stock, "offer__agreement__municipality", "offer__agreement__programme")
        return rows.select_related("offer__agreement__programme", "offer__agreement__provider")

    def title(self, offer: Offer | None) -> str:
        return best(offer, "title", self.order).value if offer else ""

    def quotas(self) -> Iterator[Row]:
        yield "programme", "card_type", "agency", "quota", "handed_out", "left"
        for row in self.quota_rows.iterator(chunk_size=AT_A_TIME):
            yield str(row.card_type.year), row.card_type.name, str(row.agency), row.quantity, row.used, row.left

    def offers(self) -> Iterator[Row]:
        yield "programme", "provider", "offer", "state", "from", "to", "unit_ore", "quantity", "released", "used"
        for row in self.offer_rows.iterator(chunk_size=AT_A_TIME):
            of = (str(row.agreement.programme), str(row.agreement.provider), self.title(row))
            yield *of, row.state, row.valid_from, row.valid_to, row.unit_ore, row.quantity, row.released, row.used

    def tickets(self) -> Iterator[Row]:
        yield "programme", "provider", "offer", "kind", "paid_by", "unit_ore", "last_day", "quantity", "used"
        for row in self.stock_rows.iterator(chunk_size=AT_A_TIME):
            agreement = row.offer.agreement
            of = (str(agreement.programme), str(agreement.provider), self.title(row.offer))
            yield *of, row.kind, row.funder, row.unit_ore, row.expires, row.quantity, row.used

    def cards(self) -> Iterator[Row]:
        yield "programme", "month", "way", "medium", "handed_out", "first_used", "used"
        rows = self.rows(CardSum, "municipality", "year__programme").select_related("year__programme")
        for row in rows.iterator(chunk_size=AT_A_TIME):
            yield str(row.year), row.month, row.way, row.medium, row.cards, row.activated, row.holders

    def lines(self) -> Iterator[Row]:
        yield "programme", "offer", "category", "unit", "on_cards", "on_cards_used", "used", "flowed_back"
        rows = self.rows(LineSum, "municipality", "year__programme").select_related("year__programme", "offer", "category")
        for row in rows.iterator(chunk_size=AT_A_TIME):
            what = (self.title(row.offer), str(row.category or ""), row.unit)
            yield str(row.year), *what, row.issued, row.activated, row.used, row.returned

    def uses(self) -> Iterator[Row]:
        """As in the rows of one's own programmes: those of months that are not rounded yet are for nobody's eyes."""
        yield "programme", "month", "card_type", "agency", "tickets", "handed_out", "first_used"
        rows = self.rows(UseSum, "municipality", "year__programme").filter(month__lt=first_of(due_by(timezone.now())))
        for row in rows.select_related("year__programme", "card_type", "agency").iterator(chunk_size=AT_A_TIME):
            yield str(row.year), row.month, row.card_type.name, str(row.agency or ""), row.tickets, row.cards, row.activated

    def journal(self) -> Iterator[Row]:
        """What was changed in these rows, the oldest first. Who did it stands in the log, as far as that is one's own."""
        yield "at", "sheet", "row", "what", "kind", "before", "after", "rows", "reason"
        rows = {"quotas": self.quota_rows, "offers": self.offer_rows, "tickets": self.stock_rows}
        names = {
            **{("quotas", row.pk): str(row) for row in self.quota_rows},
            **{("offers", row.pk): self.title(row) for row in self.offer_rows},
            **{("tickets", row.pk): f"{self.title(row.offer)} · {row.funder}" for row in self.stock_rows},
        }
        sheet_of = {what: sheet for sheet, whats in JOURNALS.items() for what in whats}
        own = Q(pk__in=[])
        for sheet, whats in JOURNALS.items():
            own |= Q(what__in=whats, ref__in=rows[sheet].order_by().values("pk"))
        for row in every(CountChange).filter(own).order_by("at", "pk").iterator(chunk_size=AT_A_TIME):
            sheet = sheet_of[row.what]
            name = names[sheet, row.ref]
            yield row.at, f"card-joint-{sheet}", name, row.what, row.kind, row.before, row.after, row.rows, row.reason
