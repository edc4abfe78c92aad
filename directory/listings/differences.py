"""What differs between two states of a listing, field by field, in words.

    differences(published, proposed, codes)     what a proposal would change; `published` is None for something new
    differences(one, another, codes)            what tells two listings apart that look like one

Everything that a draft carries is compared: texts in every language column, labels, contact fields and who sees them, the
address, pictures, and rows such as sessions. What stands outside the draft is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.db.models import Field, Model
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from modelcluster.fields import ParentalManyToManyField
from modelcluster.models import get_all_child_relations
from modeltranslation.translator import translator
from wagtail.images.models import Image

from directory.listings.kinds import SPOKEN, Visibility
from directory.listings.models import Listing
from directory.municipalities.tenancy import has_field
from portal.kit.wording import Part, changes
from portal.languages import CODES, NAMES, direction

#: What is no content of a listing: the machinery of drafts, and what the product keeps for itself.
KEPT = frozenset(
    {
        *("id", "municipality", "live", "has_unpublished_changes", "first_published_at", "last_published_at", "live_revision"),
        *("latest_revision", "go_live_at", "expire_at", "expired", "locked", "locked_at", "locked_by"),
        *("created_at", "updated_at"),
    }
)
ALWAYS_OUTSIDE = frozenset({"confirmed_by"})  # OUTSIDE_DRAFT names its column


@dataclass(frozen=True, slots=True)
class Row:
    """A session, an opening time: what was, what is to be."""

    how: str  # "new", "gone", "changed"
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One field that differs. `shape` says which of the others are filled."""

    name: str  # of the column, and of the form's field
    label: str
    shape: str  # "text", "value", "names", "picture", "rows"
    lang: str = ""
    before: str = ""
    after: str = ""
    parts: tuple[Part, ...] = ()
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    pictures: tuple[Any, Any] = (None, None)
    rows: tuple[Row, ...] = ()
    note: str = ""
    opens: bool = False  # a contact field that everybody would see

    @property
    def dir(self) -> str:
        return direction(self.lang) if self.lang else ""

    @property
    def lang_name(self) -> str:
        return NAMES.get(self.lang, "")

    @property
    def title(self) -> str:
        """The field and, where it has one, its language."""
        return f"{self.label} ({self.lang_name})" if self.lang else self.label


@dataclass(frozen=True, slots=True)
class Content:
    """One field of a listing that a draft carries."""

    name: str
    stem: str  # of a text: the field without its language
    lang: str
    field: Any


def contents(model: Any) -> tuple[Content, ...]:
    """All fields of a draft, in the order of the model, each text's languages together."""
    return _contents(model)


@lru_cache(maxsize=16)
def _contents(model: Any) -> tuple[Content, ...]:
    translated = set(translator.get_options_for_model(model).all_fields)
    columns = {f"{field}_{code}" for field in translated for code in CODES}
    outside = {*model.OUTSIDE_DRAFT, *ALWAYS_OUTSIDE, *KEPT}
    found: list[Content] = []
    for field in [*model._meta.concrete_fields, *model._meta.local_many_to_many]:
        name = field.name
        if name in outside or name in columns or getattr(field, "auto_created", False):
            continue
        if name in translated:
            found += [Content(f"{name}_{code}", name, code, model._meta.get_field(f"{name}_{code}")) for code in CODES]
        else:
            found.append(Content(name, "", "", field))
    for relation in get_all_child_relations(model):
        found.append(Content(relation.get_accessor_name(), "", "", relation))
    return tuple(found)


def label_of(model: type[Listing], content: Content) -> str:
    """What people call a field, in the active language."""
    if content.stem:
        return str(capfirst(model._meta.get_field(content.stem).verbose_name))
    if content.field.auto_created:
        return str(capfirst(content.field.related_model._meta.verbose_name_plural))
    return str(capfirst(content.field.verbose_name))


def labels(model: type[Listing], names: Iterable[str]) -> dict[str, str]:
    """The titles of fields by name, in the active language; fields that are no more keep their name."""
    known = {content.name: content for content in contents(model)}
    found = {}
    for name in names:
        content = known.get(name)
        label = label_of(model, content) if content else name
        found[name] = f"{label} ({NAMES[content.lang]})" if content and content.stem else label
    return found


def differences(before: Any, after: Any, codes: Iterable[str] = ()) -> list[Line]:
    """The fields in which `after` differs from `before`. `codes`: languages whose texts stand first."""
    model = type(after)
    order = {code: place for place, code in enumerate(codes)}
    lines: list[Line] = []
    texts: list[Line] = []
    group = ""
    for content in contents(model):
        if content.stem != group:
            lines += sorted(texts, key=lambda line: order.get(line.lang, 99))
            texts, group = [], content.stem
        line = compare(model, content, before, after)
        if line is not None:
            (texts if content.stem else lines).append(line)
    return lines + sorted(texts, key=lambda line: order.get(line.lang, 99))


