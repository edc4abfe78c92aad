"""Once a week: what is new since the last letter, to residents who asked. Who has nothing new gets no letter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import override

from directory.freshness.bounces import undeliverable
from directory.municipalities.models import Feature, Municipality
from portal.kit.letters import Entry
from portal.languages import interface_of
from portal.newsletters.emails import send_digest
from portal.newsletters.models import Subscription
from portal.newsletters.writing import Composer, other
from portal.pages.lists import asked_of
from search.engines import get_engine
from search.presenters import Paths, card_from, said
from search.vocabulary import Vocabulary

WEEK = timedelta(days=7)
#: A letter that is due some hours later is sent now, so that it keeps its time of day.
SLACK = timedelta(hours=2)
MOST = 30
TURN = 500


@dataclass(frozen=True, slots=True)
class New:
    """What is new of one question in one language: (when, how it stands in a letter)."""

    items: tuple[tuple[datetime, Entry], ...]

    def since(self, moment: datetime) -> list[Entry]:
        return [entry for at, entry in self.items if at > moment]


def send_digests(at: datetime) -> int:
    """Send what is due; how many letters. Two workers at once send each once: who moves the mark sends."""
    # Asked first: rows of municipalities that send no letters stay due, and would stand in the way of all others.
    towns = [town.pk for town in Municipality.objects.filter(site__isnull=False) if town.has(Feature.NEWSLETTERS)]
    rows = list(
        Subscription.objects.filter(municipality__in=towns, confirmed_at__isnull=False, told_until__lte=at - WEEK + SLACK)
        .select_related("municipality__site")
        .order_by("municipality", "query", "lang", "pk")[:TURN]
    )
    returned = undeliverable(row.email for row in rows)
    known: dict[tuple[int, str, str, str], New] = {}
    sent = 0
    for row in rows:
        lang = row.lang if row.lang in row.municipality.languages else row.municipality.languages[0]
        key = (row.municipality_id, row.about, row.query, lang)
        if key not in known:
            oldest = min(other.told_until for other in rows if other.told_until and other.municipality_id == row.municipality_id)
            known[key] = what_is_new(row, lang, oldest)
        items = known[key].since(row.told_until or at)
        with transaction.atomic():
            # Conditional: of two workers one moves the mark, and the letter goes into the queue with it.
            moved = Subscription.objects.filter(pk=row.pk, told_until=row.told_until).update(told_until=at)
            if moved and items and row.email not in returned:
                send_digest(row, lang, items[:MOST], len(items))
                sent += 1
    return sent


def what_is_new(row: Subscription, lang: str, since: datetime) -> New:
    """What has been published since, the newest first."""
    with override(interface_of(lang)):
        if row.about == Subscription.About.NEWS:
            return New(tuple(news_since(row.municipality, lang, since)))
        return New(tuple(found_since(row.municipality, row.query, lang, since)))


def news_since(municipality: Municipality, lang: str, since: datetime) -> Iterable[tuple[datetime, Entry]]:
    """News that were published for the first time."""
    composer = Composer(municipality, lang, lang)
    rows = composer.news().filter(first_published_at__gt=since).order_by(F("first_published_at").desc(), "-pk")[:MOST]
    for page in rows:
        yield page.first_published_at, composer.news_entry(page)


def found_since(municipality: Municipality, question: str, lang: str, since: datetime) -> Iterable[tuple[datetime, Entry]]:
    """Hits of a search that residents could not see before."""
    query, _notices = asked_of(question, municipality, lang)
    engine = get_engine()
    answer = engine.search(replace(query, sort="newest", page=1, size=MOST), facets=False)
    composer = Composer(municipality, lang, lang)
    paths = Paths(Vocabulary.cached(municipality, lang), lang)
    today = timezone.localdate()
    for doc in engine.fetch([hit.seq for hit in answer.hits]):
        at = datetime.fromtimestamp((doc.published or 0) / 1000, tz=UTC)
        if at <= since:
            continue
        card = card_from(doc, lang, today, url=paths.of(doc), municipality=paths.elsewhere(doc))
        facts = " · ".join(filter(None, [card.who, card.when, card.where, card.price]))
        summary = said(doc.card["summary"], lang)
        yield (
            at,
            Entry(
                str(card.title),
                composer.absolute(card.url),
                text="\n".join(filter(None, [str(summary) if summary.lang == card.title.lang else "", facts])),
                note=str(card.by or ""),
                lang=other(card.title.lang, lang),
            ),
        )
