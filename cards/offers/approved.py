"""What of an offer is approved by the municipality, as it is kept and compared."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from cards.offers.models import Offer
from portal.languages import CODES

#: Texts that holders and counters read, and what they were approved for.
TEXTS = tuple(f"{name}_{code}" for name in ("title", "note", "let_in") for code in CODES)
TERMS = (
    "activity_id",
    "place_id",
    "valid_from",
    "valid_to",
    "conditions",
    "companions",
    "companion_clips",
    "unit_ore",
    "deals_codes",
    "has_attendance",
)


def values_of(offer: Offer) -> dict[str, Any]:
    """What is approved of an offer, as JSON holds it."""
    values = {name: getattr(offer, name) for name in (*TERMS, "quantity")}
    values |= {name: text for name in TEXTS if (text := getattr(offer, name))}
    return json.loads(json.dumps(values, cls=DjangoJSONEncoder))  # type: ignore[no-any-return]


def mark_of(offer: Offer) -> str:
    """What tells an offer from what it was: nobody approves another than they have looked at."""
    return sha256(json.dumps(values_of(offer), sort_keys=True).encode()).hexdigest()[:24]
