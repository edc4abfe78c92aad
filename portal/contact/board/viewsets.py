"""The notice board for staff: what hangs there, what was reported, taking down with a reason."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column

from directory.municipalities.tenancy import TenantFilterSet, TenantForm, TenantViewSet
from portal.contact.board.actions import put_back, remove_notice
from portal.contact.board.models import Notice
from portal.contact.enquiries.viewsets import DecidePolicy


class NoticeStaffForm(TenantForm):
    """Taking a notice down needs a reason; putting it back needs none."""

    down = forms.BooleanField(label=_("Taken down"), required=False)
    reason = forms.CharField(
        label=_("Reason"), max_length=400, required=False, widget=forms.Textarea, help_text=_("Its owner reads this.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["down"].initial = self.instance.removed_at is not None
        self.fields["reason"].initial = self.instance.removed_reason

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("down") and not str(values.get("reason", "")).strip():
            self.add_error("reason", _("Write a reason: its owner reads it."))
        return values

    def save(self, commit: bool = True) -> Notice:
        said = self.cleaned_data
        if said["down"]:
            remove_notice(notice=self.instance, by=self.for_user, reason=said["reason"].strip(), at=timezone.now())
        else:
            put_back(notice=self.instance, by=self.for_user)
        return self.instance


class NoticePanel(Panel):
    """The notice, and what members say of it."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "contact/board/staff/notice.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            reports = self.instance.reports.select_related("user")
            return super().get_context_data(parent_context) | {"notice": self.instance, "reports": reports}


class NoticeFilterSet(TenantFilterSet):
    reported = django_filters.ChoiceFilter(
        label=_("Reported"), method="by_reported", widget=forms.RadioSelect, choices=[("yes", _("yes")), ("no", _("no"))]
    )
    up = django_filters.ChoiceFilter(
        label=_("Hangs"),
        method="by_up",
        widget=forms.RadioSelect,
        choices=[("yes", _("hangs on the board")), ("no", _("is down"))],
    )

    def by_reported(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(reports__isnull=value == "no").distinct()

    def by_up(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        up = Notice.objects.hanging()
        return rows.filter(pk__in=up) if value == "yes" else rows.exclude(pk__in=up)

    class Meta:
        model = Notice
        fields = ("up", "reported", "kind")


def state(notice: Notice) -> str:
    """Whether it hangs."""
    if notice.removed_at:
        return _now("taken down by staff")
    if notice.closed_at:
        return _now("taken down by its owner")
    return _now("hangs on the board") if notice.is_up else _now("over")


class NoticeViewSet(TenantViewSet):
    model = Notice
    icon = "thumbtack"
    menu_label = _("Notice board")
    policy_class = DecidePolicy
    filterset_class = NoticeFilterSet
    list_display: ClassVar[list[Any]] = [
        "title",
        "kind",
        Column("whose", label=_("Whose"), accessor=lambda row: row.provider or row.agency or row.municipality),
        Column("reports", label=_("Reported"), accessor=lambda row: row.reported or "", sort_key="reported"),
        "until",
        Column("state", label=_("State"), accessor=state),
    ]
    list_related = ("provider", "agency", "municipality")
    list_export: ClassVar[list[str]] = ["id", "kind", "title", "provider", "until", "created_at", "closed_at", "removed_at"]
    search_columns = ("title", "text")
    ordering = "-created_at"
    edit_handler = ObjectList([NoticePanel(), FieldPanel("down"), FieldPanel("reason")], base_form_class=NoticeStaffForm)

    def get_queryset(self, request: Any) -> QuerySet[Notice]:
        return super().get_queryset(request).annotate(reported=Count("reports"))
