"""What the card's pages on a telephone ask: below `/api/v1/wallet/`, JSON both ways, for no other site and kept by nobody.

    look       what a printed card holds, or one that another telephone shows      {"code"}
    add        put it on this telephone                                            {"code", "auth_hash", "clip_key"}
    cards      all that this telephone holds                                       GET
    use        use it by a press on the telephone                                  {"key", "card", "offer", "count", "people"}
    asked      whether a use whose answer was lost was counted                     {"key", "card"}
    transfer   a code for one more telephone                                       {"card"}
    off        take a card off this telephone                                      {"card"}

An answer is {"status": "ok", …} or {"status": "refused", "reason", "message"}: 404 what this telephone has no part in, 409 what a
rule refuses, 422 what makes no sense, 429 after too many wrong codes, 503 not just now. What is shown comes as
HTML in the language asked for.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import TextChoices
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from cards.ledger.keys import KeyLost, kept_key
from cards.offers.actions import WhyNotKey, redeem
from cards.offers.models import Offer, Redemption
from cards.offers.rules import WhyNot
from cards.offers.states import UseWay
from cards.programmes.models import Wallet
from cards.programmes.wallets import (
    TRANSFER_LASTS,
    WhyNotCarry,
    activate,
    cards_here,
    offer_transfer,
    take_off,
    take_transfer,
    transfer_of,
)
from portal.kit.refusals import Refused
from portal.languages import interface_of
from portal.middleware import is_unavailable
from portal.till.api import WhyNotAsked
from portal.till.guessing import WhyNotTry
from portal.wallet.guessing import Guess
from portal.wallet.reading import card_on, card_shown, cards_of, code_of, read_bytes, reader_of, wallet_asking
from portal.wallet.showing import Reader, Ticket, done_of, tickets_of

log = logging.getLogger("portal.wallet")

KEY = re.compile(r"[0-9A-Za-z-]{8,48}", re.ASCII)
MOST_AT_ONCE = 999
STATUS: dict[str, int] = {
    WhyNotCarry.UNKNOWN: 404,
    WhyNotCarry.MALFORMED: 422,
    WhyNotKey.KNOWN: 422,
    WhyNotTry.MANY: 429,
    WhyNotAsked.BUSY: 503,
}
Asked = dict[str, Any]
Answer = dict[str, Any]
View = Callable[[HttpRequest, Asked, Reader], Answer]


def wallet_api(method: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """One question: its method, its JSON, its language, and a refusal as an answer."""

    def wrap(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            if request.method != method:
                return sealed(JsonResponse({"status": "refused", "reason": "method", "message": ""}, status=405))
            try:
                reader = reader_of(request)
            except Http404:
                return refused(WhyNotCarry.UNKNOWN)
            with translation.override(reader.lang):
                try:
                    return sealed(JsonResponse({"status": "ok"} | view(request, asked_in(request), reader)))
                except Refused as no:
                    return refused(no.reason, str(no))
                except KeyLost as fault:
                    log.error("%s", fault)
                    return refused(WhyNotAsked.BUSY)
                except (OperationalError, InterfaceError, OSError) as fault:
                    if not is_unavailable(fault):
                        raise
                    log.error("Not available: %s: %s", type(fault).__name__, fault)
                    return refused(WhyNotAsked.BUSY)

        return csrf_exempt(answer)  # there is no session that another site could borrow

    return wrap


def sealed(response: HttpResponse) -> HttpResponse:
    """For whoever asked, and nobody in between."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def refused(reason: TextChoices, message: str = "") -> HttpResponse:
    body = {"status": "refused", "reason": reason.value, "message": message or str(reason.label)}
    return sealed(JsonResponse(body, status=STATUS.get(reason, 409)))


def asked_in(request: HttpRequest) -> Asked:
    """The question. A form of another site cannot send JSON, so nothing else is read."""
    if request.method == "GET":
        return {}
    try:
        asked = json.loads(request.body) if request.content_type == "application/json" else None
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Refused(WhyNotCarry.MALFORMED)
    return asked


def ticket_html(tickets: list[Ticket], reader: Reader) -> str:
    """The cards as they are shown; kept by the telephone for when there is no network."""
    around = {"interface_lang": interface_of(reader.lang)}
    return "".join(render_to_string("wallet/ticket.html", {"ticket": ticket, **around}) for ticket in tickets)


