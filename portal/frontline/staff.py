"""The staff page "How it went": sums of families' answers, of one's own municipality."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import mine
from portal.frontline.outcomes import Figures, Line, Step, figures
from portal.kit.sheets import FORMATS, as_file


class OutcomesView(WagtailAdminTemplateMixin, TemplateView):
    """Figures of one municipality; `?export=csv` or `xlsx` gives the same as a file."""

    template_name = "frontline/staff/outcomes.html"
    page_title = _("How it went for families")
    header_icon = "table"
    _show_breadcrumbs = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        own = list(mine(Municipality, request.user).defer("boundary").order_by("name"))
        town = self.chosen(own)
        found = figures(town, timezone.localdate(), get_language() or "nb")
        if (wanted := request.GET.get("export")) in FORMATS:
            return as_file(sheets(found), form=wanted, name=f"{town.slug}-how-it-went")
        return self.render_to_response(
            self.get_context_data(municipality=town, others=own, figures=found, steps=list(Step), tables=tables(found))
        )

    def chosen(self, own: list[Municipality]) -> Municipality:
        """The one asked for, else the host's, else the first. Another's is not there."""
        asked = self.request.GET.get("municipality", "")
        if asked:
            found = next((town for town in own if str(town.pk) == asked), None)
        else:
            here = getattr(self.request, "municipality", None)
            found = next((town for town in own if town == here), None) or next(iter(own), None)
        if found is None:
            raise Http404
        return found

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]


def sheets(found: Figures) -> list[tuple[str, list[list[Any]]]]:
    """The tables as they go out in a file."""
    told: list[tuple[str, list[list[Any]]]] = [
        (
            heading,
            [
                [heading, *(str(step.label) for step in Step)],
                *([line.label or _now("Not known"), *line.figures] for line in rows),
                [_now("Together"), *found.all.figures],
            ],
        )
        for heading, rows in tables(found)
    ]
    reasons = _now("Why not")
    return [*told, (reasons, [[reasons, _now("How many")], *([line.label, *line.figures] for line in found.reasons)])]


def tables(found: Figures) -> list[tuple[str, tuple[Line, ...]]]:
    """Heading and lines."""
    return [(_now("Kind of provider"), found.kinds), (_now("Part of town"), found.districts)]
