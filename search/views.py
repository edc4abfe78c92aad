"""`/find/`: the results page.

Context of `templates/search/results.html`: `query` (SearchQuery), `total`, `cards` (directory.listings.cards.Card), `heading`,
`facets` [Facet(param, label, options [Option(value, label: Text, count, selected, href, child, parent)], flag, chosen)], `chips`
[Link(label, href)], `clear_href`, `pages` (Pages), `notices` [Notice(param, value, message)], `did_you_mean` {text, href} | None
(what the hits shown answer to, when the words as written had none), `inside` (hits only hold the words inside other words),
`drops` [Link(label, href, count)], `beside` (Beside: the municipalities next door) | None, `sorts`, `near`, `find_url`,
`suggest_url`, `points_url` (all hits for the map), `api_url`.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from directory.listings.loading import municipality_of
from portal.kit.counting import Asked, tell
from search.engines import get_engine
from search.presenters import Paths, beside_of, cards_of, chips, drops_of, facets_of, near_of, pages_of, sorts_of
from search.query import SearchQuery
from search.questions import question_of
from search.results import Results, Stage


def results(request: HttpRequest) -> HttpResponse:
    """What is found, with everything one may choose."""
    municipality = municipality_of(request)
    lang = get_language() or municipality.languages[0]
    query, notices, vocabulary = question_of(request, municipality, lang)
    engine = get_engine()
    answer = engine.search(query)
    path = reverse("find")
    found = engine.fetch([hit.seq for hit in answer.hits])
    did_you_mean: dict[str, Any] | None = None
    if answer.corrected:
        did_you_mean = {"text": answer.corrected, "href": query.with_("q", answer.corrected).address(path)}
    api = query.without("page").address(reverse("api-search"))
    context = {
        "query": query,
        "total": answer.total,
        "cards": cards_of(answer, found, lang, timezone.localdate(), Paths(vocabulary, lang)),
        "heading": query.describe(vocabulary),
        "facets": facets_of(query, answer, vocabulary, path),
        "chips": chips(query, vocabulary, lambda query: query.address(path)),
        "clear_href": path,
        "pages": pages_of(query, answer, path),
        "notices": notices,
        "did_you_mean": did_you_mean,
        "inside": answer.stage == Stage.INSIDE,
        "drops": drops_of(query, engine, vocabulary, path) if not answer.total else (),
        "beside": beside_of(query, answer, engine, vocabulary, path),
        "sorts": sorts_of(query),
        "near": near_of(query),
        "find_url": path,
        "suggest_url": reverse("api-suggest"),
        "points_url": query.without("page").address(reverse("api-points")),
        "api_url": api,
    }
    tell(request, asked(query, answer))
    response = render(request, "search/results.html", context)
    response.headers["Cache-Control"] = "no-cache"
    return response


def asked(query: SearchQuery, answer: Results) -> Asked:
    """What may be counted of a search: of where it looked, a part of town or a place by its name, but nobody's own position."""
    by_name = bool(query.near) and query.near_label != "" and not query.near_is_position
    return Asked(
        words=query.text,
        hits=answer.total,
        first_page=query.page == 1,
        district=query.districts[0] if len(query.districts) == 1 else "",
        place=query.near if by_name and not query.districts else "",
        point=query.point if by_name and not query.districts else None,
    )
