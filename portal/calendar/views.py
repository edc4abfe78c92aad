"""The calendar: when activities meet, by day, week and month, asked as the search is. Off until a municipality turns it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory.listings.loading import municipality_of
from directory.municipalities.models import Feature, Municipality
from portal.calendar.outlines import whole
from portal.calendar.queries import MOST, Entry, activities, chosen, entry_of, first_day_after, meetings
from portal.calendar.spans import Span, Unit, span_of
from portal.reach import feeds
from search.presenters import Facet, Paths, chips, facets_of
from search.query import Notice, SearchQuery
from search.questions import question_of

# How many of a day's meetings are written out; the rest is a press away.
FITS: dict[Unit, int | None] = {Unit.DAY: None, Unit.WEEK: 10, Unit.MONTH: 3}
FILTERS = ("category", "district", "age", "free")  # those with a field of their own; others come along from the search
MOST_IN_FILE = 600  # activities


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar."""

    date: date
    entries: tuple[Entry, ...]
    total: int
    href: str
    is_today: bool

    @property
    def more(self) -> int:
        """How many are not written out."""
        return self.total - len(self.entries)


def with_calendar(request: HttpRequest) -> Municipality:
    """The municipality of the host; 404 where it has no calendar."""
    municipality = municipality_of(request)
    if not municipality.has(Feature.CALENDAR):
        raise Http404("This municipality has no calendar.")
    return municipality


def address(query: SearchQuery, path: str, **more: str) -> str:
    """The question behind a path, with parameters of the calendar's own."""
    plain = query.without("page").without("sort").without("kind").address(path)
    return f"{plain}{'&' if '?' in plain else '?'}{urlencode(more)}" if more else plain


def calendar(request: HttpRequest) -> HttpResponse:
    """Who meets when."""
    municipality = with_calendar(request)
    lang = get_language() or municipality.languages[0]
    query, notices, vocabulary = question_of(request, municipality, lang)
    query = query.without("kind").without("sort")
    today = timezone.localdate()
    span, refused = span_of(request.GET, today)
    if refused:
        notices = (*notices, Notice("day", refused[1], _("There is no such day in this calendar. It shows today instead.")))
    path = reverse("calendar")
    answer, found = activities(query)
    by_day = meetings(found, span.first, span.last, query.weekdays)
    total = sum(map(len, by_day.values()))
    written = {day: chosen(entries, FITS[span.unit]) for day, entries in by_day.items()}
    docs = whole([meeting.activity.seq for entries in written.values() for meeting in entries])
    paths = Paths(vocabulary, lang)

    def day_of(day: date) -> Day:
        with_docs = ((meeting, docs.get(meeting.activity.seq)) for meeting in written.get(day, ()))
        shown = tuple(entry_of(meeting, doc, lang, paths) for meeting, doc in with_docs if doc)
        return Day(day, shown, len(by_day.get(day, ())), address(query, path, day=day.isoformat()), day == today)

    days = [day_of(day) for day in span.days]
    passed = (today - span.first).days if span.unit == Unit.WEEK and span.holds(today) else 0  # days one can no longer go to
    following = None if total else first_day_after(found, span.last, query.weekdays)
    context: dict[str, Any] = {
        "query": query,
        "span": span,
        "heading": span.words(),
        "days": days[passed:],
        "earlier": days[:passed],
        "weeks": weeks_of(days, query, path) if span.unit == Unit.MONTH else (),
        "weekdays": [str(name).capitalize() for name in WEEKDAYS.values()],
        "total": total,
        "too_many": answer.total if answer.total > MOST else 0,
        "following": following,
        "following_href": address(query, path, day=following.isoformat()) if following else "",
        "notices": notices,
        "chips": chips(query, vocabulary, lambda query: address(query, path, **{span.unit.value: span.value}), words=True),
        "cards": list({entry.ident: entry.card for day in days for entry in day.entries}.values()),
        "selects": selects(facets_of(query, answer, vocabulary, path)),
        "kept": kept(query, span),
        "ways": ways(query, span, today, path),
        "feed_href": address(query, reverse("calendar-file")),
        "feed_webcal": "webcal://" + request.get_host() + address(query, reverse("calendar-file")),
        "find_href": address(query.with_("kind", "activity"), reverse("find")),
        "clear_href": f"{path}?{urlencode({span.unit.value: span.value})}",
        "canonical_params": [*query.to_params(), (span.unit.value, span.value)] if set(request.GET) - {"kiosk"} else [],
    }
    response = render(request, "calendar/calendar.html", context)
    response.headers["Cache-Control"] = "no-cache"
    return response


def weeks_of(days: list[Day], query: SearchQuery, path: str) -> list[dict[str, Any]]:
    """The days of a month as rows of seven, with None where a week begins or ends in another month."""
    cells: list[Day | None] = [None] * days[0].date.weekday() + days
    cells += [None] * (-len(cells) % 7)
    rows = []
    for start in range(0, len(cells), 7):
        row = cells[start : start + 7]
        week = Span.around(next(cell.date for cell in row if cell), Unit.WEEK)
        rows.append(
            {
                "number": week.first.isocalendar().week,
                "href": address(query, path, week=week.value),
                "days": row,
            }
        )
    return rows


def ways(query: SearchQuery, span: Span, today: date, path: str) -> dict[str, Any]:
    """Before, after, today, and the other units around the same time."""

    def to(there: Span) -> str:
        return address(query, path, **{there.unit.value: there.value})

    at = today if span.holds(today) else span.first
    names = {Unit.DAY: _("Day"), Unit.WEEK: _("Week"), Unit.MONTH: _("Month")}
    return {
        "previous": to(span.previous) if span.previous.is_in_reach(today) else "",
        "next": to(span.next) if span.next.is_in_reach(today) else "",
        "today": "" if span.holds(today) else to(Span.around(today, span.unit)),
        "units": [
            {"label": label, "href": to(Span.around(at, unit)), "current": unit == span.unit} for unit, label in names.items()
        ],
    }


def selects(facets: tuple[Facet, ...]) -> list[Facet]:
    """The filters that are lists to choose one of."""
    return [facet for facet in facets if facet.param in ("category", "district")]


def kept(query: SearchQuery, span: Span) -> list[tuple[str, str]]:
    """What the form sends along unseen: the days, and whatever else the question holds."""
    params = [(param, value) for param, value in query.to_params() if param not in (*FILTERS, "page", "sort", "kind")]
    return [*params, (span.unit.value, span.value)]


def calendar_file(request: HttpRequest) -> HttpResponse:
    """The same meetings as an iCalendar file to subscribe to."""
    with_calendar(request)
    return feeds.ics(request, most=MOST_IN_FILE)
