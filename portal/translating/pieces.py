"""Which texts a row has, and what stands in them in each language.

    translated_models()    every model with texts in several languages that belongs to a municipality, and page types
    load(model, pks)       → Row: its pieces, the text of each piece by language, and what is known of these texts
    leaves(block, raw)     the texts inside a page's blocks, each under a key that its translation has too
    put_leaves(…)          the blocks of one language with their texts exchanged

A translated body has the same structure as the one it was made from, block ids included: that is how two texts find
each other. A body that shares no block with the source was written separately; it is one piece, and its own affair.

The source of a text is the first of the municipality's languages in which a person wrote it. What a machine wrote is
never a source: a translation of a translation drifts, and words that somebody takes away would come back through it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from modeltranslation.translator import translator
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Page

from directory.listings.models import Listing
from directory.municipalities.models import District
from directory.municipalities.tenancy import tenant_path
from directory.places.models import Place
from directory.providers.models import Provider
from portal.kit.wording import digest
from portal.pages.owners import front_pages, owner_among
from portal.translating.models import Origin, Translation

Known = Mapping[tuple[str, str], Translation]  # by field and language

#: Names of associations, places and neighbourhoods are proper names. They may be written in another script by somebody
#: who knows how they are called there; a machine would make "Sea Gull" of "Måken", which nobody finds on a map or a door.
PROPER = {(Provider, "name"), (Place, "name"), (District, "name")}
#: May be left empty: proper names, words that only the search sees.
OPTIONAL = {"synonyms"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of a row. `optional`: nobody lacks it. `by_machine`: a machine may translate it."""

    field: str
    label: Any
    html: bool = False
    long: bool = False
    limit: int | None = None
    optional: bool = False
    by_machine: bool = True
    column: str = ""  # the field of the model, where it is not `field` itself
    whole: bool = False  # a body written separately


@dataclass(slots=True)
class Row:
    """The texts of one row: `texts[field, language]`, stripped, only those that are there.

    `sources`: for the texts inside blocks, the language of the body they are translated from; empty where a machine made
    all bodies that have the text.
    """

    model: type[models.Model]
    pk: int
    municipality_id: int
    live: bool
    pieces: list[Piece] = field(default_factory=list)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    apart: set[tuple[str, str]] = field(default_factory=set)  # (field, language) of bodies written separately
    known: Known = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def source(self, name: str, languages: Iterable[str]) -> str:
        """The language a text was written in: the first of the municipality's in which a person did; empty where none has."""
        if name in self.sources:
            return self.sources[name]
        return next((code for code in languages if (name, code) in self.texts and not self.is_machine(name, code)), "")

    def is_machine(self, name: str, code: str) -> bool:
        """Whether what stands there is a machine's, word for word."""
        return is_machine(self.known, name, code, self.texts.get((name, code), ""))


