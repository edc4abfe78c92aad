"""Ready-made codes of cinemas and bus companies: kept sealed, dealt out one by one, each once."""

from __future__ import annotations

import hmac

from cards.ledger.keys import key_for, seal, unseal
from cards.offers.models import ExternalCode, Offer, Redemption, Stock
from cards.offers.rules import WhyNot
from portal.kit.refusals import refuse_if

PURPOSE = "external-code"


def sealed(code: str) -> bytes:
    """A code as it is kept."""
    return seal(code.encode(), PURPOSE)


def fingerprint(code: str) -> bytes:
    """What tells that a code has been loaded before."""
    return hmac.digest(key_for(PURPOSE), code.encode(), "sha256")


def codes_of(use: Redemption) -> tuple[str, ...]:
    """The codes dealt with a use, as long as it can be told whose it was."""
    kept = use.external_codes.order_by("pk").values_list("code", flat=True)
    return tuple(unseal(code, PURPOSE).decode() for code in kept if code)


def free_codes(offer: Offer, stock: Stock | None, count: int) -> list[ExternalCode]:
    """So many codes that nobody has, locked; those that others are just dealing out are stepped over."""
    rows = ExternalCode.objects.filter(offer=offer, stock=stock, dealt_to=None, withdrawn=False).order_by("pk")
    free = list(rows.select_for_update(skip_locked=True, of=("self",))[:count])
    refuse_if(WhyNot.NO_CODES if len(free) < count else None)
    return free


def deal(codes: list[ExternalCode], use: Redemption) -> tuple[str, ...]:
    """The codes belong to this use from now on, for good: what somebody has seen is not dealt out again."""
    ExternalCode.objects.filter(pk__in=[code.pk for code in codes]).update(dealt_to=use)
    return tuple(unseal(code.code, PURPOSE).decode() for code in codes)
