"""The till's part of the OpenAPI document. Tests hold the answers to it."""

from __future__ import annotations

from typing import Any

from cards.offers.actions import WhyNotKey
from cards.offers.rules import WhyNot
from portal.till.api import KEY, MOST_AT_ONCE, MOST_ORE, STATUS, WhyNotAsked
from portal.till.guessing import WhyNotTry
from portal.till.telling_api import MOST_TOLD

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_YES = {"type": "boolean"}
_TIME = {"type": "string", "format": "date-time"}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [name for name in properties if name not in optional]}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _said(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"description": text}


REASONS = [*WhyNot.values, *WhyNotKey.values, *WhyNotAsked.values, *WhyNotTry.values]
_KEY = _said("Random, made by you for this deed and sent again with every retry of it.", _TEXT | {"pattern": f"^{KEY.pattern}$"})
_CODE = _said(
    "What was scanned or typed: the text of a telephone's picture (FF1.…), the address in a printed one, or the printed code.",
    _TEXT | {"maxLength": 300},
)
_UNIT = _said("What `used` and `left` count: clips, or øre.", {"type": "string", "enum": ["clip", "ore"]})
_AT_COUNTER = {
    "offer": _NUMBER,
    "title": _said("What one gets, in the language of Accept-Language.", _TEXT),
    "let_in": _said("One sentence for who stands at the counter; may be empty.", _TEXT),
}
_OPEN = {
    "open": _said("Whether it can be used now.", _YES),
    "reason": {"type": ["string", "null"], "enum": [*WhyNot.values, None]},
    "message": _TEXT,
}

SCHEMAS: dict[str, Any] = {
    "TillUse": _object(
        {
            "key": _KEY,
            "code": _CODE,
            "offer": _said("From /till/offers.", _NUMBER | {"minimum": 1}),
            "count": _said("How many clips.", _NUMBER | {"minimum": 1, "maximum": MOST_AT_ONCE, "default": 1}),
            "people": _said(
                "How many people come in on the card, its holder too. Who comes along costs what the offer says.",
                _NUMBER | {"minimum": 1, "maximum": MOST_AT_ONCE, "default": 1},
            ),
            "amount_ore": _said(
                "Only for cards that hold an amount: what it costs. Left out, the offer's price.",
                {"type": ["integer", "null"], "minimum": 1, "maximum": MOST_ORE},
            ),
        },
        ("count", "people", "amount_ore"),
    ),
    "TillUsed": _object(
        {
            "status": _said(
                "reversed: it was counted under this key, and has been taken back since.", {"enum": ["ok", "reversed"]}
            ),
            "redemption": _said("The number of the use, for /till/undo.", _TEXT),
            "used": _said("What this use took of the card.", _NUMBER),
            "left": _said("What the card then held for this offer.", _NUMBER),
            "unit": _UNIT,
            **_AT_COUNTER,
            "replayed": _said("Whether it had been counted before, under the same key.", _YES),
            "codes": _said("Ready-made codes to hand over (a cinema's, a bus company's).", {"type": "array", "items": _TEXT}),
            "practice": _said("Only for the card to practise with: nothing was counted.", _YES),
        },
        ("practice",),
    ),
    "TillUndo": _object({"key": _KEY, "redemption": _TEXT | {"maxLength": 22}}),
    "TillUndone": _object({"status": {"enum": ["ok"]}, "redemption": _TEXT, "left": _NUMBER, "unit": _UNIT, "replayed": _YES}),
    "TillOffer": _object(
        {
            **_AT_COUNTER,
            **_OPEN,
            "conditions": _said("In words.", {"type": "array", "items": _TEXT}),
            "most_people": _NUMBER,
            "left": _said("Of all there is for now; null: no limit.", {"type": ["integer", "null"]}),
            "valid_from": _TEXT | {"format": "date"},
            "valid_to": _TEXT | {"format": "date"},
        }
    ),
    "TillOffers": _object({"status": {"enum": ["ok"]}, "offers": {"type": "array", "items": _ref("TillOffer")}}),
    "TillLook": _object({"code": _CODE}),
    "TillChoice": _object({**_AT_COUNTER, **_OPEN, "left": _NUMBER, "unit": _UNIT, "most_people": _NUMBER}),
    "TillChoices": _object({"status": {"enum": ["ok"]}, "offers": {"type": "array", "items": _ref("TillChoice")}}),
    "TillClaim": _object(
        {
            "key": _KEY,
            "number": _said("Rises with each use you take without network.", _NUMBER | {"minimum": 1}),
            "code": _CODE,
            "offer": _NUMBER | {"minimum": 1},
            "count": _NUMBER | {"minimum": 1, "maximum": MOST_AT_ONCE, "default": 1},
            "people": _NUMBER | {"minimum": 1, "maximum": MOST_AT_ONCE, "default": 1},
            "amount_ore": {"type": ["integer", "null"], "minimum": 1, "maximum": MOST_ORE},
            "at": _said("When it was taken, by your clock.", _TIME),
            "knew": _said("The server's time (`at` of an answer) you had seen last by then.", _TIME),
        },
        ("count", "people", "amount_ore", "knew"),
    ),
    "TillTell": _object({"claims": {"type": "array", "items": _ref("TillClaim"), "maxItems": MOST_TOLD}}),
    "TillResult": _object(
        {
            "key": _TEXT,
            "status": _said(
                "disputed: kept, and the municipality decides. refused: not proven, or nothing that the card holds.",
                {"enum": ["ok", "disputed", "refused"]},
            ),
            "reason": {"type": ["string", "null"], "enum": [*REASONS, None]},
            "message": _TEXT,
            "redemption": {"type": ["string", "null"]},
            "left": {"type": ["integer", "null"]},
        }
    ),
    "TillTold": _object(
        {
            "status": {"enum": ["ok"]},
            "at": _said("The server's time.", _TIME),
            "results": _said(
                "Of each claim that was looked at. Tell of the others again.", {"type": "array", "items": _ref("TillResult")}
            ),
        }
    ),
    "TillRefused": _object(
        {
            "status": {"enum": ["refused"]},
            "reason": _said(
                "A closed list. Codes that no card has and cards of other programmes have the same.",
                {"type": "string", "enum": REASONS},
            ),
            "message": _said("What to do, in the language of Accept-Language.", _TEXT),
        }
    ),
}

