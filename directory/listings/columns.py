"""Fewer columns for lists: a listing has some 250, most of them texts that only its own page shows.

Reading 250 columns costs more than everything else a card needs. What is left out here is still there when somebody asks
for it, at the price of a query; the tests of cards and lists hold that nobody does.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.models import Model, Prefetch, QuerySet
from modeltranslation.translator import translator

from portal.languages import CODES

#: Of the municipality: all but its boundary, which is larger than a hundred listings.
MUNICIPALITY = tuple(f"municipality__{name}" for name in ("number", "name", "slug", "site", "languages", "checked_languages"))


@lru_cache
def columns(model: Any, *texts: str) -> tuple[str, ...]:
    """All plain columns of a model and, of its translated ones, the named texts in every language."""
    translated = set(translator.get_options_for_model(model).all_fields)
    of_texts = {f"{field}_{code}" for field in translated for code in CODES}
    plain = [f.name for f in model._meta.concrete_fields if f.name not in translated and f.name not in of_texts]
    return (*plain, *(f"{text}_{code}" for text in texts for code in CODES))


def narrow(rows: QuerySet[Any], *texts: str, joined: Iterable[str] = ()) -> QuerySet[Any]:
    """Rows with plain columns and the named texts; of joined rows the columns in `joined` ("municipality__languages")."""
    return rows.only(*columns(rows.model, *texts), *joined)  # type: ignore[arg-type]


def of(relation: str, model: type[Model], *texts: str) -> tuple[str, ...]:
    """The columns of a joined row, as `narrow` takes them."""
    return tuple(f"{relation}__{column}" for column in columns(model, *texts))


def named(relation: str, model: type[Model]) -> Prefetch[Any]:
    """A prefetch of rows of which only the name is said."""
    return Prefetch(relation, narrow(model._default_manager.all(), "name"))


#: What the page of a listing shows of its labels, each asked for once.
LABELS = ("categories__parent", "targets", "adaptations", "districts")
