"""The site on a phone's own screen: `/manifest.webmanifest`, its icons, `/sw.js` and the page for when there is no network.

The worker keeps the built files and the offline page in the languages that were read here, and nothing that has been read: a
phone that is lent out shows nobody's interests. Its text holds a hash of all it keeps; one letter changed is a new worker.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.listings.loading import municipality_of
from directory.municipalities.models import Municipality
from portal.languages import direction
from portal.reach.drawing import ICONS, Busy, icon, logo
from portal.reach.subjects import OWN_COLOUR, colour_of
from portal.templatetags.front import BUILD, asset, manifest

# What the offline page needs to look like the site.
KEPT = ("site.css", "site.js", "noto-sans-latin.woff2", "logo.svg", "icons.svg", "drawing-lost.svg")
GROUND = "#ffffff"


def app_manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to know to put the site on its screen; `?lang=` is the language it opens in."""
    municipality = municipality_of(request)
    lang = request.GET.get("lang", "")
    lang = lang if lang in municipality.languages else municipality.languages[0]
    colour = colour_of(municipality)
    with override(lang):
        facts: dict[str, Any] = {
            "id": "/",
            "name": f"Frittfram {municipality.name}",
            "short_name": "Frittfram",
            "description": _("Activities, places to meet and help to take part, near you."),
            "lang": lang,
            "dir": direction(lang),
            "start_url": f"/{lang}/",
            "scope": "/",
            "display": "standalone",
            "background_color": GROUND,
            "theme_color": colour,
            "icons": [
                {
                    "src": icon_address(name, colour),
                    "sizes": f"{pixels}x{pixels}",
                    "type": "image/png",
                    "purpose": name.split("-")[0],
                }
                for name, (pixels, _share) in ICONS.items()
                if not name.startswith("apple")
            ],
            "shortcuts": [
                {"name": _("Find something to do"), "url": reverse("find")},
                {"name": _("Help to take part"), "url": reverse("support-index")},
            ],
        }
    return JsonResponse(
        facts,
        json_dumps_params={"ensure_ascii": False},
        content_type="application/manifest+json; charset=utf-8",
        headers={"Cache-Control": "public, max-age=3600"},
    )


def icon_address(name: str, colour: str) -> str:
    """The address of an icon in a colour: another colour is another address."""
    return reverse("app-icon", args=[name, colour.lstrip("#").lower()])


def app_icon(request: HttpRequest, name: str, colour: str) -> HttpResponse:
    """An icon, in the municipality's colour or the product's and no other."""
    if name not in ICONS or f"#{colour}" not in (OWN_COLOUR, colour_of(municipality_of(request)).lower()):
        raise Http404("No such icon.")
    try:
        picture = icon(name, f"#{colour}")
    except Busy:
        return HttpResponse(status=503, headers={"Retry-After": "10", "Cache-Control": "no-store"})
    return HttpResponse(picture, content_type="image/png", headers={"Cache-Control": "public, max-age=31536000, immutable"})


def app_sign(request: HttpRequest, colour: str) -> HttpResponse:
    """The sign as a drawing, in the municipality's colour and no other: what stands in the header and on the browser's tab."""
    if f"#{colour}" != colour_of(municipality_of(request)).lower():
        raise Http404("No such sign.")
    return HttpResponse(
        logo(f"#{colour}"), content_type="image/svg+xml", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


def sign_address(municipality: Municipality | None) -> str:
    """Where the sign is: the built file, or the drawing in the municipality's own colour."""
    colour = colour_of(municipality) if municipality else OWN_COLOUR
    return asset("logo.svg") if colour == OWN_COLOUR else reverse("app-sign", args=[colour.lstrip("#").lower()])


def usual_icon(request: HttpRequest, name: str) -> HttpResponse:
    """Where browsers and phones look for an icon without asking the page."""
    response: HttpResponse = HttpResponseRedirect(icon_address(name, colour_of(municipality_of(request))))
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def offline(request: HttpRequest) -> HttpResponse:
    """What is shown when there is no network."""
    municipality_of(request)
    response = render(request, "reach/offline.html")
    response["Cache-Control"] = "no-cache"
    return response


def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker, with what it keeps written into it."""
    municipality = municipality_of(request)
    if settings.DEBUG:
        manifest.cache_clear()
    site = {
        "version": version(municipality),
        "files": [*(asset(name) for name in KEPT), *({sign_address(municipality)} - {asset("logo.svg")})],
        "offline": {code: f"/{code}/offline/" for code in municipality.languages},
        "built": f"{settings.STATIC_URL}portal/build/",
    }
    body = f"const SITE={json.dumps(site)};\n".encode() + (BUILD / manifest()["sw.js"]).read_bytes()
    return HttpResponse(
        body,
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )


def version(municipality: Municipality) -> str:
    """A hash of everything that the kept pages show."""
    own = f"{municipality.name}|{municipality.languages}|{municipality.checked_languages}|{colour_of(municipality)}"
    return hashlib.sha256(f"{own}|{product_version()}".encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def product_version() -> str:
    """A hash of the built files, the texts of the interface and the templates; made once in a process."""
    found = hashlib.sha256()
    base = settings.BASE_DIR
    for path in (
        BUILD / "manifest.json",
        *sorted((base / "locale").rglob("*.po")),
        *sorted((base / "templates").rglob("*.html")),
    ):
        found.update(path.read_bytes())
    return found.hexdigest()
