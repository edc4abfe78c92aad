"""Hits as cards, facets as options, chips, pages: what `templates/search/results.html` and the API are made from.

Cards are the same as the directory's own (`directory.listings.cards.Card`), made from the document alone: one query for a page
of results, however many hits there are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.activities.words import and_list, when_in_short
from directory.freshness.rules import is_marked
from directory.geography.neighbours import neighbours_of
from directory.listings.cards import Badge, Card, with_warnings
from directory.listings.words import ages_in_words, isolated, price_in_words
from directory.places.models import Place
from directory.providers.models import Provider
from portal.kit.texts import Text
from portal.languages import interface_of
from search.engines.base import Found
from search.query import SearchQuery
from search.results import Results
from search.vocabulary import Vocabulary

WITHINS = (1, 2, 5, 10, 20, 50)
# Where a facet's single value is a tick box of its own.
FLAGS = ("free", "volunteers")


def said(pairs: list[list[str]], lang: str) -> Text:
    """The text in the reader's language, else in the first there is."""
    for code, text in pairs:
        if code == lang:
            return Text(text, code)
    return Text(pairs[0][1], pairs[0][0]) if pairs else Text("", lang)


class Paths:
    """Addresses of listings for readers of one language; another municipality's stand on its own host."""

    def __init__(self, vocabulary: Vocabulary, lang: str) -> None:
        self.vocabulary = vocabulary
        self.lang = lang
        self._patterns: dict[tuple[str, str], str] = {}

    def of(self, found: Found) -> str:
        """The path of a listing's page."""
        if found.municipality == self.vocabulary.home.number:
            return self._path(found.kind, self.lang).replace("slug-here", found.slug)
        there = self.vocabulary.neighbours.get(found.municipality)
        lang = self.lang if there and self.lang in there.languages else there.languages[0] if there else self.lang
        return (there.root if there else "") + self._path(found.kind, lang).replace("slug-here", found.slug)

    def elsewhere(self, found: Found) -> str:
        """The name of the listing's municipality, where it is another than the reader's."""
        there = self.vocabulary.neighbours.get(found.municipality)
        return there.name if there and there.number != self.vocabulary.home.number else ""

    def _path(self, kind: str, lang: str) -> str:
        if (kind, lang) not in self._patterns:
            with override(lang):
                self._patterns[kind, lang] = reverse(kind, args=["slug-here"])
        return self._patterns[kind, lang]


def card_from(found: Found, lang: str, today: date, *, url: str, distance_m: int | None = None, municipality: str = "") -> Card:
    """The card of a document, the same as `directory.listings.cards.card_of` makes from the row."""
    facts = found.card
    by: Text | None = None
    when = price = ""
    where = facts["city"]
    if found.kind == "activity":
        by = said(facts["by"], lang)
        when = when_in_short([session_from(values) for values in facts["sessions"]], today)  # type: ignore[misc]
        if places := facts["places"]:
            where = str(said(places[0], lang))
            if len(places) > 1:
                where = _("%(place)s and %(more)s more") % {"place": where, "more": len(places) - 1}
        price = price_in_words(facts["is_free"], _decimal(facts["price"]), facts["per"])
    elif found.kind == "place":
        by = Text(str(Place.PlaceKind(facts["type"]).label), interface_of(lang))
        where = facts["address"]
        price = price_in_words(facts["is_free"], _decimal(facts["price"]))
    elif found.kind == "provider":
        by = Text(str(Provider.ProviderKind(facts["type"]).label), interface_of(lang))
        where = facts["address"] if facts["type"] != "association" else facts["city"]
    else:
        by = said(facts["summary"], lang)
    return Card(
        ident=ident(found),
        kind=found.kind,
        url=url,
        title=said(found.names, lang),
        by=by,
        who=ages_in_words(found.age_from, found.age_to),
        when=when,
        where="" if where == municipality else where,  # the name of the municipality says it
        price=price,
        badges=_badges(facts),
        drawing=facts["drawing"],
        distance=distance_in_words(distance_m),
        municipality=municipality,
    )


