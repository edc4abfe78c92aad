"""Rows that are named inside a value: in the blocks of a page, in a draft, in what an import wrote.

    renamed(model, row, name)      the same row with every such id put through `name`

`name(model, id)` gives the id to write instead, or None where there is no such row. It is the same code in both directions:
an export puts numbers for ids, an import ids for numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey, Model
from modelcluster.models import get_all_child_m2m_relations, get_all_child_relations
from wagtail import blocks
from wagtail.documents.models import Document
from wagtail.fields import RichTextField, StreamField
from wagtail.images.models import Image
from wagtail.models import Page

from directory.listings.kinds import Kind
from portal.leaving.scope import BY_KIND, JOURNALS, base_of, label_of

Name = Callable[[type[Model], int], Any]
Row = dict[str, Any]

TAG = re.compile(r"<(?:a|embed)\b[^>]*>")
LINKED = re.compile(r'\b(?:linktype|embedtype)="(page|document|image)"')
ID = re.compile(r'\bid="(\d+)"')
LINKS: dict[str, type[Model]] = {"page": Page, "document": Document, "image": Image}


def model_of_kind(kind: str) -> type[Model] | None:
    """The model of a kind of listing, or of what the journal of the cards' bounds names."""
    models: dict[str, str] = {
        **JOURNALS,
        Kind.PROVIDER: "directory.Provider",
        Kind.PLACE: "directory.Place",
        Kind.ACTIVITY: "directory.Activity",
        Kind.SUPPORT: "directory.SupportScheme",
    }
    return apps.get_model(models[kind]) if kind in models else None


# ── which columns of a model name rows inside a value ───────────────────────────────────────────────────────
def pairs_of(model: type[Model]) -> dict[str, str]:
    """Columns with another row's id → the column that says of which model that row is."""
    names = {field.name for field in model._meta.concrete_fields}
    if "object_id" in names and label_of(model) not in BY_KIND:
        for content_type in ("base_content_type", "content_type"):
            if content_type in names:
                return {"object_id": content_type}
    return {}


def has_texts(model: type[Model]) -> bool:
    """Whether values of the model's columns may name rows."""
    return label_of(model) in {"wagtailcore.Revision", "directory.ImportedListing", "cards.Offer"} or any(
        isinstance(field, StreamField | RichTextField) for field in model._meta.local_concrete_fields
    )


def columns_with_texts(model: type[Model]) -> list[str]:
    """The columns that `renamed` has to read for that."""
    extra = {
        "wagtailcore.Revision": ["content", "content_type"],
        "directory.ImportedListing": ["before", "after", "kind"],
        "cards.Offer": ["approved_values"],
    }.get(label_of(model), [])
    streams = [f.attname for f in model._meta.local_concrete_fields if isinstance(f, StreamField | RichTextField)]
    return [*extra, *streams]


def renamed(model: type[Model], row: Row, name: Name, content_model: type[Model] | None = None) -> Row:
    """A row whose texts name rows by what `name` says. For a draft, `content_model` says what it is a draft of."""
    changed = dict(row)
    for field in model._meta.local_concrete_fields:
        if field.attname in row and isinstance(field, StreamField | RichTextField):
            changed[field.attname] = in_field(field, row[field.attname], name)
    label = label_of(model)
    if label == "wagtailcore.Revision" and content_model is not None and isinstance(row.get("content"), dict):
        changed["content"] = in_draft(content_model, row["content"], name)
    if label == "directory.ImportedListing" and (listing := model_of_kind(row["kind"])):
        for column in ("before", "after"):
            changed[column] = in_facts(listing, row[column], name)
    if label == "cards.Offer" and isinstance(row.get("approved_values"), dict):
        changed["approved_values"] = in_offer(row["approved_values"], name)
    return changed


def in_field(field: Any, value: Any, name: Name) -> Any:
    """The value of a column of blocks or of formatted text."""
    if value is None:
        return None
    if isinstance(field, RichTextField):
        return in_rich_text(str(value), name)
    raw = json.loads(value) if isinstance(value, str) and value else value or []
    return in_block(field.stream_block, raw, name)


