"""What was held back: staff read it, and pass it on or throw it away. No other enquiry is theirs to read."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.panels import FieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import EditView

from directory.municipalities.tenancy import TenantBulkAction, TenantForm, TenantPolicy, TenantViewSet, municipality_ids
from portal.contact.enquiries.actions import release, throw_away
from portal.contact.enquiries.models import Enquiry
from portal.contact.enquiries.rules import Suspicion


class DecidePolicy(TenantPolicy):
    """Rows come from others and go by themselves: whoever works for the municipality reads them and decides."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        # Asked of the role, not of the group's permissions: municipalities that were there before have staff too.
        may = user.is_active and (user.is_superuser or bool(municipality_ids(user)))
        return action in {"change", "view"} and may


class DecideView(EditView):
    """After the decision the row may not be there any more; nothing leads back to it."""

    def get_success_buttons(self) -> list[Any]:
        return []


def why(enquiry: Enquiry) -> str:
    """Why it was held back, in words."""
    known = dict(Suspicion.choices)
    return ", ".join(str(known[value]) for value in enquiry.suspicions if value in known)


class HeldForm(TenantForm):
    """The decision."""

    decision = forms.ChoiceField(
        label=_("What is to be done?"),
        choices=[("release", _("Pass it on: it is a real question")), ("throw", _("Throw it away for good"))],
        widget=forms.RadioSelect,
    )

    def save(self, commit: bool = True) -> Enquiry:
        deed = release if self.cleaned_data["decision"] == "release" else throw_away
        deed(enquiry=self.instance, by=self.for_user, at=timezone.now())
        return self.instance


class HeldPanel(Panel):
    """What was written, to whom, and why it was held back."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "contact/enquiries/staff/held.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            return super().get_context_data(parent_context) | {"enquiry": self.instance, "why": why(self.instance)}


class HeldViewSet(TenantViewSet):
    model = Enquiry
    icon = "mail"
    menu_label = _("Held back")
    policy_class = DecidePolicy
    edit_view_class = DecideView
    list_display: ClassVar[list[Any]] = [
        "listing_name",
        Column("text", label=_("What was asked"), accessor=lambda row: row.text[:160]),
        Column("why", label=_("Why it was held back"), accessor=why),
        Column("age", label=_("Age"), accessor=lambda row: timesince(row.created_at, depth=1), sort_key="created_at"),
    ]
    list_export: ClassVar[list[str]] = ["id", "listing_name", "suspicions", "created_at"]
    search_columns = ("listing_name", "text")
    ordering = "created_at"
    edit_handler = ObjectList([HeldPanel(), FieldPanel("decision")], base_form_class=HeldForm)

    def rows(self, user: Any) -> QuerySet[Enquiry]:
        return super().rows(user).held()  # type: ignore[attr-defined,no-any-return]


class ReleaseMany(TenantBulkAction):
    """Pass on what was held back."""

    display_name = _("Pass on")
    action_type = "release"
    aria_label = _("Pass on what is marked")
    template_name = "directory/listings/staff/many.html"
    question: Any = _("Pass these on? They are real questions.")
    yes: Any = _("Yes, pass on")
    action_priority = 10
    models: ClassVar[list[Any]] = [Enquiry]
    deed: ClassVar[Any] = staticmethod(release)
    serious = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"question": self.question, "yes": self.yes, "serious": self.serious}

    @classmethod
    def execute_action(cls, objects: Any, user: Any = None, **context: Any) -> tuple[int, int]:
        by, at = context["self"].request.user, timezone.now()
        return sum(cls.deed(enquiry=row, by=by, at=at) for row in objects), 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        return ngettext("Done for %(count)d.", "Done for %(count)d.", num_parent_objects) % {"count": num_parent_objects}


class ThrowMany(ReleaseMany):
    """Throw away what is no question."""

    display_name = _("Throw away")
    action_type = "throw"
    aria_label = _("Throw away what is marked")
    question = _("Throw these away for good?")
    yes = _("Yes, throw away")
    action_priority = 20
    deed = staticmethod(throw_away)
    serious = True
