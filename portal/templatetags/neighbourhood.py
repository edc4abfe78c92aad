"""What is found in a part of town, for its page; and what is near a listing."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

from directory.listings.cards import Card
from directory.municipalities.models import District
from portal.neighbourhood import queries

register = template.Library()


@register.simple_tag(takes_context=True)
def in_district(context: Context, district: District) -> dict[str, Any]:
    """Everything a district's page shows of the search."""
    return queries.in_district(context["municipality"], context["page_lang"], district)


@register.simple_tag(takes_context=True)
def district_counts(context: Context) -> dict[str, int]:
    """How many listings each district of the municipality has, by its short name."""
    return queries.district_counts(context["municipality"], context["page_lang"])


@register.filter
def at(counts: dict[str, int], name: str) -> int:
    """How many there are of this name."""
    return counts.get(name, 0)


@register.simple_tag(takes_context=True)
def near_here(context: Context, listing: Any, where: Any) -> dict[str, Any]:
    """What is around a listing, but for what its page shows already."""
    district = next((row for row in context.get("districts") or () if row[0].kind == District.Kind.NEIGHBOURHOOD), None)
    lists = [context.get(name) or () for name in ("more", "activities", "places")]
    seen = {card.ident for cards in lists for card in cards if isinstance(card, Card)}
    seen.add(f"{listing.KIND.value}-{listing.pk}")
    return queries.near_here(context["municipality"], context["page_lang"], where, district, seen)
