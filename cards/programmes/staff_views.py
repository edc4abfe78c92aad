"""Staff screens of programmes: each row's page, and what is made anew. When it may be done is decided in keeping.py, lines.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.db import models
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin import messages

from cards.ledger.models import CountChange
from cards.ledger.money import in_kroner
from cards.programmes import keeping, lines
from cards.programmes.models import AgencyQuota, Batch, Card, CardSum, CardType, CardTypeLine, Programme, ProgrammeYear
from cards.programmes.rules import StopReason
from cards.programmes.staff_forms import (
    CardTypeForm,
    ChangeLineForm,
    DaysForm,
    LineForm,
    NewQuantityForm,
    NumberForm,
    QuotaForm,
    YearForm,
    types_to_hand_out,
)
from cards.programmes.staff_screens import Cell, Deed, Fact, FormScreen, NewScreen, OneRow, Page, Table, Word, address_of
from cards.programmes.states import Unit, YearState
from cards.programmes.tenancy import COORDINATOR, own_rows_of, programmes_of, sees_money, towns_with_card
from directory.agencies.models import Agency
from directory.municipalities.models import Municipality
from portal.kit.refusals import Refused, refuse_if
from portal.kit.small_numbers import in_words, lots, protected

REFRESH = 3  # seconds


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────


def day(value: date | None) -> str:
    """A day as people here write it."""
    return date_format(value, "SHORT_DATE_FORMAT") if value else ""


def count(value: int | None) -> str:
    """A number with its thousands apart."""
    return "" if value is None else number_format(value, force_grouping=True)


def amount(quantity: int, unit: str) -> str:
    """ "3 clips", or kroner."""
    if unit == Unit.ORE:
        return in_kroner(quantity)
    return ngettext("%(count)s clip", "%(count)s clips", quantity) % {"count": count(quantity)}


def line_in_words(line: CardTypeLine) -> str:
    return f"{line.offer or line.category}: {amount(line.quantity, line.unit)}"


def lines_in_words(card_type: CardType) -> str:
    return ", ".join(line_in_words(line) for line in card_type.lines.all())


def for_whom(card_type: CardType) -> str:
    """Target groups and ages."""
    first, last = card_type.age_from, card_type.age_to
    ages = ""
    if first is not None and last is not None:
        ages = _now("%(first)s to %(last)s years") % {"first": first, "last": last}
    elif first is not None:
        ages = _now("from %(first)s years") % {"first": first}
    elif last is not None:
        ages = _now("up to %(last)s years") % {"last": last}
    return ", ".join([*map(str, card_type.targets.all()), *filter(None, [ages])])


KINDS = {
    "raise": _("raised"),
    "lower": _("lowered"),
    "withdraw": _("withdrawn"),
    "release": _("released"),
    "return": _("flowed back"),
    "taken": _("taken again"),
    "extra": _("something extra"),
    "extra-ore": _("something extra"),
    "revoke": _("card stopped"),
    "reissue": _("card replaced"),
    "codes": _("codes withdrawn"),
}
PRICE = _("Price per clip")
REASONS = dict(StopReason.choices)


#: What is told in kroner: changes of these, and changes of this kind.
MONEY = frozenset({"ceiling", "offer-price", "extra-ore"})


def journal(*whats: str, refs: Iterable[int], ore: Iterable[int] = ()) -> Table:
    """What was changed in the bounds of a row, or of several, the newest first; `ore`: those that count money."""
    changes = CountChange.objects.filter(what__in=whats, ref__in=list(refs)).select_related("by").order_by("-at", "-pk")[:50]
    money = frozenset(ore)

    def said(number: int | None, change: CountChange) -> str:
        if number is None:
            return "–"
        is_money = change.ref in money or {change.what, change.kind} & MONEY
        return in_kroner(number) if is_money else count(number) or "0"

    return Table(
        "journal",
        _("What was changed"),
        (_("When"), _("What"), _("From"), _("To"), _("Why"), _("By")),
        [
            (
                Cell(date_format(timezone.localtime(change.at), "SHORT_DATETIME_FORMAT")),
                Cell(PRICE if change.what == "offer-price" else KINDS.get(change.kind, change.kind)),
                Cell(said(change.before, change), number=True),
                Cell(said(change.after, change), number=True),
                Cell(REASONS.get(change.reason, change.reason) if change.kind == "revoke" else change.reason),
                Cell(str(change.by or "")),
            )
            for change in changes
        ],
        empty=_("Nothing yet."),
    )


def address_to(model: str, screen: str) -> str:
    """A screen of another model of the cards."""
    return reverse(apps.get_model("cards", model).snippet_viewset.get_url_name(screen))


def handed_out(year: ProgrammeYear, card_type: CardType | None = None) -> int | None:
    """Cards handed out, of all municipalities together: a total that they share. A card that replaces another is no other card.

    Of a year that is closed its kept sums tell; of its card types nobody can tell any more.
    """
    if year.state == YearState.CLOSED:
        return None if card_type else _kept(year)
    where = {"card_type": card_type} if card_type else {"card_type__year": year}
    made: int = Batch.objects.filter(**where).aggregate(total=Sum("count"))["total"] or 0
    return made - Card.objects.filter(replaces__isnull=False, batch__in=Batch.objects.filter(**where)).count()


def _kept(year: ProgrammeYear) -> int:
    """The cards of a closed year: the last sums of each of its municipalities."""
    rows = list(CardSum.objects.filter(year=year, month__lte=year.closes).order_by("month"))
    newest = {row.municipality_id: row.month for row in rows}
    return sum(row.cards for row in rows if row.month == newest[row.municipality_id])


# ── programmes ──────────────────────────────────────────────────────────────────────────────────────────────


class LetIn(Deed):
    page: ProgrammePage
    key = "let-in"
    label = _("Let a municipality take part")
    help = _(
        "It sees the offers, the card types and the totals. Its agencies, quotas, agreements and money stay its own, as yours do."
    )
    form_class = NumberForm

    def is_offered(self) -> bool:
        return self.page.may_change

    def do(self, said: dict[str, Any], at: datetime) -> str:
        member = keeping.let_in(programme=self.row, number=said["number"], by=self.user)
        return _now("%(town)s takes part now.") % {"town": member.municipality}


class LetGo(Deed):
    """By the municipality that looks after the programme; and by each for itself."""

    page: ProgrammePage
    key = "let-go"
    label = _("Take a municipality out")
    help = _("Only as long as it has no agreements, quotas or cards in the programme.")
    serious = True
    form_class = NumberForm

    def is_offered(self) -> bool:
        return not self.page.may_change or bool(self.row.members.exclude(municipality=self.row.municipality).exists())

    def do(self, said: dict[str, Any], at: datetime) -> str:
        may = self.page.may_change or said["number"] in {town.number for town in self.page.can_leave}
        refuse_if(None if may else keeping.WhyNotKept.NO_SUCH_TOWN)
        keeping.let_go(programme=self.row, number=said["number"], by=self.user)
        return _now("It takes part no longer.")

    def back(self) -> str:
        return super().back() if self.page.may_change else self.page.address("list")


class Remove(Deed):
    """For what was made by mistake: offered as long as nothing belongs to it."""

    key = "remove"
    label = _("Remove it")
    help = _("It was made by mistake, and nothing belongs to it yet.")
    serious = True

    def is_offered(self) -> bool:
        related = (one for one in self.row._meta.related_objects if one.on_delete is models.PROTECT)
        return not any(one.related_model._default_manager.filter(**{one.field.name: self.row}).exists() for one in related)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        keeping.remove(row=self.row, by=self.user)
        return _now("Removed.")

    def back(self) -> str:
        return self.page.address("list")


class ProgrammePage(Page):
    related = ("municipality",)
    deeds = (LetIn, LetGo)

    @cached_property
    def can_leave(self) -> list[Municipality]:
        """The user's own municipalities that take part and have nothing in the programme yet: who let them in did not ask."""
        own = self.row.members.filter(municipality__in=towns_with_card(self.user, COORDINATOR)).select_related("municipality")
        towns = [one.municipality for one in own.exclude(municipality=self.row.municipality)]
        return [town for town in towns if not keeping.has_rows(self.row, town)]

    @property
    def may_act(self) -> bool:
        return self.may_change or bool(self.can_leave)

    def facts(self) -> Iterable[Fact]:
        row: Programme = self.row
        members = row.members.select_related("municipality").order_by("municipality__name")
        yield Fact(_("Looked after by"), row.municipality)
        yield Fact(_("Takes part"), ", ".join(f"{one.municipality} ({one.municipality.number})" for one in members))
        yield Fact(_("Privacy level"), row.get_privacy_level_display())
        yield Fact(_("Help for holders"), " · ".join(filter(None, [row.help_phone, row.help_email])))
        yield Fact(_("About the card"), row.intro)

    def links(self) -> Iterable[tuple[Word, str]]:
        if self.may_change:
            yield _("Change the texts and who helps"), self.address("form", self.row.pk)
            yield _("New year"), address_to("ProgrammeYear", "add") + f"?programme={self.row.pk}"
            yield _("History"), self.address("history", self.row.pk)

    def tables(self) -> Iterable[Table]:
        years = self.row.years.all()
        yield Table(
            "years",
            _("Years"),
            (_("Year"), _("First day"), _("Last day"), _("State"), _("Cards handed out")),
            [
                (
                    Cell(year.year, address_of(year)),
                    Cell(day(year.opens)),
                    Cell(day(year.closes)),
                    Cell(year.get_state_display()),
                    Cell(count(handed_out(year)), number=True),
                )
                for year in years
            ],
            empty=_("There is no year yet. Cards belong to a year."),
        )


