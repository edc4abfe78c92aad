"""A request's question: parameters, the municipality's words for them, and places by name."""

from django.http import HttpRequest

from directory.geography.places import locate
from directory.municipalities.models import Municipality
from search.query import Notice, SearchQuery
from search.vocabulary import Vocabulary


def question_of(
    request: HttpRequest, municipality: Municipality, lang: str
) -> tuple[SearchQuery, tuple[Notice, ...], Vocabulary]:
    """The question of a request, what in it was left out, and what its values are called."""
    vocabulary = Vocabulary.for_params(request.GET, municipality, lang)
    query, notices = SearchQuery.from_params(
        request.GET, home=municipality.number, lang=lang, known=vocabulary, locate=lambda text: locate(text, municipality)
    )
    return query, notices, vocabulary
