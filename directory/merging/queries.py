"""Listings that may be one."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet

from directory.activities.models import Activity
from directory.listings.models import Listing
from directory.merging.models import Comparison
from directory.merging.rules import Facts, Pair, pairs
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import has_field, search_rows
from portal.languages import CODES

MOST = 100


def listed(model: type[Listing], municipality: Municipality) -> QuerySet[Any]:
    """What may be merged: all but what has been taken off the lists."""
    return model.objects.filter(municipality=municipality, delisted_at=None)


def candidates(model: type[Listing], municipality: Municipality) -> list[Pair]:
    """The pairs of a kind that look like one and have not been found to be two."""
    decided = Comparison.objects.filter(
        municipality=municipality, kind=model.KIND.value, outcome=Comparison.Outcome.DIFFERENT
    ).values_list("kept_id", "other_id")
    known = {(min(pair), max(pair)) for pair in decided}
    rows = [facts_of(model, row) for row in listed(model, municipality).order_by().values(*columns(model))]
    found = pairs(rows, within_provider=model is Activity)
    return [pair for pair in found if (pair.one, pair.other) not in known][:MOST]


def columns(model: type[Listing]) -> list[str]:
    own = ["pk", "street", "postcode", "email", "phone", "website", *(f"name_{code}" for code in CODES)]
    return own + [name for name in ("org_number", "provider") if has_field(model, name)]


def facts_of(model: type[Listing], row: dict[str, Any]) -> Facts:
    street = re.sub(r"\W+", "", row["street"]).casefold()
    contacts = {row["email"].casefold(), re.sub(r"\D", "", row["phone"])[-8:], bare(row["website"])}
    return Facts(
        pk=row["pk"],
        names=tuple(dict.fromkeys(filter(None, (row[f"name_{code}"] for code in CODES)))),
        number=row.get("org_number") or "",
        address=f"{street} {row['postcode']}" if street else "",
        contacts=frozenset(contacts - {""}),
        provider=row.get("provider"),
    )


def bare(website: str) -> str:
    """A website as one would say it."""
    return re.sub(r"^https?://(www\.)?", "", website.casefold()).rstrip("/")


def found_by_words(model: type[Listing], municipality: Municipality, words: str) -> list[Any]:
    """Listings to choose two of by hand."""
    fields = [*(f"name_{code}" for code in CODES), *(["org_number"] if has_field(model, "org_number") else [])]
    return list(search_rows(listed(model, municipality), words, fields).order_by("name_nb", "pk")[:30])
