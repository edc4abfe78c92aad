"""The page "Statistics" of the staff screens: for coordinators, of their own municipalities."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from openpyxl import Workbook
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from directory.municipalities.models import Municipality, StaffRole
from directory.municipalities.tenancy import mine, municipality_ids
from portal.usage.forms import ScopeForm
from portal.usage.queries import Scope
from portal.usage.tables import Report, report_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def own_municipalities(user: Any) -> QuerySet[Municipality]:
    """The municipalities whose figures `user` may see: where they coordinate; all for who runs the installation."""
    rows = mine(Municipality, user).defer("boundary").order_by("name")
    return rows if user.is_superuser else rows.filter(pk__in=municipality_ids(user, StaffRole.Role.COORDINATOR))


class StatisticsView(WagtailAdminTemplateMixin, TemplateView):
    """Figures of one municipality. `?export=csv` or `xlsx` gives the same as a file."""

    template_name = "usage/statistics.html"
    page_title = _("Statistics")
    header_icon = "table"
    _show_breadcrumbs = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.own:
            if request.user.is_superuser:  # a new installation: nothing to show yet, and nobody to turn away
                return self.render_to_response(self.get_context_data(form=None, report=None))
            raise PermissionDenied
        form = ScopeForm(request.GET, own=self.own, chosen=self.chosen())
        report = report_of(form.scope())
        wanted = request.GET.get("export")
        if wanted in ("csv", "xlsx"):
            return as_csv(report) if wanted == "csv" else as_xlsx(report)
        return self.render_to_response(self.get_context_data(form=form, report=report, exports=self.exports()))

    @cached_property
    def own(self) -> QuerySet[Municipality]:
        return own_municipalities(self.request.user)

    def chosen(self) -> Municipality:
        """The one asked for; without a question the host's, or the first. Another's is not there."""
        asked = self.request.GET.get("municipality", "")
        if asked:
            found = self.own.filter(pk=asked).first() if asked.isdigit() and len(asked) < 18 else None
            if found is None:
                raise Http404
            return found
        here = getattr(self.request, "municipality", None)
        return next((row for row in self.own if row == here), None) or self.own[0]

    def exports(self) -> dict[str, str]:
        """The address of this page as a file."""
        params = self.request.GET.copy()
        found = {}
        for kind in ("csv", "xlsx"):
            params["export"] = kind
            found[kind] = f"?{params.urlencode()}"
        return found

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": _("Statistics")}]


def file_name(scope: Scope, ending: str) -> str:
    """ "larvik-statistics-2026-01-01-2026-06-30.csv"."""
    return f"{scope.municipality.slug}-statistics-{scope.period.first}-{scope.period.last}.{ending}"


def answer(body: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def as_csv(report: Report) -> HttpResponse:
    """All tables below each other, the name of each before it; semicolons, as spreadsheet programs in Norway open it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for name, rows in report.sheets():
        writer.writerows([[name], *rows, []])
    return answer(out.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", file_name(report.scope, "csv"))


def as_xlsx(report: Report) -> HttpResponse:
    """A sheet for each table."""
    book = Workbook(write_only=True)
    for number, (name, rows) in enumerate(report.sheets(), start=1):
        safe = "".join(sign for sign in name if sign not in "[]:*?/\\'")
        sheet = book.create_sheet(f"{number} {safe}"[:31])
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return answer(out.getvalue(), XLSX, file_name(report.scope, "xlsx"))
