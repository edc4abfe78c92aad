"""What pages of the directory show of the activity card, and money in templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.translation import get_language

from cards.ledger.money import in_kroner
from cards.offers.conditions import day_of
from cards.offers.models import Offer
from cards.offers.queries import conditions_in_words, left_in_words, shown_for
from cards.programmes.models import Programme
from portal.kit.texts import Text, best

register = template.Library()


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer as everybody reads it. `href` and `where` lead to the listing it is for, where that is another than the page's."""

    offer: Offer
    title: Text
    note: Text
    conditions: list[str]
    left: str
    where: Text
    href: str


@dataclass(frozen=True, slots=True)
class CardHere:
    """A programme whose card is taken here, with what one gets for it."""

    programme: Programme
    name: Text
    intro: Text
    offers: list[Shown]


@register.filter
def ore(amount: Any) -> str:
    """Øre in kroner: "1 200 kr"."""
    return in_kroner(amount) if amount is not None else ""


@register.filter
def name_for_reader(listing: Any) -> Text:
    """What a listing is called, for the reader."""
    return best(listing, "name", listing.municipality.order_for(get_language() or "nb"))


@register.simple_tag(takes_context=True)
def cards_here(context: Context, listing: Any) -> list[CardHere]:
    """The cards that are taken at a listing, with what one gets for each. Read once for a page."""
    if not hasattr(listing, "_cards_here"):
        listing._cards_here = read_cards(listing)
    return listing._cards_here  # type: ignore[no-any-return]


def read_cards(listing: Any) -> list[CardHere]:
    order = listing.municipality.order_for(get_language() or "nb")
    found: dict[int, CardHere] = {}
    for offer in shown_for(listing.KIND.value, listing.pk, day_of(timezone.now())):
        programme = offer.agreement.programme
        here = found.setdefault(
            programme.pk, CardHere(programme, programme.text("name", order), programme.text("intro", order), [])
        )
        other = next((row for row in (offer.activity, offer.place) if row and row.is_public and row != listing), None)
        here.offers.append(
            Shown(
                offer,
                offer.text("title", order),
                offer.text("note", order),
                conditions_in_words(offer),
                left_in_words(offer),
                best(other, "name", order) if other else Text("", order[0]),
                other.get_absolute_url() if other else "",
            )
        )
    return list(found.values())


def with_language(context: Context, **facts: Any) -> dict[str, Any]:
    return facts | {name: context.get(name) for name in ("page_lang", "interface_lang", "request")}


@register.inclusion_tag("cards/offers/fact.html", takes_context=True)
def card_fact(context: Context, listing: Any) -> dict[str, Any]:
    """One line of a listing's panel of facts: which card is taken here; nothing where none is."""
    return with_language(context, cards=cards_here(context, listing))


@register.inclusion_tag("cards/offers/section.html", takes_context=True)
def card_offers(context: Context, listing: Any) -> dict[str, Any]:
    """What one gets for a card at a listing, when, and how one gets a card; nothing where none is taken."""
    return with_language(context, cards=cards_here(context, listing))
