"""`/shortlist/`: a list of things to try, for anybody. Its address holds all of it; nothing is kept, no cookie is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from directory.listings.loading import municipality_of
from directory.listings.pages import reader_lang
from directory.listings.views import drawn
from portal.frontline.carrying import list_of
from portal.frontline.queries import Item, items_of
from portal.frontline.shortlists import MOST, Ref, Shortlist
from portal.frontline.words import FRAGMENT, LONGEST, LONGEST_IN_QR, fragment, words_in_form


@dataclass(frozen=True, slots=True)
class Row:
    """An item with what can be done with it: each is an address with another list."""

    item: Item
    words: str
    up: str
    down: str
    off: str
    hand_over: str


def family_lang(request: HttpRequest) -> str:
    """The language the family reads, which the link and the code lead to: `?for=`, else the page's own."""
    asked = request.GET.get("for", "")
    return asked if asked in municipality_of(request).languages else reader_lang()


def address_in(request: HttpRequest, lang: str, shortlist: Shortlist) -> str:
    """The whole address of a list for readers of a language."""
    with override(lang):
        return request.build_absolute_uri(shortlist.in_address(reverse("shortlist")))


@csrf_exempt  # nothing is kept or changed: what comes in is written into the answer (words without script)
@require_http_methods(["GET", "HEAD", "POST"])
def shortlist(request: HttpRequest) -> HttpResponse:
    """The list, its address for the family, its code, and its printed sheet."""
    municipality = municipality_of(request)
    own = list_of(request)
    words = words_in_form(request.POST, own) if request.method == "POST" else {}
    items = items_of(own, municipality)
    here, lang, family = reverse("shortlist"), reader_lang(), family_lang(request)
    behind = f"#{said}" if (said := fragment(words)) else ""
    address = address_in(request, family, own)
    context: dict[str, Any] = {
        "rows": [_row(item, own, here, family if family != lang else "", words, behind) for item in items.found],
        "gone": [own.without(ref).in_address(here) + behind for ref in items.gone],
        "without_gone": _without(own, items.gone).in_address(here) + behind,
        "is_full": own.is_full,
        "most": MOST,
        "longest": LONGEST,
        "find_href": own.in_address(reverse("find")) + behind,
        "here": own.in_address(here),
        "family": family,
        "families": [
            (code, own.in_address(f"{here}?for={code}" if code != lang else here) + behind) for code in municipality.languages
        ],
        "family_href": address_path(request, family, own) + behind,
        "address": address + behind,
        "qr": _code(address, behind) if words else own.in_address(_qr_path(family, lang)),
        "qr_href": own.in_address(_qr_path(family, lang)),
        "longest_in_qr": LONGEST_IN_QR,
        "words_in_qr": len(address + behind) <= LONGEST_IN_QR,
        "has_words": bool(words),
        "is_sparse": len(items.found) <= 4,
        "is_long": len(items.found) > 8,
        "is_very_long": len(items.found) > 14,
        "canonical_params": [],
    }
    response = render(request, "frontline/shortlist.html", context)
    response["Cache-Control"] = "no-cache" if request.method == "GET" else "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _row(item: Item, own: Shortlist, here: str, family: str, words: dict[str, str], behind: str) -> Row:
    path = f"{here}?for={family}" if family else here
    place = own.refs.index(item.ref)
    after = behind or f"#item-{item.ref}"
    return Row(
        item=item,
        words=words.get(str(item.ref), ""),
        up=own.moved(item.ref, -1).in_address(path) + after if place else "",
        down=own.moved(item.ref, 1).in_address(path) + after if place < len(own) - 1 else "",
        off=own.without(item.ref).in_address(path) + behind,
        hand_over=own.in_address(f"{reverse('hand-over')}?to={item.ref}{f'&for={family}' if family else ''}")
        if item.takes_hand_over
        else "",
    )


def _without(own: Shortlist, refs: tuple[Ref, ...]) -> Shortlist:
    return Shortlist(tuple(ref for ref in own.refs if ref not in refs))


def _qr_path(family: str, lang: str) -> str:
    path = reverse("shortlist-qr")
    return f"{path}?for={family}" if family != lang else path


def address_path(request: HttpRequest, lang: str, own: Shortlist) -> str:
    """The list in a language, as a path."""
    with override(lang):
        return own.in_address(reverse("shortlist"))


def _code(address: str, behind: str) -> str:
    """The code of an address with words. They are left out where a phone could not read it."""
    return picture_of(address + behind if len(address + behind) <= LONGEST_IN_QR else address)


def picture_of(address: str) -> str:
    """An address as a code that stands in the page itself: no address of a picture may hold what is behind a `#`."""
    return str(segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=2, light="#fff"))


@never_cache
@csrf_exempt  # draws what it is given, and keeps nothing
@require_http_methods(["GET", "HEAD", "POST"])
def shortlist_qr(request: HttpRequest) -> HttpResponse:
    """The list's address as a QR code. Words of one's own come in the body of a POST, never in the address."""
    municipality_of(request)
    address = address_in(request, family_lang(request), list_of(request))
    behind = request.POST.get("words", "") if request.method == "POST" else ""
    if behind and FRAGMENT.match(behind) and len(address) + 1 + len(behind) <= LONGEST_IN_QR:
        address = f"{address}#{behind}"
    response = drawn(address)
    response["X-Robots-Tag"] = "noindex"
    return response