# ── years ───────────────────────────────────────────────────────────────────────────────────────────────────


class ChangeDays(Deed):
    key = "days"
    label = _("Move the first or last day")
    help = _("Cards keep the days that stand on them.")
    form_class = DaysForm

    def is_offered(self) -> bool:
        return bool(self.row.state == YearState.OPEN)

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"opens": self.row.opens, "closes": self.row.closes}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        keeping.change_year(year=self.row, **said, by=self.user)
        return _now("Changed.")


class YearPage(Page):
    related = ("programme__municipality",)
    deeds: ClassVar[tuple[type[Deed], ...]] = (ChangeDays, Remove)

    def get_page_subtitle(self) -> str:
        return str(self.row.get_state_display())

    def facts(self) -> Iterable[Fact]:
        row: ProgrammeYear = self.row
        yield Fact(_("Programme"), row.programme, href=address_of(row.programme))
        yield Fact(_("Days"), f"{day(row.opens)} – {day(row.closes)}")
        yield Fact(_("State"), row.get_state_display())
        yield Fact(_("Cards handed out"), count(handed_out(row)), _("by all municipalities of the programme"))

    def links(self) -> Iterable[tuple[Word, str]]:
        if self.may_change and self.row.state == YearState.OPEN:
            yield _("New card type"), address_to("CardType", "add") + f"?year={self.row.pk}"

    def tables(self) -> Iterable[Table]:
        types = self.row.card_types.prefetch_related("targets", "lines__offer", "lines__category")
        yield Table(
            "types",
            _("Card types"),
            (_("Card type"), _("For whom"), _("What stands on it"), _("Handed out")),
            [
                (
                    Cell(card_type, address_of(card_type)),
                    Cell(for_whom(card_type)),
                    Cell(lines_in_words(card_type)),
                    Cell(count(handed_out(self.row, card_type)) or "–", number=True),
                )
                for card_type in types
            ],
            empty=_("There is no card type yet."),
        )


