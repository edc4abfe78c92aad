"""Everything a municipality has put in, as one file.

Two walks over the rows: `survey` finds the people, and the pictures and documents of the shared library, that they name; then
each model is written as a stream. Both see the database as it is at one moment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import FileField, Model
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Collection

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.leaving import scope as scopes
from portal.leaving.archive import Writer
from portal.leaving.readme import readme, schema
from portal.leaving.references import BY_KIND, columns_with_texts, has_texts, model_of_kind, pairs_of, pointed_at, renamed
from portal.leaving.scope import Scope, Unknown, base_of, has_numbers, label_of
from portal.leaving.sheets import write_sheets
from portal.leaving.values import NUMBER, OWN, columns, is_collection, plain, target_of, tree_columns, way_of, word_of

AT_A_TIME = 400
PIECE = 1 << 20
#: Files that are no FileField: column with the name, and their folder below PRIVATE_ROOT.
PRIVATE_FILES = {"directory.ImportRun": ("stored_as", "imports")}

Told = Callable[[str], None]


@dataclass(slots=True)
class Exported:
    """What was written."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    dropped: dict[str, int] = field(default_factory=dict)  # rows that belong to something that is not the municipality's
    missing: list[str] = field(default_factory=list)  # files that rows name and the disk lacks


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read is of one moment, and nobody who writes has to wait. Inside an open transaction it is that one's."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


def export_municipality(municipality: Municipality, path: Path, *, at: datetime, told: Told = lambda line: None) -> Exported:
    """Write the file. Raises `Unknown` where a model has no line in scope.py."""
    if forgotten := scopes.unknown():
        raise Unknown(", ".join(forgotten))
    done = Exported()
    with one_moment(), Writer(path, at) as writer:
        scope = Scope(municipality)
        survey(scope)
        words: dict[Any, Any] = {}
        for model in scope.models:
            _write_model(writer, scope, model, words, done)
            told(f"{label_of(model)}: {done.rows[label_of(model)]}")
        write_sheets(writer, municipality)
        writer.put("schema.json", json.dumps(schema(scope.models), ensure_ascii=False, indent=1).encode())
        writer.put("README.md", readme(municipality, done.rows).encode())
        writer.finish(_facts(municipality, at, done))
        done.bytes = sum(int(facts["bytes"]) for facts in writer.files.values())
    return done


def survey(scope: Scope) -> None:
    """Find who and what is named from inside: first by rows and texts, then by the pictures and documents found."""
    wanted: dict[type[Model], set[int]] = scope.pointed_at
    of_files = [Image, Document]
    for model in scope.models:
        if model in of_files or model is User or _names_users_only_for_themselves(model):
            continue
        _survey_columns(scope, model, [Image, Document, User])
        if has_texts(model):
            for row, content_model in _texts(scope, model):
                for target, pk in pointed_at(model, row, content_model):
                    if target in wanted:
                        wanted[target].add(pk)
    for model in of_files:
        _survey_columns(scope, model, [User])


def _names_users_only_for_themselves(model: type[Model]) -> bool:
    """Whether the rows of a model are found by their user: then they name nobody new."""
    return label_of(model) in scopes.OF_PEOPLE


def _survey_columns(scope: Scope, model: type[Model], targets: list[type[Model]]) -> None:
    for column in model._meta.local_concrete_fields:
        if (target := target_of(column)) in targets:
            found = scope.rows(model).order_by().exclude(**{column.attname: None}).values_list(column.attname, flat=True)
            scope.pointed_at[target].update(found.distinct().iterator(chunk_size=2000))  # type: ignore[index]


def _texts(scope: Scope, model: type[Model]) -> Iterator[tuple[dict[str, Any], type[Model] | None]]:
    """The columns of a model's rows that name rows inside their texts."""
    names = columns_with_texts(model)
    for values in scope.rows(model).values_list(*names).iterator(chunk_size=AT_A_TIME):
        row = dict(zip(names, values, strict=True))
        for one in model._meta.local_concrete_fields:
            if one.attname in row:
                row[one.attname] = plain(one, row[one.attname])
        yield row, _drafted(row) if label_of(model) == "wagtailcore.Revision" else None


def _drafted(row: dict[str, Any]) -> type[Model] | None:
    key = row.get("content_type_id", row.get("content_type"))
    if not isinstance(key, int):
        return None
    with suppress(ContentType.DoesNotExist):
        return ContentType.objects.get_for_id(key).model_class()
    return None


# ── one model ───────────────────────────────────────────────────────────────────────────────────────────────
def _write_model(writer: Writer, scope: Scope, model: type[Model], words: dict[Any, Any], done: Exported) -> None:
    label = label_of(model)
    fields = columns(model)
    names = ["pk", *(one.attname for one in fields)]
    count = dropped = 0
    with writer.entry(f"rows/{label.lower()}.jsonl") as entry:
        for values in scope.rows(model).values_list(*names).iterator(chunk_size=AT_A_TIME):
            row = dict(zip(names, values, strict=True))
            written = _row(scope, model, fields, row, words)
            if written is None:
                dropped += 1
                continue
            entry.line(written)
            count += 1
    done.rows[label] = count
    if dropped:
        done.dropped[label] = dropped
    _write_files(writer, scope, model, done)


