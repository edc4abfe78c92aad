"""Signing in by a code sent by mail.

One way for everybody: an address is typed, a code goes there, and whoever types the code is in. Whether somebody had an
account is looked up only then, so that nothing before it can tell; who had none has one now, at an address just proved.

The code waits in the session that asked for it, so it is of no use in another. Tries are counted in the database, by code,
by mail address and by network (portal/accounts/limits.py), and a code is spent there too: of two who send it at the same
moment one comes in.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core.internal.cryptokit import compare_user_code
from django.db import IntegrityError, transaction
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from portal.accounts.emails import language_of, send_code
from portal.accounts.limits import (
    ASKED_FOR,
    ASKED_FOR_A_DAY,
    ASKED_FROM,
    TRIED_CODE,
    TRIED_FOR,
    TRIED_FROM,
    spend,
    take,
    take_from,
)
from portal.accounts.models import How, Result, User, prove_address
from portal.accounts.sign_ins import note

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words; nothing that looks like a digit
LENGTH = 8


class Why(TextChoices):
    """Why nobody is let in."""

    ASKED_OFTEN = "asked-often", _("Many codes have been sent to this address. Use the newest one, or wait an hour.")
    ASKED_A_DAY = (
        "asked-a-day",
        _("Many codes have been sent to this address today. Use the newest one, or wait until tomorrow."),
    )
    ASKED_FROM = "asked-from", _("Many codes have been asked for from your network. Wait an hour.")
    WRONG = "wrong", _("This code is not right. Look again in the newest e-mail from us.")
    TRIED = "tried", _("The code was wrong too many times. Ask for a new one.")
    TRIED_OFTEN = "tried-often", _("Too many wrong codes. Wait until tomorrow, or ask the municipality for help.")
    TRIED_FROM = "tried-from", _("Many codes have been tried from your network. Wait an hour.")
    SPENT = "spent", _("This code has been used. Ask for a new one.")
    PASSKEY = "passkey", _("That passkey does not open this account. Try again, or use a code.")
    LATE = "late", _("The code is too old. Ask for a new one.")


def new_code() -> str:
    """Eight letters, in two groups that can be held in mind."""
    code = get_random_string(LENGTH, LETTERS)
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


class CodeProcess(LoginCodeVerificationProcess):
    """django-allauth's, without knowing whose address it is until the code has been typed."""

    @property
    def email(self) -> str:
        return str(self.state["email"])

    def send(self, skip_enumeration_mails: bool = False) -> None:
        request = self.request
        municipality = getattr(request, "municipality", None)
        self.state |= {"code": new_code(), "id": secrets.token_urlsafe(12)}
        known = User.objects.filter(email=self.email).first()
        lang = language_of(known, municipality, getattr(request, "LANGUAGE_CODE", ""))
        send_code(email=self.email, code=self.state["code"], lang=lang, municipality=municipality)

    def why_not(self, typed: str, at: datetime) -> Why | None:
        """Look at a try. None: it is the code, and it is spent now."""
        why = self._look(typed, at)
        if why is not None and why != Why.LATE:
            user = User.objects.filter(email=self.email).first()
            outcome = Result.WRONG if why in {Why.WRONG, Why.TRIED} else Result.REFUSED
            note(self.request, user=user, how=How.CODE, outcome=outcome, reason=why.value, at=at)
        return why

    def _look(self, typed: str, at: datetime) -> Why | None:
        if not self.is_valid():
            return Why.LATE
        return why_not_code(self.request, typed, code=self.code, ident=self.state["id"], email=self.email, at=at)

    def finish(self, redirect_url: str | None) -> HttpResponse:
        """Sign in whose address it is."""
        user = user_at(self.email, lang=getattr(self.request, "LANGUAGE_CODE", ""))
        if user.is_active:
            prove_address(user)
            record_authentication(self.request, user, method="code", email=self.email)
        return perform_login(self.request, Login(user=user, redirect_url=redirect_url, email=self.email))


def why_not_code(request: HttpRequest, typed: str, *, code: str, ident: str, email: str, at: datetime) -> Why | None:
    """Count a try at a code, and look at it. None: it is the code, and it is spent now."""
    if not take(TRIED_CODE, ident, at):
        return Why.TRIED
    if not take_from(TRIED_FROM, request, at):
        return Why.TRIED_FROM
    if not take(TRIED_FOR, email, at):
        return Why.TRIED_OFTEN
    if not compare_user_code(actual=typed, expected=code):
        return Why.WRONG
    return None if spend(f"code:{ident}", at) else Why.SPENT


def why_not_ask(request: HttpRequest, email: str, at: datetime) -> Why | None:
    """Whether another code may be sent. The same for addresses that somebody has and that nobody has."""
    if not take_from(ASKED_FROM, request, at):
        return Why.ASKED_FROM
    if not take(ASKED_FOR, email, at):
        return Why.ASKED_OFTEN
    return None if take(ASKED_FOR_A_DAY, email, at) else Why.ASKED_A_DAY


def start(request: HttpRequest, email: str) -> None:
    """Send a code, and remember in the session what it is."""
    login = Login(user=None, email=email)
    login.state["stages"] = {"current": LoginByCodeStage.key}
    stage = LoginByCodeStage(LoginStageController(request, login), request, login)
    stage.state.update(CodeProcess.initial_state(user=None, email=email) | {"initiated_by_user": True})
    process = CodeProcess(stage)
    process.send()
    process.persist()


def user_at(email: str, *, lang: str = "") -> User:
    """Whose address it is; who has no account gets one."""
    found = User.objects.filter(email=email).first()
    if found is None:
        try:
            with transaction.atomic():
                found = User.objects.create_user(email, lang=lang)
        except IntegrityError:  # signed in twice at the same moment
            found = User.objects.get(email=email)
    return found
