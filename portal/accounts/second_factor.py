"""The second factor: of whom it is asked, whether a session has shown one, and the tries at it.

Staff, below /cms/ and at the desk, need a passkey or an app's code beside the code by e-mail. A passkey alone is both at
once: the telephone, and the finger or number that opens it. Associations may have a passkey; for them it stands beside the
code, not behind it, so that a lost telephone is no lost page.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.codes import Why
from portal.accounts.emails import Notice, send_notice
from portal.accounts.limits import SECOND_TRIED, give_back, spend, take_place
from portal.accounts.models import How, Result, Second, User
from portal.accounts.sessions import is_staff
from portal.accounts.sign_ins import PROVIDER_FLAG, note, note_refusal

FRESH = 15 * 60  # seconds for which somebody who showed who they are is not asked again
NOT_RIGHT = _("This code is not right. Codes from an app change every half minute.")
TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def own_factors(user: Any) -> set[str]:
    """What kinds of second factor somebody has set up."""
    return set(Authenticator.objects.filter(user_id=user.pk, type__in=TYPES).values_list("type", flat=True))


def is_demanded_of(user: Any) -> bool:
    """Whether somebody must show a second factor to sign in: staff, and whoever set up an app for it."""
    factors = own_factors(user)
    return bool(factors) and (Authenticator.Type.TOTP in factors or (settings.STAFF_SECOND_FACTOR and is_staff(user)))


def was_shown(request: HttpRequest) -> bool:
    """Whether this session has shown a second factor."""
    if request.session.get(PROVIDER_FLAG):
        return True
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))  # type: ignore[arg-type]


def counts_as_shown(request: HttpRequest, by: str) -> None:
    """Something outside counts as second factor in this session: a provider's word, a demo's one-time link."""
    request.session[PROVIDER_FLAG] = by


def was_set_up(sender: Any, request: HttpRequest, authenticator: Authenticator, **kwargs: Any) -> None:
    """Receiver: a second factor was set up, and so shown. Who had one already had to show that first."""
    if authenticator.type in TYPES:
        record_authentication(request, authenticator.user, "mfa", id=authenticator.pk, type=authenticator.type)


def was_fresh(request: HttpRequest) -> bool:
    """Whether somebody showed who they are within the last minutes; with the second factor, where one is demanded."""
    demanded = is_demanded_of(request.user)
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return any(
        time.time() - record["at"] < FRESH and (record.get("method") in {"mfa", "socialaccount"} or not demanded)
        for record in records
    )


def to_show_again(request: HttpRequest, back: str) -> HttpResponseRedirect:
    """To show once more who one is, and then back to an address of ours."""
    return redirect_to_login(back, reverse("mfa_reauthenticate" if own_factors(request.user) else "account_again"))


def digits(code: str) -> str:
    """A code as it is compared: however it was grouped."""
    return "".join(sign for sign in code if sign.isalnum()).lower()


class _Counted(forms.Form):
    """A form that takes a code: so many wrong tries a day, and an app's code once."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Code from the app, or a recovery code")
        field.widget.attrs = {
            "class": "ds-input code-input",
            "dir": "ltr",
            "autocomplete": "one-time-code",
            "maxlength": "20",
            "autocapitalize": "off",
            "spellcheck": "false",
        }

    def clean_code(self) -> str:
        from allauth.core import context

        at = timezone.now()
        place = take_place(SECOND_TRIED, self.user.pk, at)
        if not place:
            note_refusal(context.request, user=self.user, how=How.OTHER, reason="too many tries", at=at)
            if spend(f"warned:{self.user.pk}:{at:%Y-%m-%d}", at):
                send_notice(self.user, Notice.TRIED)
            raise ValidationError(str(Why.TRIED_OFTEN.label))
        try:
            code = super().clean_code()  # type: ignore[misc]
            used = getattr(self, "authenticator", None)
            if (used is None or used.type == Authenticator.Type.TOTP) and not spend(f"totp:{self.user.pk}:{digits(code)}", at):
                raise ValidationError("")
        except ValidationError:
            note(context.request, user=self.user, how=How.OTHER, outcome=Result.WRONG, second=Second.APP)
            raise ValidationError(NOT_RIGHT) from None
        give_back(place, at)
        return code


class SecondFactorForm(_Counted, AuthenticateForm):
    """At sign-in."""


class AgainForm(_Counted, ReauthenticateForm):
    """Before something that matters."""


class AppForm(_Counted, ActivateTOTPForm):
    """When the app is set up: its first code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from the app")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"
