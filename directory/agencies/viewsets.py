"""Staff screens of agencies. Who works there is kept among the people."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from directory.agencies.models import Agency
from directory.municipalities.models import StaffRole
from directory.municipalities.panels import tabbed
from directory.municipalities.tenancy import TenantFilterSet, TenantForm, TenantPolicy, TenantViewSet, municipality_ids
from portal.languages import CODES


class CoordinatorPolicy(TenantPolicy):
    """For coordinators, of the municipalities they coordinate."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return bool(user.is_active and (user.is_superuser or municipality_ids(user, StaffRole.Role.COORDINATOR)))


class AgencyFilterSet(TenantFilterSet):
    class Meta:
        model = Agency
        fields = ("kind", "is_active")


class AgencyViewSet(TenantViewSet):
    model = Agency
    icon = "folder-inverse"
    policy_class = CoordinatorPolicy
    filterset_class = AgencyFilterSet
    list_display: ClassVar[list[Any]] = ["__str__", "kind", "phone", "email", "is_active"]
    list_export: ClassVar[list[str]] = [
        *("id", "name_*", "kind", "offers_*", "hours_*", "address", "phone", "email", "website", "is_active"),
    ]
    search_columns = (*(f"name_{code}" for code in CODES), "address", "email", "phone")
    ordering = "sort_order"
    edit_handler = tabbed(
        Agency,
        [
            MultiFieldPanel(
                [
                    FieldPanel("kind"),
                    FieldPanel("address"),
                    FieldRowPanel([FieldPanel("phone"), FieldPanel("email")]),
                    FieldPanel("website"),
                    FieldRowPanel([FieldPanel("sort_order"), FieldPanel("is_active")]),
                ],
                heading=_("How it is reached"),
            )
        ],
        form=TenantForm,
    )

    def rows(self, user: Any) -> Any:
        """Agencies of the municipalities somebody coordinates: an editor of one may coordinate another."""
        rows = super().rows(user)
        return rows if user.is_superuser else rows.filter(municipality__in=municipality_ids(user, StaffRole.Role.COORDINATOR))