class NewYear(NewScreen):
    form_class = YearForm

    def lacking(self) -> Word:
        is_there = own_rows_of(Programme, self.user).exists()
        return "" if is_there else _("A year belongs to a programme that you look after. Make the programme first.")

    def form_kwargs(self) -> dict[str, Any]:
        rows, number = own_rows_of(Programme, self.user), timezone.localdate().year
        chosen = next((row for row in rows if str(row.pk) == self.request.GET.get("programme")), rows.first())
        if chosen is not None and (last := chosen.years.order_by("year").last()) is not None:
            number = max(number, last.year + 1)
        return {
            "programmes": rows,
            "initial": {"programme": chosen, "year": number, "opens": date(number, 1, 1), "closes": date(number, 12, 31)},
        }

    def save(self, form: Any, at: datetime) -> HttpResponse:
        return self.go_to(keeping.open_year(**form.cleaned_data, by=self.user))


# ── card types ──────────────────────────────────────────────────────────────────────────────────────────────


class Shut(Deed):
    key = "shut"
    label = _("Hand out no more of these")

    def is_offered(self) -> bool:
        return bool(self.row.is_open)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        keeping.set_open(card_type=self.row, is_open=False, by=self.user)
        return _now("This card is handed out no longer. Cards that are out can be used as before.")


