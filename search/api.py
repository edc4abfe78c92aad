"""`/api/v1/`: the same answers as the pages, for programs. Open to everybody, from any origin; nothing but GET."""

import hashlib
import math
import re
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from cards.offers.conditions import day_of
from cards.offers.queries import conditions_in_words, shown_for
from directory.municipalities.models import Municipality
from portal.kit.texts import best
from search import analysis
from search.api_description import describe_api
from search.documents import MODELS
from search.engines import get_engine
from search.engines.base import Found
from search.presenters import Paths, card_from, ident, said
from search.query import KINDS, Notice, SearchQuery
from search.questions import question_of
from search.results import PinSet, Results
from search.suggest import suggestions
from search.vocabulary import Vocabulary

# Above this many, the server gathers points into clusters.
MOST_POINTS = 2_000
CELL_PIXELS = 64
_BOX = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,20})?)" + r"\s*,\s*(-?\d{1,3}(?:\.\d{1,20})?)" * 3 + r"\s*\Z", re.ASCII)

View = Callable[..., HttpResponse]


def open_api(view: View) -> View:
    """GET only, from any origin, in the language asked for, and answered with 304 where nothing has changed."""

    @wraps(view)
    def answer(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        if request.method == "OPTIONS":
            return _open(HttpResponse(status=204))
        if request.method not in ("GET", "HEAD"):
            return _open(JsonResponse({"error": "Only GET."}, status=405, headers={"Allow": "GET, HEAD, OPTIONS"}))
        municipality = getattr(request, "municipality", None)
        if municipality is None:
            return _open(JsonResponse({"error": "No municipality answers at this host."}, status=404))
        lang, notices = _language(request, municipality)
        tag = _tag(request, municipality, lang)
        if tag in request.headers.get("If-None-Match", "").replace(" ", "").split(","):
            return _open(HttpResponse(status=304, headers={"ETag": tag}))
        with translation.override(lang):
            response = view(request, municipality, lang, notices, *args, **kwargs)
        response.headers["Content-Language"] = lang
        if response.status_code == 200:
            response.headers["ETag"] = tag
        return _open(response)

    return csrf_exempt(answer)  # so that another method is told what is allowed; nothing here is written


@open_api
def unknown(request: HttpRequest, municipality: Municipality, lang: str, notices: tuple[Notice, ...], rest: str) -> HttpResponse:
    """An address below `/api/v1/` that is not there."""
    return JsonResponse({"error": f"There is no /api/v1/{rest[:100]}. See /api/v1/openapi.json."}, status=404)


def _open(response: HttpResponse) -> HttpResponse:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    response.headers["Access-Control-Max-Age"] = "86400"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _language(request: HttpRequest, municipality: Municipality) -> tuple[str, list[Notice]]:
    first = municipality.languages[0]
    value = analysis.clean(request.GET.get("lang", "")).strip()
    if not value or value in municipality.languages:
        return value or first, []
    with translation.override(first):
        return first, [Notice("lang", value[:100], _("This language is not offered here."))]


def _tag(request: HttpRequest, municipality: Municipality, lang: str) -> str:
    # Weak: `took_ms` differs from one answer to the next.
    seen = f"{get_engine().stamp()}|{analysis.VERSION}|{municipality.pk}|{lang}|{timezone.localdate()}|{request.get_full_path()}"
    return f'W/"{hashlib.sha256(seen.encode("utf-8", "replace")).hexdigest()[:32]}"'


def _notices(notices: Any) -> list[dict[str, str]]:
    return [{"param": n.param, "value": n.value, "message": str(n.message)} for n in notices]


@open_api
def search(request: HttpRequest, municipality: Municipality, lang: str, notices: list[Notice]) -> HttpResponse:
    """A page of hits with counts for everything one may choose."""
    started = time.perf_counter()
    query, more, vocabulary = question_of(request, municipality, lang)
    engine = get_engine()
    answer = engine.search(query)
    found = engine.fetch([hit.seq for hit in answer.hits])
    distances = {hit.seq: hit.distance_m for hit in answer.hits}
    paths = Paths(vocabulary, lang)
    body = {
        "total": answer.total,
        "page": answer.page,
        "pages": answer.pages,
        "engine": engine.name,
        "took_ms": 0.0,
        "results": [_result(doc, lang, paths, query, distances[doc.seq]) for doc in found],
        "facets": _facets(answer, vocabulary),
        "did_you_mean": answer.corrected,
        "notices": _notices([*notices, *more]),
    }
    body["took_ms"] = round((time.perf_counter() - started) * 1000, 1)
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


def _facets(answer: Results, vocabulary: Vocabulary) -> dict[str, list[dict[str, Any]]]:
    facets = {}
    for param, counts in answer.facets.items():
        values = vocabulary.in_order(param, dict(counts))
        facets[param] = [{"value": v, "label": str(vocabulary.label(param, v)), "count": counts[v]} for v in values]
    return facets


def _result(doc: Found, lang: str, paths: Paths, query: SearchQuery, distance_m: int | None) -> dict[str, Any]:
    title = said(doc.names, lang)
    return {
        "id": ident(doc),
        "kind": doc.kind,
        "slug": doc.slug,
        "url": paths.of(doc),
        "title": title.value,
        "lang": title.lang,
        "summary": said(doc.card["summary"], lang).value,
        "categories": doc.card["categories"],
        "free": _free(doc),
        "price": _price(doc),
        "adapted": doc.card["adapted"],
        "age_from": doc.age_from,
        "age_to": doc.age_to,
        "district": doc.card["district"],
        "point": _nearest(doc, query),
        "distance_km": None if distance_m is None else round(distance_m / 1000, 3),
    }


def _free(doc: Found) -> bool | None:
    if "free:1" in doc.codes:
        return True
    return False if doc.card.get("is_free") is False or doc.price is not None else None


def _price(doc: Found) -> float | int | None:
    if "free:1" in doc.codes:
        return 0
    price = doc.card.get("price")
    if price is None:
        return None
    return int(float(price)) if float(price).is_integer() else float(price)


def _nearest(doc: Found, query: SearchQuery) -> list[float] | None:
    if not doc.points:
        return None
    if query.point is None:
        return list(doc.points[0])
    lat, lon = query.point
    squeeze = math.cos(math.radians(lat))
    nearest = min(doc.points, key=lambda p: (p[0] - lat) ** 2 + ((p[1] - lon) * squeeze) ** 2)
    return list(nearest)


# ── points ────────────────────────────────────────────────────────────────────────────────────────


@open_api
def points(request: HttpRequest, municipality: Municipality, lang: str, notices: list[Notice]) -> HttpResponse:
    """Every hit that has a place, for a map."""
    query, more, vocabulary = question_of(request, municipality, lang)
    notices = [*notices, *more]
    engine = get_engine()
    pins = engine.pins(query)
    if box := _box(request, notices):
        pins = pins.inside(*box)
    single = pins
    clusters: list[dict[str, Any]] = []
    if len(pins) > MOST_POINTS:
        single, clusters = _clustered(pins, _zoom(request, notices))
    where = {
        int(s): [round(float(lat), 6), round(float(lon), 6)]
        for s, lat, lon in zip(single.seqs, single.lats, single.lons, strict=True)
    }
    paths = Paths(vocabulary, lang)
    body = {
        "total": len(pins),
        "points": [
            {
                "id": ident(doc),
                "kind": doc.kind,
                "title": said(doc.names, lang).value,
                "url": paths.of(doc),
                "point": where[doc.seq],
            }
            for doc in engine.fetch(list(where), cards=False)
        ],
        "clusters": clusters,
        "notices": _notices(notices),
    }
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


def _box(request: HttpRequest, notices: list[Notice]) -> tuple[float, float, float, float] | None:
    value = analysis.clean(request.GET.get("bbox", "")).strip()
    if not value:
        return None
    if match := _BOX.match(value):
        west, south, east, north = map(float, match.groups())
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
            return west, south, east, north
    notices.append(Notice("bbox", value[:100], _("Write west,south,east,north in degrees.")))
    return None


def _zoom(request: HttpRequest, notices: list[Notice]) -> int:
    value = analysis.clean(request.GET.get("zoom", "")).strip()
    if not value:
        return 10
    if value.isascii() and value.isdigit() and len(value) <= 2 and int(value) <= 22:
        return int(value)
    message = _("Write a whole number from %(low)s to %(high)s.") % {"low": 0, "high": 22}
    notices.append(Notice("zoom", value[:100], message))
    return 10


def _clustered(pins: PinSet, zoom: int) -> tuple[PinSet, list[dict[str, Any]]]:
    """Points that stand alone in their cell of the map, and the others gathered; coarser where there would be too many."""
    sines = np.sin(np.radians(np.clip(pins.lats, -85, 85)))
    across = (pins.lons + 180) / 360
    down = 0.5 - np.log((1 + sines) / (1 - sines)) / (4 * np.pi)
    while True:
        cells = 2**zoom * 256 / CELL_PIXELS
        key = np.floor(across * cells).astype(np.int64) * (1 << 32) + np.floor(down * cells).astype(np.int64)
        _keys, cell, counts = np.unique(key, return_inverse=True, return_counts=True)
        if len(counts) <= MOST_POINTS or zoom == 0:
            break
        zoom -= 1
    lats = np.bincount(cell, pins.lats) / counts
    lons = np.bincount(cell, pins.lons) / counts
    alone = counts[cell] == 1
    clusters = [
        {"point": [round(float(lats[i]), 6), round(float(lons[i]), 6)], "count": int(counts[i])}
        for i in np.flatnonzero(counts > 1)
    ]
    return PinSet(pins.seqs[alone], pins.lats[alone], pins.lons[alone]), clusters


# ── one listing, suggestions, description ─────────────────────────────────────────────────────────


@open_api
def listing(
    request: HttpRequest, municipality: Municipality, lang: str, notices: list[Notice], kind: str, slug: str
) -> HttpResponse:
    """Everything public about one listing."""
    number = analysis.clean(request.GET.get("municipality", "")).strip() or municipality.number
    row = None
    if kind in KINDS:
        rows = MODELS[kind].objects.public().select_related("municipality")  # type: ignore[attr-defined]
        row = rows.filter(municipality__number=number, slug=analysis.clean(slug)).first()
    doc = get_engine().find(kind, row.slug, number) if row else None
    if row is None or doc is None:
        return JsonResponse({"error": _("There is no such listing."), "notices": _notices(notices)}, status=404)
    vocabulary = Vocabulary.cached(municipality, lang, everywhere=number != municipality.number)
    order = row.municipality.order_for(lang)
    card = card_from(doc, lang, timezone.localdate(), url="")
    body = _result(doc, lang, Paths(vocabulary, lang), SearchQuery(), None)
    description = best(row, "description", order)
    body |= {
        "in_short": {name: str(words) for name in ("by", "who", "when", "where", "price") if (words := getattr(card, name))},
        "description": description.value,
        "description_lang": description.lang,
        "languages": [code for code, _name in doc.names],
        "targets": [code.removeprefix("target:") for code in doc.codes if code.startswith("target:")],
        "districts": [code.removeprefix("district:") for code in doc.codes if code.startswith("district:")],
        "spoken": [code.removeprefix("spoken:") for code in doc.codes if code.startswith("spoken:")],
        "volunteers_wanted": row.volunteers_wanted,
        "municipality": number,
        "address": row.address_line,
        "points": [list(point) for point in doc.points],
        "precision": row.point_precision or None,
        "website": row.website,
        "contact": {name: row.contact(name) for name in ("contact_name", "phone", "email") if row.contact(name)},
        "sessions": [
            {"weekday": s[0], "date": s[1], "starts": s[2], "ends": s[3], "weeks": s[4], "first_day": s[6], "last_day": s[7]}
            | {"cancelled": s[8] if len(s) > 8 else []}
            for s in doc.card.get("sessions", [])
        ],
        "offers": _offers(row, order),
        "provider": said(doc.card["by"], lang).value if doc.card.get("by") else None,
        "confirmed_at": row.confirmed_at,
        "source": row.source_name or row.source,
        "source_date": row.source_date,
        "notices": _notices(notices),
    }
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


def _offers(row: Any, order: list[str]) -> list[dict[str, Any]]:
    """What one gets for an activity card. How many are left is not told: it changes with every use."""
    return [
        {
            "programme": offer.agreement.programme.slug,
            "programme_name": offer.agreement.programme.text("name", order).value,
            "title": (title := offer.text("title", order)).value,
            "lang": title.lang,
            "note": offer.text("note", order).value,
            "valid_from": offer.valid_from,
            "valid_to": offer.valid_to,
            "conditions": offer.conditions,
            "conditions_in_words": conditions_in_words(offer),
            "companions": offer.companions,
            "companion_clips": offer.companion_clips,
        }
        for offer in shown_for(row.KIND.value, row.pk, day_of(timezone.now()))
    ]


@open_api
def suggest(request: HttpRequest, municipality: Municipality, lang: str, notices: list[Notice]) -> HttpResponse:
    """What a reader may be about to write."""
    found = suggestions(request.GET.get("q", ""), municipality, lang)
    return JsonResponse({"suggestions": found, "notices": _notices(notices)}, json_dumps_params={"ensure_ascii": False})


@open_api
def openapi(request: HttpRequest, municipality: Municipality, lang: str, notices: list[Notice]) -> HttpResponse:
    """The description of this API in OpenAPI 3.1."""
    server = request.build_absolute_uri(reverse("api-search")).removesuffix("/search")
    return JsonResponse(describe_api(server), json_dumps_params={"ensure_ascii": False})