def _row(
    scope: Scope, model: type[Model], fields: list[Any], row: dict[str, Any], words: dict[Any, Any]
) -> dict[str, Any] | None:
    """A row as the file has it; None for one that hangs on what is not the municipality's."""
    written: dict[str, Any] = {}
    if has_numbers(model):
        written[NUMBER] = scope.number(model, row["pk"])
    drafted = _drafted(row) if label_of(model) == "wagtailcore.Revision" else None
    texts = {one.attname: plain(one, row[one.attname]) for one in fields}
    if has_texts(model):
        texts = renamed(model, texts, scope.number, drafted)
    for one in fields:
        value = row[one.attname]
        if (target := target_of(one)) is not None:
            found = _pointer(scope, one, target, value, words)
            if found is None and value is not None and not one.null:
                return None
            written[one.name] = found
        else:
            written[one.name] = texts[one.attname]
    _rename_pairs(scope, model, row, written)
    if tree_columns(model):
        _relate_to_root(scope, model, written)
    return written


def _pointer(scope: Scope, one: Any, target: type[Model], value: Any, words: dict[Any, Any]) -> Any:
    if value is None:
        return None
    way = way_of(one, scopes.is_taken)
    if way == "word":
        return word_of(one, value, words)
    if way == OWN:
        return OWN if _is_own(scope, target, value) else None
    if way != "number":
        return None
    if not has_numbers(base_of(target)):
        return str(value)
    found = scope.number(target, value)
    if found is None and is_collection(one):
        return scope.number(Collection, scope.collection.pk)  # a picture of the shared library becomes the municipality's own
    return found


def _is_own(scope: Scope, target: type[Model], value: Any) -> bool:
    town = scope.municipality
    mine = {
        "wagtailcore.Site": {town.site_id},
        "auth.Group": {town.staff_group_id},
        "wagtailcore.Workflow": {town.workflow_id},
    }.get(label_of(target))
    if mine is None:  # the one task of the one workflow
        mine = set(town.workflow.workflow_tasks.values_list("task", flat=True)) if town.workflow else set()
    return value in mine


def _rename_pairs(scope: Scope, model: type[Model], row: dict[str, Any], written: dict[str, Any]) -> None:
    """Ids beside the word that says of what. One that leads nowhere any more keeps a question mark before its old id."""
    for column, kind in BY_KIND.get(label_of(model), {}).items():
        if written[column] is not None and (target := model_of_kind(row[kind])):
            found = scope.number(target, row[column])
            written[column] = found if found is not None or model._meta.get_field(column).null else 0  # type: ignore[union-attr]
    for column, content_type in pairs_of(model).items():
        key = row[f"{content_type}_id"]
        target = ContentType.objects.get_for_id(key).model_class() if key else None
        text = str(row[column])
        if target is None or not text.isdecimal():
            continue
        found = scope.number(target, int(text)) if scopes.is_taken(base_of(target)) and has_numbers(base_of(target)) else None
        is_text = isinstance(row[column], str)
        written[column] = (str(found) if is_text else found) if found is not None else f"?{text}" if is_text else 0


def _relate_to_root(scope: Scope, model: type[Model], written: dict[str, Any]) -> None:
    """Places in a tree, as seen from the municipality's own root."""
    root: Any = scope.collection if model is Collection else scope.root
    written["path"] = written["path"][len(root.path) :]
    written["depth"] -= root.depth
    if "url_path" in written:
        written["url_path"] = written["url_path"][len(root.url_path) :]


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────
def _write_files(writer: Writer, scope: Scope, model: type[Model], done: Exported) -> None:
    label = label_of(model)
    for one in model._meta.local_concrete_fields:
        if isinstance(one, FileField):
            for pk, name in scope.rows(model).exclude(**{one.name: ""}).values_list("pk", one.name).iterator():
                _write_file(writer, entry_name(model, one.name, scope.number(model, pk), str(name)), _stored(str(name)), done)
    if private := PRIVATE_FILES.get(label):
        column, folder = private
        for pk, name in scope.rows(model).exclude(**{column: ""}).values_list("pk", column).iterator():
            path = settings.PRIVATE_ROOT / folder / Path(name).name
            _write_file(
                writer,
                entry_name(model, column, scope.number(model, pk), name),
                path.open("rb") if path.is_file() else None,
                done,
            )


def entry_name(model: type[Model], column: str, number: int | None, name: str) -> str:
    """Where the file of a row stands: files/<model>-<column>-<number>.<ending>."""
    ending = "".join(char for char in Path(name).suffix.lower() if char.isalnum())[:8]
    return f"files/{label_of(model).lower()}-{column}-{number}" + (f".{ending}" if ending else "")


def _stored(name: str) -> Any:
    return default_storage.open(name, "rb") if name and default_storage.exists(name) else None


def _write_file(writer: Writer, name: str, stream: Any, done: Exported) -> None:
    if stream is None:
        done.missing.append(name)
        return
    with stream, writer.entry(name) as entry:
        while piece := stream.read(PIECE):
            entry.write(piece)
    done.files += 1


def _facts(municipality: Municipality, at: datetime, done: Exported) -> dict[str, Any]:
    site = municipality.site
    migrations: dict[str, str] = {}
    for app, name in MigrationRecorder.Migration.objects.order_by("app", "name").values_list("app", "name"):
        migrations[app] = name
    return {
        "number": municipality.number,
        "name": municipality.name,
        "slug": municipality.slug,
        "host": site.hostname if site else "",
        "port": site.port if site else 443,
        "languages": municipality.languages,
        "made_at": at.isoformat(),
        "migrations": migrations,
        "rows": done.rows,
        "left_out": scopes.LEFT_OUT,
        "dropped": done.dropped,
        "missing_files": done.missing,
    }
