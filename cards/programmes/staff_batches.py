"""The coordinator's own batches: cards made, printed while their codes are kept, and looked after by the number on the stub.

    new ─▶ sheet (files to print, "they are printed") ─▶ page of the batch: new codes, a lost card stopped or replaced

The secret that opens the codes stands in the page only; a page loaded again sends it again, and finds the same codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import ceil
from typing import Any, ClassVar

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages

from cards.ledger.codes import in_groups
from cards.programmes import actions, printing, rules, sheets
from cards.programmes.extras import Extra, extras_for
from cards.programmes.models import SHEET_LASTS, Batch, Card, Programme
from cards.programmes.permissions import may_make_batch
from cards.programmes.rules import WhyNotHand
from cards.programmes.staff_forms import (
    BatchForm,
    ExtraForm,
    ReplaceForm,
    SecretForm,
    SheetForm,
    StopForm,
    StubForm,
    types_to_hand_out,
)
from cards.programmes.staff_screens import Deed, Fact, NewScreen, OneRow, Page, Screen, Table, Word, address_of
from cards.programmes.staff_views import count, day, journal
from cards.programmes.states import CardState, Way
from cards.programmes.tenancy import COORDINATOR, programmes_of, towns_with_card
from directory.municipalities.models import Municipality
from portal.kit.addresses import address_of as address_of_site
from portal.kit.refusals import Refused, refuse_if
from portal.kit.small_numbers import BASE, in_words, lots, protected

PDF = "application/pdf"


def sheet_of(screen: Screen, batch: Batch, secret: str, form: Any = None, status: int = 200) -> HttpResponse:
    """The page with which a batch's codes are printed: files in parts, and the button that forgets them."""
    kept = sheets.open_sheet(batch=batch, secret=secret, by=screen.user, at=timezone.now())
    parts = ceil(len(kept) / printing.IN_ONE_FILE)
    batch_screens = Batch.snippet_viewset  # type: ignore[attr-defined]
    context = screen.get_context_data(
        batch=batch,
        cards=len(kept),
        minutes=SHEET_LASTS,
        secret=secret,
        sheet_form=form or SheetForm(municipality=batch.municipality, initial={"secret": secret}),
        parts=[
            (part, (part - 1) * printing.IN_ONE_FILE + 1, min(part * printing.IN_ONE_FILE, len(kept)))
            for part in range(1, parts + 1)
        ],
        print_address=reverse(batch_screens.get_url_name("sheet"), args=[batch.pk]),
        page_address=address_of(batch),
    )
    response = TemplateResponse(screen.request, "cards/staff/sheet.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


class NewBatch(NewScreen):
    form_class = BatchForm
    button = _("Make the cards")
    intro = _("Any resident may hold such a card: it looks and works like those that agencies hand out.")

    def lacking(self) -> Word:
        has_types = types_to_hand_out(programmes_of(self.user, COORDINATOR)).filter(is_open=True).exists()
        return "" if has_types else _("There is no card type that can be handed out. Make one first.")

    def form_kwargs(self) -> dict[str, Any]:
        towns = towns_with_card(self.user, COORDINATOR)
        return {
            "towns": Municipality.objects.filter(pk__in=towns).order_by("name"),
            "programmes": programmes_of(self.user, COORDINATOR),
            "initial": {"card_type": self.request.GET.get("card_type")},
        }

    def save(self, form: Any, at: datetime) -> HttpResponse:
        said = form.cleaned_data
        town: Municipality = said["municipality"]
        refuse_if(None if may_make_batch(self.user, town) else WhyNotHand.FOREIGN)
        issued = actions.issue(
            card_type=said["card_type"],
            municipality=town,
            agency=None,
            count=said["count"],
            way=Way.PRINT,
            key=sheets.deed_of(said["secret"]),
            by=self.user,
            at=at,
            purpose=said["purpose"],
            secret=said["secret"],
        )
        try:
            return sheet_of(self, issued.batch, said["secret"])
        except Refused as refused:  # printed already, or the time is over
            messages.warning(self.request, str(refused))
            return redirect(address_of(issued.batch))


class SheetView(OneRow):
    """Files of a batch's cards, and "they are printed". Without the secret of the page that made them there is nothing here."""

    related = ("card_type__year__programme", "municipality__site")

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(address_of(self.row))

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        secret, at = request.POST.get("secret", ""), timezone.now()
        try:
            if request.POST.get("do") == "printed":
                actions.print_done(batch=self.row, by=request.user, at=at)
                messages.success(request, _now("The codes are forgotten. Hand the cards out."))
                return redirect(address_of(self.row))
            slips = sheets.open_sheet(batch=self.row, secret=secret, by=request.user, at=at)
            form = SheetForm(request.POST, municipality=self.row.municipality)
            if not form.is_valid():
                return sheet_of(self, self.row, secret, form, status=422)
        except Refused as refused:
            messages.warning(request, str(refused))
            return redirect(address_of(self.row))
        return self.file(slips, form.cleaned_data)

    def file(self, slips: list[sheets.Slip], said: dict[str, Any]) -> HttpResponse:
        text = self.request.POST.get("part", "1")
        part = min(
            int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 1, ceil(len(slips) / printing.IN_ONE_FILE)
        )
        first = (max(part, 1) - 1) * printing.IN_ONE_FILE
        host = address_of_site(self.row.municipality.site)
        printed = printing.printed_of(self.row, host=host, languages=said["languages"], layout=said["layout"])
        slips = printing.with_holds(self.row, slips[first : first + printing.IN_ONE_FILE], printed.layout)
        body = printing.print_cards(slips=slips, printed=printed)
        name = f"cards-{self.row.pk}-{part}.pdf"
        return HttpResponse(
            body,
            content_type=PDF,
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )


# ── the page of a batch ─────────────────────────────────────────────────────────────────────────────────────


class NewCodes(Deed):
    key = "rotate"
    label = _("Make new codes")
    help = _("For the cards that were never used, to print them once more. What was printed of these before stops working.")
    serious = True
    form_class = SecretForm

    def is_offered(self) -> bool:
        return bool(self.row.cards.filter(state=CardState.ISSUED, returned=False).exists())

    def do(self, said: dict[str, Any], at: datetime) -> Any:
        secret = said["secret"]
        issued = actions.rotate(batch=self.row, by=self.user, at=at, secret=secret)
        return sheet_of(self.page, issued.batch, secret)


class OneCard(Deed):
    """About a card of the batch, named by its stub. Nothing here tells where it was used."""

    page: BatchPage

    def form_kwargs(self) -> dict[str, Any]:
        found = self.page.found
        return {"initial": {"number": in_groups(found.public_id)}} if found else {}

    def is_offered(self) -> bool:
        """Of a card that was found, whether it can be helped at all."""
        found = self.page.found
        return found is None or rules.is_over(found, timezone.localdate()) is None

    def card(self, number: str) -> Card:
        found = Card.objects.filter(batch=self.row, public_id=number).first()
        if found is None:
            raise Refused(WhyNotHand.UNKNOWN_CARD)
        return found


class StopCard(OneCard):
    key = "stop"
    label = _("Stop a card")
    help = _("It can no longer be used, and what was left on it is gone.")
    serious = True
    form_class = StopForm

    def do(self, said: dict[str, Any], at: datetime) -> str:
        actions.revoke(card=self.card(said["number"]), by=self.user, at=at, reason=said["reason"])
        return _now("The card is stopped.")


class ReplaceCard(OneCard):
    key = "replace"
    label = _("Replace a card")
    help = _("The old one stops everywhere, also on telephones. The new one holds what was left.")
    form_class = ReplaceForm

    def do(self, said: dict[str, Any], at: datetime) -> Any:
        secret = said["secret"]
        key = sheets.deed_of(secret)
        issued = actions.reissue(card=self.card(said["number"]), by=self.user, at=at, key=key, secret=secret)
        return sheet_of(self.page, issued.batch, secret)


class PauseCard(OneCard):
    key = "pause"
    label = _("Pause the card")
    help = _("While it is looked for. Nothing is lost.")
    form_class = StubForm
    state: ClassVar[CardState] = CardState.ACTIVE

    def is_offered(self) -> bool:
        return super().is_offered() and (self.page.found is None or self.page.found.state == self.state)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        actions.suspend(card=self.card(said["number"]), by=self.user, at=at)
        return _now("The card is paused. Nothing can be used until you take it up again.")


class ResumeCard(PauseCard):
    key = "resume"
    label = _("Take the card up again")
    help = _("It works as before, with what was left.")
    state = CardState.SUSPENDED

    def do(self, said: dict[str, Any], at: datetime) -> str:
        actions.resume(card=self.card(said["number"]), by=self.user, at=at)
        return _now("The card can be used again.")


class GiveExtra(OneCard):
    key = "extra"
    label = _("Give a card something extra")
    help = _("Beside what its card type holds.")
    form_class = ExtraForm

    @cached_property
    def extras(self) -> list[Extra]:
        order = self.row.municipality.order_for(get_language() or "nb")
        return extras_for(self.row.card_type, timezone.localdate(), order)

    def form_kwargs(self) -> dict[str, Any]:
        return {**super().form_kwargs(), "extras": self.extras}

    def is_offered(self) -> bool:
        return super().is_offered() and bool(self.extras)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        card = self.card(said["number"])
        actions.add_extra(card=card, **said["facts"], quantity=said["quantity"], key=said["key"], by=self.user, at=at)
        return _now("It is on the card now.")


class BatchPage(Page):
    related = ("card_type__year__programme", "municipality__site", "agency")
    deeds: ClassVar[tuple[type[Deed], ...]] = (ReplaceCard, GiveExtra, PauseCard, ResumeCard, StopCard, NewCodes)
    found: Card | None = None  # the card that was looked for, if one was

    def get_page_subtitle(self) -> str:
        return str(self.row.purpose)

    def facts(self) -> Iterable[Fact]:
        row: Batch = self.row
        programme: Programme = row.card_type.year.programme
        yield Fact(_("Card type"), f"{row.card_type.year} · {row.card_type}", href=address_of(row.card_type))
        yield Fact(_("Municipality"), row.municipality)
        yield Fact(_("Agency"), row.agency)
        yield Fact(_("Cards"), count(row.count))
        yield Fact(_("Note"), row.purpose)
        yield Fact(_("Made"), day(row.made_on))
        yield Fact(_("Printed"), day(row.printed_on) or _now("not yet"))
        taken = row.cards.exclude(activated_on=None).count()
        yield Fact(
            _("Taken into use"),
            # Of fewer than five cards the rounded number itself would tell that one was used.
            in_words(protected(taken, lots()(f"batch {programme.pk} {row.pk}")) if row.count >= BASE else 0),
            _("to the nearest five: so few cards must tell nothing about anybody"),
        )

    def links(self) -> Iterable[tuple[Word, str]]:
        yield _("Find the card"), self.address("find")

    def tables(self) -> Iterable[Table]:
        yield journal("batch", refs=[self.row.pk])


class FindCard(BatchPage):
    """A card by the number on its stub, whichever batch it is of: the page of its batch, with the number filled in.

    The number comes in the body, as everywhere: addresses stand in logs.
    """

    deeds: ClassVar[tuple[type[Deed], ...]] = (ReplaceCard, GiveExtra, PauseCard, ResumeCard, StopCard)

    def get_page_title(self) -> str:
        return in_groups(self.found.public_id) if self.found else _now("Find the card")

    def get_page_subtitle(self) -> str:
        return ""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.ask(StubForm())

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        deed = request.POST.get("deed", "")
        form = StubForm({"number": request.POST.get(f"{deed}-number" if deed else "number", "")})
        if not form.is_valid():
            return self.ask(form, 422)
        cards = Card.objects.filter(batch__in=self.viewset.rows_to_change(self.user))
        card = cards.select_related("batch__card_type__year").filter(public_id=form.cleaned_data["number"]).first()
        if card is None:
            form.add_error("number", str(WhyNotHand.UNKNOWN_CARD.label))
            return self.ask(form, 422)
        self.found, self.kwargs["pk"] = card, card.batch_id
        return super().post(request, *args, **kwargs) if deed else self.render_to_response(self.get_context_data())

    def ask(self, form: StubForm, status: int = 200) -> HttpResponse:
        context = Screen.get_context_data(
            self, form=form, form_media=form.media, button=_("Find the card"), back=self.address("list")
        )
        return TemplateResponse(self.request, "cards/staff/form.html", context, status=status)

    def facts(self) -> Iterable[Fact]:
        if self.found:
            is_over = rules.is_over(self.found, timezone.localdate())
            stopped = is_over in (None, WhyNotHand.STOPPED)
            yield Fact(_("Where it stands"), CardState(self.found.state).label if stopped else is_over.label)  # type: ignore[union-attr]
        yield from super().facts()
