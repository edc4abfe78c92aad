"""The screen "Account": Wagtail's, with the one name that our users have."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.account import AccountView, BaseSettingsPanel, NameEmailSettingsPanel

from portal.accounts.models import User


class NameForm(forms.ModelForm[User]):
    """What a person is called."""

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["name"]
        labels: ClassVar[dict[str, Any]] = {"name": _("Name")}
        help_texts: ClassVar[dict[str, Any]] = {"name": _("Stands beside what you change, for your colleagues.")}


class NamePanel(BaseSettingsPanel):
    """Instead of Wagtail's, which asks for a first and a last name and would keep neither."""

    name = "name"
    title = _("Name")
    order = 100
    form_class = NameForm


class OwnAccountView(AccountView):
    """Name, picture, language and look of the staff screens for one person."""

    def get_panels(self) -> list[Any]:
        panels = super().get_panels()
        return [
            NamePanel(panel.request, panel.user, panel.profile) if isinstance(panel, NameEmailSettingsPanel) else panel
            for panel in panels
        ]


account = require_admin_access(OwnAccountView.as_view())
