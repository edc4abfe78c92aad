"""What tills and ticketing systems send, below `/api/v1/till/`: JSON both ways, `Authorization: Bearer` and the till's token.

    redeem   use a card            {"key", "code", "offer", "count", "people", "amount_ore"}
    undo     take a use back       {"key", "redemption"}
    offers   GET: what is offered here · POST {"code"}: what this card can be used for, without using it

An answer is {"status": "ok", …}, {"status": "reversed", …} for a key whose use was taken back since, or {"status": "refused",
"reason", "message"}: 401 no till, 409 a rule says no, 422 what makes no sense or a key that stands for something else, 429 after
too many wrong codes, 503 not just now: send it again with the same key. Codes stand in no log and in no answer.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from cards.ledger.codes import code_in
from cards.ledger.keys import KeyLost
from cards.offers import rules
from cards.offers.actions import ASKED_OF_OFFER, Use, WhyNotKey, count_refusal, redeem_shown, undo
from cards.offers.conditions import day_of, read
from cards.offers.finding import Found, find_card, why_not_fresh
from cards.offers.finding import offers_at as choices_at
from cards.offers.models import Device, Offer, Redemption
from cards.offers.rules import WhyNot
from cards.offers.tills import TOKEN, hash_token, is_practice, see
from cards.programmes.states import Unit
from portal.kit.refusals import Refused, refuse_if
from portal.kit.statements import Question, asked_often
from portal.languages import best_for
from portal.middleware import is_unavailable
from portal.till.guessing import WhyNotTry, count_wrong, refuse_guessers
from portal.till.loading import BEARER
from portal.till.queries import offers_at

log = logging.getLogger("portal.till")

KEY = re.compile(r"[0-9A-Za-z_-]{8,64}", re.ASCII)
MARK = re.compile(r"[0-9A-Za-z_-]{1,22}", re.ASCII)
PRACTICE = "practice"  # the number of the use when a card to practise with was shown; nothing is written of it
LONGEST = 10_000  # of a question
LONGEST_CODE = 300  # a printed picture holds an address
MOST_AT_ONCE = 999
MOST_ORE = 10**9
HIGHEST = 2**62

Asked = dict[str, Any]
Answer = dict[str, Any]
View = Callable[[HttpRequest, Asked, Device, datetime], Answer]


class WhyNotAsked(TextChoices):
    """What is wrong with the question, before any card is looked at."""

    DEVICE = "device", _("This till is not known, or has been stopped. Make a new code on your pages, under “Tills”.")
    BODY = "body", _("This question cannot be read. See the description of the API.")
    METHOD = "method", _("This address is asked in another way. See the description of the API.")
    BUSY = "busy", _("Just a moment: send this again as it is. It is never counted twice.")


STATUS: dict[str, int] = {
    WhyNotAsked.DEVICE: 401,
    WhyNotAsked.METHOD: 405,
    WhyNotAsked.BODY: 422,
    WhyNot.MALFORMED: 422,
    WhyNotKey.KNOWN: 422,
    WhyNotTry.MANY: 429,
    WhyNotAsked.BUSY: 503,
}
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"  # what is answered is read by programs alone
HEADERS: dict[str, dict[str, str]] = {
    WhyNotAsked.DEVICE: {"WWW-Authenticate": "Bearer"},
    WhyNotAsked.BUSY: {"Retry-After": "1"},
}


def till_api(**views: View) -> Callable[[HttpRequest], HttpResponse]:
    """One address: who asks, what is asked, in which language, and a refusal as an answer."""

    def answer(request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        with translation.override(language_of(request)):
            try:
                if request.method not in views:
                    raise Refused(WhyNotAsked.METHOD)
                device = device_of(request, at)
                return sealed(JsonResponse(views[request.method](request, asked_in(request), device, at)))
            except Refused as no:
                return refused(no.reason, ", ".join(views))
            except KeyLost as fault:  # nobody's card is turned away for good because a file is missing
                log.error("%s", fault)
                return refused(WhyNotAsked.BUSY)
            except (OperationalError, InterfaceError, OSError) as fault:
                if not is_unavailable(fault):
                    raise
                log.error("Not available: %s: %s", type(fault).__name__, fault)
                return refused(WhyNotAsked.BUSY)

    return csrf_exempt(wraps(next(iter(views.values())))(answer))  # no cookie says who asks, so no other site can borrow one


def sealed(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Content-Language"] = translation.get_language()
    response["Content-Security-Policy"] = NO_PAGE
    return response


def refused(reason: TextChoices, allowed: str = "") -> HttpResponse:
    body = {"status": "refused", "reason": reason.value, "message": str(reason.label)}
    response = JsonResponse(body, status=STATUS.get(reason, 409), headers=HEADERS.get(reason))
    if reason == WhyNotAsked.METHOD:
        response["Allow"] = allowed
    return sealed(response)


def language_of(request: HttpRequest) -> str:
    """The language of the sentences: the one asked for, as far as the municipality has it."""
    municipality = getattr(request, "municipality", None)
    return best_for(request.headers.get("Accept-Language", "")[:200], municipality.languages if municipality else ["nb", "en"])


# ── the question ────────────────────────────────────────────────────────────────────────────────────────────


def device_of(request: HttpRequest, at: datetime) -> Device:
    """The till that asks, at its own municipality's address. What it is called is not fetched: a till is busy."""
    header = request.headers.get("Authorization", "")
    token = header.removeprefix(BEARER) if header.startswith(BEARER) else ""
    municipality = getattr(request, "municipality", None)
    if municipality is None or not TOKEN.fullmatch(token):
        raise Refused(WhyNotAsked.DEVICE)
    device: Device | None = tills_with.first(token_hash=hash_token(token), municipality=municipality.pk)
    if device is None:
        raise Refused(WhyNotAsked.DEVICE)
    if device.seen_on != day_of(at):
        see(device=device, day=day_of(at))
    return device


