"""What the head of a page and the results need of `portal/reach`."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.reach import heads
from portal.reach.installing import icon_address, sign_address
from portal.reach.kiosk import IDLE_WITHOUT_SCRIPT, start
from portal.reach.subjects import colour_of
from search.query import SearchQuery

register = template.Library()


@register.inclusion_tag("components/found_by.html", takes_context=True)
def found_by(context: Context) -> dict[str, Any]:
    """Canonical address, languages, shared title and picture; nothing where no municipality answers."""
    municipality, lang = context.get("municipality"), context.get("page_lang")
    if municipality is None:
        return {}
    values: dict[str, Any] = context.flatten()  # type: ignore[assignment]
    request = values["request"]
    canonical, versions = heads.addresses(request, str(lang), municipality.languages, heads.params_of(values))
    shared = heads.shared(values, municipality, str(lang))
    return {
        "canonical": canonical,
        "versions": versions,
        "shared": shared,
        "picture": request.build_absolute_uri(shared.picture),
        "site_name": f"Frittfram {municipality.name}",
    }


@register.inclusion_tag("components/app_links.html", takes_context=True)
def app_links(context: Context) -> dict[str, Any]:
    """What makes the site an app on a phone, a search field in a browser, and a kiosk on a tablet."""
    municipality = context.get("municipality")
    if municipality is None:
        return {}
    request = context["request"]
    query = context.get("query")
    return {
        "municipality": municipality,
        "page_lang": context["page_lang"],
        "apple_icon": icon_address("apple-180", colour_of(municipality)),
        "feeds": heads.feeds(query) if isinstance(query, SearchQuery) else [],
        "kiosk_start": start(request) if getattr(request, "kiosk", False) else "",
        "idle": IDLE_WITHOUT_SCRIPT,
    }


@register.simple_tag(takes_context=True)
def sign(context: Context) -> str:
    """The address of the site's sign, in its own colour."""
    return sign_address(context.get("municipality"))


@register.simple_tag(takes_context=True)
def kiosk_start(context: Context) -> str:
    """The address a kiosk goes back to."""
    return start(context["request"])


@register.filter
def worth_finding(query: SearchQuery) -> bool:
    """Whether search engines should list these results."""
    return heads.worth_finding(query)


@register.simple_tag
def ways_to_take(query: SearchQuery) -> dict[str, Any]:
    """What can be done with a list beside reading it: print, subscribe, show elsewhere."""
    whole = query.without("page")
    return {
        "subscribe": whole.address(reverse("newsletter-subscribe")),
        "print": whole.address(reverse("print-list")),
        "code": whole.address(reverse("embed-code")),
        "qr": whole.address(reverse("find-qr")),
        "address": whole.address(reverse("find")),
        "feeds": [
            {"href": href, "label": label, "icon": icon}
            for (_type, href, label), icon in zip(heads.feeds(query), ("start", "calendar"), strict=True)
        ],
        "said": _("Scan the code to open this list on your phone."),
    }
