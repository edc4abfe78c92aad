"""The public's forms: subscribing. Staff's stand beside their screens (viewsets.py)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.languages import NAMES
from portal.newsletters.models import Subscription


class SubscribeForm(forms.Form):
    """A mail address, what to be told of, and in which language."""

    about = forms.ChoiceField(
        label=_("What do you want to hear about?"), choices=Subscription.About.choices, widget=forms.RadioSelect
    )
    email = forms.EmailField(
        label=_("Your mail address"),
        max_length=254,
        error_messages={
            "required": _("Write your mail address."),
            "invalid": _("Write a mail address, such as name@example.org."),
        },
    )
    lang = forms.ChoiceField(label=_("Language of the letters"))
    query = forms.CharField(required=False, max_length=1000, strip=True, widget=forms.HiddenInput)
    token = forms.CharField(required=False)
    # People do not see this field; programs fill it in.
    more = forms.CharField(required=False)

    def __init__(self, *args: Any, languages: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["lang"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(code, NAMES[code]) for code in languages]