def ident(found: Found) -> str:
    """A listing's id in the API."""
    return f"{found.kind}-{found.listing_id}"


def distance_in_words(metres: int | None) -> str:
    """ "350 m", "2,4 km"; empty when not asked for."""
    if metres is None:
        return ""
    if metres < 950:
        words = _("%(metres)s m") % {"metres": isolated(str(max(50, round(metres, -1) if metres >= 100 else 100)))}
    else:
        words = _("%(km)s km") % {"km": isolated(number_format(Decimal(metres) / 1000, 1 if metres < 9_950 else 0))}
    return words.replace(" ", "\u00a0")


def _badges(facts: dict[str, Any]) -> tuple[Badge, ...]:
    badges = []
    if facts.get("is_free"):
        badges.append(Badge("free", _("Free")))
    if facts.get("card"):
        badges.append(Badge("card", _("Takes the card")))
    if facts.get("open"):
        badges.append(Badge("open", _("Just turn up")))
    if facts["adapted"]:
        badges.append(Badge("adapted", _("Adapted")))

    if facts["volunteers"]:
        badges.append(Badge("volunteers", _("Volunteers wanted")))
    # A card of an index that is older than this has no day.
    since = date.fromisoformat(facts["since"]) if facts.get("since") else None
    return with_warnings(badges, old=since is not None and is_marked(since, timezone.localdate()), demo=facts["demo"])


def session_from(values: list[Any]) -> SimpleNamespace:
    """A session as its document tells it."""
    weekday, day, starts, ends, weeks, place_id, first_day, last_day, *rest = values
    return SimpleNamespace(
        weekday=weekday,
        date=day and date.fromisoformat(day),
        starts=starts and time.fromisoformat(starts),
        ends=ends and time.fromisoformat(ends),
        weeks=weeks,
        place_id=place_id,
        place=None,
        first_day=first_day and date.fromisoformat(first_day),
        last_day=last_day and date.fromisoformat(last_day),
        cancelled=rest[0] if rest else (),  # documents made before there were any
        note="",
    )


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


# ── facets, chips, pages ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet. `count` is what choosing it alone gives; `href` adds it, or takes it away where it is chosen."""

    value: str
    label: Text
    count: int
    selected: bool
    param: str
    asked: SearchQuery
    path: str
    child: bool = False
    parent: str = ""

    @property
    def href(self) -> str:
        """Worked out only where it is shown; a form needs none."""
        change = self.asked.without if self.selected else self.asked.with_
        return change(self.param, self.value).address(self.path)


@dataclass(frozen=True, slots=True)
class Facet:
    """A parameter with its options; `flag` where it is a yes or nothing."""

    param: str
    label: str
    options: tuple[Option, ...]
    flag: bool = False
    chosen: int = 0


def facet_label(param: str) -> str:
    """What a parameter is called above its options and in notices; one that no page offers keeps its own name."""
    return {
        "q": _("Words"),
        "near": _("Near"),
        "within": _("How far away"),
        "maxprice": _("Highest price"),
        "sort": _("Sort by"),
        "page": _("Page"),
        "kind": _("What"),
        "category": _("Category"),
        "target": _("For whom"),
        "age": _("Age"),
        "free": _("Price"),
        "adapted": _("Adapted"),
        "district": _("Part of town"),
        "weekday": _("Day"),
        "spoken": _("Languages spoken"),
        "volunteers": _("Volunteering"),
        "season": _("Holiday programme"),
        "card": _("Activity card"),
        "municipality": _("Municipality"),
    }.get(param, param)


# The order in which filters stand on the page.
SHOWN = (
    "kind",
    "category",
    "age",
    "target",
    "free",
    "card",
    "district",
    "weekday",
    "adapted",
    "spoken",
    "season",
    "volunteers",
    "municipality",
)


