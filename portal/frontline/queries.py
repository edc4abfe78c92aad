"""What a list shows of its things: when, where, what it costs, whom to ask, how to get there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from directory.activities.models import Activity
from directory.activities.words import meetings
from directory.listings.columns import named, narrow
from directory.listings.kinds import Kind
from directory.listings.models import MovedListing
from directory.listings.pages import public_contact, reader_lang
from directory.listings.words import ages_in_words, kroner, price_in_words
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.places.words import opening_hours
from directory.providers.models import Provider
from directory.support.models import SupportScheme
from portal.contact.actions import are_reachable
from portal.frontline.shortlists import Ref, Shortlist
from portal.kit.texts import Text, best

MODELS: dict[str, Any] = {
    Kind.ACTIVITY.value: Activity,
    Kind.PLACE.value: Place,
    Kind.PROVIDER.value: Provider,
    Kind.SUPPORT.value: SupportScheme,
}
MOST_TIMES = 4


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on a list. `ref` is how the list names it: also where `listing` is what it was merged into."""

    ref: Ref
    listing: Any
    title: Text
    by: Text
    who: str
    when: tuple[str, ...]
    where: Text
    address: str
    price: str
    contact: dict[str, str]
    getting_there: Text
    until: date | None = None  # of a break
    on_break: bool = False
    is_reachable: bool = False

    @property
    def takes_hand_over(self) -> bool:
        """Whether one can tell them that somebody is coming."""
        return self.ref.kind != Kind.SUPPORT and not self.on_break and self.is_reachable


@dataclass(frozen=True, slots=True)
class Items:
    """The things of a list that are there, and those that are not any more."""

    found: tuple[Item, ...]
    gone: tuple[Ref, ...]


def _rows(kind: str, municipality: Municipality) -> Any:
    rows = MODELS[kind].objects.filter(municipality=municipality)
    if kind == Kind.ACTIVITY:
        rows = narrow(rows.select_related(None), "name", "summary", "getting_there", "price_note")
        return rows.prefetch_related(named("provider", Provider), "sessions", named("sessions__place", Place), _places("places"))
    if kind == Kind.PLACE:
        return narrow(rows, "name", "getting_there", "price_note").prefetch_related("opening_times")
    if kind == Kind.SUPPORT:
        return narrow(rows, "name", "getting_there", "who_may_apply", "summary")
    return narrow(rows, "name", "summary", "getting_there")


def _places(relation: str) -> Any:
    from django.db.models import Prefetch

    return Prefetch(relation, narrow(Place._default_manager.all(), "name", "getting_there"))


def listings_of(refs: Iterable[Ref], municipality: Municipality) -> dict[Ref, Any]:
    """The municipality's own rows behind these; what was merged with another leads to that one."""
    refs = list(refs)
    found: dict[Ref, Any] = {}
    for kind in MODELS:
        if pks := [ref.pk for ref in refs if ref.kind == kind]:
            rows = {row.pk: row for row in _rows(kind, municipality).filter(pk__in=pks)}
            rows |= _merged(kind, [row for row in rows.values() if not row.is_public], municipality)
            found |= {Ref(kind, pk): rows[pk] for pk in pks if pk in rows}
    for row in found.values():
        row.municipality = municipality
    return found


def _merged(kind: str, rows: list[Any], municipality: Municipality) -> dict[int, Any]:
    """Old row's key → the row it was merged with."""
    if not rows:
        return {}
    moved = dict(
        MovedListing.objects.filter(
            municipality=municipality, kind=kind, slug__in=[row.slug for row in rows], to_id__isnull=False
        ).values_list("slug", "to_id")
    )
    into = {row.pk: row for row in _rows(kind, municipality).filter(pk__in=moved.values())} if moved else {}
    return {row.pk: into[moved[row.slug]] for row in rows if moved.get(row.slug) in into}


def items_of(shortlist: Shortlist, municipality: Municipality) -> Items:
    """The list as somebody reads it in the active language. A constant number of queries."""
    rows = listings_of(shortlist.refs, municipality)
    shown: list[tuple[Ref, Any]] = []
    gone: list[Ref] = []
    seen: set[tuple[str, int]] = set()
    for ref in shortlist.refs:
        row = rows.get(ref)
        if row is None or not may_be_shown(row) or (ref.kind, row.pk) in seen:
            gone.append(ref)
            continue
        seen.add((ref.kind, row.pk))
        shown.append((ref, row))
    reachable = are_reachable([row for _ref, row in shown])
    found = (item_of(ref, row, reached) for (ref, row), reached in zip(shown, reachable, strict=True))
    return Items(tuple(found), tuple(gone))


def may_be_shown(listing: Any) -> bool:
    """Whether residents may see it; also while it is on a break, which a list says of it."""
    return listing.live and listing.hidden_at is None and listing.delisted_at is None


def item_of(ref: Ref, listing: Any, is_reachable: bool) -> Item:
    """One thing, in the active language."""
    today = timezone.localdate()
    order = listing.municipality.order_for(reader_lang())
    nothing = Text("", order[0])
    by, where, address, there = nothing, nothing, listing.address_line, best(listing, "getting_there", order)
    when: tuple[str, ...] = ()
    price = ""
    contact = public_contact(listing)
    if ref.kind == Kind.ACTIVITY:
        host = listing.public_provider
        by = best(host, "name", order) if host else nothing
        sessions = list(listing.sessions.all())
        when = tuple(_time(meeting) for meeting in meetings(sessions, today)[:MOST_TIMES])
        if places := listing.public_places():
            where, address = best(places[0], "name", order), places[0].address_line
            there = there or best(places[0], "getting_there", order)
        price = price_in_words(listing.is_free, listing.price, listing.price_per) or str(best(listing, "price_note", order))
        first = listing.first_contact()
        contact = {"contact_name": first.get("name", ""), **{k: v for k, v in first.items() if k != "name"}} if first else contact
        contact = contact or (public_contact(host) if host else {})
    elif ref.kind == Kind.PLACE:
        when = tuple(" ".join(filter(None, (line.days, line.hours))) for line in opening_hours(listing.opening_times.all()))
        price = price_in_words(listing.is_free, listing.price)
    elif ref.kind == Kind.PROVIDER:
        price = price_in_words(None, listing.membership_fee, "year") if listing.membership_fee is not None else ""
    else:
        price = kroner(listing.max_amount) if listing.max_amount else ""
        by = best(listing, "who_may_apply", order) or best(listing, "summary", order)
    return Item(
        ref=ref,
        listing=listing,
        title=best(listing, "name", order),
        by=by,
        who=ages_in_words(listing.age_from, listing.age_to),
        when=when,
        where=where,
        address=address,
        price=price,
        contact={name: value for name, value in contact.items() if value},
        getting_there=there,
        until=listing.paused_until,
        on_break=listing.paused_at is not None,
        is_reachable=is_reachable,
    )


def _time(meeting: Any) -> str:
    return " · ".join(filter(None, (meeting.sentence, meeting.period, meeting.cancelled)))
