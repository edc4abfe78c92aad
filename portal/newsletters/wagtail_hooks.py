"""Registers the staff screens of newsletters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, When
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.snippets.models import register_snippet

from directory.municipalities.models import TenantLogEntry
from directory.municipalities.tenancy import mine
from portal.newsletters.models import Delivery, Newsletter, Sender
from portal.newsletters.states import ASKS_STAFF, LetterState
from portal.newsletters.viewsets import Newsletters

register_snippet(Newsletters)


class LettersInDoubt(Component):
    """Letters that are paused, and those with messages about which somebody must decide."""

    name = "letters-in-doubt"
    template_name = "newsletters/staff/in_doubt.html"
    order = 55

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        waiting = Delivery.objects.filter(newsletter=OuterRef("pk"), state__in=ASKS_STAFF)
        is_paused = Q(state=LetterState.PAUSED)
        rows = mine(Newsletter, parent_context["request"].user).filter(is_paused | Exists(waiting))
        rows = rows.annotate(asks=Count("deliveries", filter=Q(deliveries__state__in=ASKS_STAFF)))
        rows = rows.order_by(Case(When(is_paused, then=0), default=1), "-released_at")[:5]
        screen = Newsletter.snippet_viewset.get_url_name("send")  # type: ignore[attr-defined]
        return {"rows": [(row, row.asks, reverse(screen, args=[row.pk])) for row in rows]}


@hooks.register("construct_homepage_panels")
def panel_of_doubts(request: HttpRequest, panels: list[Component]) -> None:
    panels.append(LettersInDoubt())


@hooks.register("register_log_actions", order=10)
def newsletter_logs(actions: Any) -> None:
    for model in (Newsletter, Sender):
        actions.register_model(model, TenantLogEntry)
    for name, label, said in (
        ("newsletter.schedule", _("Schedule"), _("Scheduled")),
        ("newsletter.unschedule", _("Take back"), _("Taken back from its time")),
        ("newsletter.not_released", _("Not released"), _("Could not be released at its time")),
        ("newsletter.release", _("Release"), _("Released")),
        ("newsletter.pause", _("Pause"), _("Paused")),
        ("newsletter.halt", _("Stop by itself"), _("Stopped by itself: the mail server took none of it")),
        ("newsletter.resume", _("Go on"), _("Went on")),
        ("newsletter.cancel", _("Cancel"), _("Cancelled")),
        ("newsletter.decide", _("Decide"), _("Decided about messages in doubt")),
        ("newsletter.archive", _("Archive"), _("Shown on the site, or taken off it")),
        ("newsletter.export", _("Export receivers"), _("The list of its receivers was exported")),
    ):
        actions.register_action(name, label, said)


@hooks.register("insert_global_admin_css")
def newsletter_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("newsletters/staff.css"))
