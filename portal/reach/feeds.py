"""`/find/feed.rss` and `/find/feed.ics`: any question, subscribed to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.http import http_date
from django.utils.translation import gettext as _

from directory.activities.calendars import empty_calendar, events_of
from directory.activities.models import Activity
from portal.reach.hits import Asked, Hits, asked, hits, not_changed, tag
from search.engines.base import Found
from search.presenters import said

NEWEST = 50  # items of a feed
MOST_ACTIVITIES = 200
MINUTES = 15


def title_of(question: Asked) -> str:
    """What a feed is called in its reader's list."""
    return f"{question.municipality.name}: {question.heading or _('Find something to do')}"


def rss(request: HttpRequest) -> HttpResponse:
    """What is new among the hits, the newest first."""
    question = asked(request)
    etag = tag(request, question)
    if (same := not_changed(request, etag)) is not None:
        return _kept(same, etag)
    answer = hits(question, NEWEST, sort="newest")
    rows = [(first_published(doc), card, doc) for card, doc in zip(answer.cards, answer.found, strict=True)]
    feed = Rss201rev2Feed(
        title=title_of(question),
        link=request.build_absolute_uri(question.query.without("page").address(reverse("find"))),
        description=_("Activities, places to meet and help to take part, near you."),
        language=question.lang,
        feed_url=request.build_absolute_uri(),
        ttl=MINUTES * 4,
    )
    for at, card, doc in rows:
        facts = " · ".join(filter(None, [card.who, card.when, card.where, card.price]))
        feed.add_item(
            title=_xml(str(card.title)),
            link=request.build_absolute_uri(card.url),
            description=_xml("\n".join(filter(None, [str(said(doc.card["summary"], question.lang)), facts]))),
            unique_id=f"{doc.municipality}-{doc.kind}-{doc.listing_id}",
            unique_id_is_permalink=False,
            pubdate=at,
            categories=[
                _xml(str(question.vocabulary.label("category", slug)))
                for slug in doc.card["categories"]
                if question.vocabulary.has("category", slug)
            ],
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")
    return _kept(response, etag, max((row[0] for row in rows), default=None))


def _xml(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(sign for sign in text if sign in "\n\t" or sign >= " ")


def first_published(doc: Found) -> datetime:
    """When residents could see it first; not when it was changed or indexed."""
    return datetime.fromtimestamp((doc.published or 0) / 1000, tz=UTC)


def ics(request: HttpRequest, most: int = MOST_ACTIVITIES) -> HttpResponse:
    """When the activities among the hits meet, of so many at most. Programs that subscribe ask again by themselves."""
    question = asked(request)
    etag = tag(request, question)
    if (same := not_changed(request, etag)) is not None:
        return _kept(same, etag)
    kinds = question.query.kinds
    answer = Hits(0, [], []) if kinds and "activity" not in kinds else hits(question, most, kinds=("activity",))
    addresses = {
        doc.listing_id: request.build_absolute_uri(card.url) for doc, card in zip(answer.found, answer.cards, strict=True)
    }
    rows = (
        Activity.objects.public()
        .filter(pk__in=list(addresses))
        .select_related("municipality")
        .defer("municipality__boundary")
        .prefetch_related("sessions__place", "places")
    )
    activities = {row.pk: row for row in rows}
    calendar = empty_calendar(title_of(question))
    calendar.add("refresh-interval", timedelta(days=1), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "P1D")
    today = timezone.localdate()
    for pk in (pk for pk in addresses if pk in activities):
        # The same meeting has the same name wherever it is subscribed to, also from a neighbouring municipality.
        host = urlsplit(addresses[pk]).hostname or request.get_host()
        for event in events_of(
            activities[pk], url=addresses[pk], host=host, lang=question.lang, today=today, weekdays=question.query.weekdays
        ):
            calendar.add_component(event)
    calendar.add_missing_timezones()
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="frittfram.ics"'
    return _kept(response, etag, max((row.updated_at for row in activities.values()), default=None))


def _kept(response: HttpResponse, etag: str, modified: datetime | None = None) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MINUTES * 60}"
    response["Access-Control-Allow-Origin"] = "*"
    if modified:
        response["Last-Modified"] = http_date(modified.timestamp())
    return response
