"""What somebody young would like to be there: few questions, none of them who they are."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.geography.districts import Chart
from directory.municipalities.models import District
from portal.contact.enquiries.forms import tidy
from portal.contact.wishes.models import AgeBand
from portal.contact.wishes.rules import why_not_words

OTHER = "other"


class WishForm(forms.Form):
    """A category or own words, an age, a part of town."""

    category = forms.ChoiceField(
        label=_("What would you like more of?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of them."), "invalid_choice": _("Choose one of them.")},
    )
    text = forms.CharField(label=_("Say it in your own words"), max_length=200, required=False, widget=forms.Textarea)
    age_band = forms.ChoiceField(label=_("How old are you?"), choices=AgeBand.choices, widget=forms.RadioSelect, required=False)
    district = forms.ChoiceField(label=_("Where do you live?"), required=False)
    postcode = forms.CharField(label=_("Or write your postcode"), max_length=10, required=False)
    token = forms.CharField(required=False)
    # People do not see this field; programs fill it in.
    more = forms.CharField(required=False)

    def __init__(self, *args: Any, categories: list[tuple[str, str]], chart: Chart, order: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chart = chart
        parts = [row for row in chart.districts if row.kind == District.Kind.NEIGHBOURHOOD]
        named = sorted(((row.slug, row.name_in(order)) for row in parts), key=lambda pair: pair[1].value.casefold())
        self.fields["category"].choices = [*categories, (OTHER, _("Something else"))]  # type: ignore[attr-defined]
        self.fields["district"].choices = [("", _("I do not want to say")), *named]  # type: ignore[attr-defined]

    def clean_text(self) -> str:
        text = " ".join(tidy(self.cleaned_data["text"]).split())
        if reason := why_not_words(text):
            raise forms.ValidationError(str(reason.label))
        return text

    def clean_postcode(self) -> str:
        code = tidy(self.cleaned_data["postcode"])
        if code and not re.fullmatch(r"\d{4}", code):
            raise forms.ValidationError(_("A postcode has four digits."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("category") == OTHER and not cleaned.get("text") and "text" not in self.errors:
            self.add_error("text", _("Write in a few words what you would like."))
        cleaned["where"] = self._where(cleaned)
        return cleaned

    def _where(self, cleaned: dict[str, Any]) -> District | None:
        """The part of town: the one chosen, else the one of the postcode, which is not kept."""
        parts = [row for row in self.chart.districts if row.kind == District.Kind.NEIGHBOURHOOD]
        if chosen := cleaned.get("district"):
            return next((row for row in parts if row.slug == chosen), None)
        if code := cleaned.get("postcode"):
            return next((row for row in self.chart.at(None, code, precise=False) if row in parts), None)
        return None
