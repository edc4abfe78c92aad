"""Which municipality is asked, in which language, and under which rules of the browser."""

from __future__ import annotations

import errno
from collections.abc import Callable

from csp.constants import HEADER, SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.log import log_response
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found

from portal.hosts import municipality_of
from portal.languages import best_for

GetResponse = Callable[[HttpRequest], HttpResponse]

# The admin of Wagtail writes scripts and styles inline. It asks nobody outside either.
ADMIN_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "font-src": [SELF, "data:"],
    "connect-src": [SELF],
    "frame-src": [SELF],
    "object-src": ["'none'"],
    "form-action": [SELF],
    "base-uri": [SELF],
    "frame-ancestors": [SELF],
}


class PolicyMiddleware(CSPMiddleware):
    """django-csp's. For an answer that has a policy already none is put together."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if HEADER in response else super().process_response(request, response)


class AdminPolicyMiddleware:
    """Gives `/cms/` its own Content Security Policy. Stands after PolicyMiddleware."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/cms/"):
            response._csp_replace = ADMIN_POLICY  # type: ignore[attr-defined]
        return response


class CompressMiddleware(GZipMiddleware):
    """Django's, which leaves documents as they are: films and packages are small already, and their length is told."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/documents/"):
            return response
        return super().process_response(request, response)


def is_unavailable(error: Exception) -> bool:
    """Whether the database cannot be reached, or nothing can be written: nobody's question is at fault."""
    full_disk = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
    return full_disk or isinstance(error, OperationalError | InterfaceError)


class UnavailableMiddleware:
    """When the database cannot be reached or the disk is full: a page that says so (503), instead of a bare fault."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if is_unavailable(error):
            return unavailable(request, error)
        return None


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """The 503 page; it needs neither database nor disk. The log says what happened."""
    response = HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "30", "Cache-Control": "no-store"})
    log_response(
        "Not available: %s (%s: %s)",
        request.path,
        type(error).__name__,
        error,
        response=response,
        request=request,
        exception=error,
    )
    return response


class BodySizeMiddleware:
    """Turns away what is far too large before anything of it is read: no stranger fills the disk.

    Stands last, so that it knows who asks; bodies are read only after it (a chunked one without a length is read as
    empty), a till's before it and only if short. The upload of spreadsheets has a limit of its own and says so on its page.
    """

    PUBLIC = 1_000_000
    DESK = 14_000_000  # one picture
    STAFF = 60_000_000

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isdecimal() else self.STAFF + 1
        if size > self.PUBLIC:
            at_desk = request.path.split("/")[2:3] == ["desk"]
            known = (at_desk or request.path.startswith("/cms/")) and request.user.is_authenticated
            most = self.DESK if at_desk else self.STAFF
            if not known or (size > most and "/importrun/" not in request.path):
                return HttpResponse(_("This is too large to be sent here."), status=413, content_type="text/plain; charset=utf-8")
        return self.get_response(request)


class TenantMiddleware:
    """Sets `request.municipality` from the host; None where no site has been set up."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith((settings.STATIC_URL, "/healthz")):
            try:
                request.municipality = municipality_of(request)  # type: ignore[attr-defined]
            except DatabaseError as error:
                return unavailable(request, error)
        return self.get_response(request)


class LanguageMiddleware(LocaleMiddleware):
    """The language is in the path and nowhere else: no cookie, no session.

    Django's own turns every unprefixed 404 into a redirect, since the page tree answers below each language;
    here an unknown address is a 404. A language that the municipality does not offer is not there.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]
        code = translation.get_language_from_path(request.path_info)
        municipality = getattr(request, "municipality", None)
        offered = municipality.languages if municipality else ["nb", "en"]
        if code and code not in offered and not request.path_info.startswith("/cms/"):
            translation.activate(offered[0])
            request.LANGUAGE_CODE = offered[0]  # type: ignore[attr-defined]
            return page_not_found(request, Http404())
        if not code:
            code = offered[0]
        translation.activate(code)
        request.LANGUAGE_CODE = code  # type: ignore[attr-defined]
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response


def to_best_language(request: HttpRequest) -> HttpResponse:
    """`/`: on to the reader's own language where the municipality has it, else to its first."""
    municipality = getattr(request, "municipality", None)
    offered = municipality.languages if municipality else ["nb", "en"]
    found = best_for(request.headers.get("Accept-Language", ""), offered)
    response = HttpResponseRedirect(f"/{found}/")
    patch_vary_headers(response, ["Accept-Language"])
    return response


class StaffDoorsMiddleware:
    """Screens of the admin that know nothing of municipalities do not exist for their staff. Stands after authentication."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> HttpResponse | None:
        from django.http import Http404

        from directory.municipalities.permissions import may_open

        if not request.path.startswith("/cms/") or not request.user.is_authenticated or request.resolver_match is None:
            return None
        if request.user.has_perm("wagtailadmin.access_admin") and not may_open(request, view, request.resolver_match):
            raise Http404
        return None
