"""Where people are signed in: listed, ended, and ended at once when a role is taken away."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from allauth.core import context
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from portal.accounts.models import OpenSession, User, prove_address
from portal.accounts.sign_ins import how_signed_in, kind_of_device

STAFF_IDLE = timedelta(hours=12)
PROVIDED_FOR = timedelta(hours=12)  # whoever comes by a provider shows up there again after so long, used or not
UNTIL = "until"  # in the session: when it ends, used or not
SEEN = "seen"
SEEN_EVERY = timedelta(minutes=10)


def begin(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receiver: somebody has signed in. Their session gets its length and its row."""
    at = timezone.now()
    if is_staff(user):
        request.session.set_expiry(int(STAFF_IDLE.total_seconds()))
    request.session[SEEN] = at.timestamp()
    if not request.session.session_key:
        request.session.save()
    how, _second = how_signed_in(request, user)
    OpenSession.objects.update_or_create(
        key=request.session.session_key,
        defaults={"user": user, "began_at": at, "seen_at": at, "how": how, "device": kind_of_device(request)},
    )


def leave(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Receiver: somebody signs out."""
    OpenSession.objects.filter(key=request.session.session_key or "").delete()


def is_staff(user: Any) -> bool:
    """Whether somebody has the staff screens: what is theirs is more than one association."""
    return bool(user.is_active and (user.is_superuser or user.has_perm("wagtailadmin.access_admin")))


def sessions_of(user: User, at: datetime) -> list[OpenSession]:
    """Where somebody is signed in now."""
    rows = list(user.open_sessions.all())
    alive = set(
        Session.objects.filter(session_key__in=[row.key for row in rows], expire_date__gt=at).values_list("pk", flat=True)
    )
    OpenSession.objects.filter(pk__in=[row.pk for row in rows if row.key not in alive]).delete()
    return [row for row in rows if row.key in alive]


def end(row: OpenSession) -> None:
    """End one session: its next request comes from nobody."""
    import_module(settings.SESSION_ENGINE).SessionStore().delete(row.key)
    row.delete()


def end_sessions(user_id: int, *, but: str = "") -> int:
    """End every session of somebody but one; how many."""
    rows = OpenSession.objects.filter(user_id=user_id).exclude(key=but)
    keys = list(rows.values_list("key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


def current_key(user_id: int) -> str:
    """The session of the request at work, where it is this person's own: who leaves a board keeps the page they press on."""
    request = getattr(context, "request", None)
    if request is None or not hasattr(request, "session") or getattr(request.user, "pk", None) != user_id:
        return ""
    return request.session.session_key or ""


def role_taken_away(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Receiver: a row that gave somebody a role is gone."""
    end_sessions(instance.user_id, but=current_key(instance.user_id))


def was_saved(sender: Any, instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Receiver: a user was saved. Who makes an account answers for its address; a closed one ends what is open."""
    if created and not raw:
        prove_address(instance)
    elif not instance.is_active:
        end_sessions(instance.pk)


def forget_sessions(at: datetime) -> int:
    """Remove sessions that are over, and the rows beside them; how many."""
    gone, _by_kind = Session.objects.filter(expire_date__lt=at).delete()
    rows = OpenSession.objects.exclude(key__in=Session.objects.values("session_key"))
    return gone + rows.delete()[0]
