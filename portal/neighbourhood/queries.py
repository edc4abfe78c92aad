"""What is found in a part of town, for its page; and what is near a listing."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory.activities.words import date_words, day_with_hours
from directory.listings.cards import Card
from directory.municipalities.models import District, Feature, Municipality
from directory.places.models import OpeningTime
from directory.places.words import Hours, open_now, opening_hours
from portal.calendar.outlines import Outline, outlines, whole
from portal.calendar.queries import Meeting, meetings
from portal.kit.texts import Text
from search.engines import get_engine
from search.engines.base import Found
from search.presenters import Facet, Paths, card_from, facets_of, ident
from search.query import SearchQuery
from search.vocabulary import Vocabulary

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


def everything(municipality: Municipality, lang: str) -> SearchQuery:
    """Everything in the municipality."""
    return SearchQuery(home=municipality.number, municipalities=(municipality.number,), lang=lang)


def in_district(municipality: Municipality, lang: str, district: District) -> dict[str, Any]:
    """Everything a district's page shows of the search: counts by kind and category, this week, places with hours, providers."""
    today = timezone.localdate()
    query = everything(municipality, lang).with_("district", district.slug)
    answer = get_engine().search(replace(query, size=MOST))
    found = outlines([hit.seq for hit in answer.hits])
    vocabulary = Vocabulary.cached(municipality, lang)
    paths = Paths(vocabulary, lang)
    facets = {facet.param: facet for facet in facets_of(query, answer, vocabulary, reverse("find"))}

    week = this_week(found, today)
    meeting = [row for row in found if (row.kind, row.type) == ("place", "meeting")][:PLACES]
    lending = [row for row in found if (row.kind, row.type) == ("place", "lending")][:PLACES]
    providers = [row for row in found if row.kind == "provider" and row.type != "committee"]
    shown_rows = [*(m.activity for m in week), *meeting, *lending, *providers[:PROVIDERS]]
    cards = {seq: card_from(doc, lang, today, url=paths.of(doc)) for seq, doc in whole([row.seq for row in shown_rows]).items()}
    return {
        "total": answer.total,
        "kinds": shown(facets, "kind"),
        "categories": [option for option in shown(facets, "category") if not option.child],
        "free": next(iter(shown(facets, "free")), None),
        "week": [replace(cards[m.activity.seq], when=day_and_hours(m)) for m in week if m.activity.seq in cards],
        "week_href": week_address(municipality, query),
        "meeting": spots(meeting, cards),
        "lending": spots(lending, cards),
        "providers": [replace(cards[row.seq], when="") for row in providers[:PROVIDERS] if row.seq in cards],
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


def this_week(found: Iterable[Outline], today: date) -> list[Meeting]:
    """What happens in the coming seven days: each activity once, those with a date of their own and open ones first."""
    first: dict[int, Meeting] = {}
    for entries in meetings((row for row in found if row.kind == "activity"), today, today + WEEK).values():
        for meeting in entries:
            first.setdefault(meeting.activity.listing_id, meeting)
    return sorted(sorted(first.values(), key=lambda m: m.rank)[:CARDS], key=lambda m: (m.day, str(m.starts)))


def day_and_hours(meeting: Meeting) -> str:
    """ "Tuesday 1 December at 18:00"."""
    words = day_with_hours(date_words(meeting.day), meeting.when)
    return words[:1].upper() + words[1:]


def spots(places: list[Outline], cards: dict[int, Card]) -> list[Spot]:
    """Places with their opening hours, by one query."""
    times: dict[int, list[OpeningTime]] = defaultdict(list)
    for time in OpeningTime.objects.filter(place__in=[row.listing_id for row in places]) if places else ():
        times[time.place_id].append(time)
    now = timezone.localtime()
    return [
        Spot(cards[row.seq], opening_hours(times[row.listing_id]), open_now(times[row.listing_id], now))
        for row in places
        if row.seq in cards
    ]


def district_counts(municipality: Municipality, lang: str) -> dict[str, int]:
    """How many listings each district of the municipality has, by its short name."""
    answer = get_engine().search(everything(municipality, lang))
    return dict(answer.facets.get("district", {}))


# ── near a listing ────────────────────────────────────────────────────────────────────────────────────────────
def near_here(
    municipality: Municipality, lang: str, where: Any, district: tuple[District, Text] | None, seen: Collection[str]
) -> dict[str, Any]:
    """Up to six cards of what is around a listing, nearest first and of more than one kind, with a heading.

    `seen` are left out: the listing itself and what its page shows already; so is what has the same name there. Where the
    position is only roughly known, what its part of town has, without distances: they would be made up.
    """
    is_precise = bool(where) and where.radius < 500
    query = replace(everything(municipality, lang), kinds=("activity", "place", "provider"), size=LOOKED_AT)
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
    found = [doc for doc in engine.fetch(list(distances)) if ident(doc) not in seen]
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
