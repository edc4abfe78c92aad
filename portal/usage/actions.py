"""Adds events to the sums, holds words back until they were asked for often enough, and forgets in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from directory.geography.districts import Chart, chart_of
from directory.municipalities.models import District, Municipality
from portal.usage import rules
from portal.usage.models import DailySum, HeldWords, What
from portal.usage.queries import monday
from portal.usage.tally import Event

T = TypeVar("T")
Sum = tuple[int, date, str, str, str, bool, str]  # the columns of DailySum that together are unique
Asked = dict[tuple[int, str], list[tuple[Sum, int]]]  # municipality and tag → what was counted of the words behind it
WITH_WORDS = {What.WORDS, What.UNMET}
ROWS = 400  # in one statement


def record(counts: Mapping[Event, int]) -> None:
    """Add what was counted to the sums of its days: one transaction, a few statements however much it is."""
    with transaction.atomic():
        asked = {event.municipality for event in counts}
        towns = {town.pk: town for town in Municipality.objects.filter(pk__in=asked).defer("boundary")}
        charts: dict[int, Chart] = {}
        sums: Counter[Sum] = Counter()
        words: Asked = {}
        for event, count in counts.items():
            if event.municipality not in towns:
                continue  # taken away since
            district = event.district
            if event.point is not None:
                if event.municipality not in charts:
                    charts[event.municipality] = chart_of(towns[event.municipality])
                district = district_at(charts[event.municipality], event)
            key: Sum = (event.municipality, event.day, event.what, event.lang, district, event.kiosk, event.key)
            if event.what in WITH_WORDS:
                tag = tag_of(event.municipality, event.what, event.key)
                words.setdefault((event.municipality, tag), []).append((key, count))
            else:
                sums[key] += count
        sums.update(open_words(words))
        add_up(sums)


def district_at(chart: Chart, event: Event) -> str:
    """The neighbourhood of a place that a search asked for by name."""
    found = chart.at(event.point, event.place)
    return next((row.slug for row in found if row.kind == District.Kind.NEIGHBOURHOOD), "")


def add_up(sums: Mapping[Sum, int]) -> None:
    """`count = count + …` for each, made where there is none; always in the same order, so that two writers do not block."""
    quote = connection.ops.quote_name
    table = quote(DailySum._meta.db_table)
    unique = [quote(name) for name in ("municipality_id", "day", "what", "lang", "district", "kiosk", "key")]
    count = quote("count")
    rows = [(*key, sums[key]) for key in sorted(sums)]
    with connection.cursor() as cursor:
        for some in chunks(rows):
            # The names are our own columns; all values are parameters.
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(unique)}, {count}) VALUES {holes(some)} "  # noqa: S608
                f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {count} = {table}.{count} + EXCLUDED.{count}",
                [value for row in some for value in row],
            )


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────
def tag_of(municipality: int, what: str, words: str) -> str:
    """A keyed hash: who holds the database without the key cannot try out words."""
    return salted_hmac("portal.usage.words", f"{municipality}|{what}|{words}", algorithm="sha256").hexdigest()[:32]


def open_words(asked: Asked) -> Counter[Sum]:
    """Count words by their tag; gives the sums of those that were asked for often enough.

    When words are opened, what was counted before counts for that day, without language or part of town: these were
    not kept.
    """
    found: Counter[Sum] = Counter()
    if not asked:
        return found
    kept = {pk: make_room(pk, sorted(tag for town, tag in asked if town == pk)) for pk in sorted({pk for pk, _tag in asked})}
    rows = []
    for (pk, tag), events in sorted(asked.items()):
        if tag in kept[pk]:
            day = max(key[1] for key, _count in events)
            rows.append((pk, tag, sum(count for _key, count in events), 1, day, day, ""))
    to_open = []
    for pk, tag, count, days, open_already in hold(rows):
        events = asked[pk, tag]
        first: Sum = events[0][0]
        if not open_already:
            if not rules.may_be_written_down(count=count, days=days):
                continue
            to_open.append((pk, tag, first[6]))
            before = count - sum(number for _key, number in events)
            if before:
                found[(first[0], first[1], first[2], "", "", False, first[6])] += before
        for key, number in events:
            found[key] += number
    for pk, tag, words in to_open:
        HeldWords.objects.filter(municipality=pk, tag=tag).update(words=words)
    return found


def make_room(municipality: int, tags: list[str]) -> set[str]:
    """Which of the words that come now can be held; for new ones, what was asked for least, longest ago, is forgotten."""
    held = HeldWords.objects.filter(municipality=municipality)
    number = held.count()
    if number + len(tags) <= rules.MOST_HELD:
        return set(tags)
    known = {tag for some in chunks(tags) for tag in held.filter(tag__in=some).values_list("tag", flat=True)}
    # Not all at once: words that many asked for outlive the ones that come in a flood.
    new = [tag for tag in tags if tag not in known][: rules.MOST_HELD // 2]
    over = number + len(new) - rules.MOST_HELD
    if over > 0:
        order = held.order_by("count", "since", "pk").values_list("pk", "tag")[: over + len(known)].iterator()
        gone = [pk for pk, tag in order if tag not in known][:over]
        for some in chunks(gone):
            HeldWords.objects.filter(pk__in=some).delete()
        new = new[: len(new) - (over - len(gone))]
    return known | set(new)


def hold(rows: list[tuple[Any, ...]]) -> list[tuple[int, str, int, int, bool]]:
    """Add to the counts behind tags; gives (municipality, tag, count, days, whether its words are open).

    Processes write when they come to it: what one counted yesterday may arrive after what another counted today. Then the
    last day stays, and no day is counted twice.
    """
    quote = connection.ops.quote_name
    table = quote(HeldWords._meta.db_table)
    names = ("municipality_id", "tag", "count", "days", "since", "seen", "words")
    columns = [quote(name) for name in names]
    count, days, seen = quote("count"), quote("days"), quote("seen")
    found: list[tuple[int, str, int, int, bool]] = []
    with connection.cursor() as cursor:
        for some in chunks(rows):
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {holes(some)} "  # noqa: S608
                f"ON CONFLICT ({columns[0]}, {columns[1]}) DO UPDATE SET {count} = {table}.{count} + EXCLUDED.{count}, "
                f"{days} = {table}.{days} + CASE WHEN {table}.{seen} < EXCLUDED.{seen} THEN 1 ELSE 0 END, "
                f"{seen} = CASE WHEN {table}.{seen} < EXCLUDED.{seen} THEN EXCLUDED.{seen} ELSE {table}.{seen} END "
                f"RETURNING {columns[0]}, {columns[1]}, {count}, {days}, {columns[6]} <> ''",
                [value for row in some for value in row],
            )
            found += [(pk, tag, many, on_days, bool(is_open)) for pk, tag, many, on_days, is_open in cursor.fetchall()]
    return found


def chunks(rows: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS]


def holes(rows: Iterable[tuple[Any, ...]]) -> str:
    return ", ".join(f"({', '.join(['%s'] * len(row))})" for row in rows)


# ── forgetting ──────────────────────────────────────────────────────────────────────────────────────────────
def forget_usage(at: datetime) -> int:
    """Take away sums older than three years, hashes that nobody asked for again, and words long not asked for.

    Sums go by whole weeks, as they are told: a week that shrank day by day would tell what its days were.
    """
    today = timezone.localdate(at)
    old, _each = DailySum.objects.filter(day__lt=monday(today - timedelta(days=rules.KEPT_DAYS))).delete()
    held, _each = HeldWords.objects.filter(words="", since__lt=today - timedelta(days=rules.HELD_DAYS)).delete()
    words, _each = HeldWords.objects.filter(seen__lt=today - timedelta(days=rules.WORDS_DAYS)).delete()
    return old + held + words
