"""Kiosk and school tablet mode: `?kiosk=1` on any public page.

    request ──▶ is this a page a kiosk may show? ──no──▶ back to start
                     │ yes
    answer  ──▶ every link and form carries `kiosk=1`; what leads elsewhere stops being a link

There is no cookie to remember the mode, so the server writes it into every link of the page it sends: what a template, an
editor's rich text or a later version forgets cannot become a way out. A link made by script carries it through
`js/kiosk.js`; where that fails too, the page it came from (Referer) gives it away and the request is sent on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from portal.languages import NAMES

GetResponse = Callable[[HttpRequest], HttpResponse]
PARAM = "kiosk"
# Without script nobody can be asked "are you still there?", so the page waits longer before it goes back to start.
IDLE_WITHOUT_SCRIPT = 300  # seconds
# The first word after the language of what is for signed-in people, for other sites or for paper …
CLOSED = frozenset({"desk", "till", "embed", "contact-list", "shortlist", "still-right"})
STAFF = frozenset({"cms", "documents"})
# … and the last word of forms: what somebody types on a shared tablet stays on its screen for the next one.
CLOSED_ENDS = ("/hand-over/", "/report/", "/write/", "/embed-code/", "/find/print/", "/newsletters/subscribe/")
# What one comes to by a letter of one's own.
FROM_LETTERS = ("/shortlist/how-it-went/", "/newsletters/confirm/", "/newsletters/mine/", "/newsletters/stop/")
# Forms that are made for a shared tablet: nobody says who they are, and the answer by redirect clears what was typed.
OPEN_FORMS = ("/wishes/",)

_ATTRIBUTES = r"""(?:[^>"']|"[^"]*"|'[^']*')*"""
_TAG = re.compile(rf"<(a|area|form|input|textarea|select)(?=[\s>/])({_ATTRIBUTES})>|</(a)\s*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
_CLOSED = re.compile(r"""(?<=[\s"'])/\s*$""")  # the slash of `<input … />`
_IGNORED = re.compile(r"[\x00-\x1f\x7f]")  # what browsers leave out of addresses: "java\nscript:"
_KEPT = ("lang", "dir")
_TYPED = frozenset({"text", "search", "email", "tel", "url", "number", "date", "month", "week", "time"})  # types of fields


def is_kiosk(request: HttpRequest) -> bool:
    """Whether the address asks for the mode."""
    return request.GET.get(PARAM) == "1"


def is_page(path: str) -> bool:
    """Whether a path is a public page that a kiosk may show."""
    parts = path.split("/")
    if len(parts) < 3 or parts[1] not in NAMES or not path.endswith("/") or "\\" in path or ".." in parts:
        return False
    return parts[2] not in CLOSED and not path.endswith(CLOSED_ENDS) and not path[3:].startswith(FROM_LETTERS)


def start(request: HttpRequest) -> str:
    """The address a kiosk goes back to: the front page in the municipality's first language."""
    municipality = getattr(request, "municipality", None)
    return f"/{municipality.languages[0] if municipality else 'nb'}/?{PARAM}=1"


def with_kiosk(address: str) -> str:
    """The same address with the mode in it, once."""
    parts = urlsplit(address)
    pairs = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != PARAM]
    return urlunsplit(parts._replace(query=urlencode([*pairs, (PARAM, "1")], safe=",")))


def inside(href: str, request: HttpRequest) -> str | None:
    """Where a link leads to if a kiosk may follow it, carrying the mode; None where it may not."""
    href = _IGNORED.sub("", href).strip()
    if href.startswith("#"):
        return href
    if "\\" in href:
        return None
    try:
        parts = urlsplit(urljoin(request.build_absolute_uri(), href))
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.netloc != request.get_host() or not is_page(parts.path):
        return None
    return with_kiosk(urlunsplit(("", "", parts.path, parts.query, parts.fragment)))


def close_ways_out(html: str, request: HttpRequest) -> str:
    """The page with the mode in every link and form, and without links that a kiosk may not follow."""
    open_links: list[str] = []

    def rewrite(found: re.Match[str]) -> str:
        tag, attributes, closing = (found[1] or "").lower(), found[2] or "", found[3]
        if closing:
            return f"</{open_links.pop() if open_links else 'a'}>"
        values = {
            match[1].lower(): unescape(next((value for value in match.groups()[1:] if value is not None), ""))
            for match in _ATTRIBUTE.finditer(attributes)
        }
        if tag == "form":
            return _form(attributes, values, request)
        if tag in ("input", "textarea", "select"):
            return _field(found[1], attributes) if values.get("type", "text").lower() in _TYPED else found[0]
        if "href" not in values:
            if tag == "a":
                open_links.append("a")
            return found[0]
        address = inside(values["href"], request)
        if address is None:
            if tag == "area":
                return ""
            open_links.append("span")
            kept = "".join(f' {name}="{escape(values[name])}"' for name in _KEPT if name in values)
            return f'<span class="no-link"{kept}>'
        if tag == "a":
            open_links.append("a")
        kept = "".join(
            f' {name}="{escape(value)}"' if value else f" {name}"
            for name, value in values.items()
            if name not in ("href", "target", "download", "ping")
        )
        return f'<{tag} href="{escape(address)}"{kept}>'

    return _TAG.sub(rewrite, html)


def _form(attributes: str, values: dict[str, str], request: HttpRequest) -> str:
    address = inside(values.get("action") or request.get_full_path(), request)
    method = values.get("method", "get").lower()
    if address is None or (method != "get" and not urlsplit(address).path.endswith(OPEN_FORMS)):
        # A form without a way to send it; its fields would lead nowhere.
        return '<form hidden class="no-link" action="#">'
    if method != "get":
        kept = "".join(f' {name}="{escape(value)}"' for name, value in values.items() if name != "action")
        return _field("form", f' action="{escape(address)}"{kept}')
    return f'{_field("form", attributes)}<input type="hidden" name="{PARAM}" value="1">'


def _field(tag: str, attributes: str) -> str:
    """The tag so that the browser neither keeps what is typed there nor offers what others have typed."""
    own = _CLOSED.sub("", attributes)
    kept = _ATTRIBUTE.sub(lambda found: "" if found[1].lower() == "autocomplete" else found[0], own).rstrip()
    return f'<{tag}{kept} autocomplete="off">'


class KioskMiddleware:
    """Keeps a kiosk inside. Stands outside of whatever makes pages, inside of compression and of what knows the municipality."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.kiosk = is_kiosk(request)  # type: ignore[attr-defined]
        if not request.kiosk:  # type: ignore[attr-defined]
            return self._brought_back(request) or self.get_response(request)
        first = request.path.split("/")[1]
        if first in NAMES:
            # What is no page, such as the picture of a QR code, is shown inside one and linked from none.
            if request.path.endswith("/") and not is_page(request.path):
                return self._to_start(request)
        elif first in STAFF:
            return self._to_start(request)
        elif first:
            return self.get_response(request)
        response = self.get_response(request)
        if "Location" in response:
            response["Location"] = inside(response["Location"], request) or start(request)
        elif response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            page = close_ways_out(response.content.decode(response.charset), request)
            response.content = page.encode(response.charset)
            if "Content-Length" in response:
                response["Content-Length"] = str(len(response.content))
        response["Cache-Control"] = "no-cache"
        return response

    @staticmethod
    def _to_start(request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(start(request), headers={"Cache-Control": "no-store", "Vary": "Referer"})

    def _brought_back(self, request: HttpRequest) -> HttpResponse | None:
        """A step out of the mode by a link that did not carry it: back in, where it may go, else to start."""
        referer = request.headers.get("Referer", "")
        if f"{PARAM}=1" not in referer or request.method not in ("GET", "HEAD"):
            return None
        # Parts of a page are asked for with a Referer too; only a whole new page is a step.
        if (
            "text/html" not in request.headers.get("Accept", "")
            or request.headers.get("Sec-Fetch-Dest", "document") != "document"
        ):
            return None
        try:
            came_from = urlsplit(referer)
        except ValueError:
            return None
        if came_from.netloc != request.get_host() or (PARAM, "1") not in parse_qsl(came_from.query):
            return None
        address = inside(request.get_full_path(), request)
        if address is None:
            return self._to_start(request)
        return HttpResponseRedirect(address, headers={"Cache-Control": "no-store", "Vary": "Referer"})