class Reopen(Deed):
    key = "open"
    label = _("Let it be handed out")

    def is_offered(self) -> bool:
        return not self.row.is_open

    def do(self, said: dict[str, Any], at: datetime) -> str:
        keeping.set_open(card_type=self.row, is_open=True, by=self.user)
        return _now("This card can be handed out.")


class CardTypePage(Page):
    related = ("year__programme__municipality",)
    deeds = (Shut, Reopen, Remove)

    def get_page_subtitle(self) -> str:
        return str(self.row.year)

    def facts(self) -> Iterable[Fact]:
        row: CardType = self.row
        yield Fact(_("Programme and year"), row.year, href=address_of(row.year))
        yield Fact(_("For whom"), for_whom(row))
        yield Fact(_("First use at the latest"), day(row.activate_by))
        yield Fact(_("Last day of use"), day(row.valid_to))
        yield Fact(_("Can be handed out"), _now("yes") if row.is_open else _now("no"))
        yield Fact(_("Cards handed out"), count(handed_out(row.year, row)), _("by all municipalities of the programme"))

    def links(self) -> Iterable[tuple[Word, str]]:
        if self.may_change:
            yield _("Change it"), self.address("form", self.row.pk)
            if keeping.is_out(self.row):
                yield _("Change a line for all cards"), self.address("lines", self.row.pk)
        if AgencyQuota.snippet_viewset.permission_policy.user_has_permission(self.user, "add"):  # type: ignore[attr-defined]
            yield _("Give an agency a quota"), address_to("AgencyQuota", "add") + f"?card_type={self.row.pk}"
            yield _("Make a batch of your own"), address_to("Batch", "add") + f"?card_type={self.row.pk}"

    def tables(self) -> Iterable[Table]:
        yield Table(
            "lines",
            _("What stands on each card"),
            (_("Offer or category"), _("How many")),
            [
                (Cell(line.offer or line.category), Cell(amount(line.quantity, line.unit), number=True))
                for line in self.row.lines.select_related("offer", "category")
            ],
            empty=_("Nothing yet: such a card cannot be handed out."),
        )
        stands = dict(self.row.lines.values_list("pk", "unit"))
        yield journal("card-type-line", refs=stands, ore=[pk for pk, unit in stands.items() if unit == Unit.ORE])
        if sees_money(self.user):
            quotas = own_rows_of(AgencyQuota, self.user).filter(card_type=self.row).select_related("agency", "card_type")
            yield Table(
                "quotas",
                _("Your agencies"),
                (_("Agency"), _("Quota"), _("Handed out"), _("Left")),
                [
                    (
                        Cell(quota.agency, address_of(quota)),
                        Cell(count(quota.quantity), number=True),
                        Cell(count(quota.used), number=True),
                        Cell(count(quota.left), number=True),
                    )
                    for quota in quotas
                ],
                empty=_("No agency of yours has a quota of this card."),
            )


