"""Beginning and ending to help somebody, and who was helped lately."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import LogFormatter

from directory.municipalities.models import StaffRole, TenantLogEntry
from directory.municipalities.tenancy import municipality_ids, staff_screen
from directory.providers.models import Membership
from portal.helping.actions import END, START, begin, stop, why_not
from portal.helping.rules import Ended, Why
from portal.kit.refusals import Refused

MOST = 50


def coordinated(user: Any) -> frozenset[int]:
    """The municipalities somebody coordinates. Who runs the installation is no coordinator by that."""
    return municipality_ids(user, StaffRole.Role.COORDINATOR)


class Screen(WagtailAdminTemplateMixin, TemplateView):
    _show_breadcrumbs = True
    header_icon = "help"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        people = {"url": reverse("people"), "label": _("People")}
        return [*super().get_breadcrumbs_items(), people, {"url": "", "label": self.get_page_title()}]


class HelpView(Screen):
    """Why, and then on to the person's pages."""

    template_name = "helping/staff/help.html"

    @cached_property
    def membership(self) -> Membership:
        rows = Membership.objects.select_related("user", "provider__municipality__site")
        own = rows.filter(provider__municipality__in=coordinated(self.request.user))
        found = own.filter(pk=self.kwargs["membership_id"]).first()
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return _now("Help %(who)s on the phone") % {"who": self.membership.user}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show()

    def show(self, error: str = "", reason: str = "") -> HttpResponse:
        refused = why_not(self.membership, self.request.user, getattr(self.request, "municipality", None))
        site = self.membership.provider.municipality.site
        context = {
            "membership": self.membership,
            "refused": refused.label if refused else "",
            "elsewhere": f"{site.root_url}{self.request.path}" if refused == Why.ELSEWHERE and site else "",
            "error": error,
            "reason": reason,
        }
        return self.render_to_response(self.get_context_data(**context))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reason = request.POST.get("reason", "").replace("\x00", "")
        try:
            helping = begin(request=request, membership=self.membership, reason=reason, by=request.user, at=timezone.now())
        except Refused as refused:
            return self.show(error=str(refused), reason=reason)
        with translation.override(helping.provider.municipality.languages[0]):
            return HttpResponseRedirect(reverse("desk-provider", args=[helping.provider.slug]))


class HelpedView(Screen):
    """Who was helped lately, by whom and why."""

    template_name = "helping/staff/helped.html"
    page_title = _("Helped on the phone")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        own = coordinated(request.user)
        if not own:
            raise Http404
        starts = list(TenantLogEntry.objects.filter(municipality__in=own, action=START).order_by("-timestamp", "-pk")[:MOST])
        ends = {
            row.uuid: row
            for row in TenantLogEntry.objects.filter(municipality__in=own, action=END, uuid__in=[row.uuid for row in starts])
        }
        people = names_of([row.data.get("as") for row in starts])
        rows = [
            {
                "at": row.timestamp,
                "by": row.user_display_name,
                "whom": people.get(row.data.get("as"), _now("somebody who has left")),
                "where": row.label,
                "reason": row.data.get("reason", ""),
                "ended": Ended(ends[row.uuid].data["why"]).label if row.uuid in ends else "",
                "written": ends[row.uuid].data.get("written", 0) if row.uuid in ends else "",
            }
            for row in starts
        ]
        return self.render_to_response(self.get_context_data(rows=rows))


def names_of(pks: list[Any]) -> dict[Any, str]:
    """What people are called; those whose account is gone are not there."""
    from django.contrib.auth import get_user_model

    return {pk: str(user) for pk, user in get_user_model()._default_manager.in_bulk([pk for pk in pks if pk]).items()}


class HelpFormatter(LogFormatter):
    """What the log says: for whom, and why it began or ended."""

    verb: Any = ""

    def format_message(self, log_entry: Any) -> str:
        said = log_entry.data or {}
        whom = names_of([said.get("as")]).get(said.get("as"), _now("somebody who has left"))
        pages = ", ".join((said.get("pages") or {}).values())
        more = said.get("reason") or (Ended(said["why"]).label if said.get("why") else pages or said.get("deed", ""))
        return f"{self.verb}: {whom}" + (f" ({more})" if more else "")


class Begun(HelpFormatter):
    label = _("Begin to help on the phone")
    verb = _("Began to act for somebody on the phone")


class Written(HelpFormatter):
    label = _("Write for somebody on the phone")
    verb = _("Wrote for somebody on the phone")


class Over(HelpFormatter):
    label = _("End helping on the phone")
    verb = _("No longer acts for somebody on the phone")


@never_cache
@require_POST
def end_helping(request: HttpRequest) -> HttpResponse:
    """One press ends it."""
    if request.user.is_authenticated:
        stop(request=request, why=Ended.PRESSED, at=timezone.now())
        if request.user.has_perm("wagtailadmin.access_admin"):
            messages.success(request, _now("You act for nobody now."))
            return redirect("/cms/")
    return redirect("desk")


def door(view: type[TemplateView]) -> Any:
    """A screen in the admin that keeps to own rows."""
    return staff_screen(require_admin_access(view.as_view()))


staff_urlpatterns = [
    path("helping/", door(HelpedView), name="helped"),
    path("helping/<int:membership_id>/", door(HelpView), name="help"),
]