def is_machine(known: Known, name: str, code: str, text: str) -> bool:
    """Whether a machine wrote this text, as far as is known."""
    one = known.get((name, code))
    return one is not None and one.origin == Origin.MACHINE and not one.pending and one.text_hash == digest(text)


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
        pieces.append(
            Piece(
                column.name,
                getattr(column, "verbose_name", column.name),
                long=isinstance(column, models.TextField),
                limit=getattr(column, "max_length", None),
                optional=proper or column.name in OPTIONAL,
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


def kinds_in_order() -> list[type[models.Model]]:
    """The same in the order of the board: listings first, then words and districts, then pages."""
    rank = {"activity": 0, "provider": 1, "place": 2, "supportscheme": 3}
    return sorted(translated_models(), key=lambda model: (rank.get(model._meta.model_name or "", 9), model._meta.label_lower))


def kind_name(model: type[models.Model]) -> str:
    """What staff call a kind, many of them."""
    return capfirst(str(model._meta.verbose_name_plural))


# ── loading ─────────────────────────────────────────────────────────────────────────────────────────────────
def content_type_of(model: type[models.Model]) -> ContentType:
    return ContentType.objects.get_for_model(model)


def known_of(model: type[models.Model], pks: Iterable[int]) -> dict[int, dict[tuple[str, str], Translation]]:
    """What is known of the texts of these rows."""
    found: dict[int, dict[tuple[str, str], Translation]] = defaultdict(dict)
    for one in Translation.objects.filter(content_type=content_type_of(model), object_id__in=list(pks)):
        found[one.object_id][one.field, one.lang] = one
    return found


def load(model: type[models.Model], pks: Iterable[int], languages: Mapping[int, list[str]]) -> list[Row]:
    """The rows that are there, with their texts in the languages of their municipality.

    What is known of texts is read after the texts: who writes both locks the row first (actions.open_row, looking.py).
    """
    pks = list(pks)
    if issubclass(model, Page):
        return list(_load_pages(model, pks, languages))
    wanted = sorted({code for codes in languages.values() for code in codes})
    pieces = list(columns_of(model))
    names = [(piece.field, code) for piece in pieces for code in wanted]
    extra = ["live", "delisted_at"] if issubclass(model, Listing) else []
    columns = [*extra, *(f"{name}_{code}" for name, code in names)]
    rows = list(model._base_manager.filter(pk__in=pks).values_list("pk", "municipality", *columns))
    known = known_of(model, pks)
    found = []
    for pk, owner, *values in rows:
        live = bool(values[0] and values[1] is None) if extra else True
        codes = set(languages.get(owner, ()))
        texts = {
            key: text.strip()
            for key, text in zip(names, values[len(extra) :], strict=True)
            if text and text.strip() and key[1] in codes
        }
        found.append(Row(model, pk, owner, live, pieces, texts, known=known.get(pk, {})))
    return found


def _load_pages(model: type[Page], pks: Iterable[int], languages: Mapping[int, list[str]]) -> Iterator[Row]:
    fronts = front_pages()
    pages = list(model._base_manager.filter(pk__in=list(pks)))
    known = known_of(model, [page.pk for page in pages])
    for page in pages:
        owner = owner_among(fronts, page.path)
        if owner is not None:
            yield _row_of_page(page, owner, languages.get(owner, []), known.get(page.pk, {}))


def _row_of_page(page: Page, owner: int, languages: list[str], known: Known) -> Row:
    """The texts of one page, those inside its blocks too."""
    model: Any = type(page)
    row = Row(model, page.pk, owner, page.live, list(columns_of(model)), known=known)
    for piece in row.pieces:
        for code in languages:
            if text := (getattr(page, f"{piece.field}_{code}") or "").strip():
                row.texts[piece.field, code] = text
    for name in streams_of(model):
        _add_blocks(row, page, name, languages)
    return row


Leaves = dict[str, tuple[blocks.Block, str]]


def _add_blocks(row: Row, page: Page, name: str, languages: list[str]) -> None:
    block = page._meta.get_field(name).stream_block
    found: dict[str, Leaves] = {code: dict(leaves(block, raw_of(page, name, code), name)) for code in languages}
    by_machine = {
        code: {key for key, (_leaf, text) in inside.items() if is_machine(row.known, key, code, text)}
        for code, inside in found.items()
    }
    # A body of which a machine wrote any part was made from another.
    source = next((code for code in languages if found[code] and not by_machine[code]), "")
    original = found.get(source, {})
    label = capfirst(str(page._meta.get_field(name).verbose_name))
    for key, (leaf, text) in original.items():
        row.texts[key, source] = text
        _add_piece(row, key, leaf, label, name, source)
    apart = []
    for code, inside in found.items():
        if code == source or not inside:
            continue
        for key in inside.keys() & original.keys():
            row.texts[key, code] = inside[key][1]
        # Of a body that a machine has had a hand in: what was made from words that are gone since.
        left = [key for key in inside if by_machine[code] and key not in original and _is_known(row.known, key, code, inside)]
        for key in left:
            row.texts[key, code] = inside[key][1]
            if key not in row.sources:
                _add_piece(row, key, inside[key][0], label, name, "")
        if source and not inside.keys() & original.keys() and not left:
            apart.append(code)
            row.apart.add((name, code))
            row.texts[name, code] = "\n\n".join(text for _leaf, text in inside.values())
    if apart:
        row.sources[name] = source
        row.texts[name, source] = "\n\n".join(text for _leaf, text in original.values())
        separately = _("%(field)s, written separately") % {"field": label}
        row.pieces.append(Piece(name, separately, long=True, optional=True, by_machine=False, column=name, whole=True))


def _is_known(known: Known, key: str, code: str, inside: Leaves) -> bool:
    return (key, code) in known and known[key, code].text_hash == digest(inside[key][1])


def _add_piece(row: Row, key: str, leaf: blocks.Block, label: str, name: str, source: str) -> None:
    row.sources[key] = source
    row.pieces.append(
        Piece(
            key,
            f"{label}: {capfirst(str(leaf.label or leaf.name or ''))}",
            html=isinstance(leaf, blocks.RichTextBlock),
            long=not isinstance(leaf, blocks.CharBlock),
            limit=getattr(getattr(leaf, "field", None), "max_length", None),
            optional=leaf.name in PROPER_PARTS,
            by_machine=leaf.name not in PROPER_PARTS,
            column=name,
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
