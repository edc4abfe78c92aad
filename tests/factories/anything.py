"""A row of any model, made from what its columns say: for tests that must hold for models nobody has thought of yet."""

from __future__ import annotations

import datetime
import itertools
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction
from django.db.models import Model
from django.utils import timezone
from modeltranslation.translator import NotRegistered, translator
from wagtail.fields import StreamField

from portal.languages import CODES
from portal.leaving.scope import every

Find = Callable[[type[Model]], Model | None]
_count = itertools.count(1)

#: Columns that a constraint or another column decides about.
SETTLED: dict[str, dict[str, Any]] = {
    "pages.MenuItem": {"page": None, "fixed": "", "address": "/find/"},
    "directory.Session": {"date": None, "weekday": 2, "first_day": None, "last_day": None},
    "directory.OpeningTime": {"weekday": 3, "opens": datetime.time(10), "closes": datetime.time(12)},
    "directory.ImportRun": {
        "claim": None,
        "heartbeat_at": None,
        "state": "done",
        "stored_as": "",
        **dict.fromkeys(("read", "made", "updated", "unchanged", "proposed", "refused"), 0),
    },
    "directory.ImportRow": {"cells": {"Navn": "x"}, "candidate_kind": "provider"},
    "directory.ImportedListing": {"kind": "provider", "before": {}, "after": {}},
    "directory.MovedListing": {"kind": "provider"},
    "directory.LinkCheck": {"kind": "provider"},
    "directory.ErrorReport": {"kind": "provider"},
    "translating.Translation": {"field": "summary", "lang": "en"},
    "newsletters.Newsletter": {"state": "draft", "released_at": None, "send_at": None},
    "django_tasks_database.DBTaskResult": {"priority": 0},
    **{f"cards.{name}": {"category": None} for name in ("CardTypeLine", "LineChange", "LineSum")},
    **{f"cards.{name}": {"quantity": 9, "used": 0} for name in ("AgencyQuota", "Ceiling", "Stock")},
    "cards.Allowance": {"category": None, "quantity": 9, "used": 0, "cut": 0},
    "cards.Card": {"medium": "digital", "holder_provider": None, "replaced_by": None},
    "cards.Offer": {"quantity": None, "released": None, "used": 0},
    "cards.WalletCard": {"slot": 1},
}


def row_of(model: type[Model], find: Find, *, text: str = "ord", points_at: dict[str, Any] | None = None, **settled: Any) -> Any:
    """Make and save a row. `find` gives the row a column is to point at; `text` stands in every column for words.

    `points_at` settles pairs of a content type and an id: {"content_type": …, "object_id": …}.
    """
    fixed = {**SETTLED.get(model._meta.label, {}), **(points_at or {}), **settled}
    empty = {
        field.name: None
        for field in model._meta.local_concrete_fields
        if field.null and not isinstance(field, models.ForeignKey) and not is_language_column(model, field.name)
    }
    other = {
        field.name: [value for value, _label in field.flatchoices][-1]
        for field in model._meta.local_concrete_fields
        if field.choices
    }
    silent = {
        field.name: ""
        for field in model._meta.local_concrete_fields
        if field.blank and not field.null and not field.choices and isinstance(field, models.CharField | models.TextField)
    }
    # A constraint may hold columns to each other: what may be empty is then left so, or another choice is made.
    tries = ({}, empty, other, {**empty, **other}, silent, {**empty, **silent})
    for number, differently in enumerate(tries):
        try:
            with transaction.atomic():
                return _saved(model, find, text, {**differently, **fixed})
        except IntegrityError:
            if number == len(tries) - 1:
                raise
    raise AssertionError


def _saved(model: type[Model], find: Find, text: str, fixed: dict[str, Any]) -> Any:
    values: dict[str, Any] = {}
    bare = _bare(model)
    for field in model._meta.local_concrete_fields:
        if field.name in fixed:
            values[field.name] = fixed[field.name]
        elif (field.primary_key and isinstance(field, models.AutoField)) or field.name in bare:
            continue
        else:
            values[field.name] = value_of(field, find, text)
    row = model(**values)
    model.save_base(row, raw=True, force_insert=True)
    return row


def value_of(field: Any, find: Find, text: str) -> Any:
    """A value the column can hold."""
    number = next(_count)
    if isinstance(field, models.ForeignKey):
        if field.related_model is ContentType:
            return ContentType.objects.get(app_label="directory", model="provider")
        found = find(field.related_model)
        if found is not None and field.unique and every(field.model).filter(**{field.name: found.pk}).exists():
            found = None  # only one may point at it
        return found if found is not None or field.null else row_of(field.related_model, find, text=text)
    if isinstance(field, StreamField):
        return []
    if isinstance(field, models.JSONField):
        return field.get_default() if field.has_default() else {}
    if field.choices:
        return next(value for value, _label in field.flatchoices if value not in ("", None))
    if isinstance(field, models.BooleanField):
        return bool(field.default) if field.has_default() else False
    if isinstance(field, models.EmailField):
        return f"{text.split()[0].lower()}{number}@example.org"
    if isinstance(field, models.URLField):
        return f"https://example.org/{number}"
    if isinstance(field, models.FileField):
        return ""
    if field.name == "object_id":
        return str(number) if isinstance(field, models.CharField) else number
    if isinstance(field, models.SlugField):
        return f"kort-{number}"
    if isinstance(field, models.CharField):
        longest = field.max_length or 200
        return f"{text} {number}"[-longest:] if longest < 40 else f"{text} {number}"[:longest]
    if isinstance(field, models.TextField):
        return f"{text} {number}"
    if isinstance(field, models.DateTimeField):
        return timezone.now().replace(microsecond=123456) + datetime.timedelta(seconds=number)  # later columns are later
    if isinstance(field, models.DateField):
        return timezone.localdate() + datetime.timedelta(days=number)
    if isinstance(field, models.TimeField):
        return datetime.time(18, 30)
    if isinstance(field, models.DecimalField):
        return Decimal("12.50")
    if isinstance(field, models.BinaryField):
        return number.to_bytes(8, "big")
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.FloatField):
        return 59.05
    return number


def _bare(model: type[Model]) -> set[str]:
    try:
        return set(translator.get_options_for_model(model).get_field_names())
    except NotRegistered:
        return set()


def is_language_column(model: type[Model], name: str) -> bool:
    """Whether a column is one language of a translated one."""
    stem, _dash, code = name.rpartition("_")
    return code in CODES and stem in _bare(model)


def first(model: type[Model], **where: Any) -> Any:
    """A row that is there."""
    return every(model).filter(**where).order_by("pk").first()
