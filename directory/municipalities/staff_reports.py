"""Wagtail's reports on workflows and on history, kept to own rows: lists, exports, and the names offered as filters."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from wagtail.admin.views.reports.audit_logging import LogEntriesView
from wagtail.admin.views.reports.workflows import (
    WorkflowReportFilterSet,
    WorkflowTasksReportFilterSet,
    WorkflowTasksView,
    WorkflowView,
)
from wagtail.models import Task, TaskState, Workflow, WorkflowState
from wagtail.snippets.models import get_workflow_enabled_models

from directory.municipalities.models import Municipality
from directory.municipalities.permissions import rows_of_workflow
from directory.municipalities.tenancy import mine, municipality_ids
from portal.kit.exports import harmless


def own_states(request: HttpRequest) -> QuerySet[WorkflowState]:
    return WorkflowState.objects.filter(rows_of_workflow(request.user, get_workflow_enabled_models()))


def own_workflows(request: HttpRequest) -> QuerySet[Workflow]:
    return Workflow.objects.filter(pk__in=mine(Municipality, request.user).values("workflow"))


def own_tasks(request: HttpRequest) -> QuerySet[Task]:
    return Task.objects.filter(workflow_tasks__workflow__in=own_workflows(request)).distinct()


def own_people(request: HttpRequest) -> QuerySet[Any]:
    return get_user_model().objects.filter(pk__in=own_states(request).values("requested_by"))


class OwnWorkflowFilterSet(WorkflowReportFilterSet):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["workflow"].queryset = own_workflows
        self.filters["requested_by"].queryset = own_people


class OwnTasksFilterSet(WorkflowTasksReportFilterSet):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["workflow"].queryset = own_workflows
        self.filters["task"].queryset = own_tasks


class OwnReport:
    """Who may open the reports, and harmless cells in what they export."""

    permission_policy = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (request.user.is_superuser or municipality_ids(request.user)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def preprocess_field_value(self, field: str, value: Any, export_format: str) -> Any:
        return harmless(super().preprocess_field_value(field, value, export_format))  # type: ignore[misc]


class OwnWorkflowView(OwnReport, WorkflowView):
    """What was sent for approval."""

    filterset_class = OwnWorkflowFilterSet

    def get_queryset(self) -> QuerySet[WorkflowState]:
        return (
            own_states(self.request)
            .select_related("workflow", "requested_by")
            .prefetch_related("content_object", "content_object__latest_revision")
            .order_by("-created_at")
        )


class OwnTasksView(OwnReport, WorkflowTasksView):
    """What was decided about it."""

    filterset_class = OwnTasksFilterSet

    def get_queryset(self) -> QuerySet[TaskState]:
        return (
            TaskState.objects.filter(
                rows_of_workflow(self.request.user, get_workflow_enabled_models(), prefix="workflow_state__")
            )
            .select_related("workflow_state", "task")
            .prefetch_related("workflow_state__content_object", "workflow_state__content_object__latest_revision")
            .order_by("-started_at")
        )


class OwnHistoryView(OwnReport, LogEntriesView):
    """Who did what. The log models know whose entries are whose."""
