"""Staff screens of agreements, offers, tickets and codes. What may be done when is decided in offering.py and codes_in.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin import messages

from cards.ledger.counter import set_quantity
from cards.ledger.money import in_kroner
from cards.offers import codes_in, offering, tills
from cards.offers.changes import changed
from cards.offers.deeds import DEEDS_OF_TILLS
from cards.offers.models import Device, ExternalCode, Offer, ProviderAgreement, Stock
from cards.offers.queries import conditions_in_words
from cards.offers.staff_forms import (
    AgreementForm,
    ApproveForm,
    BoundForm,
    CodesForm,
    NewAgreementForm,
    OfferForm,
    PriceForm,
    Reason,
    ReasonIfAny,
    StockForm,
    UntilForm,
)
from cards.offers.states import AgreementState, OfferState
from cards.programmes.staff_forms import NewQuantityForm, ReasonForm, StaffForm
from cards.programmes.staff_screens import Cell, Deed, Fact, FormScreen, NewScreen, OneRow, Page, Table, Word, address_of
from cards.programmes.staff_views import count, day, journal
from cards.programmes.tenancy import COORDINATOR, own_rows_of, programmes_of, sees_money, towns_with_card
from directory.municipalities.models import Municipality, TenantLogEntry
from directory.providers.models import Provider
from portal.kit.refusals import refuse_if

SHOWN_ROWS = 500  # of a list of codes, on one page


def listing_address(row: Any) -> str:
    """A listing's form in the admin."""
    return reverse(row.snippet_viewset.get_url_name("edit"), args=[row.pk]) if row is not None else ""


def ceiling_in_words(agreement: ProviderAgreement) -> str:
    return in_kroner(agreement.ceiling_ore) if agreement.ceiling_ore is not None else _now("none")


def price_in_words(ore: int) -> str:
    return in_kroner(ore) if ore else _now("a gift")


def screen_of(model: Any, screen: str, *args: Any) -> str:
    return reverse(model.snippet_viewset.get_url_name(screen), args=args)


# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────


class Agree(Deed):
    key = "agree"
    label = _("Agree")
    first = True

    def is_offered(self) -> bool:
        return bool(self.row.state == AgreementState.PROPOSED)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.agree(agreement=self.row, by=self.user, at=at)
        return _now("Agreed. The provider is told.")


