"""The spare key: one account that opens with a long password and an app's code when mail or the provider is down.

Made by `manage.py break_glass ADDRESS`, which prints both once. No other account has a password that works. Every use, and
the first wrong try of a day, is told to everybody who runs the installation.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import segno
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts.emails import language_of
from portal.accounts.limits import PASSWORD_FOR, PASSWORD_FROM, spend, take, take_from
from portal.accounts.links import address_of
from portal.accounts.models import How, Result, User
from portal.accounts.second_factor import own_factors
from portal.accounts.sessions import end_sessions
from portal.accounts.sign_ins import note, note_refusal
from portal.kit.letters import Button, Heading, Paragraph, write_letter
from portal.kit.mail import send_letter
from portal.kit.refusals import refuse_if

#: What is told: the subject, and a sentence.
USED = (
    gettext_noop("The spare key was used: %(email)s"),
    gettext_noop("Address and password were right. If none of you did this, change the spare key at once: manage.py break_glass"),
)
TRIED = (
    gettext_noop("Somebody tried the spare key: %(email)s"),
    gettext_noop("Somebody tried it with a wrong password. Further tries today are in the list of sign-ins."),
)


class Why(TextChoices):
    """Why the spare key does not open, or is not made."""

    WRONG = "wrong-password", _("Address or password is not right.")
    OFTEN_FROM = "too-many-from", _("Too many tries from your network. Wait an hour.")
    OFTEN_FOR = "too-many-passwords", _("Too many tries with this address. Wait until tomorrow.")
    SOMEBODY = "somebody", _("This address is somebody's own account. Choose one that nobody signs in with.")


@dataclass(frozen=True, slots=True)
class Key:
    """What is printed once."""

    password: str
    app_url: str
    picture: str


class BreakGlassForm(forms.Form):
    """The spare key: address, password, and the app's code comes after."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "ds-input", "autocomplete": "off", "dir": "ltr"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "ds-input", "autocomplete": "current-password", "dir": "ltr"}),
    )


@transaction.atomic
def make_key(*, email: str) -> Key:
    """Make the spare key, or make it anew: what opened it before opens nothing."""
    email = email.strip().lower()
    user = User.objects.select_for_update().filter(email=email).first()
    refuse_if(Why.SOMEBODY if user is not None and not user.is_break_glass else None)
    password, secret = secrets.token_urlsafe(30), generate_totp_secret()
    if user is None:
        user = User.objects.create_superuser(email, password, name="Spare key", is_break_glass=True)
    else:
        user.set_password(password)
        user.is_active = user.is_staff = user.is_superuser = True
        user.save()
    Authenticator.objects.filter(user=user).delete()
    TOTP.activate(user, secret)
    end_sessions(user.pk)
    url = f"otpauth://totp/{email}?{urlencode({'secret': secret, 'issuer': 'Frittfram'})}"
    return Key(password, url, _drawn(url))


def _drawn(url: str) -> str:
    """A QR code of half blocks, for a terminal."""
    rows = [list(row) for row in segno.make(url, error="l").matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    signs = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(signs[int(bool(up)), int(bool(down))] for up, down in zip(*pair, strict=True)) for pair in pairs)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def spare_key(request: HttpRequest) -> HttpResponse:
    """Address and password; the app's code is asked for next."""
    form = BreakGlassForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = who_opens(request, form.cleaned_data["email"].strip().lower(), form.cleaned_data["password"], timezone.now())
        if isinstance(user, User):
            tell(user, USED)
            record_authentication(request, user, method="password")
            return perform_login(request, Login(user=user, redirect_url="/cms/", email=user.email))
        form.add_error(None, str(user.label))
    return render(request, "accounts/spare_key.html", {"form": form}, status=422 if form.errors else 200)


def who_opens(request: HttpRequest, email: str, password: str, at: datetime) -> User | Why:
    """The account that this address and password open. The same answer, as slowly, for every other."""
    if not take_from(PASSWORD_FROM, request, at):
        return _refused(request, Why.OFTEN_FROM, at)
    if not take(PASSWORD_FOR, email, at):
        return _refused(request, Why.OFTEN_FOR, at)
    user = User.objects.filter(email=email, is_break_glass=True, is_active=True).first()
    if user is None:
        make_password(password)  # takes as long as a look at a password
    elif user.check_password(password) and own_factors(user):
        return user
    note(request, user=user, how=How.BREAK_GLASS, outcome=Result.WRONG, reason=Why.WRONG.value)
    if user is not None and spend(f"spare-key-tried:{at:%Y-%m-%d}", at):
        tell(user, TRIED)
    return Why.WRONG


def _refused(request: HttpRequest, why: Why, at: datetime) -> Why:
    note_refusal(request, how=How.BREAK_GLASS, reason=why.value, at=at)
    return why


def tell(key: User, what: tuple[str, str]) -> None:
    """A letter to everybody who runs the installation."""
    title, sentence = what
    href = address_of(None) + reverse("all_sign_ins")
    for user in User.objects.filter(is_superuser=True, is_active=True):
        lang = language_of(user, None)
        with translation.override(lang):
            subject = _now(title) % {"email": key.email}
            blocks = [Heading(subject, level=1), Paragraph(_now(sentence)), Button(_now("See the sign-ins"), href)]
            text, html = write_letter(blocks, lang, sender="Frittfram")
        send_letter(subject=subject, body=text, html=html, to=[user.email], lang=lang)
