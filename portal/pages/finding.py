"""Pages whose heading has the words somebody searches for. Small beside the search for listings: no index, a list in memory.

A municipality has tens of pages. Their headings are kept by every worker until something is published, moved or removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max
from wagtail.models import Page, Site

from directory.municipalities.models import Municipality
from portal.kit.texts import Text, best
from portal.languages import CODES
from portal.pages.base import TranslatedPage
from portal.pages.models import HomePage
from portal.pages.owners import reachable
from search.analysis import Word, question, tokens

MOST = 3
KEPT_FOR = 100  # municipalities

Stamp = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A page's headings by language, the words in them, and its address below the language."""

    texts: dict[str, str]
    words: frozenset[str] = field(repr=False)
    path: str


_kept: dict[int, tuple[Stamp, list[Heading]]] = {}


def pages_about(municipality: Municipality, lang: str, text: str) -> list[tuple[str, Text]]:
    """Address and heading of the pages that have every word of a question in a heading, of any language."""
    asked = question(text)
    if not asked:
        return []
    order = municipality.order_for(lang)
    fit = [row for row in _headings(municipality) if all(_has(row.words, word) for word in asked)]
    return [(f"/{lang}/{row.path}", best(row.texts, "", order)) for row in fit[:MOST]]


def _has(words: frozenset[str], word: Word) -> bool:
    return not words.isdisjoint(word.exact) or any(mine.startswith(word.prefixes) for mine in words if word.prefixes)


def _headings(municipality: Municipality) -> list[Heading]:
    root = Site.objects.filter(municipality=municipality).values_list("root_page__path", "root_page__url_path").first()
    if root is None:
        return []
    path, url_path = root
    below = Page.objects.filter(path__startswith=path, live=True)
    stamp: Stamp = (path, *below.aggregate(Count("pk"), Max("last_published_at"), Max("latest_revision_created_at")).values())
    if municipality.pk not in _kept or _kept[municipality.pk][0] != stamp:
        _kept[municipality.pk] = (stamp, _read(path, len(url_path)))
        while len(_kept) > KEPT_FOR:
            _kept.pop(next(iter(_kept)))
    return _kept[municipality.pk][1]


def _read(path: str, skip: int) -> list[Heading]:
    found: list[Heading] = []
    columns = [f"heading_{code}" for code in CODES]
    for model in TranslatedPage.__subclasses__():
        if model is HomePage:
            continue
        for row in reachable(model._default_manager.filter(path__startswith=path, live=True)).values("url_path", *columns):
            texts = {code: row[f"heading_{code}"] for code in CODES if row[f"heading_{code}"]}
            words = frozenset(token for code, text in texts.items() for token in tokens(text, code))
            found.append(Heading(texts, words, row["url_path"][skip:]))
    return sorted(found, key=lambda heading: heading.path)
