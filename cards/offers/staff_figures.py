"""Staff screens of figures: all of them with filters and files, and the report of a half-year or a year on one page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cards.offers.figures import Scope
from cards.offers.staff_report import Figures, figures_of, first_half, months_between, report_of
from cards.programmes.models import Batch, ProgrammeYear
from cards.programmes.tenancy import COORDINATOR, programmes_of, towns_with_card
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import staff_screen
from portal.kit.sheets import FORMATS, as_file

ALL = "all"


class ScopeForm(forms.Form):
    """A plain GET form: which year, whose, from which month to which. Whatever cannot be used is answered with the usual."""

    year = forms.ChoiceField(label=_("Programme year"), required=False)
    town = forms.ChoiceField(label=_("Municipality"), required=False)
    first = forms.ChoiceField(label=_("From"), required=False)
    last = forms.ChoiceField(label=_("To"), required=False)

    def __init__(self, data: Any, *, years: list[ProgrammeYear], towns: list[Municipality]) -> None:
        self.years, self.towns = years, towns
        self.chosen = _chosen(years, data.get("year"))
        own = [town for town in towns if self._takes_part(town)]
        self.own = own or towns
        self.municipality = next((town for town in self.own if str(town.pk) == data.get("town")), self.own[0])
        self.joint = self.chosen.programme.members.count() > 1
        self.for_all = self.joint and data.get("town") == ALL
        months = months_between(self.chosen.opens, self.chosen.closes)
        self.first_month = _month(months, data.get("first")) or months[0]
        self.last_month = max(_month(months, data.get("last")) or months[-1], self.first_month)
        super().__init__(
            {
                "year": str(self.chosen.pk),
                "town": ALL if self.for_all else str(self.municipality.pk),
                "first": f"{self.first_month:%Y-%m}",
                "last": f"{self.last_month:%Y-%m}",
            }
        )
        self.fields["year"].choices = [(str(year.pk), str(year)) for year in years]  # type: ignore[attr-defined]
        choices = [(str(town.pk), town.name) for town in self.own]
        self.fields["town"].choices = [*choices, *([(ALL, _("all of the programme"))] if self.joint else [])]  # type: ignore[attr-defined]
        if len(self.fields["town"].choices) < 2:  # type: ignore[attr-defined]
            del self.fields["town"]
        for name in ("first", "last"):
            self.fields[name].choices = [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months]  # type: ignore[attr-defined]

    def _takes_part(self, town: Municipality) -> bool:
        return any(member.municipality_id == town.pk for member in self.chosen.programme.members.all())

    def scope(self) -> Scope:
        """Whole months."""
        following = (self.last_month + timedelta(days=32)).replace(day=1)
        first = max(self.first_month, self.chosen.opens)
        last = min(following - timedelta(days=1), self.chosen.closes)
        return Scope(self.chosen, None if self.for_all else self.municipality, first, last)


def _month(months: list[date], said: str | None) -> date | None:
    return next((month for month in months if f"{month:%Y-%m}" == said), None)


def _chosen(years: list[ProgrammeYear], said: str | None) -> ProgrammeYear:
    """The year that was asked for; else the one that runs. Another's is not there."""
    if said:
        found = next((year for year in years if str(year.pk) == said), None)
        if found is None:
            raise Http404
        return found
    today = timezone.localdate()
    return next((year for year in years if year.opens <= today <= year.closes), years[0])


class FiguresView(WagtailAdminTemplateMixin, TemplateView):
    """Figures of the card, for coordinators, of their own municipalities. `?export=csv` or `xlsx` gives the same as a file."""

    template_name = "cards/staff/figures.html"
    page_title = _("Figures of the card")
    header_icon = "table"
    _show_breadcrumbs = True
    word: ClassVar[str] = "figures"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.towns:
            raise PermissionDenied
        if not self.years:
            if request.GET.get("year"):  # another's
                raise Http404
            return self.render_to_response(self.get_context_data(form=None, told=None))
        form = self.form()
        told = self.told(form)
        wanted = request.GET.get("export")
        if wanted in FORMATS:
            return as_file(told.files(wanted), form=wanted, name=self.file_name(told.scope))
        return self.render_to_response(self.get_context_data(form=form, told=told, exports=self.exports()))

    def form(self) -> ScopeForm:
        return ScopeForm(self.request.GET, years=self.years, towns=self.towns)

    def told(self, form: ScopeForm) -> Figures:
        return figures_of(form.scope(), timezone.now())

    @cached_property
    def towns(self) -> list[Municipality]:
        rows: QuerySet[Municipality] = Municipality.objects.filter(pk__in=towns_with_card(self.request.user, COORDINATOR))
        return list(rows.defer("boundary").order_by("name"))

    @cached_property
    def years(self) -> list[ProgrammeYear]:
        rows = ProgrammeYear.objects.filter(programme__in=programmes_of(self.request.user, COORDINATOR))
        return list(rows.select_related("programme").prefetch_related("programme__members").order_by("-year", "programme", "pk"))

    def exports(self) -> dict[str, str]:
        """The address of this page as a file."""
        params = self.request.GET.copy()
        found = {}
        for kind in FORMATS:
            params["export"] = kind
            found[kind] = f"?{params.urlencode()}"
        return found

    def file_name(self, scope: Scope) -> str:
        whose = scope.municipality.slug if scope.municipality else scope.year.programme.slug
        return f"{whose}-{self.word}-{scope.first}-{scope.last}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]


class HalfForm(ScopeForm):
    """A half-year, or all of the year."""

    half = forms.ChoiceField(label=_("Report of"), required=False)

    def __init__(self, data: Any, *, years: list[ProgrammeYear], towns: list[Municipality]) -> None:
        super().__init__(data, years=years, towns=towns)
        del self.fields["first"], self.fields["last"]
        if town := self.fields.get("town"):  # the report is one municipality's
            town.choices = [choice for choice in town.choices if choice[0] != ALL]  # type: ignore[attr-defined]
            self.data = {**self.data, "town": str(self.municipality.pk)}
        self.chosen_half = "1" if data.get("half") == "1" else "year"
        self.data = {**self.data, "half": self.chosen_half}
        self.fields["half"].choices = [("1", _("the first half-year")), ("year", _("the year"))]  # type: ignore[attr-defined]

    def scope(self) -> Scope:
        last = first_half(self.chosen) if self.chosen_half == "1" else self.chosen.closes
        return Scope(self.chosen, self.municipality, self.chosen.opens, last)


class ReportView(FiguresView):
    """The report: one page, to be printed, kept or sent on."""

    template_name = "cards/staff/report.html"
    page_title = _("Report on the card")
    word = "report"

    def form(self) -> ScopeForm:
        return HalfForm(self.request.GET, years=self.years, towns=self.towns)

    def told(self, form: ScopeForm) -> Figures:
        return report_of(form.scope(), timezone.now())


def urlpatterns() -> list[URLPattern]:
    return [
        path("cards/figures/", staff_screen(FiguresView.as_view()), name="card-figures"),
        path("cards/report/", staff_screen(ReportView.as_view()), name="card-report"),
    ]


class FiguresEntry(MenuItem):
    """For coordinators of municipalities that use the card."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(towns_with_card(request.user, COORDINATOR))


def menu_items() -> list[MenuItem]:
    find = reverse(Batch.snippet_viewset.get_url_name("find"))  # type: ignore[attr-defined]
    return [
        FiguresEntry(_("Figures"), reverse("card-figures"), name="card-figures", icon_name="table", order=0),
        FiguresEntry(_("Report"), reverse("card-report"), name="card-report", icon_name="doc-full-inverse", order=1),
        FiguresEntry(_("Find the card"), find, name="card-find", icon_name="search", order=2),
    ]
