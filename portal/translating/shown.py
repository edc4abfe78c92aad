"""Whether what a page shows was made by a machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q

from directory.listings.cards import Card
from directory.listings.models import Listing
from portal.kit.wording import digest
from portal.translating.models import Origin, Translation
from portal.translating.pieces import translated_models

ON_CARDS = {"name", "summary"}


def machine_made(lang: str, things: Iterable[Any]) -> str:
    """The language from which a machine made some of the texts in `lang` that these rows show; empty where people wrote them.

    What is known of a text may be older than the text: where it differs, a person has written since.
    """
    rows: dict[tuple[int, int], Any] = {}
    for thing, model, pk in _rows(things):
        rows[ContentType.objects.get_for_model(model).pk, pk] = thing
    if not rows:
        return ""
    pks: dict[int, list[int]] = defaultdict(list)
    for kind, pk in rows:
        pks[kind].append(pk)
    wanted = Q(pk__in=[])
    for kind, ids in pks.items():
        wanted |= Q(content_type=kind, object_id__in=ids)
    # Not asked for by municipality: the database would then read all that is known of its texts.
    found = Translation.objects.filter(wanted, lang=lang, origin=Origin.MACHINE, pending="")
    for kind, pk, name, text_hash, source in found.values_list("content_type", "object_id", "field", "text_hash", "source_lang"):
        row = rows[kind, pk]
        if isinstance(row, Card):
            if name in ON_CARDS and (name != "name" or row.title.lang == lang):
                return str(source)
        elif "/" in name or digest(getattr(row, f"{name}_{lang}", None) or "") == text_hash:
            return str(source)
    return ""


def _rows(things: Iterable[Any]) -> Iterator[tuple[Any, type[Model], int]]:
    """(what was given, its model, its key) of rows, cards, and pairs such as (category, its name)."""
    kinds = {str(model.KIND.value): model for model in Listing.__subclasses__()}
    for thing in things:
        if isinstance(thing, Model):
            if type(thing) in translated_models() and thing.pk:
                yield thing, type(thing), thing.pk
        elif isinstance(thing, Card):
            _kind, _dash, pk = str(thing.ident).rpartition("-")
            if thing.kind in kinds and pk.isdigit():
                yield thing, kinds[thing.kind], int(pk)
        elif isinstance(thing, dict):
            yield from _rows(thing.values())
        elif isinstance(thing, list | tuple):
            yield from _rows(thing)
