"""From listings to search documents: what is found, what is counted, what a card shows. A constant number of queries per batch.

The tokens of a listing come from its own texts in every language, and from the names and synonyms of its labels in every
language: so كرة القدم finds a football group that only wrote in Norwegian.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import ceil
from typing import Any

from django.utils import timezone

from cards.offers.conditions import day_of
from cards.offers.queries import takers
from cards.programmes.models import Programme
from directory.activities.models import Activity, Session
from directory.freshness.rules import since_of
from directory.geography.districts import PRECISE, Chart, chart_of
from directory.listings.kinds import Kind, Precision, Source
from directory.listings.models import Category, Listing
from directory.municipalities.models import Municipality
from directory.places.models import OpeningTime, Place
from directory.providers.models import Provider
from directory.support.models import SupportScheme
from portal.languages import CODES
from search import analysis
from search.engines.base import Doc
from search.query import ANY_CARD

MODELS: dict[str, type[Listing]] = {
    Kind.PROVIDER.value: Provider,
    Kind.PLACE.value: Place,
    Kind.ACTIVITY.value: Activity,
    Kind.SUPPORT.value: SupportScheme,
}
BATCH = 500
# Own texts that are searched beside the name, by kind.
TEXTS = {
    "provider": ("summary", "easy", "description", "membership_note", "volunteers_note"),
    "place": ("summary", "easy", "description", "equipment", "opening_note", "volunteers_note"),
    "activity": ("summary", "easy", "description", "trial", "bring", "volunteers_note"),
    "support": ("summary", "easy", "description", "who_may_apply", "covers", "how_to_apply"),
}
MAX_TEXT = 20_000

_LABELS = ("categories", "targets", "adaptations", "districts")


def documents(kind: str, pks: Iterable[int], charts: "Charts | None" = None) -> list[Doc]:
    """The documents of those listings that residents may see, in the order of `pks`."""
    pks = list(dict.fromkeys(pks))
    model = MODELS[kind]
    found = {row.pk: row for row in model.objects.public().filter(pk__in=pks)}  # type: ignore[attr-defined]
    around = _Around(model, found, charts or Charts())
    return [_document(found[pk], around) for pk in pks if pk in found]


def every_document() -> Iterator[Doc]:
    """All that residents may see, what was changed last at the end, as if each had been indexed when it was changed."""
    order = sorted(
        (changed, kind, pk)
        for kind, model in MODELS.items()
        for changed, pk in model.objects.public().values_list("updated_at", "pk")  # type: ignore[attr-defined]
    )
    charts = Charts()
    for start in range(0, len(order), BATCH):
        batch = [(kind, pk) for _, kind, pk in order[start : start + BATCH]]
        made: dict[tuple[str, int], Doc] = {}
        for kind in MODELS:
            if pks := [pk for k, pk in batch if k == kind]:
                made |= {(doc.kind, doc.listing_id): doc for doc in documents(kind, pks, charts)}
        yield from (made[key] for key in batch if key in made)


def count_public() -> int:
    """How many documents there will be."""
    return sum(model.objects.public().count() for model in MODELS.values())  # type: ignore[attr-defined]


class Charts:
    """Each municipality met and its districts, read once."""

    def __init__(self) -> None:
        self._municipalities: dict[int, Municipality] = {}
        self._of: dict[int, Chart] = {}

    def municipality(self, pk: int) -> Municipality:
        if pk not in self._municipalities:
            self._municipalities[pk] = Municipality.objects.defer("boundary").get(pk=pk)
        return self._municipalities[pk]

    def of(self, pk: int) -> Chart:
        if pk not in self._of:
            self._of[pk] = chart_of(self.municipality(pk))
        return self._of[pk]


class _Around:
    """What stands around a batch of listings: labels, sessions, places, providers. Each thing is made once, however often it
    is pointed at; a row has some 200 columns."""

    def __init__(self, model: type[Listing], listings: dict[int, Any], charts: Charts) -> None:
        self.charts = charts
        self.labels = {name: _linked(model, name, listings) for name in _LABELS}
        parents = {c.parent_id for chosen in self.labels["categories"].values() for c in chosen if c.parent_id}
        self.parents = Category.objects.in_bulk(parents)
        self.seasons: dict[int, list[Any]] = {}
        self.sessions: dict[int, list[Session]] = defaultdict(list)
        self.venues: dict[int, list[Any]] = defaultdict(list)
        self.open_days: dict[int, list[int]] = defaultdict(list)
        if model is Activity:
            self._read_activities(listings)
        if model is Place:
            for pk, day in OpeningTime.objects.filter(place__in=listings).values_list("place_id", "weekday"):
                self.open_days[pk].append(day)
        taken = takers(day_of(timezone.now()), model.KIND.value, listings)
        named = {row.slug: row for row in Programme.objects.filter(slug__in={slug for slugs in taken.values() for slug in slugs})}
        self.cards = {pk: [named[slug] for slug in sorted(slugs)] for (_kind, pk), slugs in taken.items()}
        owners = {listing.provider_id for listing in listings.values() if getattr(listing, "provider_id", None)}
        # One that residents may not see is neither shown nor found by its name.
        self.providers = Provider.objects.public().in_bulk(owners)

    def _read_activities(self, listings: dict[int, Any]) -> None:
        self.seasons = _linked(Activity, "seasons", listings)
        for session in Session.objects.filter(activity__in=listings):
            self.sessions[session.activity_id].append(session)
        chosen = _links(Activity, "places", listings)
        wanted = {pk for pks in chosen.values() for pk in pks}
        wanted |= {s.place_id for sessions in self.sessions.values() for s in sessions if s.place_id}
        places = {place.pk: place for place in Place.objects.public().filter(pk__in=wanted)}
        by_hand = _linked(Place, "districts", places)
        self.districts_of_place = {
            pk: by_hand.get(pk) or self.charts.of(place.municipality_id).districts_of(place, []) for pk, place in places.items()
        }
        by_name = {pk: rank for rank, pk in enumerate(places)}
        for pk in listings:
            # Those of its sessions first.
            met = [s.place_id for s in self.sessions[pk] if s.place_id]
            others = sorted((p for p in chosen.get(pk, ()) if p in places), key=by_name.__getitem__)
            self.venues[pk] = [places[p] for p in dict.fromkeys([*met, *others]) if p in places]


def _links(model: type[Listing], field: str, listings: Iterable[int]) -> dict[int, list[int]]:
    many: Any = model._meta.get_field(field)
    ours, theirs = f"{many.m2m_field_name()}_id", f"{many.m2m_reverse_field_name()}_id"
    found: dict[int, list[int]] = defaultdict(list)
    for pk, other in many.remote_field.through.objects.filter(**{f"{ours}__in": list(listings)}).values_list(ours, theirs):
        found[pk].append(other)
    return found


def _linked(model: type[Listing], field: str, listings: Iterable[int]) -> dict[int, list[Any]]:
    links = _links(model, field, listings)
    wanted = {pk for pks in links.values() for pk in pks}
    others = {other.pk: other for other in model._meta.get_field(field).related_model.objects.filter(pk__in=wanted)}  # type: ignore[union-attr]
    rank = {pk: position for position, pk in enumerate(others)}
    return {pk: [others[other] for other in sorted(pks, key=rank.__getitem__)] for pk, pks in links.items()}


@lru_cache(maxsize=20_000)
def _label_tokens(text: str, language: str) -> tuple[tuple[str, str], ...]:
    # The same few labels stand on thousands of listings.
    return tuple(analysis.tokens(text, language).items())


def _in_all_languages(obj: Any, field: str) -> Iterator[tuple[str, str]]:
    for code in CODES:
        if value := getattr(obj, f"{field}_{code}", None):
            yield code, value


def _pairs(obj: Any, field: str, order: Sequence[str]) -> list[list[str]]:
    found = dict(_in_all_languages(obj, field))
    return [[code, found[code].strip()] for code in order if found.get(code, "").strip()]


def _point(listing: Any) -> tuple[float, float] | None:
    # The middle of the municipality says nothing about where one should go.
    return listing.point if listing.point_precision != Precision.MUNICIPALITY else None


def _document(listing: Any, around: _Around) -> Doc:
    kind, pk = listing.KIND.value, listing.pk
    municipality = around.charts.municipality(listing.municipality_id)
    order = municipality.order_for(municipality.languages[0])
    venues = around.venues[pk]
    districts = _districts(listing, around)
    own = around.labels["categories"].get(pk, [])
    categories = [c for chosen in own for c in (chosen, around.parents.get(chosen.parent_id)) if c]
    targets = around.labels["targets"].get(pk, [])
    adaptations = around.labels["adaptations"].get(pk, [])
    seasons = around.seasons.get(pk, [])
    provider = around.providers.get(getattr(listing, "provider_id", None))
    price, free = _price(listing)

    title: dict[str, str] = {}
    for code, text in _in_all_languages(listing, "name"):
        title.update(analysis.tokens(text, code))
    cards = around.cards.get(pk, [])
    named = [*categories, *targets, *adaptations, *districts, *venues, *seasons, *cards]
    if provider is not None:
        named.append(provider)

    codes = [f"category:{c.slug}" for c in categories]
    codes += [f"target:{t.slug}" for t in targets]
    codes += [f"adapted:{a.slug}" for a in adaptations]
    codes += [f"district:{d.slug}" for d in districts]
    codes += [f"spoken:{code}" for code in listing.spoken or [] if isinstance(code, str) and code.isalnum()]
    codes += [f"weekday:{day}" for day in _weekdays(around.sessions[pk], around.open_days[pk])]
    codes += ["free:1"] if free else []
    codes += ["volunteers:1"] if listing.volunteers_wanted else []
    codes += [f"season:{season.slug}" for season in seasons]
    codes += [f"card:{value}" for value in ([ANY_CARD, *(card.slug for card in cards)] if cards else ())]

    where = [place for place in venues if _point(place)] or [listing]
    points = [point for spot in where if (point := _point(spot))]
    card = _card(listing, kind, order, venues) | {
        "categories": [category.slug for category in own],
        "adapted": [adaptation.slug for adaptation in adaptations],
        "district": districts[0].slug if districts else None,
        "drawing": _drawing(kind, own, around),
        "card": bool(cards),
        "rough": not any(spot.point_precision in PRECISE for spot in where),
    }
    if kind == "activity":
        card |= {"by": _pairs(provider, "name", order), "sessions": [_session(s) for s in around.sessions[pk]]}
    return Doc(
        kind=kind,
        listing_id=pk,
        municipality=municipality.number,
        slug=listing.slug,
        codes=tuple(dict.fromkeys(codes)),
        points=tuple(dict.fromkeys(points)),
        price=0 if free else price,
        age_from=listing.age_from,
        age_to=listing.age_to,
        names=tuple((code, name) for code, name in _pairs(listing, "name", order)),
        title=title,
        body=_body(listing, kind, named),
        card=card,
        published=round((listing.first_published_at or listing.created_at).timestamp() * 1000),
    )


def _districts(listing: Any, around: _Around) -> list[Any]:
    """Chosen by hand, else where it takes place, else its own address."""
    if chosen := around.labels["districts"].get(listing.pk):
        return chosen
    found = [d for place in around.venues[listing.pk] for d in around.districts_of_place[place.pk]]
    return list(dict.fromkeys(found or around.charts.of(listing.municipality_id).districts_of(listing, [])))


def _drawing(kind: str, categories: list[Any], around: _Around) -> str:
    """The illustration of the first category that has one, else of the kind: as on the listing's own page."""
    for category in categories:
        parent = around.parents.get(category.parent_id)
        if drawing := category.drawing or (parent and parent.drawing):
            return str(drawing)
    return kind


