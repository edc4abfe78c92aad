"""Adds events to the sums, holds words back until enough have asked for them, and forgets in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from directory.geography.districts import Chart, chart_of
from directory.municipalities.models import District, Municipality
from portal.usage import rules
from portal.usage.models import DailySum, HeldWords, What
from portal.usage.tally import Event

Sum = tuple[int, date, str, str, str, bool, str]  # the columns of DailySum that together are unique
WITH_WORDS = {What.WORDS, What.UNMET}
ROWS = 400  # in one statement


def record(counts: Mapping[Event, int]) -> None:
    """Add what was counted to the sums of its days: one transaction, a few statements however much it is."""
    with transaction.atomic():
        asked = {event.municipality for event in counts}
        towns = {town.pk: town for town in Municipality.objects.filter(pk__in=asked).defer("boundary")}
        charts: dict[int, Chart] = {}
        sums: Counter[Sum] = Counter()
        words: dict[tuple[int, str], list[tuple[Sum, int, int]]] = {}
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
                words.setdefault((event.municipality, tag), []).append((key, count, event.part))
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


def part_of_day(at: datetime) -> int:
    """The number of the quarter of a day, counted from the beginning of days."""
    return at.toordinal() * 4 + at.hour // 6


def open_words(asked: Mapping[tuple[int, str], list[tuple[Sum, int, int]]]) -> Counter[Sum]:
    """Count words by their tag; gives the sums of those that enough have asked for.

    When words are opened, what was counted before counts for that day, without language or part of town: these were
    not kept.
    """
    found: Counter[Sum] = Counter()
    if not asked:
        return found
    full = {pk for pk in {pk for pk, _tag in asked} if HeldWords.objects.filter(municipality=pk).count() >= rules.MOST_HELD}
    rows = []
    for (pk, tag), events in sorted(asked.items()):
        if pk in full and not HeldWords.objects.filter(municipality=pk, tag=tag).exists():
            continue
        part = max(part for _key, _count, part in events)
        day = max(key[1] for key, _count, _part in events)
        rows.append((pk, tag, sum(count for _key, count, _part in events), 1, part, day, day, ""))
    to_open = []
    for pk, tag, count, parts, open_already in hold(rows):
        events = asked[pk, tag]
        first: Sum = events[0][0]
        if not open_already:
            if not rules.may_be_written_down(count=count, parts=parts):
                continue
            to_open.append((pk, tag, first[6]))
            before = count - sum(number for _key, number, _part in events)
            if before:
                found[(first[0], first[1], first[2], "", "", False, first[6])] += before
        for key, number, _part in events:
            found[key] += number
    for pk, tag, words in to_open:
        HeldWords.objects.filter(municipality=pk, tag=tag).update(words=words)
    return found


def hold(rows: list[tuple[Any, ...]]) -> list[tuple[int, str, int, int, bool]]:
    """Add to the counts behind tags; gives (municipality, tag, count, parts, whether its words are open)."""
    quote = connection.ops.quote_name
    table = quote(HeldWords._meta.db_table)
    names = ("municipality_id", "tag", "count", "parts", "last_part", "since", "seen", "words")
    columns = [quote(name) for name in names]
    count, parts, last = quote("count"), quote("parts"), quote("last_part")
    found: list[tuple[int, str, int, int, bool]] = []
    with connection.cursor() as cursor:
        for some in chunks(rows):
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {holes(some)} "  # noqa: S608
                f"ON CONFLICT ({columns[0]}, {columns[1]}) DO UPDATE SET {count} = {table}.{count} + EXCLUDED.{count}, "
                f"{parts} = {table}.{parts} + CASE WHEN {table}.{last} < EXCLUDED.{last} THEN 1 ELSE 0 END, "
                f"{last} = EXCLUDED.{last}, {quote('seen')} = EXCLUDED.{quote('seen')} "
                f"RETURNING {columns[0]}, {columns[1]}, {count}, {parts}, {columns[7]} <> ''",
                [value for row in some for value in row],
            )
            found += [(pk, tag, many, in_parts, bool(is_open)) for pk, tag, many, in_parts, is_open in cursor.fetchall()]
    return found


def chunks(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS]


def holes(rows: Iterable[tuple[Any, ...]]) -> str:
    return ", ".join(f"({', '.join(['%s'] * len(row))})" for row in rows)


# ── forgetting ──────────────────────────────────────────────────────────────────────────────────────────────
def forget_usage(at: datetime) -> int:
    """Take away sums older than three years, hashes that nobody else asked for, and words long not asked for."""
    today = timezone.localdate(at)
    old, _each = DailySum.objects.filter(day__lt=today - timedelta(days=rules.KEPT_DAYS)).delete()
    held, _each = HeldWords.objects.filter(words="", since__lt=today - timedelta(days=rules.HELD_DAYS)).delete()
    words, _each = HeldWords.objects.filter(seen__lt=today - timedelta(days=rules.WORDS_DAYS)).delete()
    return old + held + words
