"""`/k`: a printed card. `/w`: the wallet. Neither has a language in its path; it is chosen there, and kept by the telephone.

What opens a card stands after the `#` of the address, which no browser sends. So both pages are the same for everybody, and all
that is about a card comes from the API. Without script the code on the paper is typed into a form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from cards.offers.rules import WhyNot
from directory.reports.tokens import new_token, why_not_token
from portal.kit.refusals import Refused, refuse_if
from portal.languages import direction, interface_of
from portal.pages.look import look_of
from portal.reach.drawing import ICONS
from portal.reach.installing import GROUND, icon_address, sign_address, version
from portal.reach.subjects import colour_of
from portal.templatetags.front import BUILD, asset, manifest
from portal.wallet.guessing import Guess
from portal.wallet.reading import card_shown, code_of, reader_of
from portal.wallet.showing import Reader, Ticket, tickets_of

FORM = "printed-card"
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}
# What the shell needs to look like itself without network.
KEPT = ("wallet.css", "wallet.js", "noto-sans-latin.woff2", "icons.svg")
# Reasons that the telephone may come to by itself (js/card_conditions.js), to be told in words.
TOLD_BY_PHONE = (
    WhyNot.REVOKED, WhyNot.SUSPENDED, WhyNot.YEAR_CLOSED, WhyNot.NOT_OPEN_YET, WhyNot.EXPIRED, WhyNot.LAPSED, WhyNot.OFFER_CLOSED,
    WhyNot.NOT_ON_CARD, WhyNot.AGE, WhyNot.BLACK_OUT, WhyNot.WRONG_SEASON, WhyNot.WRONG_DAY, WhyNot.WRONG_TIME, WhyNot.EXHAUSTED,
    WhyNot.TOO_FEW_LEFT, WhyNot.PER_VISIT, WhyNot.PER_DAY, WhyNot.OFFER_EXHAUSTED, WhyNot.TOO_MANY_PEOPLE, WhyNot.NOTHING_ASKED,
)  # fmt: skip
View = Callable[[HttpRequest, Reader], HttpResponse]


def card_page(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """A page in the reader's language that nobody frames, that asks nobody else, and that tells nobody where it was."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        reader = reader_of(request)
        request.LANGUAGE_CODE = reader.lang  # type: ignore[attr-defined]
        with translation.override(reader.lang):
            response = view(request, reader)
        response._csp_replace = POLICY  # type: ignore[attr-defined]
        response["Referrer-Policy"] = "no-referrer"
        response["X-Frame-Options"] = "DENY"
        response["X-Robots-Tag"] = "noindex"
        response["Content-Language"] = interface_of(reader.lang)
        response.headers.setdefault("Cache-Control", "no-cache")
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return csrf_exempt(answer)  # there is no session; the form has a token of its own


@card_page
def printed_card(request: HttpRequest, reader: Reader) -> HttpResponse:
    """A printed card. With script all comes from the API; a code typed without is answered here and leads to no address."""
    shown: Ticket | None = None
    refusal = ""
    if request.method == "POST":
        try:
            # A page that tells nobody where it was is sent from nowhere (Origin: null); the token is what says that it is ours.
            refuse_if(why_not_token(FORM, reader.municipality.slug, request.POST.get("token", "")))
            with Guess(request, reader.at):
                card, _held = card_shown(code_of(request.POST.get("code", "")), None, reader)
            shown = tickets_of([card], reader, on_phone=False)[0]
        except Refused as refused:
            refusal = str(refused)
    context = {
        "here": reverse("printed-card"),
        "token": new_token(FORM, reader.municipality.slug),
        "shown": shown,
        "refusal": refusal,
        "reasons": (),
    }
    response = render(request, "wallet/printed.html", context, status=422 if refusal else 200)
    response["Cache-Control"] = "no-store"
    return response


@card_page
def wallet(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The shell of the wallet."""
    context = {
        "here": reverse("wallet"),
        "manifest_href": f"{reverse('wallet-manifest')}?lang={reader.lang}",
        "icon_href": icon_address("apple-180", colour_of(reader.municipality)),
        "worker_href": reverse("wallet-worker"),
        "reasons": [(reason.value, reason.label) for reason in TOLD_BY_PHONE],
    }
    return render(request, "wallet/wallet.html", context)


@card_page
def wallet_manifest(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The wallet on a telephone's own screen. No secret stands in it: browsers send it on to whoever makes their icons."""
    colour = colour_of(reader.municipality)
    facts: dict[str, Any] = {
        "id": reverse("wallet"),
        "name": f"{_('My cards')} – {reader.municipality.name}",
        "short_name": _("My cards"),
        "lang": interface_of(reader.lang),
        "dir": direction(interface_of(reader.lang)),
        "start_url": f"{reverse('wallet')}?lang={reader.lang}",
        "scope": reverse("wallet"),
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": colour,
        "icons": [
            {"src": icon_address(name, colour), "sizes": f"{pixels}x{pixels}", "type": "image/png", "purpose": name.split("-")[0]}
            for name, (pixels, _share) in ICONS.items()
            if not name.startswith("apple")
        ],
    }
    return JsonResponse(facts, json_dumps_params={"ensure_ascii": False}, content_type="application/manifest+json; charset=utf-8")


@card_page
def wallet_worker(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The wallet's own worker, with what it keeps written into it. The site's (`/sw.js`) has the rest of the addresses."""
    if settings.DEBUG:
        manifest.cache_clear()
    municipality = reader.municipality
    look = look_of(municipality)
    theme = look.theme_address if look else ""
    files = [*(asset(name) for name in KEPT), sign_address(municipality), theme]
    facts = {
        "version": hashlib.sha256(f"{version(municipality)}|{theme}".encode()).hexdigest()[:16],
        "shell": reverse("wallet"),
        "languages": municipality.languages,
        "files": list(dict.fromkeys(filter(None, files))),
        "built": f"{settings.STATIC_URL}portal/build/",
    }
    body = f"const WALLET={json.dumps(facts)};\n".encode() + (BUILD / manifest()["wallet_sw.js"]).read_bytes()
    return HttpResponse(
        body, content_type="text/javascript; charset=utf-8", headers={"Service-Worker-Allowed": reverse("wallet")}
    )
