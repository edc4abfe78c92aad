"""What is asked when a family says that it is coming, and on the pages of agencies."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from directory.agencies.models import Agency
from portal.frontline.rules import FIRST_VISIT_WITHIN, LONGEST_NAME, Age, Asks, Why, reachable_at, why_not_first_name
from portal.kit.mail import is_address
from portal.languages import NAMES, direction


class HandOverForm(forms.Form):
    """A line to a club: a first name, an age band, what is asked, how to answer. No room for anything else."""

    asks = forms.ChoiceField(label=_("What is it about?"), choices=Asks.choices, widget=forms.RadioSelect)
    name = forms.CharField(label=_("First name of the one who wants to come"), max_length=80)
    age = forms.ChoiceField(label=_("How old?"), choices=[("", "–"), *Age.choices])
    answer_in = forms.ChoiceField(label=_("In which language may they answer?"))
    reach = forms.CharField(label=_("Telephone or mail address they may answer to"), max_length=120)
    # Only on the guardian's own phone:
    nudge = forms.BooleanField(label=_("Yes, ask me how it went"), required=False)
    nudge_email = forms.CharField(label=_("Mail address for the question"), max_length=254, required=False)
    first_visit = forms.DateField(
        label=_("When do you plan to go the first time?"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    token = forms.CharField(required=False)
    # People do not see this field; programs fill it in.
    more = forms.CharField(required=False)

    def __init__(self, *args: Any, languages: Iterable[str], lang: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = list(languages)
        self.fields["answer_in"].choices = [(code, NAMES[code]) for code in languages]  # type: ignore[attr-defined]
        self.fields["answer_in"].initial = lang
        self.fields["asks"].initial = Asks.TRY.value
        for field in self.fields.values():
            field.error_messages["required"] = _("This is missing.")
            field.error_messages["invalid_choice"] = _("Choose one of these.")

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).replace("\x00", "").split())
        if why := why_not_first_name(name):
            raise forms.ValidationError(str(why.label))
        return name[:LONGEST_NAME]

    def clean_reach(self) -> str:
        reach = reachable_at(str(self.cleaned_data["reach"]).replace("\x00", ""))
        if not reach:
            raise forms.ValidationError(str(Why.UNREACHABLE.label))
        return reach

    def clean_first_visit(self) -> Any:
        day = self.cleaned_data["first_visit"]
        today = timezone.localdate()
        if day and not today <= day <= today + FIRST_VISIT_WITHIN:
            raise forms.ValidationError(_now("Choose a day within the next week, or leave it empty."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("nudge"):
            email = str(cleaned.get("nudge_email") or "").strip() or str(cleaned.get("reach") or "")
            if not is_address(email):
                self.add_error("nudge_email", _("Write a mail address, or take the tick away."))
            cleaned["nudge_email"] = email
        return cleaned

    def draft(self, token: str) -> str:
        """What was filled in, for the address of the guardian's page, behind its `#`. Nothing about reminders: that is theirs."""
        said = {name: self.cleaned_data[name] for name in ("asks", "name", "age", "answer_in", "reach")} | {"token": token}
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        return "d=" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What goes on to the next page, as it was checked."""
        return [(name, str(self.cleaned_data.get(name, ""))) for name in ("asks", "name", "age", "answer_in", "reach")]

    @property
    def visit_bounds(self) -> tuple[str, str]:
        today = timezone.localdate()
        return today.isoformat(), (today + timedelta(days=FIRST_VISIT_WITHIN.days)).isoformat()


class AgencyForm(forms.Form):
    """An agency's own words, side by side in the municipality's languages, and how it is reached."""

    TEXTS = ("name", "offers", "hours")
    PLAIN = ("address", "phone", "email", "website")

    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    email = forms.EmailField(
        label=_("Mail address"),
        max_length=254,  # Django's own is longer than the column
        required=False,
        error_messages={"max_length": _("This is not a mail address.")},
    )
    website = forms.URLField(label=_("Website"), max_length=400, required=False)

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        self.agency = agency
        languages = agency.municipality.languages
        kwargs.setdefault(
            "initial",
            {name: getattr(agency, name) for name in self.PLAIN}
            | {f"{text}_{code}": getattr(agency, f"{text}_{code}") or "" for text in self.TEXTS for code in languages},
        )
        super().__init__(*args, **kwargs)
        for code in languages:
            attrs = {"lang": code, "dir": direction(code)}
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name"), max_length=120, required=code == languages[0], widget=forms.TextInput(attrs=attrs)
            )
            self.fields[f"offers_{code}"] = forms.CharField(
                label=_("What families get from you"),
                max_length=2000,
                required=False,
                widget=forms.Textarea(attrs={**attrs, "rows": 4}),
            )
            self.fields[f"hours_{code}"] = forms.CharField(
                label=_("When you are open"), max_length=600, required=False, widget=forms.Textarea(attrs={**attrs, "rows": 2})
            )
        for field in self.fields.values():
            field.error_messages["required"] = _("This is missing.")

    def in_languages(self) -> list[dict[str, Any]]:
        """The text fields, language by language."""
        return [
            {"code": code, "dir": direction(code), "name": NAMES[code], "fields": [self[f"{text}_{code}"] for text in self.TEXTS]}
            for code in self.agency.municipality.languages
        ]

    def plain(self) -> list[Any]:
        return [self[name] for name in self.PLAIN]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {name: value.replace("\x00", "").strip() if isinstance(value, str) else value for name, value in cleaned.items()}


class InviteForm(forms.Form):
    """A colleague, by mail address."""

    email = forms.EmailField(
        label=_("Your colleague's mail address"),
        max_length=254,
        error_messages={"required": _("This is missing."), "max_length": _("This is not a mail address.")},
    )
    is_leader = forms.BooleanField(label=_("May keep the text and the people of the agency, too"), required=False)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()
