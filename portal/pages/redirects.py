"""Addresses that pages had earlier lead on to where they stand now, in the language they are asked for in.

Kept is the address without its language, once for each page: it holds in every language, also in one that is switched on
later. Wagtail's own way keeps the language that the admin happened to be in, and is switched off.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils.translation import get_language_from_path
from wagtail.contrib.redirects.middleware import RedirectMiddleware
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from portal.pages.owners import municipality_of_path, reachable

LONGEST = 255  # of what Redirect.old_path holds


def slug_changed(sender: Any, instance: Page, instance_before: Page, **kwargs: Any) -> None:
    """A page has another short name."""
    keep_addresses(instance, instance_before.url_path)


def page_moved(sender: Any, instance: Page, url_path_before: str, url_path_after: str, **kwargs: Any) -> None:
    """A page stands elsewhere; one that only changed places with its neighbours does not."""
    if url_path_before != url_path_after:
        keep_addresses(instance, url_path_before)


@transaction.atomic
def keep_addresses(page: Page, before: str) -> None:
    """Remember where a page and all below it stood; `before` is its path in the tree until now."""
    owner = municipality_of_path(page.path)
    if owner is None or owner.site is None or page.pk == owner.site.root_page_id:
        return
    root = owner.site.root_page.url_path
    if not before.startswith(root):  # it came from another site, which has nothing to say here
        return
    known = Q(live=True) | Q(first_published_at__isnull=False)
    rows, now = [], []
    for pk, path in Page.objects.filter(known, path__startswith=page.path).values_list("pk", "url_path"):
        old = address_of(before + path[len(page.url_path) :], root)
        now.append(address_of(path, root))
        if len(old) <= LONGEST:
            rows.append(Redirect(old_path=old, site=owner.site, redirect_page_id=pk, automatically_created=True))
    taken = {row.old_path for row in rows} | set(now)
    Redirect.objects.filter(site=owner.site, automatically_created=True, old_path__in=taken).delete()
    Redirect.objects.bulk_create(rows, ignore_conflicts=True)


def address_of(url_path: str, root: str) -> str:
    """What stands behind the language in a page's address, in the form in which redirects are kept."""
    return f"/{url_path[len(root) :].strip('/')}"


class OldAddressMiddleware(RedirectMiddleware):
    """What Wagtail's own does, and for all else that is not there a look at where a page stood before."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        if response.status_code != 404:
            return response
        return new_address(request) or response


def new_address(request: HttpRequest) -> HttpResponse | None:
    """The way to a page that stood at this address; nothing where none did, or where it is not to be read any more."""
    code = get_language_from_path(request.path_info)
    municipality = getattr(request, "municipality", None)
    if not code or municipality is None or municipality.site is None or "\0" in request.path_info:
        return None
    asked = f"/{request.path_info.split('/', 2)[-1].strip('/')}"
    found = Redirect.objects.filter(site=municipality.site, old_path=asked, redirect_page__isnull=False).first()
    page = reachable(Page.objects.live().filter(pk=found.redirect_page_id)).first() if found else None
    root = municipality.site.root_page.url_path if page else ""
    if page is None or not page.url_path.startswith(root):
        return None
    address = f"/{code}/{page.url_path[len(root) :]}"
    if address == request.path_info:
        return None
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)
