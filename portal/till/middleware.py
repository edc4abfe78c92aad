"""What tills send is answered before everything that is for people: sessions, signing in, languages in the address, pages kept.

A till has none of these, and sends a card's use while somebody waits at the counter. The addresses stand in `api_urls` as all
others do; here they are only found sooner.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]
BELOW = "/api/v1/"


class TillMiddleware:
    """Stands behind TenantMiddleware and before sessions."""

    def __init__(self, get_response: GetResponse) -> None:
        from portal.till.api_urls import urlpatterns

        self.get_response = get_response
        self.views = {f"{BELOW}{address.pattern}": address.callback for address in urlpatterns}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = self.views.get(request.path_info)
        if view is None:
            return self.get_response(request)
        response: HttpResponse = view(request)
        response["Content-Length"] = str(len(response.content))  # CommonMiddleware's part; the connection stays open by it
        return response
