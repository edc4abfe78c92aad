"""Staff screens of settlements: the list, one with its statement and what can be done with it, and making those of a period."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column

from cards.ledger.money import in_kroner
from cards.offers import settling
from cards.offers.models import Settlement
from cards.offers.numbers import Kroner
from cards.offers.statement_emails import readers_of
from cards.offers.statements import by_offer, lines_of, pdf_of, sheet_of
from cards.offers.states import SETTLEMENT_WORDS, SettlementState
from cards.programmes.models import ProgrammeYear
from cards.programmes.staff_forms import DayField, StaffForm
from cards.programmes.staff_screens import Cell, Deed, Fact, FormScreen, OneRow, Page, Table, Word, address_of
from cards.programmes.tenancy import COORDINATOR, CardPolicy, CardViewSet, own_rows_of, programmes_of, towns_with_card
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import TenantFilterSet
from directory.providers.models import Provider
from portal.kit.exports import as_csv, as_xlsx
from portal.languages import CODES


def day(value: date) -> str:
    return date_format(value, "SHORT_DATE_FORMAT")


def period(row: Settlement) -> str:
    """The days a settlement is of."""
    return f"{day(row.period_from)} – {day(row.period_to)}"


def years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    return ProgrammeYear.objects.filter(programme__in=programmes_of(request.user)).select_related("programme")


def providers_with_settlements(request: HttpRequest) -> QuerySet[Provider]:
    return Provider.objects.filter(settlements__in=own_rows_of(Settlement, request.user)).distinct()


# ── one settlement ──────────────────────────────────────────────────────────────────────────────────────────


class Fill(Deed):
    key = "fill"
    label = _("Take in what has come since")
    first = True

    def is_offered(self) -> bool:
        return bool(self.row.state == SettlementState.DRAFT and self.page.waits)  # type: ignore[attr-defined]

    def do(self, said: dict[str, Any], at: datetime) -> str:
        row: Settlement = self.row
        settling.make_settlement(
            municipality=row.municipality,
            provider=row.provider,
            year=row.year,
            first=row.period_from,
            last=row.period_to,
            by=self.user,
            at=at,
        )
        return _now("It is up to date.")


class SendForm(StaffForm):
    """What the sender saw."""

    total_ore = forms.IntegerField(widget=forms.HiddenInput)


class Send(Deed):
    key = "send"
    label = _("Send it to the provider")
    form_class = SendForm
    first = True

    def is_offered(self) -> bool:
        return bool(self.row.state == SettlementState.DRAFT and not self.page.waits)  # type: ignore[attr-defined]

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"total_ore": self.row.total_ore}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        settling.send(settlement=self.row, total_ore=said["total_ore"], by=self.user, at=at)
        if not readers_of(self.row):
            return _now("Nobody from the provider signs in here. Give them the PDF, and say here what they answer.")
        return _now("Sent. The provider looks at it on its desk.")


class ApproveForThem(Deed):
    key = "approve"
    label = _("The provider says that it is right")
    help = _("When you have heard it from them. The history says that it was you.")

    def is_offered(self) -> bool:
        return bool(self.row.state == SettlementState.SENT)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        settling.approve(settlement=self.row, by=self.user, at=at)
        return _now("Approved.")


class WordsForm(StaffForm):
    """Why a statement comes back."""

    words = forms.CharField(
        label=_("What is not right"),
        max_length=settling.MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The provider reads it. Write nothing about people who hold cards."),
    )


class TakeBack(Deed):
    key = "take-back"
    label = _("Take it back as a draft")
    help = _("When something is not right. What is taken back of its uses then goes off it.")
    form_class = WordsForm

    def is_offered(self) -> bool:
        return self.row.state in (SettlementState.SENT, SettlementState.APPROVED)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        settling.object_to(settlement=self.row, words=said["words"], by=self.user, at=at, by_staff=True)
        return _now("It is a draft again.")


class Close(Deed):
    key = "close"
    label = _("It is paid")
    help = _("Nothing in it can be taken back any more.")
    first = True

    def is_offered(self) -> bool:
        return bool(self.row.state == SettlementState.APPROVED)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        settling.close(settlement=self.row, by=self.user, at=at)
        return _now("Closed.")


class SettlementPage(Page):
    related = ("municipality", "provider__municipality", "year__programme")
    deeds = (Fill, Send, ApproveForThem, Close, TakeBack)

    @property
    def waits(self) -> int:
        return settling.waiting(self.row).count()

    def get_page_title(self) -> str:
        return _now("Settlement %(number)s") % {"number": self.row.number}

    def get_page_subtitle(self) -> str:
        return f"{self.row.provider} · {self.row.state_in_words}"

    def notices(self) -> Iterable[Word]:
        row: Settlement = self.row
        if row.state == SettlementState.DRAFT and row.objection:
            yield _now("It came back: %(words)s") % {"words": row.objection}
        if row.state == SettlementState.DRAFT and (count := self.waits):
            yield ngettext(
                "%(count)s use has come since, or was taken back. Take it in before you send.",
                "%(count)s uses have come since, or were taken back. Take them in before you send.",
                count,
            ) % {"count": count}

    def facts(self) -> Iterable[Fact]:
        row: Settlement = self.row
        yield Fact(_("To be paid"), in_kroner(row.total_ore), _("only what was used"))
        yield Fact(_("Tickets"), row.uses)
        yield Fact(_("Provider"), row.provider)
        yield Fact(_("Organisation number"), row.provider.org_number)
        yield Fact(_("Period"), period(row))
        yield Fact(_("Programme"), row.year)
        yield Fact(_("Municipality"), row.municipality)
        yield Fact(_("State"), row.state_in_words)
        yield Fact(_("Closed"), day(row.closed_on) if row.closed_on else "")

    def links(self) -> Iterable[tuple[Word, str]]:
        yield _("PDF"), self.address("pdf", self.row.pk)
        yield _("CSV file"), self.address("csv", self.row.pk)
        yield _("Excel file"), self.address("xlsx", self.row.pk)
        yield _("History"), self.address("history", self.row.pk)

    def tables(self) -> Iterable[Table]:
        head = (_("Day"), _("Price"), _("Tickets"), _("Sum"), _("Note"))
        for number, (title, lines, tickets, ore) in enumerate(by_offer(lines_of(self.row, get_language() or "nb")), start=1):
            rows = [
                (
                    Cell(day(line.day)),
                    Cell("" if line.unit_ore is None else in_kroner(line.unit_ore), number=True),
                    Cell(line.tickets, number=True),
                    Cell(in_kroner(line.total_ore), number=True),
                    Cell(line.note),
                )
                for line in lines
            ]
            total = (
                Cell(_("Sum of the offer")),
                Cell(""),
                Cell(tickets, number=True),
                Cell(in_kroner(ore), number=True),
                Cell(""),
            )
            yield Table(f"offer-{number}", title, head, [*rows, total])


class StatementFile(OneRow):
    """The statement to keep."""

    reads = True
    permission: ClassVar[str] = "view"
    form: ClassVar[str] = "pdf"
    related = ("municipality", "provider", "year__programme")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row: Settlement = self.row
        name = f"{row.municipality.slug}-{row.number}-{row.period_from}-{row.period_to}"
        if self.form == "csv":
            return as_csv(name, sheet_of(row, get_language() or "nb"))
        if self.form == "xlsx":
            rows = sheet_of(row, get_language() or "nb")
            return as_xlsx(name, ([cell.amount if isinstance(cell, Kroner) else cell for cell in line] for line in rows))
        response = HttpResponse(pdf_of(row), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
        return response


class StatementCsv(StatementFile):
    form = "csv"


class StatementXlsx(StatementFile):
    form = "xlsx"


# ── making those of a period ────────────────────────────────────────────────────────────────────────────────


class PeriodForm(StaffForm):
    """Whose, of which year, of which days."""

    municipality = forms.ModelChoiceField(label=_("Municipality"), queryset=Municipality.objects.none(), empty_label=None)
    year = forms.ModelChoiceField(label=_("Programme year"), queryset=ProgrammeYear.objects.none(), empty_label=None)
    first = DayField(label=_("From"))
    last = DayField(label=_("To"), help_text=_("Everything up to this day that is not settled yet is taken in."))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        towns = Municipality.objects.filter(pk__in=towns_with_card(user, COORDINATOR)).defer("boundary").order_by("name")
        open_years = ProgrammeYear.objects.filter(programme__in=programmes_of(user, COORDINATOR)).select_related("programme")
        self.fields["municipality"].queryset = towns  # type: ignore[attr-defined]
        self.fields["year"].queryset = open_years  # type: ignore[attr-defined]
        if len(towns) == 1:
            self.fields["municipality"].initial = towns[0].pk
            self.fields["municipality"].widget = forms.HiddenInput()


class NewSettlements(FormScreen):
    """Settlements for all providers with anything that is not settled yet."""

    permission: ClassVar[str] = "add"
    template_name = "cards/staff/settle.html"
    form_class = PeriodForm
    button: ClassVar[Word] = _("Make the settlements")
    intro: ClassVar[Word] = _(
        "One for each provider at which something was used. Only what was used is paid. Pressed again, drafts take in what has"
        " come since; what was sent stays as it is."
    )

    def get_page_title(self) -> str:
        return _now("Settle a period")

    def lacking(self) -> Word:
        is_there = ProgrammeYear.objects.filter(programme__in=programmes_of(self.user, COORDINATOR)).exists()
        return "" if is_there else _("There is no programme year yet.")

    def form_kwargs(self) -> dict[str, Any]:
        first, last = last_month(timezone.localdate())
        ended = ProgrammeYear.objects.filter(
            programme__in=programmes_of(self.user, COORDINATOR), opens__lte=last, closes__gte=first
        )
        return {"user": self.user, "initial": {"first": first, "last": last, "year": ended.first()}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows: list[tuple[Cell, ...]] = [
            (
                Cell(one.provider),
                Cell(one.year),
                Cell(one.tickets, number=True),
                Cell(in_kroner(one.total_ore), number=True),
            )
            for one in settling.open_of(towns_with_card(self.user, COORDINATOR))
        ]
        head = (_("Provider"), _("Year"), _("Tickets"), _("Sum"))
        waits = Table("open", _("Not settled yet"), head, rows, empty=_("Nothing."))
        return super().get_context_data(table=waits, **kwargs)

    def save(self, form: PeriodForm, at: datetime) -> HttpResponse:
        said = form.cleaned_data
        made = settling.make_settlements(**said, by=self.user, at=at)
        if made.carried:
            names = ", ".join(map(str, made.carried))
            messages.warning(
                self.request,
                _now("More was taken back than used, so it waits for the next settlement: %(names)s") % {"names": names},
            )
        if not made.rows:
            messages.warning(self.request, _now("Nothing was used that is not settled yet."))
            return redirect(self.back())
        total = in_kroner(sum(row.total_ore for row in made.rows))
        said_so = ngettext("%(count)s settlement, %(sum)s.", "%(count)s settlements, %(sum)s.", len(made.rows))
        messages.success(self.request, said_so % {"count": len(made.rows), "sum": total})
        return redirect(address_of(made.rows[0]) if len(made.rows) == 1 else self.back())


def last_month(today: date) -> tuple[date, date]:
    """The first and last day of the month before this one."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