@asked_often(token_hash=bytes, municipality=int)
def tills_with(token_hash: bytes, municipality: int) -> QuerySet[Device]:
    rows = Device.objects.filter(token_hash=token_hash, revoked_at=None, provider__municipality=municipality)
    return rows.select_related("provider").only("provider", "seen_on", "provider__municipality").order_by()


def asked_in(request: HttpRequest) -> Asked:
    """The question; refused where it is none."""
    if request.method == "GET":
        return {}
    length = str(request.META.get("CONTENT_LENGTH") or 0)
    try:
        asked = json.loads(request.body) if length.isdecimal() and int(length) <= LONGEST else None  # longer ones are not read
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Refused(WhyNotAsked.BODY)
    return asked


def text_in(asked: Asked, name: str, form: re.Pattern[str]) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Refused(WhyNotAsked.BODY)
    return value


def number_in(asked: Asked, name: str, default: int | None = None, most: int = MOST_AT_ONCE) -> int:
    value = asked.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
        raise Refused(WhyNotAsked.BODY)
    return value


def code_asked(asked: Asked) -> str:
    value = asked.get("code")
    if not isinstance(value, str) or not value or len(value) > LONGEST_CODE:
        raise Refused(WhyNotAsked.BODY)
    return value


def offer_of(device: Device, asked: Asked, order: list[str]) -> Offer:
    """An offer of the till's own provider. Those of others are as unknown as those that nobody has."""
    asked_for = offers_with_texts(tuple(order))
    offer: Offer | None = asked_for.first(pk=number_in(asked, "offer", most=HIGHEST), provider=device.provider_id)
    if offer is None:
        raise Refused(WhyNot.OTHER_PROVIDER)
    return offer


@lru_cache(maxsize=100)
def offers_with_texts(order: tuple[str, ...]) -> Question[Offer]:
    """An offer with what is told of it in some languages."""

    @asked_often(pk=int, provider=int)
    def offers(pk: int, provider: int) -> QuerySet[Offer]:
        texts = [f"{name}_{lang}" for name in ("title", "let_in") for lang in order]
        rows = Offer.objects.filter(pk=pk, agreement__provider=provider).select_related("agreement__provider")
        return rows.only(*ASKED_OF_OFFER, *texts).order_by()

    return offers


def card_shown(request: HttpRequest, code: str, device: Device, at: datetime) -> Found:
    """The card, for a till that has not guessed too often."""
    refuse_guessers(request, device, at)
    try:
        found = find_card(code, at=at, fresh=False)
        refuse_if((None if serves(device, found) else WhyNot.UNKNOWN) or why_not_fresh(found, at))
    except Refused as no:
        count_refusal(reason=no.reason, provider=device.provider, offer=None, device=device, at=at)
        count_wrong(no.reason, request, device, at)
        raise
    return found


