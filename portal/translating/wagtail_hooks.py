"""Registers the translation board with the admin."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from directory.municipalities.tenancy import staff_screen
from portal.translating import views
from portal.translating.permissions import kinds_of, own_municipalities
from portal.translating.queries import lacking


@hooks.register("register_admin_urls")
def board_urls() -> list[URLPattern]:
    return [
        path("translations/", staff_screen(views.BoardView.as_view()), name="translation-board"),
        path("translations/export/", staff_screen(views.export), name="translation-export"),  # type: ignore[arg-type]
        path("translations/take-in/", staff_screen(views.TakeInView.as_view()), name="translation-take-in"),
        path(
            "translations/<str:app_label>/<str:model_name>/<int:object_id>/<str:lang>/",
            staff_screen(views.FillView.as_view()),
            name="translation-fill",
        ),
    ]


class BoardMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return own_municipalities(request.user).exists()


@hooks.register("register_admin_menu_item")
def board_entry() -> MenuItem:
    return BoardMenuItem(_("Translations"), reverse("translation-board"), name="translations", icon_name="globe", order=160)


@hooks.register("register_log_actions")
def register_deeds(actions: Any) -> None:
    actions.register_action("translating.write", _("Translate"), _("Translated"))
    actions.register_action("translating.machine", _("Translate by machine"), _("Translated by machine"))
    actions.register_action(
        "translating.withdraw",
        _("Take away a machine's text"),
        _("Machine's text taken away: the text it was made from is gone"),
    )
    actions.register_action("translating.still_right", _("Translation still right"), _("Translation marked as right"))


MOST = 10  # municipalities named on the first page, for whoever runs hundreds


class LackingPanel(Component):
    """What lacks translation, by language, on the first page of the admin."""

    name = "lacking"
    template_name = "translating/lacking.html"
    order = 60

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        user = parent_context["request"].user
        found = lacking(own_municipalities(user), partial(kinds_of, user))
        return {"lacking": found[:MOST], "several": len(found) > 1, "more": max(0, len(found) - MOST)}


@hooks.register("construct_homepage_panels")
def panel_of_board(request: HttpRequest, panels: list[Component]) -> None:
    panels.append(LackingPanel())
