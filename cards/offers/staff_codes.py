"""Staff screen of ready-made codes. What is new in a list, and what is loaded, is decided in codes_in.py and offering.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cards.offers import codes_in, offering
from cards.offers.models import ExternalCode, Offer, Stock
from cards.offers.staff_forms import CodesForm
from cards.offers.states import OfferState
from cards.programmes.staff_forms import ReasonForm
from cards.programmes.staff_screens import Cell, Deed, Page, Table
from cards.programmes.staff_views import count

SHOWN_ROWS = 500  # of a list, on one page


class WithdrawForm(ReasonForm):
    """Which of them, and why."""

    stock = forms.ModelChoiceField(
        label=_("Which tickets they are"), queryset=Stock.objects.none(), required=False, empty_label=_("those of no ticket")
    )
    field_order = ("stock", "reason")

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stock"].queryset = offer.stocks.all()  # type: ignore[attr-defined]


class WithdrawCodes(Deed):
    key = "withdraw"
    label = _("Withdraw what is left")
    help = _("They are dealt out no more. Those that somebody has got stay good.")
    serious = True
    form_class = WithdrawForm

    def is_offered(self) -> bool:
        return bool(ExternalCode.objects.filter(offer=self.row, dealt_to=None, withdrawn=False).exists())

    def form_kwargs(self) -> dict[str, Any]:
        return {"offer": self.row}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        stock = said["stock"].pk if said["stock"] else None
        gone = codes_in.withdraw(offer=self.row, stock_pk=stock, reason=said["reason"], by=self.user, at=at)
        return ngettext("%(count)s code is withdrawn.", "%(count)s codes are withdrawn.", gone) % {"count": count(gone) or "0"}

    def back(self) -> str:
        return self.page.address("codes", self.row.pk)


class LoadCodes(Deed):
    """First every row is looked at; only then are they loaded."""

    key = "load"
    label = _("Load codes")
    first = True
    form_class = CodesForm

    def is_offered(self) -> bool:
        return bool(self.row.state != OfferState.CLOSED)

    def form_kwargs(self) -> dict[str, Any]:
        return {"offer": self.row}

    def do(self, said: dict[str, Any], at: datetime) -> Any:
        file, stock = said.get("file"), said["stock"]
        text = codes_in.text_of(file.read()) if file else said["pasted"]
        rows = codes_in.looked_at(self.row, text)
        if self.page.request.POST.get("sure") == "1":
            wanted = [row.code for row in rows if row.verdict != codes_in.Verdict.LONG]
            loaded = offering.load_codes(offer=self.row, codes=wanted, stock=stock, by=self.user, at=at)
            new = ngettext("%(count)s code is loaded.", "%(count)s codes are loaded.", loaded.added)
            return new % {"count": count(loaded.added) or "0"}
        return self.page.shown(rows, stock)

    def back(self) -> str:
        return self.page.address("codes", self.row.pk)


class CodesPage(Page):
    """Ready-made codes of an offer: how many are dealt and left, a list looked at and loaded, the rest withdrawn."""

    reads = False
    permission: ClassVar[str] = "change"
    template_name = "cards/staff/codes.html"
    related = ("agreement__provider", "agreement__municipality")
    deeds = (LoadCodes, WithdrawCodes)

    def get_page_subtitle(self) -> str:
        return _now("Ready-made codes")

    def on_the_way(self) -> list[dict[str, Any]]:
        return [{"url": self.address("edit", self.row.pk), "label": str(self.row)}]

    def tables(self) -> Iterable[Table]:
        sums = (
            ExternalCode.objects.filter(offer=self.row)
            .values("stock", "stock__funder")
            .annotate(
                dealt=Count("pk", filter=Q(dealt_to__isnull=False)),
                left=Count("pk", filter=Q(dealt_to=None, withdrawn=False)),
                gone=Count("pk", filter=Q(dealt_to=None, withdrawn=True)),
            )
            .order_by("stock")
        )
        yield Table(
            "codes",
            _("Codes"),
            (_("Tickets of"), _("Dealt out"), _("Left"), _("Withdrawn")),
            [
                (
                    Cell(row["stock__funder"] or _now("none: paid as they are used")),
                    *(Cell(count(row[name]) or "0", number=True) for name in ("dealt", "left", "gone")),
                )
                for row in sums
            ],
            empty=_("No code has been loaded yet."),
        )

    def shown(self, rows: list[codes_in.Row], stock: Stock | None) -> HttpResponse:
        """The report on a list, row by row, with the button that loads it."""
        sums = Counter(row.verdict for row in rows)
        context = self.get_context_data(
            report=[(row, row.verdict.label) for row in rows[:SHOWN_ROWS]],
            more=max(0, len(rows) - SHOWN_ROWS),
            sums=[(verdict.label, count(sums[verdict])) for verdict in codes_in.Verdict if sums[verdict]],
            new=sums[codes_in.Verdict.NEW],
            codes="\n".join(row.code for row in rows if row.verdict == codes_in.Verdict.NEW),
            stock=stock,
        )
        response = self.render_to_response(context)
        response["Cache-Control"] = "no-store"
        return response