def compare(model: type[Listing], content: Content, before: Any, after: Any) -> Line | None:
    """One field of two states; None where they agree."""
    field, name = content.field, content.name
    if field.auto_created:
        rows = compare_rows(list(getattr(before, name).all()) if before else [], list(getattr(after, name).all()))
        return Line(name, label_of(model, content), "rows", rows=tuple(rows)) if rows else None
    if isinstance(field, ParentalManyToManyField):
        return compare_names(model, content, names_of(before, name), names_of(after, name))
    if field.is_relation and issubclass(field.related_model, Image):
        old, new = (getattr(row, name, None) if row else None for row in (before, after))
        if getattr(old, "pk", None) == getattr(new, "pk", None):
            return None
        return Line(name, label_of(model, content), "picture", pictures=(old, new))
    old_value, new_value = (getattr(row, field.attname, None) if row else None for row in (before, after))
    if isinstance(old_value or new_value, list):
        return compare_names(model, content, listed(name, old_value), listed(name, new_value))
    if same(old_value, new_value):
        return None
    was, is_ = said(field, before), said(field, after)
    label = label_of(model, content)
    if content.stem or field.get_internal_type() == "TextField":
        parts = tuple(changes(was, is_)) if was and is_ else ()
        return Line(name, label, "text", lang=content.lang, before=was, after=is_, parts=parts)
    opens = name.endswith("_visibility") and new_value == Visibility.PUBLIC and old_value != Visibility.PUBLIC
    if before is None and name.endswith("_visibility") and not any(shown_by(after, name)):
        return None
    return Line(name, label, "value", before=was, after=is_, opens=opens, note=seen_by(after, name))


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same: nothing is nothing, however it is written; line ends do not count."""
    if isinstance(one, str) or isinstance(other, str):
        return lines_of(one) == lines_of(other)
    return bool(one == other)


def lines_of(text: Any) -> str:
    return "\n".join(str(text or "").strip().splitlines())


def shown_by(listing: Any, visibility: str) -> list[str]:
    """The values that a column of visibility is about."""
    stem = visibility.removesuffix("_visibility")
    fields = [stem] if has_field(type(listing), stem) else [f"{stem}_name", f"{stem}_phone", f"{stem}_email"]
    return [str(getattr(listing, field, "") or "") for field in fields]


def seen_by(listing: Any, name: str) -> str:
    """Beside a contact field: who will see it."""
    stem = name if has_field(type(listing), f"{name}_visibility") else name.rpartition("_")[0]
    if name.endswith("_visibility") or not has_field(type(listing), f"{stem}_visibility"):
        return ""
    seen = getattr(listing, f"get_{stem}_visibility_display")()
    return _("seen by: %(who)s") % {"who": seen}


# ── values in words ─────────────────────────────────────────────────────────────────────────────────────────


def said(field: Field[Any, Any], listing: Any) -> str:
    """A value as people read it."""
    if listing is None:
        return ""
    value = getattr(listing, field.attname)
    if value is None or value == "":
        return ""
    if field.is_relation:
        return str(getattr(listing, field.name, "") or "")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return in_words(value)


def in_words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal | float):
        return number_format(value, use_l10n=True)
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return str(value)


def names_of(listing: Any, name: str) -> list[str]:
    return [str(row) for row in getattr(listing, name).all()] if listing else []


def listed(name: str, values: Any) -> list[str]:
    """The values of a list as people read them."""
    values = values or []
    return [SPOKEN.get(str(value), str(value)) for value in values] if name == "spoken" else [str(value) for value in values]


def compare_names(model: type[Listing], content: Content, old: list[str], new: list[str]) -> Line | None:
    """Two lists of names, whose order does not count."""
    gone = tuple(name for name in old if name not in new)
    added = tuple(name for name in new if name not in old)
    if not gone and not added:
        return None
    kept = [name for name in old if name in new]
    joined = ", "
    return Line(
        content.name,
        label_of(model, content),
        "names",
        before=joined.join(old),
        after=joined.join(new),
        parts=(Part("same", joined.join(kept)),) if kept else (),
        gone=gone,
        new=added,
    )


# ── rows: sessions, opening times ───────────────────────────────────────────────────────────────────────────


def compare_rows(old: list[Any], new: list[Any]) -> list[Row]:
    """Rows that went, came and changed. One that was written anew with the same facts is the same row."""
    by_pk = {row.pk: row for row in old if row.pk}
    pairs = [(by_pk.pop(row.pk), row) if row.pk in by_pk else (None, row) for row in new]
    left = list(by_pk.values())
    found: list[Row] = []
    for was, row in pairs:
        if was is None:
            twin = next((other for other in left if facts_of(other) == facts_of(row)), None)
            if twin is not None:
                left.remove(twin)
                continue
            found.append(Row("new", "", row_in_words(row)))
        elif facts_of(was) != facts_of(row):
            found.append(Row("changed", row_in_words(was), row_in_words(row)))
    return [*(Row("gone", row_in_words(row), "") for row in left), *found]


def facts_of(row: Model) -> dict[str, Any]:
    """What a row says, without its number, its place among the others and whose it is."""
    own = {"id", "sort_order"}
    return {
        field.attname: tidy(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.name not in own and not is_parent(field)
    }


def is_parent(field: Any) -> bool:
    return field.__class__.__name__ == "ParentalKey"


def tidy(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value or None


def row_in_words(row: Any) -> str:
    """A row in one sentence; the words stand in the row's room."""
    words: Callable[[Any], str] = import_module(f"{type(row).__module__.rpartition('.')[0]}.words").in_words
    return words(row)