# ── questions ───────────────────────────────────────────────────────────────────────────────────────────────
@wallet_api("POST")
def look(request: HttpRequest, asked: Asked, reader: Reader) -> Answer:
    with Guess(request, reader.at):
        code = code_of(asked.get("code"))
        card, held = card_shown(code, wallet_asking(request), reader)
    transfer = transfer_of(code, reader.at) is not None
    return {"held": held, "transfer": transfer, "html": ticket_html(tickets_of([card], reader, on_phone=False), reader)}


@wallet_api("POST")
def add(request: HttpRequest, asked: Asked, reader: Reader) -> Answer:
    auth_hash, clip_key = read_bytes(asked.get("auth_hash")), read_bytes(asked.get("clip_key"))
    if auth_hash is None or clip_key is None:
        raise Refused(WhyNotCarry.MALFORMED)
    with Guess(request, reader.at):
        code = code_of(asked.get("code"))
        deed = take_transfer if transfer_of(code, reader.at) else activate
        card = deed(code=code, auth_hash=auth_hash, clip_key=clip_key, at=reader.at, among=cards_here(reader.municipality))
    return {"card": card.public_id}


@wallet_api("GET")
def cards(request: HttpRequest, asked: Asked, reader: Reader) -> Answer:
    tickets = tickets_of(cards_of(wallet_asking(request), reader), reader, on_phone=True)
    return {
        "now": int(reader.at.timestamp() * 1000),
        "html": ticket_html(tickets, reader),
        "cards": [
            {
                "number": ticket.number,
                "name": str(ticket.name),
                "valid_to": ticket.valid_to.isoformat(),
                "over": bool(ticket.refusal),
            }
            for ticket in tickets
        ],
    }


@wallet_api("POST")
def use(request: HttpRequest, asked: Asked, reader: Reader) -> Answer:
    card = card_on(wallet_asking(request), asked.get("card"), reader)
    programme = card.batch.card_type.year.programme_id
    which = number(asked.get("offer"), most=2**62)
    offer = Offer.objects.filter(pk=which, agreement__programme=programme).select_related("agreement__provider").first()
    if offer is None:
        raise Refused(WhyNot.OFFER_CLOSED)
    amount = None if asked.get("amount_ore") is None else number(asked["amount_ore"], most=10**9)
    used = redeem(
        key=key_of(asked),
        card=card,
        offer=offer,
        way=UseWay.TAP,
        at=reader.at,
        clips=number(asked.get("count", 1)),
        people=number(asked.get("people", 1)),
        amount_ore=amount,
    )
    if used.undone:
        raise Refused(WhyNot.ALREADY_UNDONE)
    done = done_of(used, reader)
    html = render_to_string("wallet/done.html", {"done": done, "interface_lang": interface_of(reader.lang)}) if done else ""
    return {"redemption": used.mark, "left": used.left, "html": html}


@wallet_api("POST")
def asked_before(request: HttpRequest, asked: Asked, reader: Reader) -> Answer:
    card = card_on(wallet_asking(request), asked.get("card"), reader)
    told = Redemption.objects.filter(key=kept_key(key_of(asked)), allowance__card=card, reversal=None)
    return {"counted": told.exists()}


@wallet_api("POST")
def transfer(request: HttpRequest, asked: Asked, reader: Reader) -> Answer:
    wallet = wallet_asking(request)
    card = card_on(wallet, asked.get("card"), reader)
    return {
        "code": offer_transfer(wallet=known(wallet), card=card, at=reader.at),
        "seconds": int(TRANSFER_LASTS.total_seconds()),
    }


@wallet_api("POST")
def off(request: HttpRequest, asked: Asked, reader: Reader) -> Answer:
    wallet = wallet_asking(request)
    take_off(wallet=known(wallet), card=card_on(wallet, asked.get("card"), reader), at=reader.at)
    return {}


def known(wallet: Wallet | None) -> Wallet:
    if wallet is None:
        raise Refused(WhyNotCarry.UNKNOWN)
    return wallet


def key_of(asked: Asked) -> str:
    """The key of a press, as the journal keeps it: no till can have sent the same."""
    key = asked.get("key")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise Refused(WhyNotCarry.MALFORMED)
    return f"tap:{key}"


def number(value: object, most: int = MOST_AT_ONCE) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Refused(WhyNotCarry.MALFORMED)
    return value
