"""Hits inside other pages: what is near a listing, what a district or category holds."""

from dataclasses import replace
from typing import Any

from django.utils import timezone

from directory.listings.cards import Card
from directory.municipalities.models import Municipality
from search.engines import get_engine
from search.presenters import Paths, card_from
from search.query import SearchQuery
from search.vocabulary import Vocabulary


def nearby(listing: Any, limit: int = 6, lang: str = "nb", within: float = 5.0) -> list[Card]:
    """What is nearest to a listing, itself left out."""
    if listing.point is None:
        return []
    lat, lon = listing.point
    query = replace(_home(listing.municipality, lang), near=f"{lat},{lon}", point=(lat, lon), within=within, sort="distance")
    cards = _cards(query, limit + 1, listing.municipality, lang)[1]
    own = f"{listing.KIND.value}-{listing.pk}"
    return [card for card in cards if card.ident != own][:limit]


def found(municipality: Municipality, param: str, value: str, limit: int, lang: str) -> tuple[int, list[Card], dict[str, int]]:
    """What choosing one value finds: how many, the first cards, and counts by category."""
    query = _home(municipality, lang).with_(param, value)
    answer, cards = _cards(query, limit, municipality, lang)
    return answer.total, cards, dict(answer.facets.get("category", {}))


def counts(municipality: Municipality, param: str, lang: str = "nb") -> dict[str, int]:
    """How many listings of the municipality each value of a parameter finds."""
    return dict(get_engine().search(_home(municipality, lang)).facets.get(param, {}))


def _home(municipality: Municipality, lang: str) -> SearchQuery:
    return SearchQuery(home=municipality.number, municipalities=(municipality.number,), lang=lang)


def _cards(query: SearchQuery, limit: int, municipality: Municipality, lang: str) -> tuple[Any, list[Card]]:
    engine = get_engine()
    answer = engine.search(query)
    distances = {hit.seq: hit.distance_m for hit in answer.hits}
    docs = engine.fetch([hit.seq for hit in answer.hits[:limit]])
    paths, today = Paths(Vocabulary(municipality, lang), lang), timezone.localdate()
    return answer, [card_from(doc, lang, today, url=paths.of(doc), distance_m=distances[doc.seq]) for doc in docs]
