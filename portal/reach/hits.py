"""The answer to a question as rows for paper, feeds and frames: more hits at once than a page of results has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from directory.listings.cards import Card
from directory.listings.loading import municipality_of
from directory.municipalities.models import Municipality
from portal.kit.texts import Text
from search import analysis
from search.engines import get_engine
from search.engines.base import Found
from search.presenters import Paths, cards_of, heading_of
from search.query import Notice, SearchQuery
from search.questions import question_of
from search.vocabulary import Vocabulary

VERSION = "1"  # of what feeds are made like


@dataclass(frozen=True, slots=True)
class Asked:
    """A request's question, understood."""

    municipality: Municipality
    lang: str
    query: SearchQuery
    notices: tuple[Notice, ...]
    vocabulary: Vocabulary

    @property
    def heading(self) -> str:
        """What is asked for, in words; empty for everything. For titles, that cannot say their language."""
        return self.query.describe(self.vocabulary)

    @property
    def heading_parts(self) -> tuple[str | Text, ...]:
        """The same for a page, each choice in its own language."""
        return heading_of(self.query, self.vocabulary)


@dataclass(frozen=True, slots=True)
class Hits:
    """The first hits, as documents and as cards in the same order, and how many there are in all."""

    total: int
    found: list[Found]
    cards: list[Card]


def asked(request: HttpRequest) -> Asked:
    """The question of a request in the page's language; 404 where no municipality answers."""
    municipality = municipality_of(request)
    lang = get_language() or municipality.languages[0]
    query, notices, vocabulary = question_of(request, municipality, lang)
    return Asked(municipality, lang, query, notices, vocabulary)


def hits(question: Asked, most: int, **changes: Any) -> Hits:
    """The first hits of the question, in a constant number of queries."""
    query = replace(question.query, page=1, size=most, **changes)
    engine = get_engine()
    answer = engine.search(query, facets=False)
    found = engine.fetch([hit.seq for hit in answer.hits])
    paths = Paths(question.vocabulary, question.lang)
    return Hits(answer.total, found, cards_of(answer, found, question.lang, timezone.localdate(), paths))


def tag(request: HttpRequest, question: Asked) -> str:
    """An ETag that changes with the index, the day, the texts of the interface and the address."""
    seen = "|".join(
        (VERSION, str(analysis.VERSION), get_engine().stamp(), f"{timezone.localdate()}", question.lang, request.get_host())
    )
    return f'"{salted_hmac("portal.reach.hits", seen + request.get_full_path(), algorithm="sha256").hexdigest()[:32]}"'


def not_changed(request: HttpRequest, etag: str) -> HttpResponse | None:
    """304 where the asker has this already."""
    answer = get_conditional_response(request, etag=etag, response=None)
    return answer if answer is not None and answer.status_code in (304, 412) else None