def serves(device: Device, found: Found) -> bool:
    """Whether a till's provider takes part in a card's programme. If not, the card is as unknown as one that nobody has."""
    programme = found.card.batch.card_type.year.programme_id
    return device.provider.card_agreements.filter(programme=programme).exists()


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────


def use_card(request: HttpRequest, asked: Asked, device: Device, at: datetime) -> Answer:
    """Use a card for an offer."""
    order = order_of(request)
    key, code, offer = text_in(asked, "key", KEY), code_asked(asked), offer_of(device, asked, order)
    count, people = number_in(asked, "count", 1), number_in(asked, "people", 1)
    amount = None if asked.get("amount_ore") is None else number_in(asked, "amount_ore", most=MOST_ORE)
    if is_practice(code_in(code)):
        practised = {"status": "ok", "redemption": PRACTICE, "used": 1, "left": 1, "unit": Unit.CLIP}
        return practised | said_of(offer, order) | {"replayed": False, "codes": [], PRACTICE: True}
    refuse_guessers(request, device, at)
    try:
        use = redeem_shown(key=key, shown=code, offer=offer, at=at, device=device, clips=count, people=people, amount_ore=amount)
    except Refused as no:
        count_wrong(no.reason, request, device, at)
        raise
    return told(use) | said_of(offer, order) | {"replayed": use.replayed, "codes": list(use.codes)}


def told(use: Use) -> Answer:
    status = "reversed" if use.undone else "ok"
    counted = {"used": use.used, "left": use.left, "unit": use.answer.get("unit", Unit.CLIP)}
    return {"status": status, "redemption": use.mark} | counted


def order_of(request: HttpRequest) -> list[str]:
    """The languages in which a text is looked for, the one asked for first."""
    return request.municipality.order_for(translation.get_language())  # type: ignore[attr-defined]


def said_of(offer: Offer, order: list[str]) -> Answer:
    """What the counter is told of an offer, in the language asked for."""
    return {"offer": offer.pk, "title": str(offer.text("title", order)), "let_in": str(offer.text("let_in", order))}


def take_back(request: HttpRequest, asked: Asked, device: Device, at: datetime) -> Answer:
    """Take a use back."""
    key, mark = text_in(asked, "key", KEY), text_in(asked, "redemption", MARK)
    if mark == PRACTICE:
        return {"status": "ok", "redemption": PRACTICE, "left": 1, "unit": Unit.CLIP, "replayed": False}
    use = Redemption.objects.filter(mark=mark, provider=device.provider_id).first()
    if use is None:
        raise Refused(WhyNot.NOT_YOURS)
    undone = undo(key=key, redemption=use, by_device=device, at=at)
    return {"status": "ok", "redemption": mark, "left": undone.left, "unit": use.unit, "replayed": undone.replayed}


def list_offers(request: HttpRequest, asked: Asked, device: Device, at: datetime) -> Answer:
    """What is offered at this till's provider today."""
    order = order_of(request)
    return {"status": "ok", "offers": [offer_told(offer, order, at) for offer in offers_at(device.provider, at)]}


def offer_told(offer: Offer, order: list[str], at: datetime) -> Answer:
    reason = rules.why_not_offer(offer, day_of(at)) or rules.why_not_now(read(offer.conditions), at)
    return said_of(offer, order) | {
        "open": reason is None,
        "reason": reason.value if reason else None,
        "message": str(reason.label) if reason else "",
        "conditions": rules.words_of(offer),
        "most_people": 1 + offer.companions,
        "left": None if offer.released is None else offer.released - offer.used,
        "valid_from": offer.valid_from.isoformat(),
        "valid_to": offer.valid_to.isoformat(),
    }


def look_at_card(request: HttpRequest, asked: Asked, device: Device, at: datetime) -> Answer:
    """What a card can be used for here, without using it."""
    found, order = card_shown(request, code_asked(asked), device, at), order_of(request)
    return {
        "status": "ok",
        "offers": [
            said_of(choice.offer, order)
            | {
                "open": choice.is_open,
                "reason": choice.reason.value if choice.reason else None,
                "message": str(choice.reason.label) if choice.reason else "",
                "left": choice.left,
                "unit": choice.allowance.unit,
                "most_people": 1 + choice.offer.companions,
            }
            for choice in choices_at(found.card, device.provider, at)
        ],
    }


redeem_view = till_api(POST=use_card)
undo_view = till_api(POST=take_back)
offers_view = till_api(GET=list_offers, POST=look_at_card)
