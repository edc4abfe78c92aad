"""Whom one invites."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.municipalities.forms import LinesField
from directory.providers.models import Membership
from directory.providers.rules import why_not_attest

MOST_AT_ONCE = 8
#: What each role may do, in words for those who give it and those who have it.
ROLES = {
    Membership.Role.EDITOR: _("Change the pages and invite others"),
    Membership.Role.TREASURER: _("Look after the money (treasurer)"),
    Membership.Role.TILL: _("Let people in with the activity card (till)"),
}


class InviteForm(forms.Form):
    """A mail address and a role."""

    email = forms.EmailField(
        label=_("Mail address"), max_length=254, widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"})
    )
    role = forms.ChoiceField(
        label=_("What may the person do?"), choices=list(ROLES.items()), initial="editor", widget=forms.RadioSelect
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class BoardForm(forms.Form):
    """The new board."""

    emails = LinesField(
        label=_("Mail addresses of the new ones"),
        help_text=_("One a line. Write your own too if you stay."),
        required=True,
        check=validate_email,
        commas=True,
        max_length=2000,
    )
    when = forms.ChoiceField(
        label=_("When do those who keep the page now let go of it?"),
        choices=(
            ("accepted", _("When the first of the new ones has said yes")),
            ("now", _("At once. If you are to go too, you go when the first of the new ones has said yes.")),
        ),
        initial="accepted",
        widget=forms.RadioSelect,
    )

    def clean_emails(self) -> list[str]:
        found = [address.lower() for address in self.cleaned_data["emails"]]
        if len(found) > MOST_AT_ONCE:
            raise ValidationError(_("At most %(most)s addresses at once."), params={"most": MOST_AT_ONCE})
        return found


class AttestationForm(forms.Form):
    """When certificates were seen, and who says so."""

    seen_on = forms.DateField(
        label=_("On which day were they last seen?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    said_by = forms.CharField(
        label=_("Who has seen them?"),
        help_text=_("Name and task, for example: Kari Nordmann, leader. Only you and the municipality see it."),
        max_length=120,
    )

    def clean_said_by(self) -> str:
        return str(self.cleaned_data["said_by"]).replace("\x00", "").strip()

    def clean_seen_on(self) -> object:
        day = self.cleaned_data["seen_on"]
        if reason := why_not_attest(day, timezone.localdate()):
            raise ValidationError(str(reason.label))
        return day
