"""Search hits inside other pages: near a listing, in a district, counts for the front page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone

from directory.listings.cards import Card
from directory.municipalities.models import Municipality
from search.engines import get_engine
from search.presenters import Paths, cards_of, facet_label, facets_of
from search.query import SearchQuery
from search.results import Results
from search.vocabulary import Vocabulary

register = template.Library()
NEAR_KM = 3.0
NEAR_CARDS = 6


register.filter("asked_by", facet_label)


def cards(municipality: Municipality, lang: str, answer: Results) -> list[Card]:
    """The hits of a small answer as cards, by one query."""
    found = get_engine().fetch([hit.seq for hit in answer.hits])
    return cards_of(answer, found, lang, timezone.localdate(), Paths(Vocabulary.cached(municipality, lang), lang))


@register.simple_tag(takes_context=True)
def near_cards(context: Context, listing: Any, where: Any) -> list[Card]:
    """Up to six cards of what is nearest to a listing: itself, and what the same provider has at the same door, left out."""
    municipality: Municipality = context["municipality"]
    query = SearchQuery(
        home=municipality.number,
        municipalities=(municipality.number,),
        lang=context["page_lang"],
        near=f"{where.lat},{where.lon}",
        point=(float(where.lat), float(where.lon)),
        within=NEAR_KM,
        kinds=("activity", "place"),
    )
    own = f"{listing.KIND.value}-{listing.pk}"
    lists = [context.get(name) or () for name in ("more", "activities", "places")]
    shown = {card.ident for found in lists for card in found if isinstance(card, Card)}
    answer = get_engine().search(query, facets=False)
    # What is shown already cannot be more than so many of the nearest: the rest needs no card.
    answer = replace(answer, hits=answer.hits[: NEAR_CARDS + len(shown) + 1])
    found = cards(municipality, context["page_lang"], answer)
    return [card for card in found if card.ident != own and card.ident not in shown][:NEAR_CARDS]


@register.simple_tag(takes_context=True)
def found_cards(context: Context, param: str, value: str, limit: int) -> dict[str, Any]:
    """What choosing this one value finds: `total`, the first `cards`, and top-level `categories` with counts and addresses."""
    municipality: Municipality = context["municipality"]
    lang = context["page_lang"]
    query = SearchQuery(home=municipality.number, municipalities=(municipality.number,), lang=lang).with_(param, value)
    answer = get_engine().search(query)
    vocabulary = Vocabulary.cached(municipality, lang)
    facets = {facet.param: facet for facet in facets_of(query, answer, vocabulary, reverse("find"))}
    options = facets["category"].options if "category" in facets else ()
    categories = [option for option in options if option.count and not option.child]
    return {"total": answer.total, "cards": cards(municipality, lang, answer)[:limit], "categories": categories}


def counts(municipality: Municipality, lang: str, param: str) -> dict[str, int]:
    """How many listings of the municipality each value of a parameter would find."""
    query = SearchQuery(home=municipality.number, municipalities=(municipality.number,), lang=lang)
    return dict(get_engine().search(query).facets.get(param, {}))
