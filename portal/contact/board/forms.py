"""What a notice says, and what one looks for on the board."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.listings.pages import reader_lang
from directory.municipalities.models import District, Municipality
from portal.contact.board.models import NoticeKind
from portal.contact.board.rules import LONGEST, USUAL, why_not_until
from portal.contact.enquiries.forms import tidy
from portal.kit.texts import Text


def districts_for(municipality: Municipality) -> list[tuple[str, Text]]:
    """The parts of town one can choose, by their names."""
    order = municipality.order_for(reader_lang())
    rows = municipality.districts.filter(kind=District.Kind.NEIGHBOURHOOD).defer("boundary")
    return sorted(((row.slug, row.name_in(order)) for row in rows), key=lambda pair: pair[1].value.casefold())


class NoticeForm(forms.Form):
    """A notice in one's own words."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=NoticeKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is about."), "invalid_choice": _("Choose what it is about.")},
    )
    title = forms.CharField(label=_("Heading"), max_length=100, error_messages={"required": _("Write a short heading.")})
    text = forms.CharField(
        label=_("Tell a little more"),
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": _("Write what you look for or offer.")},
    )
    district = forms.ChoiceField(label=_("Part of town"), required=False)
    until = forms.DateField(
        label=_("Hangs until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        error_messages={"required": _("Choose a day."), "invalid": _("Choose a day.")},
    )
    on_behalf = forms.ChoiceField(label=_("You write for"), required=False)

    def __init__(self, *args: Any, municipality: Municipality, own: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.municipality = municipality
        today = timezone.localdate()
        self.fields["district"].choices = [("", _("The whole municipality")), *districts_for(municipality)]  # type: ignore[attr-defined]
        self.fields["until"].initial = today + USUAL
        self.fields["until"].widget.attrs |= {"min": str(today), "max": str(today + LONGEST)}
        self.fields["on_behalf"].choices = own  # type: ignore[attr-defined]
        if len(own) < 2:
            del self.fields["on_behalf"]

    def clean_title(self) -> str:
        return " ".join(tidy(self.cleaned_data["title"]).split())

    def clean_text(self) -> str:
        return tidy(self.cleaned_data["text"])

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if reason := why_not_until(until, timezone.localdate()):
            raise forms.ValidationError(str(reason.label))
        return until

    def clean_district(self) -> District | None:
        return self.municipality.districts.filter(slug=self.cleaned_data["district"]).first()


class ReportNoticeForm(forms.Form):
    """What is wrong with a notice."""

    text = forms.CharField(label=_("What is wrong?"), max_length=400, error_messages={"required": _("Write what is wrong.")})

    def clean_text(self) -> str:
        return tidy(self.cleaned_data["text"])
