"""Signing in with a password: for who runs the installation, with a brake on guessing."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.auth import LoginForm as WagtailLoginForm

from directory.reports.models import FormUse
from directory.reports.tokens import sender_key

MOST_WRONG_AN_HOUR = 12


class LoginForm(WagtailLoginForm):
    """Wagtail's; after a dozen wrong tries from one address within an hour, no more are looked at.

    Tries are kept as a keyed hash of the day, in the database, so that all workers count together; the clock forgets them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")  # Wagtail's own is made of the field's English name

    def clean(self) -> dict[str, Any]:
        at = timezone.now()
        sender = sender_key(self.request, at).replace("from:", "from:wrong:", 1)
        wrong = FormUse.objects.filter(key__startswith=sender, at__gte=at - timedelta(hours=1)).count()
        if wrong >= MOST_WRONG_AN_HOUR:
            raise ValidationError(_("Too many wrong tries. Wait an hour, or ask for a sign-in link."))
        try:
            return super().clean()
        except ValidationError:
            FormUse.objects.create(key=f"{sender}:{secrets.token_hex(6)}", at=at)
            raise
