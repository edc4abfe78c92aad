"""Marks that newsletters and advertisers hang on addresses, taken off before anything sees them.

A mark is different for each reader (`fbclid`, `mc_eid`): left on, it would stand in every link of the page to another language,
go on to whom that link is sent to, and make each reader's page one of its own that cannot be given to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse

NAMES = frozenset(
    {
        "fbclid", "gclid", "gclsrc", "gbraid", "wbraid", "dclid", "gad_source", "gad_campaignid", "srsltid", "msclkid", "yclid",
        "ymclid", "twclid", "ttclid", "igsh", "igshid", "li_fat_id", "epik", "sccid", "mc_cid", "mc_eid", "mkt_tok", "vero_id",
        "vero_conv", "_hsenc", "_hsmi", "_kx", "_openstat", "oly_anon_id", "oly_enc_id", "wickedid", "rb_clickid", "s_cid",
    }
)  # fmt: skip
BEGINNINGS = ("utm_", "mtm_", "matomo_", "hsa_")


def without_marks(query: str) -> str:
    """A query string without what only tells where a reader came from; all else stays as it was written."""
    return "&".join(part for part in query.split("&") if not is_mark(part))


def is_mark(part: str) -> bool:
    """Whether a `name=value` is such a mark."""
    name = unquote_plus(part.partition("=")[0]).casefold()
    return name in NAMES or name.startswith(BEGINNINGS)


class TrackingMiddleware:
    """Stands first, before anything has read the address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if query := request.META.get("QUERY_STRING", ""):
            request.META["QUERY_STRING"] = without_marks(query)
        return self.get_response(request)
