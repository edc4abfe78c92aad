"""Which texts a row has, and what stands in them in each language.

    translated_models()    every model with texts in several languages that belongs to a municipality, and page types
    load(model, pks)       → Row: its pieces, and the text of each piece by language
    leaves(block, raw)     the texts inside a page's blocks, each under a key that its translation has too
    put_leaves(…)          the blocks of one language with their texts exchanged

A translated body has the same structure as the one it was made from, block ids included: that is how two texts find
each other. A body that shares no block with the source was written separately; it is one piece, and its own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from modeltranslation.translator import translator
from wagtail import blocks
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from directory.listings.models import Listing
from directory.municipalities.models import District, Municipality
from directory.municipalities.tenancy import tenant_path
from directory.places.models import Place
from directory.providers.models import Provider

#: Names of associations, places and neighbourhoods are proper names. They may be written in another script by somebody
#: who knows how they are called there; a machine would make "Sea Gull" of "Måken", which nobody finds on a map or a door.
PROPER = {(Provider, "name"), (Place, "name"), (District, "name")}
#: May be left empty: proper names, words that only the search sees, labels that fall back to the page's own heading.
OPTIONAL = {"synonyms"}
OPTIONAL_OF = {("menuitem", "label")}


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of a row. `optional`: nobody lacks it. `by_machine`: a machine may translate it."""

    field: str
    label: Any
    html: bool = False
    features: tuple[str, ...] | None = None
    long: bool = False
    limit: int | None = None
    optional: bool = False
    by_machine: bool = True
    column: str = ""  # the field of the model, where it is not `field` itself
    whole: bool = False  # a body written separately


@dataclass(slots=True)
class Row:
    """The texts of one row: `texts[field, language]`, stripped, only those that are there."""

    model: type[models.Model]
    pk: int
    municipality_id: int
    live: bool
    pieces: list[Piece] = field(default_factory=list)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    apart: set[tuple[str, str]] = field(default_factory=set)  # (field, language) of bodies written separately

    def source(self, name: str, languages: Iterable[str]) -> str:
        """The language a text was written in: the first of the municipality's that has it; empty where none has."""
        return next((code for code in languages if (name, code) in self.texts), "")


@lru_cache(maxsize=1)
def translated_models() -> tuple[type[models.Model], ...]:
    """Every model the board is about."""
    found = translator.get_registered_models(abstract=False)
    return tuple(
        model for model in found if not model._meta.proxy and (issubclass(model, Page) or tenant_path(model) == "municipality")
    )


@lru_cache(maxsize=64)
def columns_of(model: type[models.Model]) -> tuple[Piece, ...]:
    """The pieces that are columns of their own, in the order of the form."""
    translated = translator.get_options_for_model(model).all_fields
    pieces = []
    for column in model._meta.get_fields():
        if column.name not in translated or isinstance(column, StreamField):
            continue
        proper = any(issubclass(model, owner) and column.name == name for owner, name in PROPER)
        optional = proper or column.name in OPTIONAL or (model._meta.model_name, column.name) in OPTIONAL_OF
        pieces.append(
            Piece(
                column.name,
                getattr(column, "verbose_name", column.name),
                html=isinstance(column, RichTextField),
                features=tuple(column.features) if isinstance(column, RichTextField) and column.features else None,
                long=isinstance(column, models.TextField),
                limit=getattr(column, "max_length", None),
                optional=optional,
                by_machine=not proper and column.name not in OPTIONAL,
            )
        )
    return tuple(pieces)


@lru_cache(maxsize=64)
def streams_of(model: type[models.Model]) -> tuple[str, ...]:
    """The translated fields that hold blocks."""
    if not issubclass(model, Page):
        return ()
    translated = translator.get_options_for_model(model).all_fields
    return tuple(
        column.name for column in model._meta.get_fields() if column.name in translated and isinstance(column, StreamField)
    )


def kind_name(model: type[models.Model]) -> str:
    """What staff call a kind, many of them."""
    return capfirst(str(model._meta.verbose_name_plural))


# ── loading ─────────────────────────────────────────────────────────────────────────────────────────────────
def municipality_of_page(homes: Mapping[str, int], path: str) -> int | None:
    """The municipality below whose front page a page stands."""
    return next((pk for home, pk in homes.items() if path.startswith(home)), None)


def homes() -> dict[str, int]:
    """Path of the front page → municipality."""
    rows = Municipality.objects.filter(site__isnull=False)
    return dict(rows.values_list("site__root_page__path", "pk"))


def load(model: type[models.Model], pks: Iterable[int], languages: Mapping[int, list[str]], *, lock: bool = False) -> list[Row]:
    """The rows that are there, with their texts in the languages of their municipality."""
    if issubclass(model, Page):
        return list(_load_pages(model, pks, languages))
    wanted = sorted({code for codes in languages.values() for code in codes})
    pieces = list(columns_of(model))
    names = [(piece.field, code) for piece in pieces for code in wanted]
    extra = ["live", "delisted_at"] if issubclass(model, Listing) else []
    rows = model._base_manager.filter(pk__in=list(pks))
    if lock:
        rows = rows.select_for_update()
    found = []
    for pk, owner, *values in rows.values_list("pk", "municipality", *extra, *(f"{name}_{code}" for name, code in names)):
        live = bool(values[0] and values[1] is None) if extra else True
        codes = set(languages.get(owner, ()))
        texts = {
            key: text.strip()
            for key, text in zip(names, values[len(extra) :], strict=True)
            if text and text.strip() and key[1] in codes
        }
        found.append(Row(model, pk, owner, live, pieces, texts))
    return found


