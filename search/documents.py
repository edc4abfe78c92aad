"""From listings to search documents: what is found, what is counted, what a card shows. A constant number of queries per batch.

The tokens of a listing come from its own texts in every language, and from the names and synonyms of its labels in every
language: so كرة القدم finds a football group that only wrote in Norwegian.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import ceil
from typing import Any

from django.db.models import QuerySet

from directory.activities.models import Activity
from directory.geography.districts import Chart, chart_of
from directory.listings.cards import drawing_of
from directory.listings.kinds import Kind, Precision, Source
from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from directory.support.models import SupportScheme
from portal.languages import CODES
from search import analysis
from search.engines.base import Doc

MODELS: dict[str, type[Listing]] = {
    Kind.PROVIDER.value: Provider,
    Kind.PLACE.value: Place,
    Kind.ACTIVITY.value: Activity,
    Kind.SUPPORT.value: SupportScheme,
}
BATCH = 500
# Own texts that are searched beside the name, by kind.
TEXTS = {
    "provider": ("summary", "description", "membership_note", "volunteers_note"),
    "place": ("summary", "description", "equipment", "opening_note", "volunteers_note"),
    "activity": ("summary", "description", "trial", "bring", "volunteers_note"),
    "support": ("summary", "description", "who_may_apply", "covers", "how_to_apply"),
}
MAX_TEXT = 20_000

_LABELS = ("categories", "targets", "adaptations", "districts")
_OTHERS = {
    "provider": ("committee_of",),
    "place": ("provider",),
    "activity": ("provider",),
    "support": ("provider",),
}
_MANY = {
    "provider": (),
    "place": ("opening_times",),
    "activity": ("places__districts", "sessions__place__districts", "seasons"),
    "support": (),
}


def documents(kind: str, pks: Iterable[int], charts: "Charts | None" = None) -> list[Doc]:
    """The documents of those listings that residents may see, in the order of `pks`."""
    pks = list(pks)
    model = MODELS[kind]
    rows: QuerySet[Any] = model.objects.public().filter(pk__in=pks)  # type: ignore[attr-defined]
    rows = rows.select_related("municipality", *_OTHERS[kind]).prefetch_related("categories__parent", *_LABELS[1:], *_MANY[kind])
    found = {row.pk: row for row in rows}
    charts = charts or Charts()
    return [_document(found[pk], charts) for pk in dict.fromkeys(pks) if pk in found]


def every_document() -> Iterator[Doc]:
    """All that residents may see, what was changed last at the end: so the newest comes first in the index."""
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
    """The districts of each municipality met, read once."""

    def __init__(self) -> None:
        self._of: dict[int, Chart] = {}

    def of(self, municipality: Municipality) -> Chart:
        if municipality.pk not in self._of:
            self._of[municipality.pk] = chart_of(municipality)
        return self._of[municipality.pk]


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


def _venues(listing: Any) -> list[Any]:
    """The public places of an activity, those of its sessions first."""
    found = [session.place for session in listing.sessions.all() if session.place_id] + list(listing.places.all())
    return [place for place in dict.fromkeys(found) if place.is_public]


def _document(listing: Any, charts: Charts) -> Doc:
    kind = listing.KIND.value
    municipality = listing.municipality
    order = municipality.order_for(municipality.languages[0])
    venues = _venues(listing) if kind == "activity" else []
    chart = charts.of(municipality)
    districts = _districts(listing, venues, chart)
    categories = [c for chosen in listing.categories.all() for c in ((chosen, chosen.parent) if chosen.parent else (chosen,))]
    price, free = _price(listing)

    title: dict[str, str] = {}
    for code, text in _in_all_languages(listing, "name"):
        title.update(analysis.tokens(text, code))
    body = _body(listing, kind, [*categories, *listing.targets.all(), *listing.adaptations.all()], districts, venues)

    codes = [f"category:{c.slug}" for c in categories]
    codes += [f"target:{t.slug}" for t in listing.targets.all()]
    codes += [f"adapted:{a.slug}" for a in listing.adaptations.all()]
    codes += [f"district:{d.slug}" for d in districts]
    codes += [f"spoken:{code}" for code in listing.spoken or [] if isinstance(code, str) and code.isalnum()]
    codes += [f"weekday:{day}" for day in _weekdays(listing)]
    codes += ["free:1"] if free else []
    codes += ["volunteers:1"] if listing.volunteers_wanted else []
    if kind == "activity":
        codes += [f"season:{season.slug}" for season in listing.seasons.all()]

    points = [point for place in venues if (point := _point(place))]
    if not points and (own := _point(listing)):
        points = [own]
    return Doc(
        kind=kind,
        listing_id=listing.pk,
        municipality=municipality.number,
        slug=listing.slug,
        codes=tuple(dict.fromkeys(codes)),
        points=tuple(dict.fromkeys(points)),
        price=0 if free else price,
        age_from=listing.age_from,
        age_to=listing.age_to,
        names=tuple((code, name) for code, name in _pairs(listing, "name", order)),
        title=title,
        body=body,
        card=_card(listing, kind, order, venues, districts),
    )


def _districts(listing: Any, venues: list[Any], chart: Chart) -> list[Any]:
    """Chosen by hand, else where it takes place, else its own address."""
    chosen = list(listing.districts.all())
    if chosen:
        return chosen
    found = [d for place in venues for d in chart.districts_of(place, list(place.districts.all()))]
    return list(dict.fromkeys(found or chart.districts_of(listing, [])))


def _price(listing: Any) -> tuple[int | None, bool]:
    """Whole kroner, rounded up, and whether it is free. A provider's price is its membership fee."""
    amount = getattr(listing, "price", None)
    if listing.KIND == Kind.PROVIDER:
        amount = listing.membership_fee
    said = getattr(listing, "is_free", None)
    return None if amount is None else ceil(amount), bool(said or (amount == 0 and said is None))


