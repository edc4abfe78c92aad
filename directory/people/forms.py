"""The form that lets somebody in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from wagtail.snippets.widgets import AdminSnippetChooser

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import Municipality, StaffRole
from directory.providers.models import Membership, Provider
from portal.languages import NAMES

MOST_ADDRESSES = 20


class InviteForm(forms.Form):
    """Who, and as what. Which of the last fields count is decided by `where`."""

    email = forms.EmailField(label=_("Mail address"))
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    lang = forms.ChoiceField(label=_("Language of letters"))
    where = forms.ChoiceField(
        label=_("Works for"),
        widget=forms.RadioSelect,
        choices=[
            ("staff", _("The municipality, in these staff pages")),
            ("agency", _("An agency that meets families")),
            ("provider", _("A provider: keeps its page")),
        ],
    )
    staff_role = forms.ChoiceField(label=_("Role in the staff pages"), choices=StaffRole.Role.choices, required=False)
    agency = forms.ModelChoiceField(label=_("Agency"), queryset=Agency.objects.none(), required=False)
    agency_role = forms.ChoiceField(label=_("Role at the agency"), choices=AgencyRole.Role.choices, required=False)
    provider = forms.ModelChoiceField(label=_("Provider"), queryset=Provider.objects.none(), required=False)
    provider_role = forms.ChoiceField(label=_("Role at the provider"), choices=Membership.Role.choices, required=False)

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["lang"].choices = [(code, NAMES[code]) for code in municipality.languages]
        fields["agency"].queryset = Agency.objects.filter(municipality=municipality, is_active=True)
        choose_provider(fields["provider"], municipality)
        fields["staff_role"].initial = StaffRole.Role.EDITOR
        for field in fields.values():
            field.widget.attrs.pop("required", None)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        where = values.get("where")
        for name, sentence in (("agency", _("Choose which agency.")), ("provider", _("Choose which provider."))):
            if where == name and not values.get(name) and name not in self.errors:
                self.add_error(name, sentence)
        return values


class HandOverForm(forms.Form):
    """A page whose keepers have gone: who keeps it from now on."""

    provider = forms.ModelChoiceField(label=_("Provider"), queryset=Provider.objects.none())
    addresses = forms.CharField(
        label=_("Mail addresses of the new board"),
        help_text=_("One a line. Each is asked by mail."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
    )
    at_once = forms.BooleanField(
        label=_("Take those who keep the page now away at once"),
        help_text=_("Else they go when the first new one says yes."),
        required=False,
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_provider(self.fields["provider"], municipality)

    def clean_addresses(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["addresses"].replace(",", "\n").splitlines()]
        found = list(dict.fromkeys(line.lower() for line in lines if line))
        for address in found:
            validate_email(address)
        if len(found) > MOST_ADDRESSES:
            raise ValidationError(_("At most %(most)d at once."), params={"most": MOST_ADDRESSES})
        return found


def choose_provider(field: Any, municipality: Municipality) -> None:
    """Let a field choose among the municipality's providers, in the pop-up that staff know."""
    field.queryset = Provider.objects.filter(municipality=municipality, delisted_at=None)
    field.widget = AdminSnippetChooser(Provider)
