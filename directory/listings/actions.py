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
    """Give `municipality` the categories, target groups and adaptations of labels.toml that it does not have yet.

    Written in bulk: no listing carries a new word, so that the search index need not be told.
    """
    labels = starting_labels()
    parents = {
        slug: {**texts_of(entry), "drawing": entry["drawing"], "position": position}
        for position, (slug, entry) in enumerate(labels["categories"].items())
    }
    _give(Category, municipality, parents)
    made = {c.slug: c for c in Category.objects.filter(municipality=municipality, slug__in=parents)}
    children = {
        slug: {**texts_of(child), "drawing": entry["drawing"], "position": position, "parent": made[parent]}
        for parent, entry in labels["categories"].items()
        for position, (slug, child) in enumerate(entry["children"].items())
    }
    _give(Category, municipality, children)
    for model, name in ((TargetGroup, "targets"), (Adaptation, "adaptations")):
        entries = {slug: {**texts_of(entry), "position": n} for n, (slug, entry) in enumerate(labels[name].items())}
        if model is Adaptation:
            for slug, entry in labels[name].items():
                entries[slug]["icon"] = entry["icon"]
        _give(model, municipality, entries)


def _give(model: type[Label], municipality: Municipality, entries: dict[str, dict[str, Any]]) -> None:
    there = set(model._default_manager.filter(municipality=municipality).values_list("slug", flat=True))
    missing = [model(municipality=municipality, slug=slug, **fields) for slug, fields in entries.items() if slug not in there]
    model._default_manager.bulk_create(missing)
