"""Registers the page "How it went" with the admin."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from directory.municipalities.tenancy import municipality_ids, staff_screen
from portal.frontline.staff import OutcomesView


class OutcomesMenuItem(MenuItem):
    """For staff of a municipality."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.is_superuser or bool(municipality_ids(request.user))


@hooks.register("register_admin_urls")
def outcomes_address() -> list[URLPattern]:
    return [path("how-it-went/", staff_screen(OutcomesView.as_view()), name="frontline-outcomes")]


@hooks.register("register_admin_menu_item")
def outcomes_entry() -> MenuItem:
    return OutcomesMenuItem(_("How it went"), reverse("frontline-outcomes"), name="how-it-went", icon_name="table", order=182)
