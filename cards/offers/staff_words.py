"""What the staff screens of this room say and link to alike."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now

from cards.ledger.money import in_kroner
from cards.offers.models import ProviderAgreement


def listing_address(row: Any) -> str:
    """A listing's form in the admin."""
    return reverse(row.snippet_viewset.get_url_name("edit"), args=[row.pk]) if row is not None else ""


def ceiling_in_words(agreement: ProviderAgreement) -> str:
    return in_kroner(agreement.ceiling_ore) if agreement.ceiling_ore is not None else _now("none")


def price_in_words(ore: int) -> str:
    return in_kroner(ore) if ore else _now("a gift")


def screen_of(model: Any, screen: str, *args: Any) -> str:
    return reverse(model.snippet_viewset.get_url_name(screen), args=args)