# ── the list ────────────────────────────────────────────────────────────────────────────────────────────────


class SettlementFilterSet(TenantFilterSet):
    year = django_filters.ModelChoiceFilter(label=_("Programme year"), queryset=years)
    provider = django_filters.ModelChoiceFilter(label=_("Provider"), queryset=providers_with_settlements)
    state = django_filters.ChoiceFilter(label=_("State"), choices=list(SETTLEMENT_WORDS.items()))
    first = django_filters.DateFilter(label=_("Days from"), field_name="period_to", lookup_expr="gte")
    last = django_filters.DateFilter(label=_("Days to"), field_name="period_from", lookup_expr="lte")

    class Meta:
        model = Settlement
        fields = ("state", "provider", "year", "first", "last")


class SettlementViewSet(CardViewSet):
    model = Settlement
    icon = "doc-full"
    menu_label = _("Settlements")
    policy_class = CardPolicy
    page_class = SettlementPage
    new_class = NewSettlements
    filterset_class = SettlementFilterSet
    list_display: ClassVar[list[Any]] = [
        Column("number", label=_("No."), sort_key="number"),
        Column("provider", label=_("Provider"), accessor=lambda row: str(row.provider), sort_key="provider__name_nb"),
        Column("period_from", label=_("Period"), accessor=period, sort_key="period_from"),
        Column("uses", label=_("Tickets"), sort_key="uses"),
        Column("total_ore", label=_("Sum"), accessor=lambda row: in_kroner(row.total_ore), sort_key="total_ore"),
        Column("state", label=_("State"), accessor="state_in_words", sort_key="state"),
        Column("objection", label=_("What the provider says")),
    ]
    list_related = ("municipality", "provider", "year__programme")
    list_export: ClassVar[list[str]] = [
        *(
            "number",
            "municipality",
            "provider",
            "org_number",
            "year",
            "period_from",
            "period_to",
            "uses",
            "sum",
            "state",
            "closed_on",
        ),
    ]
    export_made: ClassVar[dict[str, Any]] = {
        "provider": lambda row: str(row.provider),
        "org_number": lambda row: row.provider.org_number,
        "year": lambda row: str(row.year),
        "sum": lambda row: Kroner(row.total_ore).amount,
        "state": lambda row: row.state_in_words,
    }
    export_headings: ClassVar[dict[str, Any]] = {"org_number": _("organisation number"), "sum": _("sum, kroner")}
    search_columns = (*(f"provider__name_{code}" for code in CODES), "provider__org_number")
    ordering = "-number"

    def get_urlpatterns(self) -> list[URLPattern]:
        conv = self.pk_path_converter
        files = {"pdf": StatementFile, "csv": StatementCsv, "xlsx": StatementXlsx}
        return [
            *super().get_urlpatterns(),
            *(path(f"{name}/<{conv}:pk>/", self.construct_view(view), name=name) for name, view in files.items()),
        ]
