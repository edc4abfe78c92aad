"""A row as it stands in the file, and back.

A row is one object with its number (`"#"`) and its columns. A column that names another row holds that row's number, "own" for
what every municipality has one of, or a word (a content type, a language, a label of pictures).
"""

from __future__ import annotations

import base64
import datetime
import decimal
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import BinaryField, Field, FileField, ForeignKey, JSONField, Model
from modeltranslation.translator import NotRegistered, translator
from wagtail.fields import StreamField
from wagtail.models import Collection

from portal.leaving.scope import FIXED, NAMED, WITHHELD, base_of, has_numbers, label_of

NUMBER = "#"
OWN = "own"


def bare_columns(model: type[Model]) -> frozenset[str]:
    """Columns that repeat one of their language columns: they hold whichever was saved last, and nothing of their own."""
    try:
        names = translator.get_options_for_model(model).get_field_names()
    except NotRegistered:
        return frozenset()
    return frozenset(names)


def columns(model: type[Model]) -> list[Any]:
    """The fields that are exported, in the order the model has them."""
    hidden = WITHHELD.get(label_of(model), frozenset()) | bare_columns(model)
    skipped = {model._meta.pk.name} if has_numbers(model) and model._meta.pk else set()
    return [field for field in model._meta.local_concrete_fields if field.name not in hidden | skipped]


def target_of(field: Any) -> type[Model] | None:
    """The model a column points at."""
    return field.related_model if isinstance(field, ForeignKey) else None


def way_of(field: Any, taken: Callable[[type[Model]], bool]) -> str:
    """How a column names what it points at: "number", "own", "word", or "" where that is not exported."""
    target = target_of(field)
    if target is None:
        return ""
    label = label_of(target)
    if label in NAMED:
        return "word"
    if label in FIXED:
        return OWN
    return "number" if taken(base_of(target)) else ""


def plain(field: Field[Any, Any], value: Any) -> Any:
    """A value of the database as JSON has it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(field, StreamField):
        return field.stream_block.get_prep_value(value) if not isinstance(value, list | str) else value
    if isinstance(field, JSONField):
        return value
    if isinstance(field, FileField):
        return str(value)
    if isinstance(field, BinaryField):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal | uuid.UUID):
        return str(value)
    return value


def typed(field: Field[Any, Any], value: Any) -> Any:
    """What `plain` wrote, as the database wants it. Raises ValueError for what the column cannot hold."""
    if value is None:
        if not field.null:
            raise ValueError(f"{field.name}: empty")
        return None
    if isinstance(field, JSONField | StreamField):
        return value
    if isinstance(field, BinaryField):
        return base64.b64decode(value)
    if field.get_internal_type() == "DurationField":
        return datetime.timedelta(seconds=value)
    found = field.to_python(value)
    longest = getattr(field, "max_length", None)
    if longest and isinstance(found, str) and len(found) > longest:
        raise ValueError(f"{field.name}: longer than {longest} characters")
    return found


def word_of(field: Any, value: Any, known: dict[Any, Any]) -> Any:
    """The word by which a content type, a language or a label is named."""
    if value is None:
        return None
    if (field.related_model, value) not in known:
        row = field.related_model._base_manager.filter(pk=value).first()
        word: Any = None
        if isinstance(row, ContentType):
            word = f"{row.app_label}.{row.model}"
        elif row is not None:
            word = getattr(row, NAMED[label_of(field.related_model)])
        known[field.related_model, value] = word
    return known[field.related_model, value]


def row_of_word(field: Any, word: Any, known: dict[Any, Any]) -> Any:
    """The id of what a word names here; made where it is a language or a label that this installation lacks."""
    if word is None:
        return None
    if (field.related_model, word) not in known:
        if field.related_model is ContentType:
            app, _dot, name = str(word).partition(".")
            try:
                row = ContentType.objects.get_by_natural_key(app, name)
            except ContentType.DoesNotExist:
                row = None
        else:
            column = NAMED[label_of(field.related_model)]
            row, _new = field.related_model._base_manager.get_or_create(**{column: word})
        known[field.related_model, word] = row.pk if row else None
    return known[field.related_model, word]


def tree_columns(model: type[Model]) -> bool:
    """Whether rows stand in a tree and carry their place in it."""
    return base_of(model) is model and label_of(model) in {"wagtailcore.Page", "wagtailcore.Collection"}


def is_collection(field: Any) -> bool:
    """Whether a column says in which part of the library a file stands."""
    return target_of(field) is Collection