class Renew(Deed):
    key = "renew"
    label = _("Let it go on")
    form_class = UntilForm

    def is_offered(self) -> bool:
        return bool(self.row.state == AgreementState.AGREED)

    def form_kwargs(self) -> dict[str, Any]:
        row: ProviderAgreement = self.row
        return {"initial": {"valid_to": row.wished_to or row.valid_to + (row.valid_to - row.valid_from) + timedelta(days=1)}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.renew(agreement=self.row, valid_to=said["valid_to"], by=self.user, at=at)
        return _now("The agreement goes on.")


class ChangeTerms(Deed):
    key = "change"
    label = _("Change what is agreed")
    help = _("A new ceiling holds from this month on. Prices stand on the offers.")
    form_class = AgreementForm

    def is_offered(self) -> bool:
        return bool(self.row.state != AgreementState.ENDED)

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {name: getattr(self.row, name) for name in offering.FACTS}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.change_agreement(agreement=self.row, **said, by=self.user, at=at)
        return _now("Changed.")


class EndAgreement(Deed):
    key = "end"
    label = _("End it")
    help = _("Its offers are closed at once. What has been used is paid as agreed.")
    serious = True
    form_class = Reason

    def is_offered(self) -> bool:
        return bool(self.row.state != AgreementState.ENDED)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        offering.end_agreement(agreement=self.row, reason=said["reason"], by=self.user, at=at)
        return _now("The agreement has ended.")


class AgreementPage(Page):
    related = ("programme", "provider__municipality", "municipality")
    deeds = (Agree, Renew, ChangeTerms, EndAgreement)

    def get_page_subtitle(self) -> str:
        return str(self.row.get_state_display())

    def facts(self) -> Iterable[Fact]:
        row: ProviderAgreement = self.row
        yield Fact(_("Provider"), row.provider, href=listing_address(row.provider))
        yield Fact(_("Programme"), row.programme, href=address_of(row.programme))
        yield Fact(_("Municipality"), row.municipality)
        yield Fact(
            _("State"), row.get_state_display(), _now("since %(day)s") % {"day": day(row.agreed_on)} if row.agreed_on else ""
        )
        yield Fact(_("Days"), f"{day(row.valid_from)} – {day(row.valid_to)}")
        yield Fact(_("Ceiling a month"), ceiling_in_words(row))
        yield Fact(_("When the period is over"), row.get_renewal_display())
        yield Fact(_("The provider wishes to go on until"), day(row.wished_to))
        yield Fact(_("Tills may work without network"), _now("yes") if row.offline_allowed else _now("no"))
        yield Fact(_("What is agreed besides"), row.terms)

    def links(self) -> Iterable[tuple[Word, str]]:
        if self.row.state != AgreementState.ENDED:
            yield _("Write an offer for the provider"), screen_of(Offer, "add") + f"?agreement={self.row.pk}"
        yield _("Tills"), screen_of(Device, "list") + f"?provider={self.row.provider_id}"
        yield _("History"), self.address("history", self.row.pk)

    def tables(self) -> Iterable[Table]:
        yield Table(
            "offers",
            _("Offers"),
            (_("Offer"), _("State"), _("Days"), _("Price"), _("Used")),
            [
                (
                    Cell(offer, address_of(offer)),
                    Cell(offer.get_state_display()),
                    Cell(f"{day(offer.valid_from)} – {day(offer.valid_to)}"),
                    Cell(price_in_words(offer.unit_ore), number=True),
                    Cell(count(offer.used), number=True),
                )
                for offer in self.row.offers.all()
            ],
            empty=_("There is no offer yet."),
        )
        ceilings = list(self.row.ceilings.order_by("-month")[:24])
        if ceilings:
            yield Table(
                "ceilings",
                _("Used of the ceiling"),
                (_("Month"), _("Used"), _("Ceiling")),
                [
                    (
                        Cell(f"{one.month:%Y-%m}"),
                        Cell(in_kroner(one.used), number=True),
                        Cell(in_kroner(one.quantity), number=True),
                    )
                    for one in ceilings
                ],
            )
            pks = [one.pk for one in ceilings]
            yield journal("ceiling", refs=pks)


class NewAgreement(NewScreen):
    form_class = NewAgreementForm
    button = _("Propose it")
    intro = _("The provider sees the proposal on its desk. It counts once somebody of the municipality has agreed.")

    def lacking(self) -> Word:
        is_there = programmes_of(self.user, COORDINATOR).exists()
        return "" if is_there else _("There is no programme yet. Make one first.")

    def form_kwargs(self) -> dict[str, Any]:
        today = timezone.localdate()
        return {
            "programmes": programmes_of(self.user, COORDINATOR),
            "towns": Municipality.objects.filter(pk__in=towns_with_card(self.user, COORDINATOR)),
            "initial": {
                "valid_from": today,
                "valid_to": date(today.year, 12, 31),
                "programme": self.request.GET.get("programme"),
            },
        }

    def save(self, form: Any, at: datetime) -> HttpResponse:
        said = form.cleaned_data
        agreement = offering.propose_agreement(municipality=said["provider"].municipality, **said, by=self.user, at=at)
        return self.go_to(agreement)


# ── offers ──────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── tickets bought or given ─────────────────────────────────────────────────────────────────────────────────


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


# ── tills ───────────────────────────────────────────────────────────────────────────────────────────────────


def stopped_on(till: Device) -> str:
    return day(timezone.localdate(till.revoked_at)) if till.revoked_at else ""


class StopTill(Deed):
    key = "stop"
    label = _("Stop this till")
    help = _(
        "A phone that is lost, or that somebody takes along who no longer works here: its next press is refused."
        " What it has counted stays counted."
    )
    serious = True
    form_class = Reason

    def is_offered(self) -> bool:
        return self.row.revoked_at is None

    def do(self, said: dict[str, Any], at: datetime) -> str:
        provider = self.row.provider
        refuse_if(offering.why_not_decide(self.user, provider.municipality, provider))
        tills.revoke(device=self.row, by=self.user, at=at, reason=said["reason"])
        return _now("“%(name)s” is stopped. It takes no more cards.") % {"name": self.row.name}


class TillPage(Page):
    """A till, and what was done with it. Nothing here tells what was let in there."""

    related = ("provider__municipality",)
    deeds = (StopTill,)

    def facts(self) -> Iterable[Fact]:
        row: Device = self.row
        yield Fact(_("Provider"), row.provider, href=listing_address(row.provider))
        yield Fact(capfirst(_("enrolled")), day(row.enrolled_on))
        yield Fact(capfirst(_("last used")), day(row.seen_on))
        yield Fact(_("Stopped"), stopped_on(row))

    def tables(self) -> Iterable[Table]:
        row: Device = self.row
        words = {name: said for name, (_label, said) in DEEDS_OF_TILLS.items()}
        of_provider = {"content_type": ContentType.objects.get_for_model(Provider), "object_id": str(row.provider_id)}
        entries = TenantLogEntry.objects.filter(**of_provider, action__in=words, data__till=row.pk).select_related("user")
        yield Table(
            "deeds",
            _("What was changed"),
            (_("When"), _("What"), _("Why"), _("By")),
            [
                (
                    Cell(date_format(timezone.localtime(entry.timestamp), "SHORT_DATETIME_FORMAT")),
                    Cell(words[entry.action]),
                    Cell((entry.data or {}).get("reason", "")),
                    Cell(str(entry.user or "")),
                )
                for entry in entries.order_by("-timestamp", "-pk")[:50]
            ],
            empty=_("Nothing yet."),
        )


# ── ready-made codes ────────────────────────────────────────────────────────────────────────────────────────


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
