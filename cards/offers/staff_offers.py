"""Staff screens of offers: queued, approved, released, written. What may be done when is decided in offering.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages

from cards.offers import offering
from cards.offers.changes import changed
from cards.offers.models import Offer, ProviderAgreement, Stock
from cards.offers.queries import conditions_in_words
from cards.offers.staff_forms import ApproveForm, BoundForm, OfferForm, PriceForm, Reason, ReasonIfAny
from cards.offers.staff_words import listing_address, price_in_words, screen_of
from cards.offers.states import AgreementState, OfferState
from cards.programmes.staff_forms import StaffForm
from cards.programmes.staff_screens import Cell, Deed, Fact, FormScreen, NewScreen, OneRow, Page, Table, Word, address_of
from cards.programmes.staff_views import count, day, journal
from cards.programmes.tenancy import own_rows_of, sees_money


class OfferDeed(Deed):
    """Offered in some states of the offer."""

    states: ClassVar[frozenset[str]] = frozenset()

    def is_offered(self) -> bool:
        return self.row.state in self.states


class Approve(OfferDeed):
    key = "approve"
    label = _("Approve")
    help = _("You approve what stands on this page now.")
    first = True
    states = frozenset({OfferState.OFFERED})
    form_class = ApproveForm

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"seen": offering.mark_of(self.row)}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.approve_offer(offer=self.row, by=self.user, at=at, seen=said["seen"], publish_now=said["publish_now"])
        return _now("Approved and published.") if said["publish_now"] else _now("Approved.")


class SendBack(OfferDeed):
    key = "send-back"
    label = _("Send it back")
    help = _("The provider can change it and send it anew.")
    states = frozenset({OfferState.OFFERED, OfferState.APPROVED})
    form_class = Reason

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.send_back(offer=self.row, reason=said["reason"], by=self.user, at=at)
        return _now("Sent back. The provider is told why.")


class HandIn(OfferDeed):
    key = "hand-in"
    label = _("Put it into the queue")
    states = frozenset({OfferState.DRAFT})

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.send_offer(offer=self.row, by=self.user, at=at)
        return _now("It waits for approval now.")


class Publish(OfferDeed):
    key = "publish"
    label = _("Publish")
    first = True
    states = frozenset({OfferState.APPROVED})

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.publish(offer=self.row, by=self.user, at=at)
        return _now("Published. Cards can be used for it within its days.")


class Unpublish(OfferDeed):
    key = "unpublish"
    label = _("Take it down")
    states = frozenset({OfferState.PUBLISHED})

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.unpublish(offer=self.row, by=self.user, at=at)
        return _now("Taken down. It stays approved.")


class Release(OfferDeed):
    key = "release"
    label = _("Release a portion")
    help = _("So many may be used by now; the rest waits until you release more.")
    states = frozenset({OfferState.APPROVED, OfferState.PUBLISHED})
    form_class = BoundForm

    def form_kwargs(self) -> dict[str, Any]:
        row: Offer = self.row
        told = _now("There are %(all)s in all.") % {"all": count(row.quantity)}
        empty = _now("Left empty, there is no limit.") if row.quantity is None else told
        return {"used": row.used, "empty": empty, "initial": {"number": row.released}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.release(offer=self.row, released=said["number"], reason=said["reason"], by=self.user, at=at)
        return _now("Changed.")


class ChangeQuantity(OfferDeed):
    key = "quantity"
    label = _("Change how many there are in all")
    states = frozenset({OfferState.APPROVED, OfferState.PUBLISHED})
    form_class = BoundForm

    def form_kwargs(self) -> dict[str, Any]:
        return {"used": self.row.used, "empty": _now("Left empty, there is no limit."), "initial": {"number": self.row.quantity}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.change_quantity(offer=self.row, quantity=said["number"], reason=said["reason"], by=self.user, at=at)
        return _now("Changed.")


class ChangePrice(OfferDeed):
    key = "price"
    label = _("Change the price")
    help = _("What has been used is paid as it was agreed then.")
    states = frozenset({OfferState.APPROVED, OfferState.PUBLISHED})
    form_class = PriceForm

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"unit_ore": self.row.unit_ore}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.save_offer(
            agreement=self.row.agreement,
            offer=self.row,
            values={"unit_ore": said["unit_ore"]},
            by=self.user,
            at=at,
            as_staff=True,
            reason=said["reason"],
        )
        return _now("The new price holds from now on.")


class CloseOffer(OfferDeed):
    key = "close"
    label = _("Close it")
    help = _("It can be used no longer, and stands nowhere any more.")
    serious = True
    states = frozenset({OfferState.DRAFT, OfferState.OFFERED, OfferState.APPROVED, OfferState.PUBLISHED})
    form_class = ReasonIfAny

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.close(offer=self.row, reason=said["reason"], by=self.user, at=at)
        return _now("Closed.")


class ReopenOffer(OfferDeed):
    key = "reopen"
    label = _("Open it again")
    states = frozenset({OfferState.CLOSED})

    def is_offered(self) -> bool:
        return super().is_offered() and bool(self.row.agreement.state != AgreementState.ENDED)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.reopen(offer=self.row, by=self.user, at=at)
        return _now("It is a draft again.")


class OfferPage(Page):
    related = (
        "agreement__programme",
        "agreement__provider__municipality",
        "agreement__municipality",
        "activity",
        "place",
        "approved_by",
    )
    deeds = (
        *(Approve, SendBack, HandIn, Publish, Unpublish, Release),
        *(ChangeQuantity, ChangePrice, ReopenOffer, CloseOffer),
    )

    def get_page_subtitle(self) -> str:
        return str(self.row.get_state_display())

    def notices(self) -> Iterable[Word]:
        row: Offer = self.row
        if row.state == OfferState.DRAFT and row.refused_because:
            yield _now("Sent back: %(reason)s") % {"reason": row.refused_because}
        today = timezone.localdate()
        if row.state == OfferState.PUBLISHED and not row.agreement.runs_on(today):
            yield _("The agreement does not run today, so cards cannot be used for this.")

    def facts(self) -> Iterable[Fact]:
        row: Offer = self.row
        agreement = row.agreement
        yield Fact(_("Provider"), agreement.provider, href=listing_address(agreement.provider) if self.may_change else "")
        yield Fact(_("Programme"), agreement.programme, href=address_of(agreement.programme))
        yield Fact(_("Agreement"), agreement.municipality, href=address_of(agreement) if self.may_change else "")
        yield Fact(_("State"), row.get_state_display())
        yield Fact(_("Activity"), row.activity, href=listing_address(row.activity) if self.may_change else "")
        yield Fact(_("Place"), row.place, href=listing_address(row.place) if self.may_change else "")
        yield Fact(_("Good to know"), row.note)
        yield Fact(_("What the counter is told"), row.let_in)
        yield Fact(_("Days"), f"{day(row.valid_from)} – {day(row.valid_to)}")
        yield Fact(_("When, and by whom"), "\n".join(conditions_in_words(row)))
        if sees_money(self.user):  # whoever's card is used pays it, so partners know it too
            yield Fact(_("Price per clip"), price_in_words(row.unit_ore))
        yield Fact(_("In all"), count(row.quantity) or _now("no limit"))
        yield Fact(_("Released by now"), count(row.released) or _now("no limit"))
        yield Fact(_("Used"), count(row.used) or "0")
        yield Fact(_("Attendance list"), _now("yes") if row.has_attendance else "")
        if self.may_change:
            yield Fact(_("Approved by"), row.approved_by)

    def links(self) -> Iterable[tuple[Word, str]]:
        if not self.may_change:
            return
        if self.row.state != OfferState.CLOSED:
            yield _("Change it"), self.address("form", self.row.pk)
            yield _("Add tickets"), screen_of(Stock, "add") + f"?offer={self.row.pk}"
            yield _("Ready-made codes"), self.address("codes", self.row.pk)
        yield _("History"), self.address("history", self.row.pk)

    def tables(self) -> Iterable[Table]:
        if not self.may_change:
            return
        if self.row.state == OfferState.OFFERED:
            yield self.difference()
        stocks = self.row.stocks.all()
        yield Table(
            "stock",
            _("Tickets bought or given"),
            (_("Paid or given by"), _("Kind"), _("Price"), _("Tickets"), _("Used"), _("Last day")),
            [
                (
                    Cell(stock.funder, address_of(stock)),
                    Cell(stock.get_kind_display()),
                    Cell(price_in_words(stock.unit_ore), number=True),
                    Cell(count(stock.quantity), number=True),
                    Cell(count(stock.used), number=True),
                    Cell(day(stock.expires)),
                )
                for stock in stocks
            ],
            empty=_("None: each use is paid as it comes."),
        )
        yield journal("offer", "offer-price", refs=[self.row.pk])

    def difference(self) -> Table:
        is_new = not self.row.approved_values
        return Table(
            "difference",
            _("What the provider says") if is_new else _("What differs from what was approved"),
            (_("Fact"), _("Now")) if is_new else (_("Fact"), _("Approved"), _("Now")),
            [
                (Cell(change.label), *(() if is_new else (Cell(change.before or "–"),)), Cell(change.now or "–"))
                for change in changed(self.row)
            ],
            empty=_("Nothing: it is as it was approved."),
        )


class OfferScreen(FormScreen):
    """An offer written by staff."""

    template_name = "cards/staff/offer_form.html"
    form_class = OfferForm


class NewOffer(NewScreen, OfferScreen):
    template_name = "cards/staff/offer_form.html"
    intro = _(
        "For a provider that does not write its offers itself. It is a draft until you put it into the queue and approve it."
    )

    @cached_property
    def choices(self) -> list[ProviderAgreement]:
        rows = own_rows_of(ProviderAgreement, self.user).exclude(state=AgreementState.ENDED)
        return list(rows.select_related("provider__municipality", "programme", "municipality"))

    @cached_property
    def agreement(self) -> ProviderAgreement | None:
        asked = self.request.POST.get("agreement") or self.request.GET.get("agreement", "")
        return next((row for row in self.choices if str(row.pk) == asked), None)

    def lacking(self) -> Word:
        return "" if self.choices else _("There is no agreement yet. Propose one first.")

    def form(self, data: Any = None, files: Any = None) -> Any:
        return OfferForm(data, files, agreement=self.agreement) if self.agreement else StaffForm()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(agreements=self.choices, agreement=self.agreement, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.agreement is None:
            return self.render_to_response(self.get_context_data(), status=422)
        return super().post(request, *args, **kwargs)

    def save(self, form: Any, at: datetime) -> HttpResponse:
        offer = offering.save_offer(
            agreement=self.agreement,  # type: ignore[arg-type]  # `post` has looked
            values=form.values(),
            by=self.user,
            at=at,
            key=form.cleaned_data["key"],
            as_staff=True,
        )
        return self.go_to(offer)


class OfferFormView(OfferScreen, OneRow):
    related = ("agreement__provider__municipality", "agreement__municipality")

    def get_page_subtitle(self) -> str:
        return _now("Change it")

    def form_kwargs(self) -> dict[str, Any]:
        return {"agreement": self.row.agreement, "offer": self.row}

    def back(self) -> str:
        return self.address("edit", self.row.pk)

    def save(self, form: Any, at: datetime) -> HttpResponse:
        offering.save_offer(
            agreement=self.row.agreement, offer=self.row, values=form.values(), by=self.user, at=at, as_staff=True
        )
        messages.success(self.request, _now("Changed."))
        return redirect(self.back())
