"""What somebody writes to a provider, and how to answer them."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.contact.enquiries.models import AnswerBy

LONGEST = 2000
_PHONE = re.compile(r"\+?[\d ()./-]{5,20}")


def tidy(text: Any) -> str:
    """What was written, without what no database takes."""
    return str(text).replace("\x00", "").strip()


class EnquiryForm(forms.Form):
    """One question, and one way to answer. The name may stay out."""

    text = forms.CharField(
        label=_("What would you like to ask?"),
        max_length=LONGEST,
        widget=forms.Textarea,
        error_messages={"required": _("Write what you would like to ask.")},
    )
    name = forms.CharField(label=_("What should they call you?"), max_length=80, required=False)
    answer_by = forms.ChoiceField(
        label=_("How may they answer?"),
        choices=AnswerBy.choices,
        widget=forms.RadioSelect,
        initial=AnswerBy.MAIL,
        error_messages={"required": _("Choose how they may answer."), "invalid_choice": _("Choose how they may answer.")},
    )
    email = forms.EmailField(
        label=_("Your mail address"),
        max_length=254,  # Django's own is longer than the column
        required=False,
        error_messages={"invalid": _("This is not a mail address."), "max_length": _("This is not a mail address.")},
    )
    phone = forms.CharField(label=_("Your telephone number"), max_length=20, required=False)
    token = forms.CharField(required=False)
    # People do not see this field; programs fill it in.
    more = forms.CharField(required=False)

    def clean_text(self) -> str:
        return tidy(self.cleaned_data["text"])

    def clean_name(self) -> str:
        return " ".join(tidy(self.cleaned_data["name"]).split())

    def clean_phone(self) -> str:
        value = " ".join(tidy(self.cleaned_data["phone"]).split())
        if value and (not _PHONE.fullmatch(value) or sum(sign.isdigit() for sign in value) < 5):
            raise forms.ValidationError(_("This is not a telephone number."))
        return value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        way = cleaned.get("answer_by")
        if way == AnswerBy.MAIL and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Write your mail address, so that they can answer."))
        if way == AnswerBy.PHONE and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Write your telephone number, so that they can answer."))
        # What was typed in the way not chosen is not wanted, right or wrong.
        unused = {AnswerBy.MAIL.value: "phone", AnswerBy.PHONE.value: "email"}.get(str(way))
        if unused:
            self.errors.pop(unused, None)
            cleaned[unused] = ""
        return cleaned


class MessageForm(forms.Form):
    """A message from somebody who is signed in."""

    text = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST,
        widget=forms.Textarea,
        error_messages={"required": _("Write your message.")},
    )
    on_behalf = forms.ChoiceField(label=_("You write for"), required=False)

    def __init__(self, *args: Any, own: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on_behalf"].choices = own  # type: ignore[attr-defined]
        if len(own) < 2:
            del self.fields["on_behalf"]

    def clean_text(self) -> str:
        return tidy(self.cleaned_data["text"])
