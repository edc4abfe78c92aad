"""Staff screens of saved answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from directory.municipalities.panels import tabbed
from directory.municipalities.tenancy import TenantForm, TenantPolicy, TenantViewSet, municipality_ids
from directory.proposals.models import SavedAnswer
from portal.languages import CODES


class StaffPolicy(TenantPolicy):
    """For everybody who works for a municipality; nothing has to be given to a group first."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return bool(user.is_active and (user.is_superuser or municipality_ids(user)))


class SavedAnswerForm(TenantForm):
    named_by = "text"


class SavedAnswerViewSet(TenantViewSet):
    model = SavedAnswer
    icon = "comment"
    policy_class = StaffPolicy
    list_display: ClassVar[list[Any]] = ["__str__", "position"]
    list_export: ClassVar[list[str]] = ["id", "name", "text_*", "position"]
    search_columns = ("name", *(f"text_{code}" for code in CODES))
    ordering = "position"
    edit_handler = tabbed(
        SavedAnswer,
        [
            MultiFieldPanel(
                [FieldRowPanel([FieldPanel("name"), FieldPanel("position")])], heading=_("For you and your colleagues")
            )
        ],
        form=SavedAnswerForm,
    )