_REFUSALS = {
    401: "No till, or one that was stopped.",
    409: "A rule says no. Nothing was counted; the same key may be sent again and is judged anew.",
    422: "The question makes no sense, or its key stands for something else.",
    429: "Too many wrong codes by this till or from this address within an hour.",
    503: "Not just now. Send it again with the same key.",
}


def _answers(schema: str, refusals: tuple[int, ...] = tuple(_REFUSALS)) -> dict[str, Any]:
    said = {"content": {"application/json": {"schema": _ref("TillRefused")}}}
    named = {
        str(status): said | {"description": f"{_REFUSALS[status]} Reasons: {', '.join(_reasons(status))}."} for status in refusals
    }
    return {"200": {"description": "OK", "content": {"application/json": {"schema": _ref(schema)}}}} | named


def _reasons(status: int) -> list[str]:
    return [reason for reason in REASONS if STATUS.get(reason, 409) == status]


def _asked(operation: str, summary: str, question: str, answer: str) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "security": [{"till": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(question)}}},
        "responses": _answers(answer),
    }


PATHS: dict[str, Any] = {
    "/till/redeem": {"post": _asked("tillRedeem", "Use a card.", "TillUse", "TillUsed")},
    "/till/undo": {"post": _asked("tillUndo", "Take a use back, within ten minutes.", "TillUndo", "TillUndone")},
    "/till/tell": {
        "post": _asked(
            "tillTell",
            "Tell of uses taken without network, where the agreement allows it, in the order in which they were taken.",
            "TillTell",
            "TillTold",
        )
    },
    "/till/offers": {
        "get": {
            "operationId": "tillOffers",
            "summary": "What is offered at this till's provider today.",
            "security": [{"till": []}],
            "responses": _answers("TillOffers", (401, 503)),
        },
        "post": _asked("tillLook", "What a card can be used for here, without using it.", "TillLook", "TillChoices"),
    },
}
SECURITY: dict[str, Any] = {
    "till": {
        "type": "http",
        "scheme": "bearer",
        "description": "What a till was given when it was enrolled (fft_…). It is of one provider and can be stopped.",
    }
}
