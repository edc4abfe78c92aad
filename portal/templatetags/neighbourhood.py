"""What is found in a part of town, for its page; and what is near a listing."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory.activities.words import date_words, day_with_hours
from directory.listings.cards import Card
from directory.municipalities.models import District, Feature, Municipality
from directory.places.models import OpeningTime
from directory.places.words import Hours, open_now, opening_hours
from portal.calendar.queries import meetings
from search.engines import get_engine
from search.engines.base import Found
from search.presenters import Facet, Paths, card_from, facets_of
from search.query import SearchQuery
from search.vocabulary import Vocabulary

register = template.Library()

MOST = 2_000  # listings of a part of town looked through
WEEK = timedelta(days=6)
CARDS = 6
PROVIDERS = 9
PLACES = 12

NEAR_KM = 3.0
LOOKED_AT = 24
WALK_KM = 2.0  # further than that, minutes on foot help few
# Streets are longer than the line through the air, and people walk at nearly five kilometres an hour.
DETOUR, METRES_A_MINUTE = 1.3, 78


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of a part of town, with its hours."""

    card: Card
    hours: list[Hours]
    is_open: bool


def question(municipality: Municipality, lang: str) -> SearchQuery:
    """Everything in the municipality."""
    return SearchQuery(home=municipality.number, municipalities=(municipality.number,), lang=lang)


@register.simple_tag(takes_context=True)
def in_district(context: Context, district: District) -> dict[str, Any]:
    """Everything a district's page shows of the search: counts by kind and category, this week, places with hours, providers."""
    municipality: Municipality = context["municipality"]
    lang: str = context["page_lang"]
    today = timezone.localdate()
    engine = get_engine()
    query = question(municipality, lang).with_("district", district.slug)
    answer = engine.search(replace(query, size=MOST))
    found = engine.fetch([hit.seq for hit in answer.hits])
    vocabulary = Vocabulary.cached(municipality, lang)
    paths = Paths(vocabulary, lang)
    facets = {facet.param: facet for facet in facets_of(query, answer, vocabulary, reverse("find"))}
    kinds = {kind: [doc for doc in found if doc.kind == kind] for kind in ("place", "provider")}
    providers = [doc for doc in kinds["provider"] if doc.card.get("type") != "committee"]

    def cards(docs: Iterable[Found]) -> list[Card]:
        return [card_from(doc, lang, today, url=paths.of(doc)) for doc in docs]

    return {
        "total": answer.total,
        "kinds": shown(facets, "kind"),
        "categories": [option for option in shown(facets, "category") if not option.child],
        "free": next(iter(shown(facets, "free")), None),
        "week": this_week(found, lang, today, paths),
        "week_href": week_address(municipality, query),
        "meeting": spots([doc for doc in kinds["place"] if doc.card.get("type") == "meeting"][:PLACES], cards),
        "lending": spots([doc for doc in kinds["place"] if doc.card.get("type") == "lending"][:PLACES], cards),
        "providers": [replace(card, when="") for card in cards(providers[:PROVIDERS])],
        "provider_count": len(providers),
        "providers_href": query.with_("kind", "provider").address(reverse("find")),
        "find_href": query.address(reverse("find")),
    }


def shown(facets: dict[str, Facet], param: str) -> list[Any]:
    """The options of a facet that lead to something."""
    return [option for option in facets[param].options if option.count] if param in facets else []


def week_address(municipality: Municipality, query: SearchQuery) -> str:
    """Where the whole week stands: in the calendar where there is one, else among the results."""
    if municipality.has(Feature.CALENDAR):
        return query.address(reverse("calendar"))
    return query.with_("kind", "activity").address(reverse("find"))


def this_week(found: Iterable[Found], lang: str, today: date, paths: Paths) -> list[Card]:
    """What happens in the coming seven days: each activity once, those with a date of their own and open ones first."""
    first: dict[int, Any] = {}
    for entries in meetings((doc for doc in found if doc.kind == "activity"), today, today + WEEK).values():
        for meeting in entries:
            first.setdefault(meeting.doc.listing_id, meeting)
    chosen = sorted(sorted(first.values(), key=lambda m: m.rank)[:CARDS], key=lambda m: (m.day, str(m.starts)))
    out = []
    for meeting in chosen:
        words = day_with_hours(date_words(meeting.day), meeting.when)
        card = card_from(meeting.doc, lang, today, url=paths.of(meeting.doc))
        out.append(replace(card, when=words[:1].upper() + words[1:]))
    return out


def spots(docs: list[Found], cards: Any) -> list[Spot]:
    """Places with their opening hours, by one query."""
    times: dict[int, list[OpeningTime]] = defaultdict(list)
    for time in OpeningTime.objects.filter(place__in=[doc.listing_id for doc in docs]) if docs else ():
        times[time.place_id].append(time)
    now = timezone.localtime()
    return [
        Spot(card, opening_hours(times[doc.listing_id]), open_now(times[doc.listing_id], now))
        for doc, card in zip(docs, cards(docs), strict=True)
    ]


