"""What somebody says who wants to keep a page."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from directory.providers.models import Provider
from directory.providers.queries import digits_of
from directory.providers.rules import is_org_number


class MessageForm(forms.Form):
    """Who one is there: staff decide by it."""

    message = forms.CharField(
        label=_("Who are you there?"),
        help_text=_("For example: “I lead the board since March.” The municipality reads it."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_message(self) -> str:
        return str(self.cleaned_data["message"]).replace("\x00", "").strip()


class NewForm(MessageForm):
    """A provider that is not listed yet."""

    name = forms.CharField(label=_("What is it called?"), max_length=160)
    kind = forms.ChoiceField(
        label=_("What kind is it?"),
        choices=Provider.ProviderKind.choices,
        initial=Provider.ProviderKind.ASSOCIATION,
        widget=forms.RadioSelect,
    )
    org_number = forms.CharField(
        label=_("Organisation number"),
        help_text=_("Nine digits, if you have one. A group of friends needs none."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "dir": "ltr", "autocomplete": "off"}),
    )
    field_order = ("name", "kind", "org_number", "message")

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).replace("\x00", "").split())
        if not name:
            raise ValidationError(_("Write the name of the association."))
        return name

    def clean_org_number(self) -> str:
        typed = str(self.cleaned_data.get("org_number") or "")
        if not typed.strip():
            return ""
        number = digits_of(typed)
        if not is_org_number(number):
            raise ValidationError(_("This is not an organisation number: nine digits, the last of them a check digit."))
        return number
