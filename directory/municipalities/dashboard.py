"""The first page of the admin: what waits for staff, with its age, and how much there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.admin.site_summary import SummaryItem
from wagtail.admin.ui.components import Component
from wagtail.admin.views.home import (
    LockedPagesPanel,
    RecentEditsPanel,
    UserObjectsInWorkflowModerationPanel,
    WorkflowObjectsToModeratePanel,
)
from wagtail.snippets.models import get_workflow_enabled_models

from directory.municipalities.tenancy import is_mine, mine, tenant_path
from directory.proposals.queries import Key, Question, in_order, items
from directory.proposals.views import address_of


@dataclass(frozen=True, slots=True)
class Queue:
    """Something that waits: how many, since when, and where to work on it."""

    label: str
    count: int
    oldest: datetime | None
    address: str


#: What other rooms have waiting: functions of a user that give queues.
MORE_QUEUES: list[Callable[[Any], list[Queue]]] = []


class WaitingPanel(Component):
    """The queues of the user's municipalities."""

    name = "waiting"
    template_name = "directory/municipalities/staff/waiting.html"
    order = 50

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        user = parent_context["request"].user
        found = [*queues(user), *(queue for more in MORE_QUEUES for queue in more(user))]
        return {"queues": [queue for queue in found if queue.count]}


def all_that_waits(user: Any) -> list[tuple[Key, datetime]]:
    """What waits for this member of staff, the oldest first. Two panels ask; it is looked up once a request."""
    if not hasattr(user, "_all_that_waits"):
        user._all_that_waits = in_order(user, Question())
    found: list[tuple[Key, datetime]] = user._all_that_waits
    return found


def queues(user: Any) -> list[Queue]:
    """What waits for this member of staff."""
    from directory.freshness.dashboard import queues as freshness_queues
    from directory.reports.models import ErrorReport

    models = get_workflow_enabled_models()
    waiting = all_that_waits(user)
    reports = mine(ErrorReport, user).filter(handled_at=None)
    found = [
        Queue(
            _("Proposals and requests"),
            len(waiting),
            waiting[0][1] if waiting else None,
            reverse("proposals"),
        ),
        Queue(
            _("Error reports from residents"),
            reports.count(),
            reports.aggregate(oldest=Min("created_at"))["oldest"],
            reverse(ErrorReport.snippet_viewset.get_url_name("list"))  # type: ignore[attr-defined]
            + "?handled=no",
        ),
    ]
    found += freshness_queues(user)
    year_ago = timezone.now() - timedelta(days=365)
    for model in models:
        old = mine(model, user).filter(live=True, confirmed_at__lt=year_ago)
        found.append(
            Queue(
                _("%(kind)s not confirmed for a year") % {"kind": capfirst(model._meta.verbose_name_plural)},
                old.count(),
                old.aggregate(oldest=Min("confirmed_at"))["oldest"],
                reverse(model.snippet_viewset.get_url_name("list")) + "?confirmed=12",
            )
        )
    return found


class OwnProposalsPanel(UserObjectsInWorkflowModerationPanel):
    """What the user sent for approval, as long as it is still the user's to see."""

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context = super().get_context_data(parent_context)
        user = parent_context["request"].user
        context["workflow_states"] = [
            state
            for state in context["workflow_states"]
            if not tenant_path(type(state.content_object)) or is_mine(state.content_object, user)
        ]
        return context


class OldestPanel(Component):
    """What has waited longest. Wagtail's own panel writes out all that waits, be it thousands."""

    name = "oldest"
    template_name = "directory/municipalities/staff/oldest.html"
    order = 55
    MOST = 5

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        user = parent_context["request"].user
        found = all_that_waits(user)
        rows = [(item, address_of((item.kind, item.pk), Question())) for item in items(user, found[: self.MOST])]
        return {"rows": rows, "more": max(0, len(found) - self.MOST)}


def panels_of_staff(request: HttpRequest, panels: list[Component]) -> None:
    """Replaces panels that go by "did it once" and forget who may see it today."""
    if not request.user.is_superuser:
        panels[:] = [panel for panel in panels if not isinstance(panel, RecentEditsPanel | LockedPagesPanel)]
    panels[:] = [panel for panel in panels if not isinstance(panel, WorkflowObjectsToModeratePanel)]
    panels[:] = [OwnProposalsPanel() if isinstance(panel, UserObjectsInWorkflowModerationPanel) else panel for panel in panels]
    panels += [WaitingPanel(), OldestPanel()]


class CountItem(SummaryItem):
    """How many of one kind there are."""

    template_name = "directory/municipalities/staff/count.html"

    def __init__(self, request: HttpRequest, model: Any, order: int) -> None:
        super().__init__(request)
        self.model, self.order = model, order

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        viewset = self.model.snippet_viewset
        count = mine(self.model, self.request.user).count()
        return {
            "count": count,
            "label": self.model._meta.verbose_name if count == 1 else self.model._meta.verbose_name_plural,
            "icon": viewset.icon,
            "address": reverse(viewset.get_url_name("list")),
        }

    def is_shown(self) -> bool:
        return self.model.snippet_viewset.permission_policy.user_has_any_permission(self.request.user, ["change", "view"])


def counts_of_staff(request: HttpRequest, items: list[SummaryItem]) -> None:
    """Listings instead of pages, pictures and documents."""
    items[:] = [CountItem(request, model, order) for order, model in enumerate(get_workflow_enabled_models())]