def _price(listing: Any) -> tuple[int | None, bool]:
    """Whole kroner, rounded up, and whether it is free. A provider's price is its membership fee."""
    amount = getattr(listing, "price", None)
    if listing.KIND == Kind.PROVIDER:
        amount = listing.membership_fee
    said = getattr(listing, "is_free", None)
    return None if amount is None else ceil(amount), bool(said or (amount == 0 and said is None))


def _weekdays(sessions: Iterable[Session], open_days: Iterable[int]) -> list[int]:
    met = [s.weekday or (s.date.isoweekday() if s.date else 0) for s in sessions]
    return sorted({day for day in (*met, *open_days) if day})


def _body(listing: Any, kind: str, named: Iterable[Any]) -> dict[str, str]:
    body: dict[str, str] = {}
    for field in TEXTS[kind]:
        for code, text in _in_all_languages(listing, field):
            body.update(analysis.tokens(text[:MAX_TEXT], code))
    for thing in dict.fromkeys(named):
        for field in ("name", "synonyms"):
            for code, text in _in_all_languages(thing, field):
                body.update(_label_tokens(text, code))
    for text in (listing.city, listing.street):
        body.update(_label_tokens(text, "nb"))
    return body


def _session(session: Session) -> list[Any]:
    s = session
    return [
        *(s.weekday, s.date and s.date.isoformat(), _clock(s.starts), _clock(s.ends), s.weeks, s.place_id),
        *(day and day.isoformat() for day in (s.first_day, s.last_day)),
        list(s.cancelled or ()),
    ]


def _card(listing: Any, kind: str, order: Sequence[str], venues: list[Any]) -> dict[str, Any]:
    """Facts for the card, as words only at the time of reading: words depend on language and day."""
    card: dict[str, Any] = {
        "summary": _pairs(listing, "summary", order),
        "city": listing.city,
        "address": listing.address_line,
        "volunteers": listing.volunteers_wanted,
        "demo": listing.source == Source.DEMO,
        "since": since_of(listing).isoformat(),  # how old it is, is told on the day it is read
    }
    if kind in ("activity", "place"):
        card |= {"is_free": listing.is_free, "price": None if listing.price is None else str(listing.price)}
    if kind == "provider":
        card |= {"type": listing.kind, "price": None if listing.membership_fee is None else str(listing.membership_fee)}
    if kind == "place":
        card["type"] = listing.kind
    if kind == "activity":
        places = [_pairs(place, "name", order) for place in venues]
        card |= {
            "per": listing.price_per,
            "open": listing.low_threshold,
            "places": places,
            "place_ids": [place.pk for place in venues],
        }
    return card


def _clock(time: Any) -> str | None:
    return time and time.isoformat(timespec="minutes")