# ── blocks ──────────────────────────────────────────────────────────────────────────────────────────────────
def in_block(block: Any, value: Any, name: Name) -> Any:
    """A block's raw value. What it holds that no block knows stays as it is."""
    if value is None:
        return None
    if isinstance(block, blocks.BaseStreamBlock):
        return [
            part | {"value": in_block(block.child_blocks[part["type"]], part.get("value"), name)}
            if isinstance(part, dict) and part.get("type") in block.child_blocks
            else part
            for part in value
        ]
    if isinstance(block, blocks.ListBlock):
        return [
            part | {"value": in_block(block.child_block, part.get("value"), name)}
            if isinstance(part, dict) and part.get("type") == "item"
            else in_block(block.child_block, part, name)
            for part in value
        ]
    if isinstance(block, blocks.BaseStructBlock):
        return {
            key: in_block(block.child_blocks[key], part, name) if key in block.child_blocks else part
            for key, part in value.items()
        }
    if isinstance(block, blocks.ChooserBlock):
        return name(base_of(block.model_class), value) if isinstance(value, int) else value
    if isinstance(block, blocks.RichTextBlock):
        return in_rich_text(value, name) if isinstance(value, str) else value
    return value


def in_rich_text(html: str, name: Name) -> str:
    """Formatted text: links to pages and documents, pictures. One that leads nowhere gets the id 0, which nothing has."""

    def tag(found: re.Match[str]) -> str:
        text = found.group(0)
        kind = LINKED.search(text)
        if kind is None:
            return text
        return ID.sub(lambda one: f'id="{name(LINKS[kind.group(1)], int(one.group(1))) or 0}"', text)

    return TAG.sub(tag, html)


# ── drafts ──────────────────────────────────────────────────────────────────────────────────────────────────
def in_draft(model: type[Model], content: Row, name: Name) -> Row:
    """A draft as revisions keep it: columns by name, links as lists of ids, children as rows of their own."""
    changed = dict(content)
    if isinstance(content.get("pk"), int):
        changed["pk"] = name(base_of(model), content["pk"])
    for key, value in content.items():
        try:
            field = model._meta.get_field(key)
        except FieldDoesNotExist:
            continue
        if value is None:
            continue
        if isinstance(field, StreamField | RichTextField):
            renamed_value = in_field(field, value, name)
            changed[key] = (
                json.dumps(renamed_value) if isinstance(value, str) and isinstance(field, StreamField) else renamed_value
            )
        elif isinstance(field, ForeignKey):
            if isinstance(value, int):
                changed[key] = name(_target(field), value)
        elif isinstance(field, Field) and field.primary_key and isinstance(value, int):
            changed[key] = name(base_of(model), value)
    for field in get_all_child_m2m_relations(model):
        if isinstance(content.get(field.name), list):
            known = (name(base_of(field.related_model), pk) for pk in content[field.name])
            changed[field.name] = [pk for pk in known if pk is not None]
    for relation in get_all_child_relations(model):
        accessor = relation.get_accessor_name()
        if isinstance(content.get(accessor), list):
            changed[accessor] = [in_draft(relation.related_model, child, name) for child in content[accessor]]
    return changed


def _target(field: Any) -> type[Model]:
    return base_of(field.related_model)


# ── imports ─────────────────────────────────────────────────────────────────────────────────────────────────
def in_facts(model: type[Model], facts: Mapping[str, Any], name: Name) -> Row:
    """What an import wrote into a listing, or found there: links as lists of ids, weekly times that end in a place."""
    changed = dict(facts)
    links = {field.name: field for field in get_all_child_m2m_relations(model)}
    for key, value in facts.items():
        if key in links and isinstance(value, list):
            known = (name(base_of(links[key].related_model), pk) for pk in value)
            changed[key] = [pk for pk in known if pk is not None]
        elif key == "sessions" and isinstance(value, list):
            changed[key] = [[*time[:-1], _place(time[-1], name)] for time in value if time]
        elif isinstance(value, int) and not isinstance(value, bool) and key.removesuffix("_id") in _keys(model):
            changed[key] = name(_target(model._meta.get_field(key.removesuffix("_id"))), value)
    return changed


def in_offer(values: Mapping[str, Any], name: Name) -> Row:
    """What was approved of an offer: what it is for, and where."""
    targets = {"activity_id": "directory.Activity", "place_id": "directory.Place"}
    return {
        key: name(apps.get_model(targets[key]), value) if key in targets and isinstance(value, int) else value
        for key, value in values.items()
    }


def _keys(model: type[Model]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields if isinstance(field, ForeignKey)}


def _place(pk: Any, name: Name) -> Any:
    return name(apps.get_model("directory.Place"), pk) if isinstance(pk, int) else pk


# ── what they point at ──────────────────────────────────────────────────────────────────────────────────────
def pointed_at(model: type[Model], row: Row, content_model: type[Model] | None = None) -> Iterator[tuple[type[Model], int]]:
    """Every row that a row's texts name."""
    found: list[tuple[type[Model], int]] = []

    def see(target: type[Model], pk: int) -> int:
        found.append((target, pk))
        return pk

    renamed(model, row, see, content_model)
    yield from found
