"""What the admin asks of pages: addresses that are taken, front pages that stay, and a panel that says what is broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.ui.components import Component
from wagtail.models import Page

from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import mine
from portal.pages.owners import is_front_page, reserved_slugs
from portal.pages.tree import faults

MOST = 20  # faults named; whoever runs hundreds of sites has a command for the rest
ADDRESS_TAKEN = _("“%(slug)s” is an address of the site itself. Choose another.")


class TreeFaultsPanel(Component):
    """What is wrong with the pages of the user's municipalities; nothing when all is well."""

    name = "page-faults"
    template_name = "pages/staff/tree_faults.html"
    order = 10

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        user = parent_context["request"].user
        found = faults(None if user.is_superuser else mine(Municipality, user))
        return {"faults": found[:MOST], "more": max(0, len(found) - MOST)}


@hooks.register("construct_homepage_panels")
def say_what_is_broken(request: HttpRequest, panels: list[Component]) -> None:
    panels.append(TreeFaultsPanel())


def refused(request: HttpRequest, page: Page, sentence: Any) -> HttpResponse:
    """Back to the page, with the reason."""
    messages.error(request, str(sentence))
    return redirect("wagtailadmin_explore", page.get_parent().pk if page.depth > 2 else page.pk)


@hooks.register("before_move_page")
def address_is_free_there(request: HttpRequest, page: Page, destination: Page) -> HttpResponse | None:
    if page.slug in reserved_slugs() and is_front_page(destination):
        return refused(request, page, ADDRESS_TAKEN % {"slug": page.slug})
    return None


@hooks.register("before_copy_page")
def address_of_copy_is_free(request: HttpRequest, page: Page) -> HttpResponse | None:
    slug, above = request.POST.get("new_slug", ""), request.POST.get("new_parent_page", "")
    parent = Page.objects.filter(pk=above).first() if above.isdigit() else page.get_parent()
    if request.method == "POST" and slug in reserved_slugs() and is_front_page(parent):
        return refused(request, page, ADDRESS_TAKEN % {"slug": slug})
    return None


@hooks.register("before_delete_page")
def front_page_is_not_deleted(request: HttpRequest, page: Page) -> HttpResponse | None:
    if is_front_page(page):
        return refused(
            request, page, _("This is the front page of a municipality: its whole site would be gone. It cannot be deleted.")
        )
    return None


@hooks.register("before_unpublish_page")
def front_page_is_not_unpublished(request: HttpRequest, page: Page) -> HttpResponse | None:
    if request.method == "POST" and is_front_page(page):
        return refused(request, page, _("This is the front page of a municipality. Change it, but do not take it away."))
    return None


@hooks.register("before_bulk_action")
def front_pages_stay_among_many(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    if action_type in {"delete", "unpublish", "move"} and any(isinstance(row, Page) and is_front_page(row) for row in objects):
        messages.error(request, str(_("There is a front page of a municipality among these. It stays where it is.")))
        return redirect("wagtailadmin_explore_root")
    return None


@hooks.register("before_bulk_action")
def addresses_are_free_there(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """The same for many at once, as `address_is_free_there` for one."""
    if action_type != "move" or not isinstance(destination := action.cleaned_form.cleaned_data.get("chooser"), Page):
        return None
    taken = [page for page in objects if page.slug in reserved_slugs()] if is_front_page(destination) else []
    return refused(request, taken[0], ADDRESS_TAKEN % {"slug": taken[0].slug}) if taken else None
