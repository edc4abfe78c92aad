"""The page "Statistics" of the staff screens: for coordinators, of their own municipalities."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from directory.municipalities.models import Municipality, StaffRole
from directory.municipalities.tenancy import mine, municipality_ids
from portal.kit.sheets import FORMATS, as_file
from portal.usage.forms import ScopeForm
from portal.usage.queries import Scope
from portal.usage.tables import report_of


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
        if wanted in FORMATS:
            return as_file(report.sheets(), form=wanted, name=file_name(report.scope))
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
        for kind in FORMATS:
            params["export"] = kind
            found[kind] = f"?{params.urlencode()}"
        return found

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": _("Statistics")}]


def file_name(scope: Scope) -> str:
    """ "larvik-statistics-2026-01-01-2026-06-30"."""
    return f"{scope.municipality.slug}-statistics-{scope.period.first}-{scope.period.last}"
