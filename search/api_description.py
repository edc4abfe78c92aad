"""The API in OpenAPI 3.1. Tests hold the answers to it."""

from typing import Any

from search.query import DEFAULT_WITHIN, KINDS, MAX_TEXT, PAGE_SIZE, SORTS

_TEXT = {"type": "string"}
_MAYBE_INT = {"type": ["integer", "null"]}
_POINT = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2, "description": "latitude, longitude"}
_MAYBE_POINT = {**_POINT, "type": ["array", "null"]}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [name for name in properties if name not in optional]}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str, description: str, schema: dict[str, Any], *, many: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "in": "query", "description": description, "schema": _list(schema) if many else schema}
    return made | ({"style": "form", "explode": True} if many else {})


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "200": {"description": "OK", "headers": {"ETag": {"schema": _TEXT}}, "content": {"application/json": {"schema": schema}}},
        "304": {"description": "Nothing has changed since the ETag sent as If-None-Match."},
    }


QUESTION = [
    _parameter("q", f"Words, at most {MAX_TEXT} characters. All must be found; the last may be unfinished.", _TEXT),
    _parameter("kind", "Kind of listing.", {"type": "string", "enum": list(KINDS)}, many=True),
    _parameter("category", "Category; a parent includes its children.", _TEXT, many=True),
    _parameter("target", "Target group.", _TEXT, many=True),
    _parameter("adapted", "Adaptation.", _TEXT, many=True),
    _parameter("district", "Neighbourhood or school catchment.", _TEXT, many=True),
    _parameter(
        "age", "Age in years; an unknown limit counts as open.", {"type": "integer", "minimum": 0, "maximum": 120}, many=True
    ),
    _parameter("free", "1: only what is free.", {"type": "string", "enum": ["1"]}),
    _parameter("maxprice", "Highest price in kroner; what has no known price is left out.", {"type": "integer", "minimum": 0}),
    _parameter("spoken", "Language spoken there.", _TEXT, many=True),
    _parameter("weekday", "1 Monday to 7 Sunday.", {"type": "integer", "minimum": 1, "maximum": 7}, many=True),
    _parameter("volunteers", "1: only where volunteers are wanted.", {"type": "string", "enum": ["1"]}),
    _parameter("season", "Programme, such as a holiday programme.", _TEXT, many=True),
    _parameter("card", "1: only where a card can be used now; or the short name of a programme.", _TEXT, many=True),
    _parameter("municipality", "Four digits; the host's own when left out; all for everywhere.", _TEXT, many=True),
    _parameter("near", "lat,lon, or a postcode, place or street known here.", _TEXT),
    _parameter("within", f"Kilometres around near, edge included; {DEFAULT_WITHIN:g} when left out.", {"type": "number"}),
    _parameter("lang", "Language of titles and labels; the municipality's first when left out.", _TEXT),
]
ORDER = [
    _parameter("sort", "Order; nearest first when near stands without words.", {"type": "string", "enum": list(SORTS)}),
    _parameter("page", f"Page, {PAGE_SIZE} hits on each; one too high gives the last.", {"type": "integer", "minimum": 1}),
]
MAP = [
    _parameter("bbox", "west,south,east,north in degrees.", _TEXT),
    _parameter(
        "zoom", "Zoom of the map, 0 to 22; decides how points are gathered.", {"type": "integer", "minimum": 0, "maximum": 22}
    ),
]

_RESULT = {
    "id": _TEXT,
    "kind": {"type": "string", "enum": list(KINDS)},
    "slug": _TEXT,
    "url": {"type": "string", "description": "Path on this host; a whole address where the listing is another municipality's."},
    "title": _TEXT,
    "lang": {"type": "string", "description": "The language of the title."},
    "summary": _TEXT,
    "categories": _list(_TEXT),
    "free": {"type": ["boolean", "null"]},
    "price": {"type": ["number", "null"], "description": "Kroner."},
    "adapted": _list(_TEXT),
    "age_from": _MAYBE_INT,
    "age_to": _MAYBE_INT,
    "district": {"type": ["string", "null"]},
    "point": _MAYBE_POINT,
    "distance_km": {"type": ["number", "null"]},
}
_MAYBE_TEXT = {"type": ["string", "null"]}

