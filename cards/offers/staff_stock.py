"""Staff screens of tickets bought or given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from cards.ledger.counter import set_quantity
from cards.ledger.money import in_kroner
from cards.offers import offering
from cards.offers.models import Offer, Stock
from cards.offers.staff_forms import StockForm
from cards.offers.staff_words import price_in_words
from cards.offers.states import OfferState
from cards.programmes.staff_forms import NewQuantityForm
from cards.programmes.staff_screens import Deed, Fact, NewScreen, Page, Table, Word, address_of
from cards.programmes.staff_views import count, day, journal
from cards.programmes.tenancy import own_rows_of
from portal.kit.refusals import refuse_if


class ChangeStock(Deed):
    key = "quantity"
    label = _("Raise or lower")
    help = _("To withdraw what is left, write what has been used.")
    form_class = NewQuantityForm
    first = True

    def form_kwargs(self) -> dict[str, Any]:
        return {"used": self.row.used, "initial": {"quantity": self.row.quantity}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        row: Stock = self.row
        agreement = row.offer.agreement
        refuse_if(offering.why_not_decide(self.user, agreement.municipality, agreement.provider))
        kind = "raise" if said["quantity"] >= row.quantity else "withdraw" if said["quantity"] == row.used else "lower"
        set_quantity(row=row, quantity=said["quantity"], kind=kind, what="stock", by=self.user, at=at, reason=said["reason"])
        return _now("Changed.")


class StockPage(Page):
    related = ("offer__agreement__provider", "offer__agreement__municipality")
    deeds = (ChangeStock,)

    def facts(self) -> Iterable[Fact]:
        row: Stock = self.row
        yield Fact(_("Offer"), f"{row.offer} · {row.offer.agreement.provider}", href=address_of(row.offer))
        yield Fact(_("Kind"), row.get_kind_display())
        yield Fact(_("Paid or given by"), row.funder)
        yield Fact(_("Price per ticket"), price_in_words(row.unit_ore))
        yield Fact(_("Tickets"), count(row.quantity))
        yield Fact(_("Used"), count(row.used) or "0")
        yield Fact(_("Left"), count(row.left) or "0", _now("worth %(kroner)s") % {"kroner": in_kroner(row.left * row.unit_ore)})
        yield Fact(_("Last day"), day(row.expires))
        codes = row.external_codes.aggregate(
            dealt=Count("pk", filter=Q(dealt_to__isnull=False)), left=Count("pk", filter=Q(dealt_to=None, withdrawn=False))
        )
        if any(codes.values()):
            yield Fact(_("Ready-made codes"), _now("%(left)s left, %(dealt)s dealt out") % codes)

    def tables(self) -> Iterable[Table]:
        yield journal("stock", refs=[self.row.pk])


class NewStock(NewScreen):
    form_class = StockForm
    intro = _("Tickets are used up before the provider is paid for each use; those that end first are used first.")

    def offers(self) -> QuerySet[Offer]:
        return own_rows_of(Offer, self.user).exclude(state=OfferState.CLOSED).select_related("agreement__provider")

    def lacking(self) -> Word:
        return "" if self.offers().exists() else _("There is no offer yet that tickets could belong to.")

    def form_kwargs(self) -> dict[str, Any]:
        return {"offers": self.offers(), "initial": {"offer": self.request.GET.get("offer")}}

    def save(self, form: Any, at: datetime) -> HttpResponse:
        said = form.cleaned_data | {"unit_ore": form.cleaned_data["unit_ore"] or 0}
        return self.go_to(offering.add_stock(**said, by=self.user, at=at))
