"""What a visitor may tell about a listing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.reports.models import ErrorReport

LONGEST = 2000
PROVIDERS_TOPICS = (ErrorReport.Topic.REOPEN, ErrorReport.Topic.MERGE)


class ReportForm(forms.Form):
    """One choice, and room for words. Nobody is asked who they are."""

    topic = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=[(topic.value, topic.label) for topic in ErrorReport.Topic if topic not in PROVIDERS_TOPICS],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is wrong."), "invalid_choice": _("Choose what is wrong.")},
    )
    text = forms.CharField(label=_("Tell us more"), max_length=LONGEST, required=False, widget=forms.Textarea)
    token = forms.CharField(required=False)
    # People do not see this field; programs fill it in.
    more = forms.CharField(required=False)

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\x00", "").strip()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("topic") == ErrorReport.Topic.OTHER and not cleaned.get("text"):
            self.add_error("text", _("Write in a few words what is wrong."))
        return cleaned
