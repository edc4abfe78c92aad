"""Registers the staff screens of this room: what was held back, the notice board, wishes, figures, and what waits."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Min
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from directory.municipalities.dashboard import MORE_QUEUES, Queue
from directory.municipalities.models import Municipality, TenantLogEntry
from directory.municipalities.tenancy import mine, staff_screen, tenant_path
from portal.contact.board.models import Notice
from portal.contact.board.viewsets import NoticeViewSet
from portal.contact.enquiries.models import Enquiry
from portal.contact.enquiries.viewsets import HeldViewSet, ReleaseMany, ThrowMany
from portal.contact.staff_reports import ContactFiguresView
from portal.contact.wishes.models import Wish, WordsState
from portal.contact.wishes.viewsets import HideMany, ShowMany, WordsViewSet


class ContactGroup(SnippetViewSetGroup):
    """What people write to each other and to the town, as far as staff look after it."""

    items = (HeldViewSet, NoticeViewSet, WordsViewSet)
    menu_label = _("Messages")
    menu_icon = "mail"
    menu_name = "contact"
    menu_order = 160


register_snippet(ContactGroup)
for action in (ReleaseMany, ThrowMany, ShowMany, HideMany):
    hooks.register("register_bulk_action", action, order=10)


@hooks.register("register_log_actions", order=10)
def register_logs(actions: Any) -> None:
    for model in apps.get_app_config("contact").get_models():
        if tenant_path(model):
            actions.register_model(model, TenantLogEntry)
    for name, label, message in (
        ("enquiry.release", _("Pass on an enquiry"), _("Passed on")),
        ("enquiry.throw", _("Throw an enquiry away"), _("Thrown away")),
        ("notice.put_up", _("Put up a notice"), _("Put up")),
        ("notice.change", _("Change a notice"), _("Changed")),
        ("notice.close", _("Take one's notice down"), _("Taken down by its owner")),
        ("notice.remove", _("Take down a notice"), _("Taken down by staff")),
        ("contact_list.join", _("Join the list of contacts"), _("Said yes to the list of contacts")),
        ("contact_list.leave", _("Leave the list of contacts"), _("Left the list of contacts")),
        ("contact_list.share", _("Share the list of contacts"), _("Made a link to the list of contacts")),
        ("contact_list.revoke", _("Take back a link"), _("Took back a link to the list of contacts")),
        ("wish.decide", _("Decide about a wish"), _("Decided whether everybody may read it")),
    ):
        actions.register_action(name, label, message)


class FiguresMenuItem(MenuItem):
    """For those whose figures they are."""

    def is_shown(self, request: HttpRequest) -> bool:
        return mine(Municipality, request.user).exists()


@hooks.register("register_admin_urls")
def figures_address() -> list[URLPattern]:
    return [path("contact/figures/", staff_screen(ContactFiguresView.as_view()), name="contact-figures")]


@hooks.register("register_admin_menu_item")
def figures_entry() -> MenuItem:
    return FiguresMenuItem(
        _("Contact in figures"), reverse("contact-figures"), name="contact-figures", icon_name="mail", order=181
    )


def queues(user: Any) -> list[Queue]:
    """What waits for this member of staff."""
    held = mine(Enquiry, user).held()  # type: ignore[attr-defined]
    reported = mine(Notice, user).filter(pk__in=Notice.objects.hanging(), reports__isnull=False).distinct()
    words = mine(Wish, user).filter(words=WordsState.WAITING)
    oldest = words.aggregate(oldest=Min("day"))["oldest"]
    return [
        Queue(_now("Messages held back"), held.count(), held.aggregate(oldest=Min("created_at"))["oldest"], _list(Enquiry)),
        Queue(
            _now("Notices that were reported"),
            reported.count(),
            reported.aggregate(oldest=Min("reports__created_at"))["oldest"],
            _list(Notice) + "?reported=yes&up=yes",
        ),
        Queue(_now("Words of wishes to look at"), words.count(), oldest, _list(Wish) + "?words=waiting"),
    ]


def _list(model: Any) -> str:
    return reverse(model.snippet_viewset.get_url_name("list"))


MORE_QUEUES.append(queues)
