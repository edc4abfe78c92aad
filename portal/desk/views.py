"""The front page of the desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from directory.listings.loading import municipality_of
from portal.desk.doors import agencies_of, desk_page, providers_of
from portal.desk.menu import tiles
from portal.desk.todo import todos


@desk_page
def desk(request: HttpRequest) -> HttpResponse:
    """What there is to do now; then whom one acts for, and where else one can go."""
    municipality, at = municipality_of(request), timezone.now()
    context = {
        "todos": todos(request.user, municipality, at),
        "tiles": tiles(request.user, municipality, at),
        "providers": list(providers_of(request.user, municipality)),
        "agencies": list(agencies_of(request.user, municipality)),
    }
    return render(request, "desk/desk.html", context)
