"""Putting things on a list (portal/frontline/shortlists.py) from cards and pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse

from portal.frontline.carrying import is_public_page, list_of
from portal.frontline.shortlists import Ref, ref_of_ident

register = template.Library()


@register.inclusion_tag("components/add_to_list.html", takes_context=True)
def add_to_list(context: Context, ident: str, title: Any, large: bool = False) -> dict[str, Any]:
    """The link that puts a thing on the reader's list, or takes it off: the same page, with another list in its address."""
    request = context.get("request")
    ref = ref_of_ident(ident)
    if request is None or ref is None or request.method not in ("GET", "HEAD") or not is_public_page(request.path):
        return {}
    if getattr(request, "kiosk", False):  # a list of one's own does not belong on a tablet that everybody touches
        return {}
    own = list_of(request)
    is_on = ref in own
    anchor, is_first = f"list-{ident}", first_time(request, ref)
    href = (own.without(ref) if is_on else own.with_(ref)).in_address(request.get_full_path())
    return {
        "href": f"{href}#{anchor}",
        "anchor": anchor if is_first else "",
        "is_on": is_on,
        "is_full": own.is_full,
        "title": title,
        "large": large,
        "interface_lang": context.get("interface_lang"),
        "page_lang": context.get("page_lang"),
    }


@register.inclusion_tag("components/add_to_list.html", takes_context=True)
def add_this_to_list(context: Context, listing: Any, title: Any) -> dict[str, Any]:
    """The same for the thing a page is about, as a button."""
    return add_to_list(context, f"{listing.KIND.value}-{listing.pk}", title, large=True)


def first_time(request: Any, ref: Ref) -> bool:
    """Whether this is the first link for a thing on this page: only one of them can be led to."""
    seen: set[Ref] = request.__dict__.setdefault("_on_page", set())
    if ref in seen:
        return False
    seen.add(ref)
    return True


@register.inclusion_tag("components/shortlist_bar.html", takes_context=True)
def shortlist_bar(context: Context) -> dict[str, Any]:
    """How many things are on the reader's list, and the way to it; nothing while there are none, and on the list itself."""
    request = context.get("request")
    if request is None or getattr(request, "kiosk", False) or not list_of(request) or not is_public_page(request.path):
        return {}
    match = getattr(request, "resolver_match", None)
    if match is None or match.url_name in ("shortlist", "hand-over"):
        return {}
    return {"count": len(list_of(request)), "href": list_of(request).in_address(reverse("shortlist"))}
