"""What happens when: activities found by a question, laid out on days.

All of it is made from search documents: of all that are found their outlines, of those written out the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from zlib import crc32

from directory.activities.rules import days_of, may_meet_on, next_day
from directory.activities.words import hours
from directory.listings.cards import Card
from directory.listings.words import ages_in_words
from portal.calendar.outlines import Outline, outlines
from portal.kit.texts import Text
from search.engines import get_engine
from search.engines.base import Found
from search.presenters import Paths, ident, said
from search.query import SearchQuery
from search.results import Results

MOST = 2_000  # activities laid out at once


@dataclass(frozen=True, slots=True)
class Meeting:
    """One activity on one day."""

    day: date
    starts: time | None
    ends: time | None
    activity: Outline
    place_id: int | None
    dated: bool

    @property
    def when(self) -> str:
        """Its hours in words."""
        return hours(self.starts, self.ends)

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Where not everything fits: what has a date of its own first, then what one may just turn up to, then by lot."""
        lot = crc32(f"{self.day}{self.activity.kind}{self.activity.listing_id}".encode())
        return not self.dated, not self.activity.is_open, lot


@dataclass(frozen=True, slots=True)
class Entry:
    """A meeting as the calendar writes it."""

    ident: str
    url: str
    title: Text
    when: str
    where: Text | None
    who: str
    free: bool
    open: bool
    dated: bool
    municipality: str

    @property
    def card(self) -> Card:
        """The activity as a list would name it."""
        return Card(self.ident, "activity", self.url, self.title)


def activities(query: SearchQuery) -> tuple[Results, list[Outline]]:
    """The activities a question finds, as many as are laid out at once."""
    answer = get_engine().search(replace(query, kinds=("activity",), page=1, size=MOST))
    return answer, outlines([hit.seq for hit in answer.hits])


def meetings(found: Iterable[Outline], first: date, last: date, weekdays: Collection[int] = ()) -> dict[date, list[Meeting]]:
    """Who meets on each day from `first` to `last`, the earliest first; on these weekdays only, where some are given.

    Days without anything are left out.
    """
    days: dict[date, list[Meeting]] = {}
    for activity in found:
        for session in activity.sessions:
            if not may_meet_on(session, weekdays):
                continue
            for day in days_of(session, first, last):
                meeting = Meeting(day, session.starts, session.ends, activity, session.place_id, session.date is not None)
                days.setdefault(day, []).append(meeting)
    for entries in days.values():
        entries.sort(key=lambda m: (m.starts is not None, m.starts or time.min, m.activity.listing_id))
    return dict(sorted(days.items()))


def first_day_after(found: Iterable[Outline], day: date, weekdays: Collection[int] = ()) -> date | None:
    """The next day on which any of them meets."""
    sessions = (session for activity in found for session in activity.sessions if may_meet_on(session, weekdays))
    coming = (next_day(session, day + timedelta(days=1)) for session in sessions)
    return min((found for found in coming if found), default=None)


def chosen(entries: Sequence[Meeting], most: int | None) -> list[Meeting]:
    """At most so many of a day's meetings, still in the order of the clock."""
    if most is None or len(entries) <= most:
        return list(entries)
    kept = set(map(id, sorted(entries, key=lambda meeting: meeting.rank)[:most]))
    return [meeting for meeting in entries if id(meeting) in kept]


def entry_of(meeting: Meeting, doc: Found, lang: str, paths: Paths) -> Entry:
    """A meeting in the reader's language; `doc` is its activity's document."""
    return Entry(
        ident=ident(doc),
        url=paths.of(doc),
        title=said(doc.names, lang),
        when=meeting.when,
        where=where_of(meeting, doc, lang),
        who=ages_in_words(doc.age_from, doc.age_to),
        free=bool(doc.card.get("is_free")),
        open=bool(doc.card.get("open")),
        dated=meeting.dated,
        municipality=paths.elsewhere(doc),
    )


def where_of(meeting: Meeting, doc: Found, lang: str) -> Text | None:
    """The place of the meeting itself, else the activity's first; none where the place is not public."""
    card = doc.card
    places = card.get("places") or []
    known = card.get("place_ids") or []
    if meeting.place_id is not None and known:
        if meeting.place_id not in known:
            return None
        return said(places[known.index(meeting.place_id)], lang)
    if places:
        return said(places[0], lang)
    return Text(card["city"], "nb") if card.get("city") else None
