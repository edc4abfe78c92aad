"""Search hits inside other pages: near a listing, in a district."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def near_cards(context: Context, listing: Any, where: Any) -> list[Any]:
    """Up to six cards of what is nearest to a listing, itself left out."""
    return []


@register.simple_tag(takes_context=True)
def found_cards(context: Context, param: str, value: str, limit: int) -> dict[str, Any]:
    """What choosing this one value finds: `total`, the first `cards`, and `categories` with counts."""
    return {"total": 0, "cards": [], "categories": []}


def counts(municipality: Any, param: str) -> dict[str, int]:
    """How many listings of the municipality each value of a parameter would find."""
    return {}
