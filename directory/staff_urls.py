"""Staff addresses below /cms/ that stand before the ones Wagtail has of its own."""

from collections.abc import Callable
from typing import Any

from django.urls import path
from wagtail.admin.auth import require_admin_access

from directory.municipalities.page_lists import page_viewset
from directory.municipalities.staff_reports import OwnHistoryView, OwnTasksView, OwnWorkflowView
from directory.municipalities.tenancy import staff_screen


def own(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view of ours in the admin that keeps to own rows."""
    return staff_screen(require_admin_access(view))


urlpatterns = [
    path("pages/", own(page_viewset.index_view)),
    path("reports/workflow/", own(OwnWorkflowView.as_view())),
    path("reports/workflow/results/", own(OwnWorkflowView.as_view(results_only=True))),
    path("reports/workflow_tasks/", own(OwnTasksView.as_view())),
    path("reports/workflow_tasks/results/", own(OwnTasksView.as_view(results_only=True))),
    path("reports/site-history/", own(OwnHistoryView.as_view())),
    path("reports/site-history/results/", own(OwnHistoryView.as_view(results_only=True))),
]
