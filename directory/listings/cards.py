"""A listing as a card: what a list, the front page and "near here" show of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from directory.freshness.rules import is_marked, since_of
from directory.listings.columns import MUNICIPALITY, named, narrow, of
from directory.listings.kinds import Kind, Source
from directory.listings.words import ages_in_words, price_in_words
from portal.kit.texts import Text, best
from portal.languages import interface_of

if TYPE_CHECKING:
    from directory.listings.models import Listing

MOST_BADGES = 3


@dataclass(frozen=True, slots=True)
class Badge:
    """A small mark: `name` chooses icon and colour, `label` is read."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Card:
    """One listing in a list. `ident` is its id in the API, so that list and map can light each other."""

    ident: str
    kind: str
    url: str
    title: Text
    by: Text | None = None
    who: str = ""
    when: str = ""
    where: str = ""
    price: str = ""
    badges: tuple[Badge, ...] = ()
    drawing: str = ""
    distance: str = ""
    municipality: str = ""  # its name, where it is another than the reader's

    @property
    def marked_free(self) -> bool:
        """Whether a badge says already that it costs nothing."""
        return any(badge.name == "free" for badge in self.badges)


def for_cards(listings: Any) -> Any:
    """A queryset with everything its cards show, in a constant number of queries."""
    from directory.places.models import Place
    from directory.providers.models import Provider

    listings = listings.select_related("municipality").prefetch_related("categories__parent", "adaptations")
    if listings.model.KIND == Kind.ACTIVITY:
        joined = (*of("provider", Provider, "name"), *MUNICIPALITY)
        rows = narrow(listings.select_related("provider"), "name", joined=joined)
        return rows.prefetch_related(named("places", Place), "sessions", named("sessions__place", Place))
    return narrow(listings, "name", "summary", joined=MUNICIPALITY)


def drawing_of(listing: Listing) -> str:
    """The illustration of the listing's first category that has one, else of its kind."""
    for category in listing.categories.all():
        if category.drawing or (category.parent and category.parent.drawing):
            return str(category.drawing or category.parent.drawing)
    return str(listing.KIND.value)


def badges_of(listing: Listing) -> tuple[Badge, ...]:
    """At most three marks, the most useful first."""
    badges = []
    if getattr(listing, "is_free", None):
        badges.append(Badge("free", _("Free")))
    if getattr(listing, "low_threshold", False):
        badges.append(Badge("open", _("Just turn up")))
    if listing.adaptations.all():
        badges.append(Badge("adapted", _("Adapted")))
    if listing.volunteers_wanted:
        badges.append(Badge("volunteers", _("Volunteers wanted")))
    old = is_marked(since_of(listing), timezone.localdate())
    return with_warnings(badges, old=old, demo=listing.source == Source.DEMO)


def with_warnings(badges: list[Badge], *, old: bool, demo: bool) -> tuple[Badge, ...]:
    """The marks that fit beside those that must be there: that it may be out of date, that it is made up."""
    warnings = [Badge("old", _("Not confirmed for a long time"))] if old else []
    warnings += [Badge("demo", _("Demo"))] if demo else []
    return (*badges[: MOST_BADGES - len(warnings)], *warnings)


def card_of(listing: Any, lang: str, today: date) -> Card:
    """The card of a row for a reader of `lang`. Prefetch with `for_cards`."""
    from directory.activities.words import when_in_short

    order = listing.municipality.order_for(lang)
    when = price = ""
    by_text: Text | None = None
    where = listing.city
    if listing.KIND == Kind.ACTIVITY:
        by_text = best(listing.public_provider, "name", order)
        sessions = list(listing.sessions.all())
        when = when_in_short(sessions, today)
        if places := listing.public_places():
            where = str(best(places[0], "name", order))
            if len(places) > 1:
                where = _("%(place)s and %(more)s more") % {"place": where, "more": len(places) - 1}
        price = price_in_words(listing.is_free, listing.price, listing.price_per)
    elif listing.KIND == Kind.PLACE:
        by_text = Text(str(listing.get_kind_display()), interface_of(lang))
        where = listing.address_line
        price = price_in_words(listing.is_free, listing.price)
    elif listing.KIND == Kind.PROVIDER:
        by_text = Text(str(listing.get_kind_display()), interface_of(lang))
        where = listing.address_line if listing.kind != "association" else listing.city
    else:
        by_text = best(listing, "summary", order)
    return Card(
        ident=f"{listing.KIND.value}-{listing.pk}",
        kind=listing.KIND.value,
        url=listing.get_absolute_url(),
        title=best(listing, "name", order),
        by=by_text,
        who=ages_in_words(listing.age_from, listing.age_to),
        when=when,
        where=where,
        price=price,
        badges=badges_of(listing),
        drawing=drawing_of(listing),
    )