def _load_pages(model: type[Page], pks: Iterable[int], languages: Mapping[int, list[str]]) -> Iterator[Row]:
    below = homes()
    for page in model._base_manager.filter(pk__in=list(pks)):
        owner = municipality_of_page(below, page.path)
        if owner is not None:
            yield row_of_page(page, owner, languages.get(owner, []))


def row_of_page(page: Page, owner: int, languages: list[str]) -> Row:
    """The texts of one page, those inside its blocks too."""
    model: Any = type(page)
    row = Row(model, page.pk, owner, page.live, list(columns_of(model)))
    for piece in row.pieces:
        for code in languages:
            if text := (getattr(page, f"{piece.field}_{code}") or "").strip():
                row.texts[piece.field, code] = text
    for name in streams_of(model):
        _add_blocks(row, page, name, languages)
    return row


def _add_blocks(row: Row, page: Page, name: str, languages: list[str]) -> None:
    block = page._meta.get_field(name).stream_block
    found = {code: dict(leaves(block, raw_of(page, name, code), name)) for code in languages}
    source = next((code for code in languages if found[code]), "")
    if not source:
        return
    label = capfirst(str(page._meta.get_field(name).verbose_name))
    pieces = {}
    for key, (leaf, text) in found[source].items():
        pieces[key] = Piece(
            key,
            f"{label}: {capfirst(str(leaf.label or leaf.name or ''))}",
            html=isinstance(leaf, blocks.RichTextBlock),
            features=tuple(leaf.features) if getattr(leaf, "features", None) else None,
            long=not isinstance(leaf, blocks.CharBlock),
            limit=getattr(getattr(leaf, "field", None), "max_length", None),
            optional=leaf.name in PROPER_PARTS,
            by_machine=leaf.name not in PROPER_PARTS,
            column=name,
        )
        row.texts[key, source] = text
    apart = []
    for code in languages:
        if code == source or not found[code]:
            continue
        shared = found[code].keys() & found[source].keys()
        for key in shared:
            row.texts[key, code] = found[code][key][1]
        if not shared:
            apart.append(code)
            row.apart.add((name, code))
            row.texts[name, code] = "\n\n".join(text for _leaf, text in found[code].values())
    row.pieces += pieces.values()
    if apart:
        row.texts[name, source] = "\n\n".join(text for _leaf, text in found[source].values())
        row.pieces.append(
            Piece(
                name,
                _("%(field)s, written separately") % {"field": label},
                long=True,
                optional=True,
                by_machine=False,
                column=name,
                whole=True,
            )
        )


# ── texts inside blocks ─────────────────────────────────────────────────────────────────────────────────────
#: Blocks of just these types hold words. Types made from them hold addresses, questions to the search and the like.
PLAIN_BLOCKS = (blocks.CharBlock, blocks.TextBlock)
#: Names of people and offices, inside blocks: written once, the same in every language unless somebody says otherwise.
PROPER_PARTS = frozenset({"name"})


def holds_words(block: blocks.Block) -> bool:
    """Whether a block is a text that is translated."""
    return type(block) in PLAIN_BLOCKS or isinstance(block, blocks.RichTextBlock)


def raw_of(page: Page, name: str, code: str) -> list[Any]:
    """A body as it is stored, as a copy to write in."""
    value = getattr(page, f"{name}_{code}")
    return deepcopy(list(value.get_prep_value())) if value else []


def leaves(block: blocks.Block, raw: Any, key: str) -> Iterator[tuple[str, tuple[blocks.Block, str]]]:
    """(key, (block, text)) of every text inside."""
    for path, leaf, text, _put in _walk(block, raw, key, ""):
        if isinstance(text, str) and text.strip():
            yield path, (leaf, text.strip())


def put_leaves(block: blocks.Block, raw: list[Any], key: str, texts: Mapping[str, str]) -> list[Any]:
    """The blocks with the texts under these keys exchanged."""
    for path, _leaf, _text, put in _walk(block, raw, key, ""):
        if path in texts:
            put(texts[path])
    return raw


def _walk(block: blocks.Block, raw: Any, key: str, name: str) -> Iterator[tuple[str, blocks.Block, Any, Callable[[str], None]]]:
    """Every text leaf below `raw`: its key, its block, its text, and how to write it."""
    if isinstance(block, blocks.StreamBlock):
        for item in raw or []:
            child = block.child_blocks.get(item.get("type"))
            if child is not None:
                yield from _step(child, item, "value", f"{key}/{item.get('id')}", item["type"])
    elif isinstance(block, blocks.ListBlock):
        for number, item in enumerate(raw or []):
            # A list from before lists had ids holds bare values.
            if isinstance(item, dict) and item.get("type") == "item":
                yield from _step(block.child_block, item, "value", f"{key}/{item.get('id')}", name)
            else:
                yield from _step(block.child_block, raw, number, f"{key}/{number}", name)
    elif isinstance(block, blocks.StructBlock):
        for child_name, child in block.child_blocks.items():
            if isinstance(raw, dict) and child_name in raw:
                yield from _step(child, raw, child_name, f"{key}/{child_name}", child_name)


def _step(
    block: blocks.Block, holder: Any, at: Any, key: str, name: str
) -> Iterator[tuple[str, blocks.Block, Any, Callable[[str], None]]]:
    value = holder[at]
    if isinstance(block, blocks.StreamBlock | blocks.ListBlock | blocks.StructBlock):
        yield from _walk(block, value, key, name)
    elif holds_words(block):
        yield key, block, value, lambda text: holder.__setitem__(at, text)
