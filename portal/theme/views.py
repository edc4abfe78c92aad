"""The stylesheet of a municipality's own colours, kept by browsers for good: another look is another address."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from portal.pages.look import SiteLook
from portal.theme.stylesheet import stylesheet


def theme(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """The sheet. A page kept somewhere with yesterday's address is sent on to today's colours."""
    look = SiteLook.objects.filter(municipality__slug=slug).select_related("municipality").first()
    if look is None or not look.colours:
        raise Http404("No colours of its own.")
    css, current = stylesheet(look.colours)
    if digest != current:
        response: HttpResponse = HttpResponseRedirect(look.theme_address)
        response.headers["Cache-Control"] = "no-cache"
        return response
    return HttpResponse(
        css, content_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )
