"""Behind sign-in: how long a session lasts, and the second factor before the staff screens, and before staff at the desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import OpenSession
from portal.accounts.second_factor import own_factors, was_shown
from portal.accounts.sessions import SEEN, SEEN_EVERY, STAFF_IDLE, UNTIL, is_staff

#: Ways in and out, which must be open to who has not shown a second factor yet.
WAYS_IN = ("/cms/login/", "/cms/logout/", "/cms/sign-in/")
OWN_ACCOUNT = re.compile(r"/[a-z]{2}/desk/(account|sign-in|sign-out)/")


class SessionMiddleware:
    """Ends what has lasted its time, and notes now and then that a session is used. Stands after AccountMiddleware.

    Public pages are left alone: whether a visitor has a session is not asked there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_behind_sign_in(request.path) and settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            at = timezone.now()
            if 0 < request.session.get(UNTIL, 0) < at.timestamp():
                logout(request)
            elif at.timestamp() - request.session.get(SEEN, 0) > SEEN_EVERY.total_seconds():
                request.session[SEEN] = at.timestamp()  # saving it lengthens it
                OpenSession.objects.filter(key=request.session.session_key).update(seen_at=at)
        return self.get_response(request)


class SecondFactorMiddleware:
    """Nobody comes to the staff screens by a mailbox alone, and nobody is staff at the desk by it.

    Stands after SessionMiddleware. The desk is asked as a whole: several of its rooms let staff do more than others, and the
    next one need not think of it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/cms/") and not request.path.startswith(WAYS_IN) and request.user.is_authenticated:
            if settings.STAFF_SECOND_FACTOR and not was_shown(request):
                return to_second_factor(request)
            if request.session.get_expiry_age() > STAFF_IDLE / timedelta(seconds=1):
                request.session.set_expiry(int(STAFF_IDLE.total_seconds()))  # a role was given while they were signed in
        elif is_at_desk(request.path) and settings.STAFF_SECOND_FACTOR and needs_second_factor(request):
            return to_second_factor(request)
        return self.get_response(request)


def to_second_factor(request: HttpRequest) -> HttpResponse:
    """To show the second factor, or to set one up; then back to what was asked for."""
    name = "mfa_reauthenticate" if own_factors(request.user) else "mfa_index"
    back = request.get_full_path() if request.method == "GET" else reverse("desk") if is_at_desk(request.path) else "/cms/"
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': back})}")


def needs_second_factor(request: HttpRequest) -> bool:
    """Whether somebody is staff and has not shown a second factor in this session."""
    return request.user.is_authenticated and not was_shown(request) and is_staff(request.user)


def is_at_desk(path: str) -> bool:
    """Whether an address is one of the desk's rooms, and not of signing in or of one's own account."""
    return path[3:].startswith("/desk/") and not OWN_ACCOUNT.match(path)


def is_behind_sign_in(path: str) -> bool:
    """Whether an address is one of those that only people who have signed in see."""
    return path.startswith("/cms/") or path[3:].startswith("/desk/")