SCHEMAS: dict[str, Any] = {
    "Notice": _object({"param": _TEXT, "value": _TEXT, "message": _TEXT}),
    "FacetValue": _object({"value": _TEXT, "label": _TEXT, "count": {"type": "integer"}}),
    "Result": _object(_RESULT),
    "Search": _object(
        {
            "total": {"type": "integer"},
            "page": {"type": "integer"},
            "pages": {"type": "integer"},
            "engine": _TEXT,
            "took_ms": {"type": "number"},
            "results": _list(_ref("Result")),
            "facets": {"type": "object", "additionalProperties": _list(_ref("FacetValue"))},
            "did_you_mean": _MAYBE_TEXT,
            "notices": _list(_ref("Notice")),
        }
    ),
    "Points": _object(
        {
            "total": {"type": "integer"},
            "points": _list(_object({"id": _TEXT, "kind": _TEXT, "title": _TEXT, "url": _TEXT, "point": _POINT})),
            "clusters": _list(_object({"point": _POINT, "count": {"type": "integer"}})),
            "notices": _list(_ref("Notice")),
        }
    ),
    "Suggestions": _object(
        {
            "suggestions": _list(
                _object({"label": _TEXT, "value": _TEXT, "lang": _TEXT, "hint": _TEXT, "url": _TEXT}, ("lang", "hint", "url"))
            ),
            "notices": _list(_ref("Notice")),
        }
    ),
    "Listing": _object(
        {
            **_RESULT,
            "in_short": {
                "type": "object",
                "additionalProperties": _TEXT,
                "description": "In words, in `lang`, where known: by, who, when, where, price.",
            },
            "description": _TEXT,
            "description_lang": _TEXT,
            "languages": _list(_TEXT),
            "targets": _list(_TEXT),
            "districts": _list(_TEXT),
            "spoken": _list(_TEXT),
            "volunteers_wanted": {"type": "boolean"},
            "municipality": _TEXT,
            "address": _TEXT,
            "points": _list(_POINT),
            "precision": {**_MAYBE_TEXT, "description": "How well the listing's own position is known."},
            "website": _TEXT,
            "contact": {"type": "object", "additionalProperties": _TEXT},
            "sessions": _list(
                _object(
                    {
                        "weekday": _MAYBE_INT,
                        "date": _MAYBE_TEXT,
                        "starts": _MAYBE_TEXT,
                        "ends": _MAYBE_TEXT,
                        "weeks": _TEXT,
                        "first_day": _MAYBE_TEXT,
                        "last_day": _MAYBE_TEXT,
                        "cancelled": _list(_TEXT),
                    }
                )
            ),
            "offers": {
                **_list(
                    _object(
                        {
                            "programme": _TEXT,
                            "programme_name": _TEXT,
                            "title": _TEXT,
                            "lang": {"type": "string", "description": "The language of the title."},
                            "note": _TEXT,
                            "valid_from": _TEXT,
                            "valid_to": _TEXT,
                            "conditions": {"type": "object", "description": "As data; what does not limit is left out."},
                            "conditions_in_words": _list(_TEXT),
                            "companions": {"type": "integer"},
                            "companion_clips": {"type": "integer"},
                        }
                    )
                ),
                "description": "What one gets for an activity card, today.",
            },
            "provider": _MAYBE_TEXT,
            "confirmed_at": _MAYBE_TEXT,
            "source": _TEXT,
            "source_date": _MAYBE_TEXT,
            "notices": _list(_ref("Notice")),
        }
    ),
}


_more: list[dict[str, Any]] = []


def describe_also(**parts: Any) -> None:
    """What stands above the search adds its own: `paths`, `schemas`, `security`."""
    _more.append(parts)


def describe_api(server: str) -> dict[str, Any]:
    """The description, for the host that was asked."""
    described = _describe(server)
    for parts in _more:
        described["paths"] |= parts["paths"]
        described["components"]["schemas"] = described["components"]["schemas"] | parts["schemas"]
        described["components"].setdefault("securitySchemes", {}).update(parts["security"])
    return described


def _describe(server: str) -> dict[str, Any]:
    many = (
        "Repeating a parameter means any of these; different parameters mean and. What makes no sense is left out with a notice."
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Frittfram",
            "version": "1",
            "description": many,
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": server}],
        "paths": {
            "/search": {
                "get": {
                    "operationId": "search",
                    "summary": "Hits, with counts for all choices.",
                    "parameters": QUESTION + ORDER,
                    "responses": _answer(_ref("Search")),
                }
            },
            "/points": {
                "get": {
                    "operationId": "points",
                    "summary": "Every hit that has a place; gathered into clusters above 2,000.",
                    "parameters": QUESTION + MAP,
                    "responses": _answer(_ref("Points")),
                }
            },
            "/suggest": {
                "get": {
                    "operationId": "suggest",
                    "summary": "Suggestions while writing.",
                    "parameters": [QUESTION[0], QUESTION[-1]],
                    "responses": _answer(_ref("Suggestions")),
                }
            },
            "/listings/{kind}/{slug}": {
                "get": {
                    "operationId": "listing",
                    "summary": "One listing.",
                    "parameters": [
                        {"name": "kind", "in": "path", "required": True, "schema": {"type": "string", "enum": list(KINDS)}},
                        {"name": "slug", "in": "path", "required": True, "schema": _TEXT},
                        _parameter("municipality", "Four digits; the host's own when left out.", _TEXT),
                        QUESTION[-1],
                    ],
                    "responses": _answer(_ref("Listing")) | {"404": {"description": "There is no such listing."}},
                }
            },
        },
        "components": {"schemas": SCHEMAS},
    }
