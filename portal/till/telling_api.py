"""What a till took without network and tells of later: `POST /api/v1/till/tell`, rules in cards/offers/telling.py.

    {"claims": [{"key", "number", "code", "offer", "count", "people", "amount_ore", "at", "knew"}, …]}
    {"status": "ok", "at", "results": [{"key", "status": ok|disputed|refused, "reason", "message", "redemption", "left"}, …]}

`number` rises with each use the till took, `at` is its own clock, `knew` the server's time (`at` of an answer) it had seen last.
What has no result here was not looked at and is told again; so is everything after any other answer than 200. A till that sent
too many wrong codes is heard to the end of what it may send, then again in an hour.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from cards.offers.models import Device
from cards.offers.telling import Claim, Told, Verdict, tell
from portal.kit.refusals import Refused
from portal.till.api import (
    HIGHEST,
    KEY,
    MOST_ORE,
    Answer,
    Asked,
    WhyNotAsked,
    code_asked,
    number_in,
    text_in,
    till_api,
)
from portal.till.guessing import count_wrong, refuse_guessers

MOST_TOLD = 50  # claims in one question
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{5,15}(Z|[+-]\d\d:?\d\d)", re.ASCII)


def tell_all(request: HttpRequest, asked: Asked, device: Device, at: datetime) -> Answer:
    """Tell of uses taken without network."""
    claims = asked.get("claims")
    if not isinstance(claims, list) or len(claims) > MOST_TOLD or not all(isinstance(claim, dict) for claim in claims):
        raise Refused(WhyNotAsked.BODY)
    keys = [text_in(claim, "key", KEY) for claim in claims]
    readable: list[Claim] = []
    results: dict[str, Answer] = {}
    for key, claim in zip(keys, claims, strict=True):
        try:
            readable.append(claim_in(claim))
        except Refused as no:
            results[key] = result(Told(key, Verdict.REFUSED, no.reason))
    for claim in sorted(readable, key=lambda claim: claim.number):
        try:
            refuse_guessers(request, device, at)
            (told,) = tell(device=device, claims=[claim], at=at)
            results[claim.key] = result(told)
            if told.verdict == Verdict.REFUSED and told.reason is not None:
                count_wrong(told.reason, request, device, at)
        except Refused:
            if not results:
                raise
            break
    return {"status": "ok", "at": at.isoformat(), "results": [results[key] for key in keys if key in results]}


def claim_in(asked: Asked) -> Claim:
    """One claim; refused where it makes no sense."""
    at = moment_in(asked, "at")
    return Claim(
        key=text_in(asked, "key", KEY),
        number=number_in(asked, "number", most=HIGHEST),
        offer=number_in(asked, "offer", most=HIGHEST),
        shown=code_asked(asked),
        at=at,
        knew=at if asked.get("knew") is None else moment_in(asked, "knew"),
        count=number_in(asked, "count", 1),
        people=number_in(asked, "people", 1),
        amount_ore=None if asked.get("amount_ore") is None else number_in(asked, "amount_ore", most=MOST_ORE),
    )


def moment_in(asked: Asked, name: str) -> datetime:
    try:
        moment = parse_datetime(text_in(asked, name, TIME))
    except ValueError:
        moment = None
    if moment is None or not 2000 < moment.year < 9000:
        raise Refused(WhyNotAsked.BODY)
    return moment


def result(told: Told) -> dict[str, Any]:
    return {
        "key": told.key,
        "status": told.verdict.value,
        "reason": told.reason.value if told.reason else None,
        "message": str(told.reason.label) if told.reason else "",
        "redemption": told.mark or None,
        "left": told.left,
    }


tell_view = till_api(POST=tell_all)