def _weekdays(listing: Any) -> list[int]:
    if listing.KIND == Kind.ACTIVITY:
        days = [s.weekday or (s.date.isoweekday() if s.date else None) for s in listing.sessions.all()]
    elif listing.KIND == Kind.PLACE:
        days = [time.weekday for time in listing.opening_times.all()]
    else:
        days = []
    return sorted({day for day in days if day})


def _body(listing: Any, kind: str, labels: list[Any], districts: list[Any], venues: list[Any]) -> dict[str, str]:
    body: dict[str, str] = {}
    for field in TEXTS[kind]:
        for code, text in _in_all_languages(listing, field):
            body.update(analysis.tokens(text[:MAX_TEXT], code))
    named = [*labels, *districts, *venues]
    if kind == "activity":
        named += listing.seasons.all()
    provider = getattr(listing, "provider", None)
    if provider is not None and provider.is_public:
        named.append(provider)
    for thing in dict.fromkeys(named):
        for field in ("name", "synonyms"):
            for code, text in _in_all_languages(thing, field):
                body.update(_label_tokens(text, code))
    for text in (listing.city, listing.street):
        body.update(_label_tokens(text, "nb"))
    return body


def _card(listing: Any, kind: str, order: Sequence[str], venues: list[Any], districts: list[Any]) -> dict[str, Any]:
    """Facts for the card, as words only at the time of reading: words depend on language and day."""
    card: dict[str, Any] = {
        "summary": _pairs(listing, "summary", order),
        "categories": [category.slug for category in listing.categories.all()],
        "adapted": [adaptation.slug for adaptation in listing.adaptations.all()],
        "district": districts[0].slug if districts else None,
        "drawing": drawing_of(listing),
        "city": listing.city,
        "address": listing.address_line,
        "volunteers": listing.volunteers_wanted,
        "demo": listing.source == Source.DEMO,
        "precise": [place_precise(thing) for thing in (venues or [listing])],
    }
    if kind in ("activity", "place"):
        card |= {"is_free": listing.is_free, "price": None if listing.price is None else str(listing.price)}
    if kind == "provider":
        card |= {"type": listing.kind, "price": None if listing.membership_fee is None else str(listing.membership_fee)}
    if kind == "place":
        card["type"] = listing.kind
    if kind == "activity":
        card |= {
            "per": listing.price_per,
            "open": listing.low_threshold,
            "by": _pairs(listing.provider, "name", order),
            "places": [_pairs(place, "name", order) for place in venues],
            "sessions": [
                [s.weekday, s.date and s.date.isoformat(), _clock(s.starts), _clock(s.ends), s.weeks, s.place_id]
                + [day and day.isoformat() for day in (s.first_day, s.last_day)]
                for s in listing.sessions.all()
            ],
        }
    return card


def place_precise(thing: Any) -> bool:
    """Whether the point is the address itself, so that a map may put a pin there."""
    return thing.point_precision in (Precision.EXACT, Precision.ADDRESS)


def _clock(time: Any) -> str | None:
    return time and time.isoformat(timespec="minutes")
