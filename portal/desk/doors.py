"""Who comes in: every screen behind sign-in stands behind one of these doors. The default is no.

    @desk_page                              signed in, nothing kept by browsers or in between
    get_provider_for(request, slug)         a provider of this municipality that one may act for, or 404
    agencies_of(user, municipality)         the offices somebody works for

Roles are read for each request and kept nowhere: who is taken off a board is out with the next press.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.views.decorators.cache import never_cache

from directory.agencies.models import Agency
from directory.listings.loading import municipality_of
from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider

View = Callable[..., HttpResponse]


def desk_page(view: View) -> View:
    """A page for people who have signed in; others are sent to sign in and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        municipality_of(request)  # where no municipality answers, there is no desk
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
        return view(request, *args, **kwargs)

    return cast(View, never_cache(guarded))


def providers_of(user: Any, municipality: Municipality, roles: Iterable[str] = (Membership.Role.EDITOR,)) -> QuerySet[Provider]:
    """The providers of a municipality that somebody may act for in one of the roles, by name."""
    if not getattr(user, "is_active", False) or user.pk is None:
        return Provider.objects.none()
    of = Membership.objects.filter(user=user, role__in=list(roles), provider__municipality=municipality)
    return Provider.objects.filter(pk__in=of.values("provider"))


def get_provider_for(request: HttpRequest, slug: str, roles: Iterable[str] = (Membership.Role.EDITOR,)) -> Provider:
    """A provider of the municipality that was asked, for somebody with one of `roles` there.

    The same 404 whether there is no such provider, it belongs elsewhere, or it is somebody else's.
    """
    municipality = municipality_of(request)
    provider = providers_of(request.user, municipality, roles).filter(slug=slug).first()
    if provider is None:
        raise Http404("Nothing here for this person.")
    provider.municipality = municipality
    return provider


def agencies_of(user: Any, municipality: Municipality) -> QuerySet[Agency]:
    """The offices in use that somebody works for in a municipality."""
    if not getattr(user, "is_active", False) or user.pk is None:
        return Agency.objects.none()
    return Agency.objects.filter(municipality=municipality, is_active=True, roles__user=user).distinct()


def person(request: HttpRequest) -> Any:
    """Who has signed in, behind `desk_page`."""
    return request.user
