"""Registers the portal's staff screens with the admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from directory.municipalities.models import StaffRole
from directory.municipalities.tenancy import municipality_ids
from portal.helping.views import Begun, Over, Written
from portal.helping.views import staff_urlpatterns as helping
from portal.our_site.views import urlpatterns as our_site

hooks.register("register_admin_urls", lambda: [*our_site, *helping])


class OurSite(MenuItem):
    """For coordinators, and for who runs the installation."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.is_superuser or bool(municipality_ids(request.user, StaffRole.Role.COORDINATOR))


@hooks.register("register_admin_menu_item")
def our_site_in_menu() -> MenuItem:
    return OurSite(_("Our site"), reverse("our-site"), name="our-site", icon_name="home", order=185)


@hooks.register("register_log_actions")
def site_logs(actions: Any) -> None:
    actions.register_action("site.change", _("Change the site"), _("Site changed"))
    actions.register_action("site.menu", _("Change the menu"), _("Menu changed"))
    actions.register_action("site.open", _("Open a site"), _("Site opened"))
    actions.register_action("helping.start")(Begun)
    actions.register_action("helping.write")(Written)
    actions.register_action("helping.end")(Over)


@hooks.register("insert_global_admin_css")
def our_site_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("our_site/our_site.css"))
