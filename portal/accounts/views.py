"""Signing in by a link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from portal.accounts.links import sign_in
from portal.kit.refusals import Refused


@never_cache
@require_GET
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Use a sign-in link: staff go on to the staff screens, others to the front page."""
    try:
        user = sign_in(request, token)
    except Refused as refused:
        return TemplateResponse(request, "accounts/sign_in_link.html", {"sentence": str(refused)}, status=403)
    to_staff = user.has_perm("wagtailadmin.access_admin")
    return HttpResponseRedirect("/cms/" if to_staff else "/")
