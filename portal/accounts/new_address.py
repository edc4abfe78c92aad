"""Changing one's mail address: a code goes to the new one, and the old one is told.

Nobody learns by asking whether somebody has an account at an address: that is looked up only once its code was typed.
Tries are counted where those of sign-in are, so that a code here is as hard to guess as there.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from portal.accounts.codes import Why, new_code, why_not_code
from portal.accounts.emails import Notice, language_of, send_code, send_notice
from portal.accounts.models import User, prove_address
from portal.accounts.sessions import end_sessions

KEY = "new_address"  # in the session


def ask(request: HttpRequest, email: str, at: datetime) -> None:
    """Send a code to the new address, and remember in the session what it is."""
    user: Any = request.user
    municipality = getattr(request, "municipality", None)
    code = new_code()
    request.session[KEY] = {"email": email, "code": code, "id": secrets.token_urlsafe(12), "at": at.timestamp()}
    lang = language_of(user, municipality, getattr(request, "LANGUAGE_CODE", ""))
    send_code(email=email, code=code, lang=lang, municipality=municipality)


def asked(request: HttpRequest, at: datetime) -> str:
    """The address that waits for its code; empty for none."""
    state = request.session.get(KEY) or {}
    within = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT).total_seconds()
    return str(state["email"]) if state and at.timestamp() - state["at"] < within else ""


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def why_not(request: HttpRequest, typed: str, at: datetime) -> Why | None:
    """Look at a try. None: it is the code, and it is spent now."""
    email = asked(request, at)
    if not email:
        return Why.LATE
    state = request.session[KEY]
    return why_not_code(request, typed, code=state["code"], ident=state["id"], email=email, at=at)


def change(request: HttpRequest, at: datetime) -> bool:
    """Take the proved address, tell the old one, and end the person's other sessions. False: somebody has an account there."""
    user: Any = request.user
    email, before = asked(request, at), user.email
    forget(request)
    try:
        with transaction.atomic():
            row = User.objects.select_for_update().get(pk=user.pk)
            row.email = email
            row.save(update_fields=["email"])
            EmailAddress.objects.filter(user=row).exclude(email=email).delete()
            prove_address(row)
    except IntegrityError:
        return False
    end_sessions(user.pk, but=request.session.session_key or "")
    send_notice(user, Notice.NEW_ADDRESS, getattr(request, "municipality", None), to=before)
    user.email = email
    return True
