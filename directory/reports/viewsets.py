"""The queue of error reports: read, look at the listing, mark as dealt with."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.panels import FieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column
from wagtail.log_actions import LogFormatter

from directory.listings.models import Listing
from directory.municipalities.tenancy import TenantBulkAction, TenantFilterSet, TenantForm, TenantPolicy, TenantViewSet
from directory.reports.actions import mark_handled
from directory.reports.models import ErrorReport


class ReportPolicy(TenantPolicy):
    """Reports come from visitors; nobody writes them here."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "add" and super().user_has_permission(user, action)


class ReportForm(TenantForm):
    """What was done about a report, and whether that is all."""

    done = forms.BooleanField(label=_("Dealt with"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["done"].initial = self.instance.handled_at is not None

    def save(self, commit: bool = True) -> ErrorReport:
        said = self.cleaned_data
        mark_handled(report=self.instance, done=said["done"], note=said["note"].strip(), by=self.for_user, at=timezone.now())
        return self.instance


class ReportHandled(LogFormatter):
    """What the history of a report says: whether it is dealt with, and the note of that day."""

    label = _("Deal with an error report")

    def format_message(self, log_entry: Any) -> str:
        said = log_entry.data or {}
        state = _now("dealt with") if said.get("done") else _now("not yet dealt with")
        return f"{state}: {said['note']}" if said.get("note") else state


def listing_of(report: ErrorReport) -> Any:
    """The listing a report is about, if it still exists."""
    model = next((model for model in Listing.__subclasses__() if report.kind == model.KIND), None)
    return model._default_manager.filter(pk=report.listing_id, municipality=report.municipality_id).first() if model else None


class ReportPanel(Panel):
    """What the visitor said, and the way to the listing."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "directory/reports/staff/report.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            from django.urls import reverse

            listing = listing_of(self.instance)
            edit = reverse(listing.snippet_viewset.get_url_name("edit"), args=[listing.pk]) if listing else ""
            return super().get_context_data(parent_context) | {"report": self.instance, "listing": listing, "edit": edit}


class ReportFilterSet(TenantFilterSet):
    handled = django_filters.ChoiceFilter(
        label=_("Dealt with"),
        method="by_handled",
        widget=forms.RadioSelect,
        choices=[("no", _("not yet")), ("yes", _("dealt with"))],
    )

    def by_handled(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(handled_at__isnull=value == "no")

    class Meta:
        model = ErrorReport
        fields = ("handled", "kind", "topic")


def age(report: ErrorReport) -> str:
    """How long ago, in the largest unit."""
    return timesince(report.created_at, depth=1)


def handled(report: ErrorReport) -> str:
    if not report.handled_at:
        return _now("not yet")
    return _now("dealt with by %(name)s") % {"name": report.handled_by} if report.handled_by else _now("dealt with")


class ErrorReportViewSet(TenantViewSet):
    model = ErrorReport
    icon = "warning"
    menu_order = 150
    policy_class = ReportPolicy
    filterset_class = ReportFilterSet
    list_display: ClassVar[list[Any]] = [
        "listing_name",
        "kind",
        "topic",
        "text",
        Column("age", label=_("Age"), accessor=age, sort_key="created_at"),
        Column("handled", label=_("Dealt with"), accessor=handled, sort_key="handled_at"),
    ]
    list_related = ("handled_by",)
    list_export: ClassVar[list[str]] = [
        "id",
        "listing_name",
        "kind",
        "topic",
        "text",
        "lang",
        "created_at",
        "handled_at",
        "handled_by",
    ]
    search_columns = ("listing_name", "text")
    ordering = "-created_at"
    edit_handler = ObjectList(
        [ReportPanel(), FieldPanel("note", help_text=_("For your colleagues. Visitors never see it.")), FieldPanel("done")],
        base_form_class=ReportForm,
    )


class HandleMany(TenantBulkAction):
    """Mark reports as dealt with."""

    display_name = _("Dealt with")
    action_type = "handle"
    aria_label = _("Mark what is marked as dealt with")
    template_name = "directory/listings/staff/many.html"
    question: Any = _("Mark these reports as dealt with?")
    yes: Any = _("Yes, dealt with")
    action_priority = 10
    models: ClassVar[list[Any]] = [ErrorReport]
    done = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"question": self.question, "yes": self.yes, "serious": False}

    @classmethod
    def execute_action(cls, objects: Any, user: Any = None, **context: Any) -> tuple[int, int]:
        rows = list(objects)
        for report in rows:
            mark_handled(report=report, done=cls.done, by=context["self"].request.user, at=timezone.now())
        return len(rows), 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        return ngettext("Done for %(count)d.", "Done for %(count)d.", num_parent_objects) % {"count": num_parent_objects}


class ReopenMany(HandleMany):
    """Put reports back in the queue."""

    display_name = _("Not yet dealt with")
    action_type = "reopen"
    aria_label = _("Put what is marked back in the queue")
    question = _("Put these reports back in the queue?")
    yes = _("Yes, back in the queue")
    action_priority = 20
    done = False
