"""A list goes along: with `?l=…` in the address, every link and form of a public page carries it on.

There is nothing that remembers a list, so the server writes it into the links of the page it sends. What a template or an
editor's text forgets cannot lose it; links made by script get it from `js/shortlist.js`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import parse_qs, urljoin, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse

from portal.frontline.shortlists import PARAM, Shortlist
from portal.languages import NAMES

GetResponse = Callable[[HttpRequest], HttpResponse]
# The first word after the language of what is no public page, or stands in other sites' pages.
ELSEWHERE = frozenset({"desk", "till", "embed"})

_ATTRIBUTES = r"""(?:[^>"']|"[^"]*"|'[^']*')*?"""
_LINK = re.compile(rf"""(<(?:a|area)\s(?:{_ATTRIBUTES}\s)?href=)(["'])(.*?)\2""", re.IGNORECASE | re.DOTALL)
_FORM = re.compile(r"""<form(?=[\s>])((?:[^>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE)
_METHOD = re.compile(r"""\smethod\s*=\s*["']?(\w+)""", re.IGNORECASE)
_ACTION = re.compile(r"""\saction\s*=\s*(["'])(.*?)\1""", re.IGNORECASE | re.DOTALL)


def is_public_page(path: str) -> bool:
    """Whether a path is a page for residents, by the look of it."""
    parts = path.split("/")
    return len(parts) >= 3 and parts[1] in NAMES and path.endswith("/") and parts[2] not in ELSEWHERE


def carrying(href: str, request: HttpRequest) -> str | None:
    """The link with the list of the request in it; None for one that leads elsewhere, or has a list of its own."""
    if href.startswith("#") or "\\" in href:
        return None
    try:
        parts = urlsplit(urljoin(request.build_absolute_uri(), href))
        own_list = PARAM in parse_qs(parts.query, keep_blank_values=True)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.netloc != request.get_host() or not is_public_page(parts.path) or own_list:
        return None
    return list_of(request).in_address(urlunsplit(("", "", parts.path, parts.query, parts.fragment)))


def carry_on(html: str, request: HttpRequest) -> str:
    """The page with the list in its links and in its forms that ask."""

    def link(found: re.Match[str]) -> str:
        address = carrying(unescape(found[3]), request)
        return found[0] if address is None else f"{found[1]}{found[2]}{escape(address)}{found[2]}"

    def form(found: re.Match[str]) -> str:
        method, action = _METHOD.search(found[1]), _ACTION.search(found[1])
        asks = method is None or method[1].lower() == "get"
        address = carrying(unescape(action[2]) if action else request.path, request)
        if not asks or address is None:
            return found[0]
        return f'{found[0]}<input type="hidden" name="{PARAM}" value="{list_of(request)}">'

    return _FORM.sub(form, _LINK.sub(link, html))


def list_of(request: HttpRequest) -> Shortlist:
    """The list in the address of a request; an empty one where there is none."""
    found: Shortlist | None = getattr(request, "shortlist", None)
    return found if found is not None else Shortlist()


class CarryMiddleware:
    """Stands outside of whatever makes pages and keeps them, inside of compression and of the kiosk."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.shortlist = Shortlist.from_text(request.GET.get(PARAM, ""))  # type: ignore[attr-defined]
        response = self.get_response(request)
        if not list_of(request) or not is_public_page(request.path):
            return response
        if "Location" in response:
            response["Location"] = carrying(response["Location"], request) or response["Location"]
        elif response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            page = carry_on(response.content.decode(response.charset), request)
            response.content = page.encode(response.charset)
            if "Content-Length" in response:
                response["Content-Length"] = str(len(response.content))
        if "no-store" not in response.get("Cache-Control", ""):
            response["Cache-Control"] = "no-cache"
        response["X-Robots-Tag"] = "noindex"
        return response