def facets_of(query: SearchQuery, results: Results, vocabulary: Vocabulary, path: str) -> tuple[Facet, ...]:
    """All facets that have anything to choose."""
    made = []
    for param in SHOWN:
        counts = dict(results.facets.get(param, {}))
        if not counts:
            continue
        chosen = set(query.values(param)) if param != "municipality" else set(query.scope)
        values = vocabulary.in_order(param, counts)
        if param == "category":
            values = _children_under_parents(values, vocabulary)
        options = tuple(
            Option(
                value=value,
                label=vocabulary.label(param, value),
                count=counts[value],
                selected=value in chosen,
                param=param,
                asked=query,
                path=path,
                child=param == "category" and value in vocabulary.parents,
                parent=vocabulary.parents.get(value, "") if param == "category" else "",
            )
            for value in values
        )
        made.append(Facet(param, facet_label(param), options, flag=param in FLAGS, chosen=len(chosen & set(counts))))
    return tuple(made)


def _children_under_parents(values: list[str], vocabulary: Vocabulary) -> list[str]:
    rank = {value: index for index, value in enumerate(values)}
    last = len(rank)

    def place(value: str) -> tuple[int, bool, int]:
        parent = vocabulary.parents.get(value)
        return (rank.get(parent, last) if parent else rank[value], parent is not None, rank[value])

    return sorted(values, key=place)


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere; `count` is what is found there, where that is known."""

    label: str | Text
    href: str
    count: int | None = None


def chosen_in_words(query: SearchQuery, vocabulary: Vocabulary) -> tuple[tuple[str, str, str | Text], ...]:
    """(parameter, value, words) of each choice. Words of the municipality say their language; all others are in the reader's."""
    return tuple(
        (param, value, vocabulary.label(param, value) if vocabulary.names(param) else query.label(param, value, vocabulary))
        for param, value in query.chosen()
    )


def heading_of(query: SearchQuery, vocabulary: Vocabulary) -> tuple[str | Text, ...]:
    """The question as a heading on a page, for `{% said_each %}`: `query.describe` in parts that say their language."""
    return tuple(words for _param, _value, words in chosen_in_words(query, vocabulary))


def chips(
    query: SearchQuery, vocabulary: Vocabulary, address: Callable[[SearchQuery], str], *, words: bool = False
) -> tuple[Link, ...]:
    """What is chosen; each leads to the question without it. `words`: asked for too, where the page has no field for them."""
    return tuple(
        Link(label, address(query.without(param, value)))
        for param, value, label in chosen_in_words(query, vocabulary)
        if words or param != "q"
    )


@dataclass(frozen=True, slots=True)
class PageLink:
    """One page number."""

    number: int
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Pages:
    """Where one is in the pages; `numbers` holds None where some are left out."""

    number: int
    count: int
    previous: str
    next: str
    numbers: tuple[PageLink | None, ...]


def pages_of(query: SearchQuery, results: Results, path: str) -> Pages:
    """The first, the last, and those around the current page."""

    def link(number: int) -> str:
        return query.with_("page", str(number)).address(path)

    here, last = results.page, results.pages
    shown = sorted({1, last, *range(max(1, here - 1), min(last, here + 1) + 1)})
    numbers: list[PageLink | None] = []
    before = 0
    for number in shown:
        if number - before == 2:
            numbers.append(PageLink(before + 1, link(before + 1), False))
        elif number - before > 2:
            numbers.append(None)
        numbers.append(PageLink(number, link(number), number == here))
        before = number
    return Pages(here, last, link(here - 1) if here > 1 else "", link(here + 1) if here < last else "", tuple(numbers))


