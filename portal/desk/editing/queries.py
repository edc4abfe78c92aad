"""Reads for editing."""

from __future__ import annotations

from functools import reduce

from django.db.models import Q

from directory.municipalities.models import Municipality
from directory.places.models import Place

MOST_FOUND = 12


def places_like(municipality: Municipality, words: str) -> list[Place]:
    """Public places of a municipality whose name, street or town holds all the words, in any of its languages."""
    rows = Place.objects.public().filter(municipality=municipality)
    columns = [*(f"name_{code}" for code in municipality.languages), "street", "city"]
    for word in words.split()[:6]:
        rows = rows.filter(reduce(Q.__or__, (Q(**{f"{column}__icontains": word}) for column in columns)))
    return list(rows.order_by("name_nb", "pk")[:MOST_FOUND])