class CardTypeScreen(FormScreen):
    """A card type with its lines below it; empty lines are no lines. Once cards are out, the lines stand."""

    template_name = "cards/staff/card_type.html"
    form_class = CardTypeForm
    MORE_LINES: ClassVar[int] = 4

    @property
    def year(self) -> ProgrammeYear:
        raise NotImplementedError

    def stands(self) -> bool:
        """Whether the lines can no longer be changed here."""
        return False

    def lines_before(self) -> list[dict[str, Any]]:
        return []

    def form_kwargs(self) -> dict[str, Any]:
        return {"year": self.year}

    def lines(self, data: Any = None) -> Any:
        factory = forms.formset_factory(LineForm, extra=self.MORE_LINES, max_num=60)
        return factory(data, prefix="line", initial=self.lines_before(), form_kwargs={"programme": self.year.programme})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = kwargs.pop("lines", None) or (None if self.stands() else self.lines())
        return super().get_context_data(lines=lines, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        lines = None if self.stands() else self.lines(request.POST)
        if form.is_valid() and (lines is None or lines.is_valid()):
            said = None if lines is None else [line for one in lines if (line := one.line()) is not None]
            try:
                return self.keep(form, said)
            except Refused as refused:
                form.add_error(None, str(refused))
        return self.render_to_response(self.get_context_data(form=form, lines=lines), status=422)

    def keep(self, form: Any, lines: list[keeping.LineSaid] | None) -> HttpResponse:
        raise NotImplementedError


class NewCardType(CardTypeScreen, NewScreen):
    template_name = "cards/staff/card_type.html"

    @cached_property
    def choices(self) -> list[ProgrammeYear]:
        """Years of the programmes one looks after, that are open."""
        rows = own_rows_of(ProgrammeYear, self.user).filter(state=YearState.OPEN)
        return list(rows.select_related("programme__municipality"))

    @cached_property
    def year(self) -> ProgrammeYear:  # type: ignore[override]
        """The one asked for, else the first."""
        asked = self.request.POST.get("year") or self.request.GET.get("year", "")
        found = next((year for year in self.choices if str(year.pk) == asked), None)
        return found or self.choices[0]

    def lacking(self) -> Word:
        return "" if self.choices else _("A card type belongs to a year of a programme that you look after. Make the year first.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(years=self.choices, year=self.year, **kwargs)

    def form_kwargs(self) -> dict[str, Any]:
        return {**super().form_kwargs(), "initial": {"valid_to": self.year.closes, "activate_by": self.year.closes}}

    def keep(self, form: Any, lines: list[keeping.LineSaid] | None) -> HttpResponse:
        said = form.cleaned_data
        row = keeping.make_card_type(
            year=self.year, key=said["key"], targets=said["targets"], lines=lines or [], by=self.user, **form.facts()
        )
        return self.go_to(row)


class CardTypeFormView(CardTypeScreen, OneRow):
    related = ("year__programme__municipality",)

    @property
    def year(self) -> ProgrammeYear:
        return self.row.year  # type: ignore[no-any-return]

    def get_page_subtitle(self) -> str:
        return _now("Change it")

    def stands(self) -> bool:
        return keeping.is_out(self.row)

    def lines_before(self) -> list[dict[str, Any]]:
        return [
            {
                "offer": line.offer_id,
                "category": line.category_id,
                "unit": line.unit,
                "quantity": line.quantity // 100 if line.unit == Unit.ORE and line.quantity % 100 == 0
                else line.quantity / 100 if line.unit == Unit.ORE else line.quantity,
            }
            for line in self.row.lines.all()
        ]  # fmt: skip

    def form_kwargs(self) -> dict[str, Any]:
        row: CardType = self.row
        facts = {name: getattr(row, name) for name in ("name", "age_from", "age_to", "activate_by", "valid_to", "key")}
        return {**super().form_kwargs(), "initial": {**facts, "targets": row.targets.all()}}

    def back(self) -> str:
        return self.address("edit", self.row.pk)

    def keep(self, form: Any, lines: list[keeping.LineSaid] | None) -> HttpResponse:
        keeping.change_card_type(
            card_type=self.row, targets=form.cleaned_data["targets"], lines=lines, by=self.user, **form.facts()
        )
        messages.success(self.request, _now("Changed. Cards that are out keep the days that stand on them."))
        return redirect(self.back())


class LinesView(FormScreen, OneRow):
    """A line changed for all cards that are out: what it would do is shown first, then the queue does it."""

    template_name = "cards/staff/lines.html"
    form_class = ChangeLineForm
    button = _("Show what it would do")
    related = ("year__programme__municipality",)

    def get_page_subtitle(self) -> str:
        return _now("Change a line for all cards")

    def form_kwargs(self) -> dict[str, Any]:
        return {"card_type": self.row}

    def back(self) -> str:
        return self.address("edit", self.row.pk)

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        if self.row.line_changes.filter(done_at=None).exists():
            response["Refresh"] = str(REFRESH)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        changes = self.row.line_changes.select_related("by", "offer", "category")[:20]
        return super().get_context_data(
            changes=[(change, amount(change.quantity, change.unit), lines.why_not_in_words(change)) for change in changes],
            **kwargs,
        )

    def figures(self, line: CardTypeLine | None, quantity: int) -> list[Fact]:
        """What it would do. Asked for one quantity after the other, exact numbers would tell how much each card has used."""
        would, lot = lines.what_it_would_do(card_type=self.row, line=line, quantity=quantity), lots()

        def said(number: int, what: str) -> str:
            if line is None:
                return count(number) or "0"
            return in_words(protected(number, lot(f"line {line.pk} {quantity} {what}")))

        rounded = "" if line is None else _("to the nearest five: so few cards must tell nothing about anybody")
        return [
            Fact(_("Cards that are out"), count(would.cards) or "0"),
            Fact(_("get more"), said(would.more, "more"), rounded),
            Fact(_("get less"), said(would.less, "less"), rounded),
            Fact(_("have used more already, and keep it"), said(would.kept, "kept"), rounded),
        ]

    def save(self, form: Any, at: datetime) -> HttpResponse:
        said = form.cleaned_data
        if self.request.POST.get("sure") != "1":
            figures = self.figures(said["line"], said["quantity"])
            about = {"what": said["offer"] or said["category"], "quantity": amount(said["quantity"], said["unit"])}
            return self.render_to_response(self.get_context_data(form=form, figures=figures, about=about))
        lines.ask_for_change(card_type=self.row, **said, by=self.user, at=at)
        messages.success(self.request, _now("It is being done. You may leave this page."))
        return redirect(self.address("lines", self.row.pk))


# ── quotas ──────────────────────────────────────────────────────────────────────────────────────────────────


class ChangeQuota(Deed):
    key = "quantity"
    label = _("Raise or lower")
    help = _("An agency can hand out as many as are left. What lapses unused comes back to it by itself.")
    form_class = NewQuantityForm
    first = True

    def form_kwargs(self) -> dict[str, Any]:
        return {"used": self.row.used, "initial": {"quantity": self.row.quantity}}

    def do(self, said: dict[str, Any], at: datetime) -> str:
        keeping.change_quota(quota=self.row, **said, by=self.user, at=at)
        return _now("The quota is changed.")


class QuotaPage(Page):
    related = ("agency", "card_type__year__programme")
    deeds = (ChangeQuota,)

    def facts(self) -> Iterable[Fact]:
        row: AgencyQuota = self.row
        yield Fact(_("Agency"), row.agency)
        yield Fact(_("Card type"), f"{row.card_type.year} · {row.card_type}", href=address_of(row.card_type))
        yield Fact(_("Quota"), count(row.quantity))
        yield Fact(_("Handed out"), count(row.used), _("without those that lapsed or were stopped unused"))
        yield Fact(_("Left"), count(row.left))

    def tables(self) -> Iterable[Table]:
        yield journal("quota", refs=[self.row.pk])


class NewQuota(NewScreen):
    form_class = QuotaForm

    def lacking(self) -> Word:
        if not own_rows_of(Agency, self.user).filter(is_active=True).exists():
            return _("There is no agency yet. Agencies are made below “Set up”.")
        has_types = types_to_hand_out(programmes_of(self.user, COORDINATOR)).exists()
        return "" if has_types else _("There is no card type yet. Make one first.")

    def form_kwargs(self) -> dict[str, Any]:
        return {
            "agencies": own_rows_of(Agency, self.user).filter(is_active=True),
            "programmes": programmes_of(self.user, COORDINATOR),
            "initial": {"card_type": self.request.GET.get("card_type"), "agency": self.request.GET.get("agency")},
        }

    def save(self, form: Any, at: datetime) -> HttpResponse:
        return self.go_to(keeping.give_quota(**form.cleaned_data, by=self.user, at=at))
