"""What people type to sign in, and about themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.choices import MarkedSelect
from portal.kit.texts import Text
from portal.languages import NAMES


class AddressForm(forms.Form):
    """Where the code goes."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("New here? You get an account as soon as you have typed the code."),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "ds-input", "autocomplete": "email", "dir": "ltr"}),
        error_messages={"required": _("Type your e-mail address."), "invalid": _("This does not look like an e-mail address.")},
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class NewAddressForm(forms.Form):
    """Another mail address for one's account."""

    email = forms.EmailField(
        label=_("Your new e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "ds-input", "autocomplete": "email", "dir": "ltr"}),
        error_messages={"required": _("Type your e-mail address."), "invalid": _("This does not look like an e-mail address.")},
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if email == self.user.email:
            raise forms.ValidationError(_("This is the address you have already."))
        return email


class CodeForm(forms.Form):
    """The code that came."""

    code = forms.CharField(label=_("The code from the e-mail"), max_length=40, error_messages={"required": _("Type the code.")})


class PersonForm(forms.ModelForm[User]):
    """What a person is called, and the language of their letters."""

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["name", "lang"]

    def __init__(self, *args: Any, offered: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.instance.lang
        codes = [*offered, *([own] if own and own not in offered else [])]
        self.fields["name"] = forms.CharField(
            label=_("Your name"),
            help_text=_("Those you work with see it."),
            max_length=120,
            error_messages={"required": _("Type your name.")},
            widget=forms.TextInput(attrs={"class": "ds-input", "autocomplete": "name", "dir": "auto"}),
        )
        self.fields["lang"] = forms.ChoiceField(
            label=_("Language of letters to you"),
            choices=[(code, Text(NAMES[code], code)) for code in codes],
            widget=MarkedSelect(attrs={"class": "ds-input"}),
        )
        self.initial["lang"] = own or (offered[0] if offered else "nb")
