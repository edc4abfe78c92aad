"""Suggestions while a reader writes: categories in any language, names of listings, a better spelling."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from directory.listings.models import Category
from directory.municipalities.models import Municipality
from portal.kit.texts import Text, best
from portal.languages import CODES
from search import analysis
from search.engines import get_engine
from search.presenters import Paths, said
from search.query import ANY_CARD, MAX_TEXT, SearchQuery
from search.vocabulary import Vocabulary

MOST_CATEGORIES = 4
MOST_NAMES = 5


def suggestions(text: str, municipality: Municipality, lang: str) -> list[dict[str, Any]]:
    """`label` is shown, `value` goes into the field, `hint` stands behind, `url` leads straight there."""
    text = " ".join(analysis.clean(text).split())[:MAX_TEXT]
    words = [analysis.fold(word) for word in analysis.WORD.findall(text)]
    if not any(len(word) >= 2 for word in words):
        return []
    engine = get_engine()
    with override(lang):
        path = reverse("find")
    home = SearchQuery(home=municipality.number, municipalities=(municipality.number,), lang=lang)
    found: list[dict[str, Any]] = []
    for slug, label, label_lang in _categories(words, municipality, lang)[: 2 * MOST_CATEGORIES]:
        question = home.with_("category", slug)
        if count := engine.count(question):
            hint = ngettext("%(n)s hit", "%(n)s hits", count) % {"n": count}
            found.append({"label": label, "value": label, "lang": label_lang, "hint": hint, "url": question.address(path)})
        if len(found) == MOST_CATEGORIES:
            break
    vocabulary = Vocabulary.cached(municipality, lang)
    for value, programme in _cards(words, vocabulary):
        question = home.with_("card", value)
        if count := engine.count(question):
            hint = ngettext("%(n)s hit", "%(n)s hits", count) % {"n": count}
            named = {"label": programme.value, "value": programme.value, "lang": programme.lang}
            found.append(named | {"hint": hint, "url": question.address(path)})
    answer = engine.search(home.with_("q", text), facets=False)
    if answer.corrected:
        found.append({"label": answer.corrected, "value": answer.corrected, "lang": lang, "hint": _("Did you mean this?")})
    paths = Paths(vocabulary, lang)
    names: set[str] = set()
    for doc in engine.fetch([hit.seq for hit in answer.hits], cards=False):
        name = said(doc.names, lang)
        if name.value in names or len(names) == MOST_NAMES:  # "Gymnastics" of six clubs is one suggestion
            continue
        names.add(name.value)
        found.append({"label": name.value, "value": name.value, "lang": name.lang, "url": paths.of(doc)})
    return found


def _cards(words: list[str], vocabulary: Vocabulary) -> list[tuple[str, Text]]:
    """Where a card is taken, for who writes "card" or what the card is called; the first that fits."""
    for value, label in vocabulary.cards():
        said = f"{label} {_('Activity card')}" if value == ANY_CARD else str(label)
        own = analysis.fold_all(said)
        if all(any(w.startswith(word) for w in own) for word in words):
            return [(value, label)]
    return []


def _categories(words: list[str], municipality: Municipality, lang: str) -> list[tuple[str, str, str]]:
    """Categories of whose name or synonyms in some language all the words are the beginning of a word."""
    order = municipality.order_for(lang)
    columns = [f"{field}_{code}" for field in ("name", "synonyms") for code in CODES]
    ranked = []
    for row in Category.objects.filter(municipality=municipality).values("slug", "position", *columns):
        for code in order:
            own = analysis.fold_all(row[f"name_{code}"] or "")
            other = analysis.fold_all(row[f"synonyms_{code}"] or "")
            if all(any(w.startswith(word) for w in (*own, *other)) for word in words):
                named = best({c: row[f"name_{c}"] for c in order}, "", order)
                in_name = all(any(w.startswith(word) for w in own) for word in words)
                ranked.append(((not in_name, order.index(code), row["position"]), (row["slug"], named.value, named.lang)))
                break
    return [category for _rank, category in sorted(ranked)]
