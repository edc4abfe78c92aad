"""The page "Contact in figures": how much is asked and answered, and what children and young people wish for.

Enquiries are counted, never read: what is told of them are sums over months. Wishes are told as cells that are rounded
(portal/contact/wishes/queries.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from directory.listings.models import Category
from directory.municipalities.models import District, Municipality
from directory.municipalities.tenancy import mine
from portal.contact.board.models import Notice
from portal.contact.enquiries.models import Channel, Enquiry
from portal.contact.sharing.models import ContactConsent
from portal.contact.wishes.models import AgeBand
from portal.contact.wishes.queries import Told, halves
from portal.kit.charts import Chart, Series
from portal.kit.exports import harmless
from portal.kit.sheets import FORMATS, as_file
from portal.kit.texts import Text

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what it means."""

    label: str
    value: int
    meaning: str


def months_back(today: date) -> list[date]:
    """The first days of the last twelve months, this one last."""
    count = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(count - MONTHS + 1, count + 1)]


def enquiry_figures(municipality: Municipality) -> list[Figure]:
    """How much goes through, and what of it did not arrive."""
    found = Enquiry.objects.filter(municipality=municipality).aggregate(
        passed=Count("pk", filter=Q(state="open")),
        answered=Count("pk", filter=~Q(answered_at=None)),
        held=Count("pk", filter=Q(state="held", erased_at=None)),
        failed=Count("pk", filter=~Q(failed_at=None)),
    )
    notices = Notice.objects.hanging().filter(municipality=municipality).count()
    consents = ContactConsent.objects.filter(provider__municipality=municipality, withdrawn_at=None).count()
    return [
        Figure(
            _now("Messages passed on"),
            found["passed"],
            _now("All that were ever passed on. What they said is erased after 90 days."),
        ),
        Figure(_now("Marked as answered"), found["answered"], _now("By the receiver. Many answer without marking it.")),
        Figure(_now("Held back"), found["held"], _now("They wait for you to look at them.")),
        Figure(_now("Could not be delivered"), found["failed"], _now("No letter could be sent for a day, or it came back.")),
        Figure(_now("Notices on the board"), notices, _now("Hanging today.")),
        Figure(_now("In the list of contacts"), consents, _now("Associations that said yes to it.")),
    ]


def enquiry_chart(municipality: Municipality, today: date) -> Chart:
    """Messages of each month, by where they came from."""
    months = months_back(today)
    rows = (
        Enquiry.objects.filter(municipality=municipality, state="open", created_at__date__gte=months[0])
        .annotate(month=TruncMonth("created_at"))
        .order_by()
        .values_list("month", "channel")
        .annotate(n=Count("pk"))
    )
    found: Counter[tuple[date, str]] = Counter()
    for month, channel, n in rows:
        found[timezone.localdate(month), channel] += n
    lines = (
        (str(Channel.LISTING.label), (Channel.LISTING.value,)),
        (str(Channel.HANDOVER.label), (Channel.HANDOVER.value,)),
        (_now("message between members"), (Channel.PROVIDER.value, Channel.NOTICE.value)),
    )
    return Chart(
        "enquiries",
        _now("Messages each month"),
        _now("Month"),
        tuple(date_format(month, "F Y") for month in months),
        tuple(
            Series(name, tuple(sum(found[month, channel] for channel in channels) for month in months))
            for name, channels in lines
        ),
    )


@dataclass(frozen=True)
class WishReport:
    """Charts of wishes, and the table of all cells' sums by category and part of town."""

    charts: list[Chart]
    headings: list[str]
    rows: list[tuple[Text | str, list[int]]]