@register.simple_tag(takes_context=True)
def district_counts(context: Context) -> dict[str, int]:
    """How many listings each district of the municipality has, by its short name."""
    answer = get_engine().search(question(context["municipality"], context["page_lang"]))
    return dict(answer.facets.get("district", {}))


@register.filter
def at(counts: dict[str, int], name: str) -> int:
    """How many there are of this name."""
    return counts.get(name, 0)


# ── near a listing ────────────────────────────────────────────────────────────────────────────────────────────
@register.simple_tag(takes_context=True)
def near_here(context: Context, listing: Any, where: Any) -> dict[str, Any]:
    """Up to six cards of what is around a listing, nearest first and of more than one kind, with a heading.

    Left out: the listing itself, what the page shows already, what has the same name there. Where the position is only
    roughly known, what its part of town has, without distances: they would be made up.
    """
    municipality: Municipality = context["municipality"]
    lang: str = context["page_lang"]
    is_precise = bool(where) and where.radius < 500
    query = replace(question(municipality, lang), kinds=("activity", "place", "provider"), size=LOOKED_AT)
    district = next((row for row in context.get("districts") or () if row[0].kind == District.Kind.NEIGHBOURHOOD), None)
    if is_precise:
        point = (float(where.lat), float(where.lon))
        query = replace(query, near=f"{where.lat},{where.lon}", point=point, within=NEAR_KM)
    elif district:
        query = query.with_("district", district[0].slug)
    else:
        return {"cards": []}
    engine = get_engine()
    answer = engine.search(query, facets=False)
    distances = {hit.seq: hit.distance_m for hit in answer.hits}
    lists = [context.get(name) or () for name in ("more", "activities", "places")]
    seen = {card.ident for cards in lists for card in cards if isinstance(card, Card)}
    seen.add(f"{listing.KIND.value}-{listing.pk}")
    found = [doc for doc in engine.fetch(list(distances)) if f"{doc.kind}-{doc.listing_id}" not in seen]
    if is_precise:
        found = [doc for doc in found if not doc.card.get("rough")]
    paths = Paths(Vocabulary.cached(municipality, lang), lang)
    today = timezone.localdate()
    cards = [
        with_walk(
            card_from(doc, lang, today, url=paths.of(doc), distance_m=distances[doc.seq] if is_precise else None),
            distances[doc.seq] if is_precise else None,
        )
        for doc in mixed(found)
    ]
    if is_precise:
        return {"cards": cards, "heading": _("Near here"), "more_href": "", "more_label": ""}
    return {
        "cards": cards,
        "heading": _("In the same part of town"),
        "more_href": reverse("district", args=[district[0].slug]) if district else "",
        "more_label": _("Everything in %(district)s") % {"district": district[1]} if district else "",
    }


def mixed(found: list[Found]) -> list[Found]:
    """Six of them in the order given: no name twice, and of one kind, or at one door, few as long as there is something else."""
    chosen: list[Found] = []
    names: set[tuple[str, Any]] = set()
    for same_sort, per_door, per_kind in ((1, 2, 3), (2, 3, 4), (LOOKED_AT, LOOKED_AT, LOOKED_AT)):
        doors = Counter(door(doc) for doc in chosen)
        kinds = Counter(doc.kind for doc in chosen)
        sorts = Counter((doc.kind, door(doc)) for doc in chosen)
        for doc in found:
            sort = (doc.kind, door(doc))
            name = (str(doc.names[0][1]).casefold() if doc.names else "", door(doc))
            if len(chosen) == CARDS or doc in chosen or name in names:
                continue
            if sorts[sort] < same_sort and doors[door(doc)] < per_door and kinds[doc.kind] < per_kind:
                chosen.append(doc)
                names.add(name)
                doors[door(doc)] += 1
                kinds[doc.kind] += 1
                sorts[sort] += 1
    return sorted(chosen, key=found.index)


def door(doc: Found) -> tuple[float, ...]:
    """Where it is, to some ten metres; alone where nobody knows."""
    return tuple(round(part, 4) for part in doc.points[0]) if doc.points else (float(doc.seq), math.inf)


def with_walk(card: Card, metres: int | None) -> Card:
    """The card with about how long it takes on foot, where that is not too far to walk."""
    if metres is None or metres > WALK_KM * 1000:
        return card
    minutes = max(1, round(metres * DETOUR / METRES_A_MINUTE))
    words = ngettext("about %(n)s minute on foot", "about %(n)s minutes on foot", minutes) % {"n": minutes}
    return replace(card, distance=f"{card.distance} · {words}")
