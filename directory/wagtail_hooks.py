"""Registers the directory's staff screens with the admin."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from directory.activities.viewsets import ActivityViewSet, SeasonViewSet
from directory.agencies.viewsets import AgencyViewSet
from directory.agencies.words import DEEDS_OF_AGENCIES
from directory.freshness import dashboard as freshness
from directory.freshness.staff_reports import addresses as freshness_addresses
from directory.listings.bulk_actions import BULK_ACTIONS
from directory.listings.viewsets import AdaptationViewSet, CategoryViewSet, TargetGroupViewSet
from directory.merging.views import urlpatterns as duplicates
from directory.municipalities.dashboard import counts_of_staff, panels_of_staff
from directory.municipalities.models import TenantLogEntry
from directory.municipalities.page_lists import page_viewset
from directory.municipalities.permissions import pages_to_choose
from directory.municipalities.tenancy import municipality_ids, tenant_path
from directory.municipalities.viewsets import DistrictViewSet, MunicipalityViewSet, StaffRoleViewSet
from directory.people.queries import own_municipalities
from directory.people.views import urlpatterns as people
from directory.places.viewsets import PlaceViewSet
from directory.proposals.views import urlpatterns as proposals
from directory.proposals.viewsets import SavedAnswerViewSet
from directory.providers.viewsets import MembershipViewSet, ProviderViewSet
from directory.providers.words import DEEDS_OF_PROVIDERS
from directory.reports.viewsets import ErrorReportViewSet, HandleMany, ReopenMany, ReportHandled
from directory.sources.viewsets import ImportRunViewSet
from directory.support.viewsets import SupportSchemeViewSet

# Each has an entry of its own in the menu.
VIEWSETS = [ProviderViewSet, PlaceViewSet, ActivityViewSet, SupportSchemeViewSet, ErrorReportViewSet, ImportRunViewSet]


class SetUp(SnippetViewSetGroup):
    """What is looked after now and then."""

    items = (
        CategoryViewSet,
        TargetGroupViewSet,
        AdaptationViewSet,
        DistrictViewSet,
        SeasonViewSet,
        MembershipViewSet,
        AgencyViewSet,
        SavedAnswerViewSet,
        MunicipalityViewSet,
        StaffRoleViewSet,
    )
    menu_label = _("Set up")
    menu_icon = "cogs"
    menu_name = "set-up"
    menu_order = 190


for viewset in [*(viewset(add_to_admin_menu=True) for viewset in VIEWSETS), SetUp]:
    register_snippet(viewset)

for action in (*BULK_ACTIONS, HandleMany, ReopenMany):
    # After Wagtail's own: of two with one name the later is used.
    hooks.register("register_bulk_action", action, order=10)

hooks.register("register_admin_viewset", lambda: page_viewset, order=10)
hooks.register("register_admin_urls", lambda: [*proposals, *duplicates, *people])
hooks.register("construct_page_chooser_queryset", pages_to_choose)
hooks.register("construct_homepage_panels", panels_of_staff)
hooks.register("construct_homepage_panels", freshness.panel_of_truth)
hooks.register("construct_homepage_summary_items", counts_of_staff, order=100)
hooks.register("register_admin_urls", freshness_addresses)
hooks.register("register_admin_menu_item", freshness.menu_item)


class StaffEntry(MenuItem):
    """For everybody who works for a municipality."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.is_superuser or bool(municipality_ids(request.user))


@hooks.register("register_admin_menu_item")
def proposals_in_menu() -> MenuItem:
    return StaffEntry(_("Proposals"), reverse("proposals"), name="proposals", icon_name="tasks", order=105)


@hooks.register("register_admin_menu_item")
def duplicates_in_menu() -> MenuItem:
    return StaffEntry(_("Duplicates"), reverse("duplicates"), name="duplicates", icon_name="copy", order=155)


class CoordinatorEntry(MenuItem):
    """For coordinators, and for who runs the installation."""

    def is_shown(self, request: HttpRequest) -> bool:
        return own_municipalities(request.user).exists()


@hooks.register("register_admin_menu_item")
def people_in_menu() -> MenuItem:
    return CoordinatorEntry(_("People"), reverse("people"), name="people", icon_name="user", order=170)


@hooks.register("register_log_actions", order=10)
def register_logs(actions: Any) -> None:
    for model in apps.get_app_config("directory").get_models():
        if tenant_path(model):
            actions.register_model(model, TenantLogEntry)
    actions.register_action("directory.confirm", _("Confirm"), _("Confirmed that it is right"))
    actions.register_action("directory.import", _("Import"), _("Imported"))
    actions.register_action("directory.undo_import", _("Undo import"), _("Import undone"))
    actions.register_action("report.handle")(ReportHandled)
    actions.register_action("staff.give_role", _("Give a role in the staff pages"), _("Role in the staff pages given"))
    actions.register_action("staff.change_role", _("Change a role in the staff pages"), _("Role in the staff pages changed"))
    actions.register_action("staff.take_role", _("End a role in the staff pages"), _("Role in the staff pages ended"))
    actions.register_action("staff.export_deeds", _("Export what somebody did"), _("What somebody did was exported"))
    actions.register_action("staff.export_people", _("Export the list of people"), _("The list of people was exported"))
    actions.register_action("listing.merge", _("Merge"), _("Merged with another"))
    actions.register_action("listing.undo_merge", _("Undo a merge"), _("Merge undone"))
    freshness.register_logs(actions)
    for action, (label, message) in {**DEEDS_OF_PROVIDERS, **DEEDS_OF_AGENCIES}.items():
        actions.register_action(action, label, message)


@hooks.register("construct_main_menu", order=100)
def only_what_opens(request: HttpRequest, items: list[Any]) -> None:
    """No entry that leads staff to a closed door, and no advertising."""
    hidden = {"help"} if request.user.is_superuser else {"help", "snippets", "settings"}
    items[:] = [item for item in items if item.name not in hidden]


@hooks.register("construct_reports_menu", order=100)
def only_reports_that_open(request: HttpRequest, items: list[Any]) -> None:
    if not request.user.is_superuser:
        items[:] = [item for item in items if item.name in {"workflows", "workflow-tasks", "site-history"}]


@hooks.register("insert_global_admin_css")
def staff_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("directory/staff.css"))