def wish_report(municipality: Municipality, half: str) -> WishReport:
    """What is wished for, at what age, where."""
    told = Told(municipality, half)
    order = municipality.order_for(get_language() or "nb")
    categories: dict[int, Text | str] = {
        row.pk: row.name_in(order) for row in Category.objects.filter(municipality=municipality, parent=None)
    }
    categories[0] = _now("Something else")
    places: dict[int, Text | str] = {
        row.pk: row.name_in(order) for row in municipality.districts.filter(kind=District.Kind.NEIGHBOURHOOD).defer("boundary")
    }
    places[0] = _now("Not said")
    bands = {band.value: str(band.label) for band in AgeBand}
    number = _now("Wishes")

    def chart(key: str, title: str, heading: str, column: str, names: dict[Any, Text | str] | dict[str, str]) -> Chart:
        counts = told.by(column)
        keys = list(names) if column == "age_band" else sorted(names, key=lambda value: (-counts[value,], str(names[value])))
        return Chart(
            key,
            title,
            heading,
            tuple(names[value] for value in keys),
            (Series(number, tuple(counts[value,] for value in keys)),),
        )

    both = told.by("category", "district")
    return WishReport(
        charts=[
            chart("wishes-category", _now("What is wished for"), _now("Category"), "category", categories),
            chart("wishes-age", _now("How old they are"), _now("Age"), "age_band", bands),
            chart("wishes-district", _now("Where they live"), _now("Part of town"), "district", places),
        ],
        headings=[_now("Category"), *map(str, places.values())],
        rows=[(name, [both[pk, place] for place in places]) for pk, name in categories.items()],
    )


class ContactFiguresView(WagtailAdminTemplateMixin, TemplateView):
    """Figures of one municipality. `?export=csv` or `xlsx` gives the same as a file."""

    template_name = "contact/staff/figures.html"
    page_title = _("Contact in figures")
    header_icon = "mail"
    _show_breadcrumbs = True

    @cached_property
    def own(self) -> list[Municipality]:
        return list(mine(Municipality, self.request.user).defer("boundary").order_by("name"))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.own:
            if request.user.is_superuser:  # type: ignore[union-attr]
                return self.render_to_response(self.get_context_data(municipality=None))
            raise PermissionDenied
        municipality = self.chosen()
        known = halves(municipality)
        half = request.GET.get("half", "")
        half = half if half in known else ""
        figures = enquiry_figures(municipality)
        chart = enquiry_chart(municipality, timezone.localdate())
        wishes = wish_report(municipality, half)
        if (form := request.GET.get("export", "")) in FORMATS:
            name = f"{municipality.slug}-contact-{timezone.localdate()}"
            return as_file(sheets(figures, [chart, *wishes.charts], wishes), form=form, name=name)
        context = {
            "municipality": municipality,
            "own": self.own,
            "halves": known,
            "half": half,
            "figures": figures,
            "chart": chart,
            "wishes": wishes,
            "exports": {form: self._export(form) for form in FORMATS},
        }
        return self.render_to_response(self.get_context_data(**context))

    def _export(self, form: str) -> str:
        params = self.request.GET.copy()
        params["export"] = form
        return f"?{params.urlencode()}"

    def chosen(self) -> Municipality:
        """The one asked for; else the host's, or the first. Another's is not there."""
        if asked := self.request.GET.get("municipality", ""):
            found = next((row for row in self.own if str(row.pk) == asked), None)
            if found is None:
                raise Http404
            return found
        here = getattr(self.request, "municipality", None)
        return next((row for row in self.own if row == here), self.own[0])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]


def sheets(figures: list[Figure], charts: list[Chart], wishes: WishReport) -> list[tuple[str, list[list[Any]]]]:
    """The same for export."""
    found: list[tuple[str, list[list[Any]]]] = [
        (
            _now("Figures"),
            [[_now("Figure"), _now("How many"), _now("What it means")], *([f.label, f.value, f.meaning] for f in figures)],
        )
    ]
    for chart in charts:
        rows = [
            [harmless(str(label)), *(series.values[n] or 0 for series in chart.series)] for n, label in enumerate(chart.labels)
        ]
        found.append((chart.title, [[chart.heading, *(series.name for series in chart.series)], *rows]))
    table = [[harmless(str(name)), *counts] for name, counts in wishes.rows]
    return [*found, (_now("Wishes by category and part of town"), [wishes.headings, *table])]
