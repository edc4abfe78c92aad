"""The facts of a listing that somebody is asked to confirm, in words: in the letter, behind its link, and on the desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from directory.activities.words import meetings
from directory.freshness.answers import name_of
from directory.freshness.rules import Age, age_of, since_of
from directory.listings.kinds import Kind
from directory.listings.pages import freshness
from directory.listings.words import ages_in_words, kroner, price_in_words
from directory.places.words import opening_hours
from portal.kit.texts import Text, best


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it is asked about. `ident` is "activity:12"; `facts` are pairs of a word and what it says."""

    ident: str
    kind: str
    name: Text
    summary: Text
    path: str  # of the public page, in the active language; empty while it is hidden
    facts: tuple[tuple[str, str], ...]
    known: str  # when it was last confirmed, or where it comes from
    is_old: bool
    is_hidden: bool


def pages_of(rows: Iterable[Any], lang: str) -> list[Page]:
    """The pages of some listings of one municipality for a reader of `lang`, the active language. Few queries, however many."""
    rows = list(rows)
    activities = [row for row in rows if row.KIND == Kind.ACTIVITY]
    places = [row for row in rows if row.KIND == Kind.PLACE]
    if activities:
        prefetch_related_objects(activities, "sessions__place", "places")
    if places:
        prefetch_related_objects(places, "opening_times")
    return [page_of(row, lang) for row in rows]


def page_of(row: Any, lang: str) -> Page:
    """One listing."""
    order = row.municipality.order_for(lang)
    return Page(
        ident=name_of(row),
        kind=capfirst(str(row.KIND.label)),
        name=best(row, "name", order),
        summary=best(row, "summary", order),
        path=row.get_absolute_url() if row.is_public else "",
        facts=tuple((word, said) for word, said in facts_of(row, order) if said),
        known=when_confirmed(row),
        is_old=row.hidden_at is not None or age_of(since_of(row), timezone.localdate()) is not Age.FRESH,
        is_hidden=row.hidden_at is not None,
    )


def facts_of(row: Any, order: list[str]) -> list[tuple[str, str]]:
    """What may have changed since: times, places, prices, whom to ask. Contact fields only as everybody sees them."""
    found: list[tuple[str, str]] = []
    if row.KIND == Kind.ACTIVITY:
        told = meetings(row.sessions.all(), timezone.localdate())
        found.append((_("When"), "\n".join(" ".join(filter(None, [one.sentence, one.period])) for one in told)))
        where = [str(best(place, "name", order)) for place in row.public_places()]
        found.append((_("Where"), ", ".join(where) or row.address_line))
        found.append((_("Price"), price_in_words(row.is_free, row.price, row.price_per)))
    else:
        found.append((_("Where"), row.address_line))
    if row.KIND == Kind.PLACE:
        lines = opening_hours(row.opening_times.all())
        found.append((_("Opening hours"), "\n".join(" ".join(filter(None, [one.days, one.hours, one.note])) for one in lines)))
        found.append((_("Price"), price_in_words(row.is_free, row.price)))
    if row.KIND == Kind.PROVIDER and row.membership_fee is not None:
        found.append((_("Price"), _("Membership costs %(fee)s a year.") % {"fee": kroner(row.membership_fee)}))
    if row.KIND == Kind.SUPPORT and row.deadline:
        found.append((_("Next deadline"), date_format(row.deadline, "DATE_FORMAT")))
    found.append((_("For whom"), ages_in_words(row.age_from, row.age_to)))
    found += [
        (_("Contact person"), row.contact("contact_name")),
        (_("Telephone"), row.contact("phone")),
        (_("Mail"), row.contact("email")),
        (_("Website"), row.website),
    ]
    return found


def when_confirmed(row: Any) -> str:
    """The sentence on the public page about how sure one can be, in the active language."""
    known = freshness(row)
    if known.get("confirmed_at"):
        day = date_format(timezone.localtime(known["confirmed_at"]), "DATE_FORMAT")
        return _("Confirmed %(day)s by %(by)s.") % {"day": day, "by": known["by"]}
    day = date_format(known["at"], "DATE_FORMAT")
    if known["source"]:
        return _("From %(source)s, %(day)s, not confirmed by the association.") % {"source": known["source"], "day": day}
    return _("Written %(day)s, not yet confirmed by the association.") % {"day": day}
