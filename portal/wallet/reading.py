"""Who asks, and for which card: loading and authorising for the pages and the API, once.

A telephone proves itself with HKDF(secret, "auth") in the header `Authorization: Wallet …`, never in an address. A proof that
nobody has, a card that is in no such wallet and a card of another municipality's programme are all the same: unknown.
"""

from __future__ import annotations

import base64
import binascii

from django.http import Http404, HttpRequest
from django.utils import timezone

from cards.ledger.codes import code_in, hash_code, read_code
from cards.offers.tills import is_practice
from cards.programmes.models import Card, ProgrammeMember, Wallet
from cards.programmes.states import Medium
from cards.programmes.wallets import WhyNotCarry, cards_here, transfer_of, wallet_of, why_not_carried
from directory.listings.loading import municipality_of
from portal.kit.refusals import Refused, refuse_if
from portal.languages import best_for
from portal.wallet.showing import RELATED, Reader

PROOF_BYTES = 32
SCHEME = "Wallet "


def reader_of(request: HttpRequest) -> Reader:
    """Who reads, in the language of `?lang=`, else of the browser. 404 where the municipality has no card."""
    municipality = municipality_of(request)
    if not ProgrammeMember.objects.filter(municipality=municipality).exists():
        raise Http404("No card here.")
    asked = request.GET.get("lang", "")
    known = asked in municipality.languages
    lang = asked if known else best_for(request.headers.get("Accept-Language", ""), municipality.languages)
    return Reader(municipality, lang, timezone.now())


def read_bytes(text: object, length: int = PROOF_BYTES) -> bytes | None:
    """So many bytes, written base64url without padding; None for anything else."""
    if not isinstance(text, str) or len(text) != -(-length * 4 // 3):
        return None
    try:
        found = base64.b64decode(f"{text}=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == length else None


def wallet_asking(request: HttpRequest) -> Wallet | None:
    """The wallet whose telephone asks; None where it proves nothing."""
    header = request.headers.get("Authorization", "")
    proof = read_bytes(header.removeprefix(SCHEME)) if header.startswith(SCHEME) else None
    return wallet_of(proof) if proof else None


def cards_of(wallet: Wallet | None, reader: Reader) -> list[Card]:
    """The cards on this telephone, in the order they came."""
    if wallet is None:
        raise Refused(WhyNotCarry.UNKNOWN)
    rows = cards_here(reader.municipality).filter(links__wallet=wallet).select_related(RELATED)
    return list(rows.order_by("links__pk").distinct())


def card_on(wallet: Wallet | None, number: object, reader: Reader) -> Card:
    """One card on this telephone."""
    found = next((card for card in cards_of(wallet, reader) if card.public_id == number), None)
    if found is None:
        raise Refused(WhyNotCarry.UNKNOWN)
    return found


def code_of(text: object) -> str:
    """What was typed or scanned, as a code."""
    code = read_code(code_in(text)) if isinstance(text, str) else None
    if code is None:
        raise Refused(WhyNotCarry.MALFORMED)
    refuse_if(WhyNotCarry.PRACTICE if is_practice(code) else None)
    return code


def card_shown(code: str, wallet: Wallet | None, reader: Reader) -> tuple[Card, bool]:
    """The card that a print or another telephone shows, and whether the telephone asking holds it already.

    A print whose card has moved to a telephone shows nothing any more: whoever finds it learns nothing.
    """
    here = cards_here(reader.municipality).select_related(RELATED)
    transfer = transfer_of(code, reader.at)
    card = here.filter(pk=transfer.card_id).first() if transfer else here.filter(code_hash=hash_code(code)).first()
    if card is None or card.medium == Medium.ASSOCIATION:
        raise Refused(WhyNotCarry.UNKNOWN)
    if wallet is not None and card.links.filter(wallet=wallet).exists():
        return card, True
    taken = transfer.taken_by_id is not None if transfer else card.code_spent
    refuse_if(WhyNotCarry.ON_PHONE if taken else None)
    refuse_if(why_not_carried(card, reader.day))
    return card, False
