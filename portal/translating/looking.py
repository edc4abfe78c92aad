"""Brings what is known up to date with what stands in the rows. Runs in the worker, never in the transaction of an import.

look_at_changes()      the marks that changes have left (apps.py), a batch at a time; the timetable calls it every minute
look_at(model, pks)    rows of one kind
look_at_everything()   all rows, once a day: what no mark told of, such as labels that were written in bulk
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone
from wagtail.models import Page

from directory.municipalities.models import Municipality
from portal.kit.wording import digest
from portal.pages.owners import front_pages
from portal.translating.apps import mark
from portal.translating.models import Changed, Origin, Tally, Translation
from portal.translating.pieces import Row, content_type_of, load, translated_models
from portal.translating.rules import Standing, figures, standings

BATCH = 200  # rows looked at in one transaction
MARKS = 50  # marks taken at a time
LOST = timedelta(minutes=15)  # a worker that took marks and has not come back by then was killed


def languages_by_municipality() -> dict[int, list[str]]:
    """The languages each municipality offers, in its order."""
    return dict(Municipality.objects.values_list("pk", "languages"))


def look_at(model: type[models.Model], pks: Iterable[int], *, at: datetime | None = None) -> list[Row]:
    """Look at rows of one kind. Returns those that residents may see.

    A row that somebody else is just writing gets a mark, and is looked at when they are done.
    """
    at = at or timezone.now()
    languages = languages_by_municipality()
    pks = sorted(set(pks))
    seen: list[Row] = []
    for start in range(0, len(pks), BATCH):
        with transaction.atomic():
            seen += _look_at_batch(model, pks[start : start + BATCH], languages, at)
    return seen


def _look_at_batch(model: type[models.Model], pks: list[int], languages: dict[int, list[str]], at: datetime) -> list[Row]:
    kind = content_type_of(model)
    busy = _lock(model, pks)
    mark(model, sorted(busy))
    pks = [pk for pk in pks if pk not in busy]
    rows = load(model, pks, languages)
    titles = titles_of(model, [row.pk for row in rows])
    fresh: list[Translation] = []
    forgotten: list[int] = []
    tallies: list[Tally] = []
    for row in rows:
        offered = languages.get(row.municipality_id, [])
        found = list(standings(row, offered))
        fresh += [seen_now(one, row, kind, at) for one in found if one.unknown]
        # A language that is switched off for a while is not forgotten: its texts stay in the rows.
        held = {(one.piece.field, one.lang) for one in found if one.known is not None or one.unknown}
        forgotten += [one.pk for key, one in row.known.items() if key not in held and one.lang in offered]
        if row.live:
            tallies += [
                Tally(
                    municipality_id=row.municipality_id,
                    content_type=kind,
                    object_id=row.pk,
                    lang=lang,
                    title=titles.get(row.pk, "")[:300],
                    texts=sums.texts,
                    missing=sums.missing,
                    stale=sums.stale,
                    machine=sums.machine,
                )
                for lang, sums in figures(found).items()
            ]
    gone = set(pks) - {row.pk for row in rows}
    Translation.objects.filter(models.Q(pk__in=forgotten) | models.Q(content_type=kind, object_id__in=gone)).delete()
    write_known(fresh)
    Tally.objects.filter(content_type=kind, object_id__in=pks).delete()
    Tally.objects.bulk_create(  # two workers may look at the same rows at once
        tallies,
        update_conflicts=True,
        unique_fields=["content_type", "object_id", "lang"],
        update_fields=["municipality", "title", "texts", "missing", "stale", "machine"],
    )
    return [row for row in rows if row.live]


def _lock(model: type[models.Model], pks: list[int]) -> set[int]:
    """Lock these rows; returns those that somebody else holds.

    What is known of a text is written beside it: read while both are being written, a machine's text would be taken for a
    person's. Waited for is nobody: an import that holds many rows might in turn wait for one of ours.
    """
    rows = model._base_manager.filter(pk__in=pks).order_by()
    ours = set(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    if len(ours) == len(pks):
        return set()
    return set(rows.exclude(pk__in=ours).values_list("pk", flat=True))


def seen_now(one: Standing, row: Row, kind: ContentType, at: datetime) -> Translation:
    """What is known of a text that is seen for the first time, or that a person has changed where we did not see it."""
    return Translation(
        municipality_id=row.municipality_id,
        content_type=kind,
        object_id=row.pk,
        field=one.piece.field,
        lang=one.lang,
        origin=Origin.PERSON,
        service="",
        source_lang=one.source_lang,
        source_hash=digest(one.source),
        source_text=one.source,
        text_hash=digest(one.text),
        pending="",
        before=None,
        made_at=at,
        by=None,
    )


def write_known(rows: list[Translation]) -> None:
    """Write what is known, over what was."""
    Translation.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["content_type", "object_id", "lang", "field"],
        update_fields=[
            "municipality", "origin", "service", "source_lang", "source_hash", "source_text", "text_hash", "pending", "before",
            "made_at", "by",
        ],
    )  # fmt: skip


def titles_of(model: type[models.Model], pks: list[int]) -> dict[int, str]:
    """What staff call these rows."""
    if issubclass(model, Page):
        return dict(model._base_manager.filter(pk__in=pks).values_list("pk", "title"))
    names = {field.name for field in model._meta.concrete_fields}
    if {"name_nb", "name_en"} <= names:
        found = model._base_manager.filter(pk__in=pks).values_list("pk", "name_nb", "name_nn", "name_en")
        return {pk: next(filter(None, rest), "") or str(pk) for pk, *rest in found}
    return {row.pk: str(row) for row in model._base_manager.filter(pk__in=pks)}


# ── what to look at ─────────────────────────────────────────────────────────────────────────────────────────
def look_at_changes(at: datetime | None = None) -> dict[type[models.Model], list[int]]:
    """Look at what has changed. Returns the rows residents may see, by kind."""
    at = at or timezone.now()
    seen: dict[type[models.Model], list[int]] = defaultdict(list)
    # What is marked anew meanwhile is for the next time.
    last = Changed.objects.aggregate(last=models.Max("pk"))["last"] or 0
    while marks := take_marks(at, last):
        wanted: dict[type[models.Model], set[int]] = defaultdict(set)
        for one in marks:
            model = ContentType.objects.get_for_id(one.content_type_id).model_class()  # from memory
            if model is Municipality:
                for kind, pks in rows_of_municipalities(one.pks).items():
                    wanted[kind].update(pks)
            elif model in translated_models():
                wanted[model].update(one.pks)
        for kind, changed in wanted.items():
            seen[kind] += [row.pk for row in look_at(kind, changed, at=at)]
        # After the looking: a worker that is killed looks again.
        Changed.objects.filter(pk__in=[one.pk for one in marks]).delete()
    return {kind: sorted(set(pks)) for kind, pks in seen.items()}


def take_marks(at: datetime, last: int) -> list[Changed]:
    """The next marks up to `last`, kept from other workers: two that look at the same rows would both ask the service."""
    free = models.Q(taken_at=None) | models.Q(taken_at__lt=at - LOST)
    waiting = list(Changed.objects.filter(free, pk__lte=last).order_by("pk").values_list("pk", flat=True)[:MARKS])
    worker = uuid4().hex
    Changed.objects.filter(free, pk__in=waiting).update(taken_by=worker, taken_at=at)
    return list(Changed.objects.filter(taken_by=worker).order_by("pk"))


def rows_of_municipalities(ids: Iterable[int]) -> dict[type[models.Model], list[int]]:
    """Every row of these municipalities; also those that were known of and are gone."""
    ids = set(ids)
    paths = [path for path, pk in front_pages().items() if pk in ids]
    found: dict[type[models.Model], list[int]] = {}
    for model in translated_models():
        rows: Any
        if issubclass(model, Page):
            below = models.Q(pk__in=[])
            for path in paths:
                below |= models.Q(path__startswith=path)
            rows = model._base_manager.filter(below)
        else:
            rows = model._base_manager.filter(municipality__in=ids)
        known = Tally.objects.filter(content_type=content_type_of(model), municipality__in=ids)
        found[model] = [*rows.values_list("pk", flat=True), *known.values_list("object_id", flat=True).distinct()]
    return found


def look_at_everything(at: datetime | None = None) -> None:
    """Look at every row there is."""
    for model, pks in rows_of_municipalities(Municipality.objects.values_list("pk", flat=True)).items():
        look_at(model, pks, at=at)
