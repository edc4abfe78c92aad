"""The page of the till, its state, and how a browser becomes one. No cookie, no session: the browser keeps its own token."""

from __future__ import annotations

import json
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from cards.offers.conditions import day_of
from cards.offers.models import Device, Offer
from cards.offers.rules import offer_facts, words_of
from cards.offers.tills import PRACTICE_CODE, Enrolled, WhyNotTill, enrol, revoke, see
from directory.listings.loading import municipality_of
from directory.reports.tokens import why_not_origin
from portal.accounts.limits import HOUR, Limit, take_from
from portal.kit.refusals import Refused
from portal.kit.texts import Text, best
from portal.till.loading import till_of
from portal.till.queries import last_uses, offers_at, running_out, uses_of_till
from portal.till.words import let_in_words, people_words, reasons, said_by_script

TRIED_ENROLLING = Limit("till-enrol", 30, HOUR)
SCANNER = {"script-src": ["'wasm-unsafe-eval'"]}  # the reader of QR codes, where the browser has none of its own
NO_STORE = {"Cache-Control": "no-store"}
LONGEST = 200  # of what is sent to enrol
MOST_IN_WORDS = 100  # people


@require_GET
@csp_update(SCANNER)
def till(request: HttpRequest) -> HttpResponse:
    """One field and the camera; everything else comes to the browser that proves to be a till."""
    municipality_of(request)
    context = {
        "said": said_by_script(),
        "reasons": reasons(),
        "settings": {
            "state": reverse("till-state"),
            "enrol": reverse("till-enrol"),
            "leave": reverse("till-leave"),
            "redeem": reverse("api-till-redeem"),
            "undo": reverse("api-till-undo"),
            "offers": reverse("api-till-offers"),
            "tell": reverse("api-till-tell"),
            "practice": PRACTICE_CODE,
        },
    }
    response = render(request, "till/till.html", context)
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """What a till shows: its name, the offers of today, what is running out, what it may still take back."""
    device = till_of(request)
    if device is None:
        return JsonResponse({"reason": "device"}, status=401, headers=NO_STORE)
    at = timezone.now()
    see(device=device, day=day_of(at))
    order = municipality_of(request).order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    offers = offers_at(device.provider, at)
    facts = {
        "till": device.name,
        "provider": said(best(device.provider, "name", order)),
        "at": at.isoformat(),
        "offers": [offer_said(offer, order) for offer in offers],
        "warnings": [{"title": said(scarce.title), "text": scarce.text} for scarce in running_out(offers, at)],
        "uses": [
            {
                "mark": use.mark,
                "title": said(use.title),
                "people": people_words(use.people),
                "how": use.how,
                "clock": use.clock,
                "until": use.until.isoformat(),
                "undone": use.undone,
            }
            for use in last_uses(uses_of_till(device), at, order)
        ],
    }
    return JsonResponse(facts, json_dumps_params={"ensure_ascii": False}, headers=NO_STORE)


def said(text: Text | str) -> dict[str, str]:
    """A text and its language."""
    return {"text": str(text), "lang": getattr(text, "lang", ""), "dir": getattr(text, "dir", "")}


def offer_said(offer: Offer, order: list[str]) -> dict[str, Any]:
    """An offer as the counter knows it."""
    return {
        "id": offer.pk,
        "title": said(offer.text("title", order)),
        "let_in": said(let_in_words(offer, order)),
        "most_people": 1 + offer.companions,
        "people": [people_words(number) for number in range(1, min(2 + offer.companions, MOST_IN_WORDS))],
        "conditions": words_of(offer),
        "facts": offer_facts(offer),
        "offline": offer.agreement.offline_allowed and not offer.deals_codes,
    }


@csrf_exempt  # no cookie here: the code of the invitation and the Origin check do its work
@require_POST
def enrol_till(request: HttpRequest) -> HttpResponse:
    """Make the browser that asks a till. What it proves itself with is told once, here."""
    municipality, at = municipality_of(request), timezone.now()
    if why_not_origin(request) is not None:
        return refused(WhyNotTill.INVITATION, 403)
    if not take_from(TRIED_ENROLLING, request, at):
        return JsonResponse({"reason": "many", "message": _("Too many tries. Wait an hour.")}, status=429, headers=NO_STORE)
    try:
        found = enrol(invitation_token=code_of(request), at=at, municipality=municipality)
    except Refused as no:
        return refused(no.reason, 409)
    return JsonResponse(enrolled(found, request), headers=NO_STORE)


@csrf_exempt  # nobody but the till itself has what this asks for
@require_POST
def leave_till(request: HttpRequest) -> HttpResponse:
    """The browser that asks is a till no more."""
    device = till_of(request)
    if device is None:
        return JsonResponse({"reason": "device"}, status=401, headers=NO_STORE)
    revoke(device=device, by=None, at=timezone.now())
    return JsonResponse({}, headers=NO_STORE)


def code_of(request: HttpRequest) -> str:
    """The code that was sent; empty for anything that is none."""
    if len(request.body) > LONGEST:
        return ""
    try:
        sent = json.loads(request.body)
    except ValueError:
        return ""
    code = sent.get("code") if isinstance(sent, dict) else ""
    return code if isinstance(code, str) else ""


def enrolled(found: Enrolled, request: HttpRequest) -> dict[str, Any]:
    device: Device = found.device
    order = municipality_of(request).order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    return {"token": found.token, "till": device.name, "provider": said(best(device.provider, "name", order))}


def refused(reason: Any, status: int) -> HttpResponse:
    return JsonResponse({"reason": reason.value, "message": str(reason.label)}, status=status, headers=NO_STORE)
