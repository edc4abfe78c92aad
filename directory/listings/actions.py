"""Giving a municipality the words it starts with."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction

from directory.listings.models import Adaptation, Category, Label, TargetGroup
from directory.municipalities.models import Municipality
from portal.languages import CODES

LABELS = Path(__file__).parent / "labels.toml"


@lru_cache(maxsize=1)
def starting_labels() -> dict[str, dict[str, Any]]:
    """`categories`, `targets` and `adaptations` by slug, as labels.toml has them."""
    with LABELS.open("rb") as file:
        return tomllib.load(file)


def texts_of(entry: dict[str, Any]) -> dict[str, str]:
    """The language columns of one label: "name | synonyms" for each language it is written in."""
    columns = {}
    for code in CODES:
        name, _bar, synonyms = entry.get(code, "").partition("|")
        if name := name.strip():
            columns[f"name_{code}"] = name
            columns[f"synonyms_{code}"] = synonyms.strip()
    return columns


@transaction.atomic
def give_labels(*, municipality: Municipality) -> None:
    """Give `municipality` the categories, target groups and adaptations of labels.toml that it does not have yet."""
    labels = starting_labels()
    for position, (slug, entry) in enumerate(labels["categories"].items()):
        drawing = entry["drawing"]
        parent = _give(Category, municipality, slug, entry, position=position, drawing=drawing)
        for child_position, (child_slug, child) in enumerate(entry["children"].items()):
            _give(Category, municipality, child_slug, child, position=child_position, drawing=drawing, parent=parent)
    for position, (slug, entry) in enumerate(labels["targets"].items()):
        _give(TargetGroup, municipality, slug, entry, position=position)
    for position, (slug, entry) in enumerate(labels["adaptations"].items()):
        _give(Adaptation, municipality, slug, entry, position=position, icon=entry["icon"])


def _give(model: type[Label], municipality: Municipality, slug: str, entry: dict[str, Any], **fields: Any) -> Any:
    label, _created = model.objects.get_or_create(
        municipality=municipality, slug=slug, defaults={**texts_of(entry), **fields}
    )
    return label
