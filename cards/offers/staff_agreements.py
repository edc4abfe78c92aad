"""Staff screens of agreements with providers. What may be done when is decided in offering.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from cards.ledger.money import in_kroner
from cards.offers import offering
from cards.offers.models import Device, Offer, ProviderAgreement
from cards.offers.staff_forms import AgreementForm, NewAgreementForm, Reason, UntilForm
from cards.offers.staff_words import ceiling_in_words, listing_address, price_in_words, screen_of
from cards.offers.states import AgreementState
from cards.programmes.staff_screens import Cell, Deed, Fact, NewScreen, Page, Table, Word, address_of
from cards.programmes.staff_views import count, day, journal
from cards.programmes.tenancy import COORDINATOR, programmes_of, towns_with_card
from directory.municipalities.models import Municipality


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
