"""What every listing's own page shows, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory.freshness.queries import has_dead_website
from directory.freshness.rules import is_marked, since_of
from directory.geography.districts import chart_of
from directory.listings.cards import drawing_of
from directory.listings.columns import narrow
from directory.listings.kinds import ConfirmedAs, Kind, Precision, Source
from directory.listings.words import ages_in_words, spoken_in_words
from directory.providers.models import Provider
from portal.kit.counting import Shown, tell
from portal.kit.texts import Text, best

# How large an area to draw where only a part of the address is known, in metres.
RADIUS = {Precision.STREET: 250, Precision.POSTCODE: 900}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The point a map may show, and how far off it may be (0: it is the address itself)."""

    lat: str
    lon: str
    radius: int
    by_kartverket: bool = False


def today() -> Any:
    return timezone.localdate()


def reader_lang() -> str:
    return get_language() or "nb"


def whereabouts(listing: Any) -> Whereabouts | None:
    """Where to draw a listing; None where a mark on a map would say more than is known."""
    point = listing.point
    if point is None or listing.point_precision == Precision.MUNICIPALITY:
        return None
    return Whereabouts(
        f"{point[0]:.5f}",
        f"{point[1]:.5f}",
        RADIUS.get(listing.point_precision, 0),
        listing.point_precision in (Precision.ADDRESS, Precision.STREET),
    )


def texts_of(listing: Any, *fields: str) -> dict[str, Text]:
    """Texts by field, in the best language there is."""
    order = listing.municipality.order_for(reader_lang())
    return {field: best(listing, field, order) for field in fields}


def easy_words(listing: Any, order: list[str]) -> Text:
    """The text in easy words; in another language than the reader's only where the sentence about it is too."""
    easy = best(listing, "easy", order)
    return easy if easy.lang == order[0] or best(listing, "summary", order).lang != order[0] else Text("", order[0])


def public_contact(listing: Any) -> dict[str, str]:
    """The contact fields that everybody may see."""
    return {field: value for field in ("contact_name", "phone", "email") if (value := listing.contact(field))}


def freshness(listing: Any) -> dict[str, Any]:
    """When a listing was last confirmed and by whom, or where it comes from; `old` when it should be doubted."""
    old = is_marked(since_of(listing), timezone.localdate())
    if listing.confirmed_at:
        by = (
            _("the association itself")
            if listing.confirmed_as == ConfirmedAs.PROVIDER and listing.KIND != Kind.SUPPORT
            else _("the municipality")
        )
        return {"confirmed_at": listing.confirmed_at, "by": by, "old": old}
    source = listing.source_name or (
        "" if listing.source in (Source.STAFF, Source.PROVIDER) else str(listing.get_source_display())
    )
    return {"source": source, "at": since_of(listing), "old": old}


def districts_of(listing: Any) -> list[Any]:
    """The districts a listing belongs to: those chosen for it, else those of its address."""
    return chart_of(listing.municipality).districts_of(listing)


def page_context(request: HttpRequest, listing: Any, venue: Any = None) -> dict[str, Any]:
    """The part of the context that all four kinds share. `venue`: where it happens, for one without an address."""
    lang = reader_lang()
    order = listing.municipality.order_for(lang)
    districts = districts_of(listing) or (districts_of(venue) if venue and not listing.address_line else [])
    committees = list(
        narrow(Provider.objects.public(), "name")
        .filter(committee_of__in=districts)
        .exclude(pk=listing.pk if listing.KIND == Kind.PROVIDER else None)
    )
    tell(request, Shown(f"{listing.KIND.value}:{listing.pk}", next((d.slug for d in districts if d.kind == "neighbourhood"), "")))
    return {
        "listing": listing,
        "kind": listing.KIND.value,
        "texts": texts_of(
            listing, "name", "summary", "description", "image_alt", "adaptation_note", "volunteers_note", "getting_there"
        )
        | {"easy": easy_words(listing, order)},
        "drawing_name": drawing_of(listing),
        "categories": [(category, category.name_in(order)) for category in listing.categories.all()],
        "targets": [(target, target.name_in(order)) for target in listing.targets.all()],
        "adaptations": [(adaptation, adaptation.name_in(order)) for adaptation in listing.adaptations.all()],
        "spoken": [spoken_in_words(code, reader_lang()) for code in listing.spoken or []],
        "ages": ages_in_words(listing.age_from, listing.age_to),
        "contact": public_contact(listing),
        "where": whereabouts(listing) or (whereabouts(venue) if venue else None),
        "districts": [(district, district.name_in(order)) for district in districts],
        "committees": [(committee, best(committee, "name", order)) for committee in committees],
        "fresh": freshness(listing),
        "website": "" if has_dead_website(listing) else listing.website,
        "is_demo": listing.source == Source.DEMO,
    }


def first_of(listings: Any, limit: int) -> list[int]:
    """Keys of the first listings of a queryset; the page's template asks the search for their cards, which has them at hand."""
    return list(listings.values_list("pk", flat=True)[:limit])
