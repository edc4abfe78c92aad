"""Registers the page "Statistics" and the panel of what was not found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from directory.municipalities.models import District, Municipality
from directory.municipalities.tenancy import mine, staff_screen
from portal.usage.queries import found_nothing
from portal.usage.tables import words_row
from portal.usage.views import StatisticsView, own_municipalities

WEEKS = 4
LISTED = 8


class StatisticsMenuItem(MenuItem):
    """For those whose figures they are."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.is_superuser or own_municipalities(request.user).exists()


class NothingFoundPanel(Component):
    """What residents looked for in vain: what the town lacks, or calls by another name."""

    name = "found-nothing"
    template_name = "usage/found_nothing.html"
    order = 60

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        user = parent_context["request"].user
        own = list(mine(Municipality, user).defer("boundary"))
        found = found_nothing(own, weeks=WEEKS, limit=LISTED)
        lang = get_language() or "nb"
        labels = {
            (row.municipality_id, row.slug): row.name_in(town.order_for(lang))
            for town in {town for town, _wanted in found}
            for row in town.districts.filter(kind=District.Kind.NEIGHBOURHOOD)
        }
        rows = [
            (town, words_row(wanted, {slug: text for (pk, slug), text in labels.items() if pk == town.pk}))
            for town, wanted in found
        ]
        return {"rows": rows, "several": len(own) > 1, "weeks": WEEKS, "may_see_more": own_municipalities(user).exists()}


@hooks.register("register_admin_urls")
def statistics_address() -> list[URLPattern]:
    return [path("statistics/", staff_screen(StatisticsView.as_view()), name="usage-statistics")]


@hooks.register("register_admin_menu_item")
def statistics_entry() -> MenuItem:
    return StatisticsMenuItem(_("Statistics"), reverse("usage-statistics"), name="statistics", icon_name="table", order=180)


@hooks.register("construct_homepage_panels")
def panel_of_what_was_not_found(request: HttpRequest, panels: list[Component]) -> None:
    panels.append(NothingFoundPanel())
