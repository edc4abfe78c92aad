"""Ready-made codes of cinemas and bus companies: kept sealed, dealt out one by one, each once."""

from __future__ import annotations

import hmac
from datetime import date

from django.db.models import Q

from cards.ledger.keys import key_for, seal, unseal
from cards.offers.models import ExternalCode, Offer, Redemption, Stock

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
    """Codes that nobody has, so many at most, locked; those that others are just dealing out are stepped over."""
    rows = ExternalCode.objects.filter(offer=offer, stock=stock, dealt_to=None, withdrawn=False).order_by("pk")
    return list(rows.select_for_update(skip_locked=True, of=("self",))[:count])


def count_free(stock: Stock) -> int:
    """How many tickets of a stock have a code that nobody has got yet."""
    return stock.external_codes.filter(dealt_to=None, withdrawn=False).count()


def is_any_free(offer: Offer, day: date) -> bool:
    """Whether there is a code that nobody has got, of a ticket that is not over."""
    alive = Q(stock=None) | Q(stock__expires=None) | Q(stock__expires__gte=day)
    return ExternalCode.objects.filter(alive, offer=offer, dealt_to=None, withdrawn=False).exists()


def deal(codes: list[ExternalCode], use: Redemption) -> tuple[str, ...]:
    """The codes belong to this use from now on, for good: what somebody has seen is not dealt out again."""
    ExternalCode.objects.filter(pk__in=[code.pk for code in codes]).update(dealt_to=use)
    return tuple(unseal(code.code, PURPOSE).decode() for code in codes)