def sorts_of(query: SearchQuery) -> tuple[SimpleNamespace, ...]:
    """The orders one may choose; distance only where there is a place."""
    labels = {"relevance": _("Best match"), "distance": _("Nearest"), "name": _("A–Z"), "newest": _("Newest")}
    if not query.point:
        del labels["distance"]
    if not query.text:
        del labels["relevance"]
    return tuple(SimpleNamespace(value=value, label=label, selected=value == query.order) for value, label in labels.items())


def near_of(query: SearchQuery) -> SimpleNamespace:
    """What stands in the field for a place, and how far around it."""
    distances = sorted({*WITHINS, query.within})
    return SimpleNamespace(
        value=query.near,
        label=query.near_label,
        within=query.within,
        withins=[
            SimpleNamespace(value=f"{km:g}", label=_("%(km)s km") % {"km": f"{km:g}"}, selected=km == query.within)
            for km in distances
        ],
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """Results from the municipalities next door: a way to ask for them too, with how many more there are, or a way back."""

    names: str
    href: str
    more: int
    is_on: bool


def with_neighbours(query: SearchQuery, vocabulary: Vocabulary) -> SearchQuery | None:
    """The question asked in the reader's municipality and those beside it that are here; None where none is."""
    if len(vocabulary.neighbours) < 2 or not query.home:
        return None
    beside = [number for number in neighbours_of(query.home) if number in vocabulary.neighbours]
    return replace(query, municipalities=tuple(sorted([query.home, *beside])), page=1) if beside else None


def beside_of(query: SearchQuery, results: Results, engine: Any, vocabulary: Vocabulary, path: str) -> Beside | None:
    """What the line about neighbours says; nothing where they have nothing more, or another choice of municipalities stands."""
    wider = with_neighbours(query, vocabulary)
    if wider is None:
        return None
    names = and_list(vocabulary.neighbours[number].name for number in wider.municipalities if number != query.home)
    if query.municipalities == wider.municipalities:
        return Beside(names, query.without("municipality").address(path), 0, True)
    if query.municipalities != (query.home,):
        return None
    # Words that only nearly fit here may fit there: then the wider answer is another one, and may be shorter.
    more = engine.count(wider) - results.total
    return Beside(names, wider.address(path), more, False) if more > 0 else None


def drops_of(query: SearchQuery, engine: Any, vocabulary: Vocabulary, path: str, limit: int = 5) -> tuple[Link, ...]:
    """When nothing is found: what to leave out, with what that gives; a wider circle too."""
    tried: list[tuple[str, SearchQuery]] = []
    for param, value in query.chosen():
        if param == "municipality":
            continue
        tried.append((_("Without %(choice)s") % {"choice": query.label(param, value, vocabulary)}, query.without(param, value)))
    if query.point:
        wider = next((km for km in WITHINS if km > query.within), None)
        if wider:
            tried.append((_("Within %(km)s km") % {"km": wider}, query.with_("within", str(wider))))
    wider_home = with_neighbours(query, vocabulary)
    if wider_home is not None and query.municipalities == (query.home,):
        tried.append((_("In the neighbouring municipalities too"), wider_home))
    if query.scope and len(vocabulary.neighbours) > 1:
        tried.append((_("In all municipalities"), query.with_("municipality", "all")))
    words = query.text.split()
    if len(words) > 1:
        for word in words[:6]:
            rest = " ".join(other for other in words if other != word)
            tried.append((_("Only “%(words)s”") % {"words": rest}, query.with_("q", rest)))
    links = [Link(label, other.address(path), count) for label, other in tried if (count := engine.count(other))]
    return tuple(sorted(links, key=lambda link: -(link.count or 0))[:limit])


def cards_of(results: Results, found: Sequence[Found], lang: str, today: date, paths: Paths) -> list[Card]:
    """The cards of a page of results."""
    distances = {hit.seq: hit.distance_m for hit in results.hits}
    return [
        card_from(doc, lang, today, url=paths.of(doc), distance_m=distances[doc.seq], municipality=paths.elsewhere(doc))
        for doc in found
    ]
