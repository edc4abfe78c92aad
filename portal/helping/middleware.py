"""While a coordinator helps somebody: the pages of that one provider are opened as that person, and nothing else of the desk.

Stands after everything that asks who has signed in. Only addresses of the desk are looked at: public pages touch no session.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from portal.helping.actions import Helping, current, named, note, stop
from portal.helping.rules import OPEN, Ended

DESK = re.compile(r"/[a-z]{2}/desk/")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: The coordinator's own: ending it, and signing out.
SIGN_OUT = "account_logout"
OWN = frozenset({"helping-end", SIGN_OUT})


class HelpingMiddleware:
    """Sets `request.helping`, and for the pages of the one who is helped `request.user`; `request.helper` is who helps."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        helping: Helping | None = getattr(request, "helping", None)
        if helping is not None and request.method not in SAFE and request.user == helping.person:
            note(
                helping=helping,
                deed=str(request.resolver_match and request.resolver_match.url_name),
                status=response.status_code,
                pages=request.helped_pages,  # type: ignore[attr-defined]
            )
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        if not DESK.match(request.path_info) or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        if not request.user.is_authenticated:
            return None
        helping = current(request, timezone.now())
        match = request.resolver_match
        if helping is None or match is None or match.url_name in OWN:
            if helping is not None and match is not None and match.url_name == SIGN_OUT and request.method not in SAFE:
                stop(request=request, why=Ended.SIGNED_OUT, at=timezone.now())
            return None
        request.helping, request.helper = helping, request.user  # type: ignore[attr-defined]
        if match.url_name in OPEN and kwargs.get("slug") == helping.provider.slug:
            request.user = helping.person
            if request.method not in SAFE:  # named before it is written: what is thrown away has no name afterwards
                keys = [f"{kwargs.get('kind')}-{kwargs['pk']}"] if "pk" in kwargs else request.POST.getlist("page")
                request.helped_pages = named(helping.provider, keys)  # type: ignore[attr-defined]
            return None
        if match.url_name == "desk" and request.method in SAFE:
            return redirect("desk-provider", helping.provider.slug)
        return render(request, "helping/closed.html", {"helping": helping}, status=403)
