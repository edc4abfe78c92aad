"""What the search knows, for other pages: what parameters are called, counts for the front page."""

from __future__ import annotations

from dataclasses import fields, replace

from django import template
from django.template.context import Context
from django.utils import timezone

from directory.listings.cards import Card
from directory.municipalities.models import Municipality
from search.engines import get_engine
from search.presenters import Paths, card_from, cards_of, facet_label
from search.query import SearchQuery
from search.results import Results
from search.vocabulary import Vocabulary

register = template.Library()


register.filter("asked_by", facet_label)


def cards(municipality: Municipality, lang: str, answer: Results) -> list[Card]:
    """The hits of a small answer as cards, by one query."""
    found = get_engine().fetch([hit.seq for hit in answer.hits])
    return cards_of(answer, found, lang, timezone.localdate(), Paths(Vocabulary.cached(municipality, lang), lang))


@register.simple_tag(takes_context=True)
def cards_of_listings(context: Context, kind: str, pks: list[int], without: str = "") -> list[Card]:
    """Listings of one kind as cards, by one query of the index; `without` a line that all of them would share."""
    lang: str = context["page_lang"]
    paths = Paths(Vocabulary.cached(context["municipality"], lang), lang)
    today = timezone.localdate()
    found = get_engine().listed(kind, pks) if pks else []
    cards = [card_from(doc, lang, today, url=paths.of(doc), municipality=paths.elsewhere(doc)) for doc in found]
    nothing = {field.name: field.default for field in fields(Card) if field.name == without}
    return [replace(card, **nothing) for card in cards] if nothing else cards  # type: ignore[arg-type]


def counts(municipality: Municipality, lang: str, param: str) -> dict[str, int]:
    """How many listings of the municipality each value of a parameter would find."""
    query = SearchQuery(home=municipality.number, municipalities=(municipality.number,), lang=lang)
    return dict(get_engine().search(query).facets.get(param, {}))
