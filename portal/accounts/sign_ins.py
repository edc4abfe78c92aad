"""The log of sign-ins: who, when, how, and what came of it. Shown to the person and to who runs the installation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest
from django.utils import timezone

from directory.reports.tokens import sender_key
from portal.accounts.limits import spend
from portal.accounts.models import How, Result, Second, SignIn, User

KEPT_FOR = timedelta(days=365)
PROVIDER_FLAG = "second_factor"  # in the session: what counted as second factor, beside what django-allauth records
# What browsers call themselves, the more special first: many claim to be Chrome or Safari as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("SamsungBrowser", "Samsung Internet"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def kind_of_device(request: HttpRequest) -> str:
    """Browser and kind of machine, enough to know one's own again and not enough to know anybody by."""
    said = request.META.get("HTTP_USER_AGENT", "")
    words = (next((name for mark, name in marks if mark in said), "") for marks in (BROWSERS, SYSTEMS))
    return " · ".join(filter(None, words))


def how_signed_in(request: HttpRequest, user: User) -> tuple[How, Second]:
    """What was shown in this session, as its records say."""
    if (by := getattr(request, "signing_in_by", None)) is not None:
        how = by
    else:
        how = How.OTHER
    second = Second.NONE
    for record in get_authentication_records(request, user):
        match record.get("method"), record.get("type"):
            case "code", _:
                how = How.CODE
            case "password", _:
                how = How.BREAK_GLASS
            case "socialaccount", _:
                how = How.PROVIDER
            case "mfa", "webauthn" if record.get("passwordless"):
                how, second = How.PASSKEY, Second.PASSKEY
            case "mfa", "webauthn":
                second = Second.PASSKEY
            case "mfa", "totp":
                second = Second.APP
            case "mfa", "recovery_codes":
                second = Second.RECOVERY
    if second == Second.NONE and request.session.get(PROVIDER_FLAG) == "provider":
        second = Second.PROVIDER
    return how, second


def note(
    request: HttpRequest,
    *,
    user: User | None,
    how: How,
    outcome: Result,
    second: Second = Second.NONE,
    reason: str = "",
    at: datetime | None = None,
) -> SignIn:
    """Write one try down."""
    at = at or timezone.now()
    return SignIn.objects.create(
        user=user,
        at=at,
        how=how,
        second=second,
        outcome=outcome,
        reason=reason[:30],
        device=kind_of_device(request),
        sender=sender_key(request, at).removeprefix("from:"),
    )


def note_refusal(request: HttpRequest, *, user: User | None = None, how: How, reason: str, at: datetime | None = None) -> None:
    """Write down that somebody was not even looked at: the first time in an hour for each network and reason.

    Whoever is refused can send on as often as they like, and each row is kept for a year.
    """
    at = at or timezone.now()
    if spend(f"refusal:{reason}:{user.pk if user else ''}:{sender_key(request, at)}:{at:%Y-%m-%d %H}", at):
        note(request, user=user, how=how, outcome=Result.REFUSED, reason=reason, at=at)


def note_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receiver: somebody has signed in, whichever way."""
    how, second = how_signed_in(request, user)
    note(request, user=user, how=how, second=second, outcome=Result.IN)


def forget_sign_ins(at: datetime) -> int:
    """Remove tries older than a year; how many."""
    return SignIn.objects.filter(at__lt=at - KEPT_FOR).delete()[0]
