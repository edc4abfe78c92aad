"""Rows of listings made in memory, and written in bulk.

A `Made` is an unsaved listing with the labels and sessions that belong to it. Writing in bulk passes by `save()`; so the
position and the short name are given here, and the search index is told once for all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import JSONField
from django.utils import timezone
from django.utils.text import slugify

from directory.activities.models import Season, Session
from directory.listings.models import Adaptation, Category, Listing, TargetGroup, fold, tell
from directory.municipalities.models import District, Municipality
from directory.places.models import OpeningTime, Place
from portal.demo.ground import Address
from portal.demo.texts import Words


@dataclass(slots=True)
class Made:
    """A listing to be written, with what hangs on it."""

    row: Any
    categories: Sequence[Category] = ()
    targets: Sequence[TargetGroup] = ()
    adaptations: Sequence[Adaptation] = ()
    districts: Sequence[District] = ()
    places: list[Place] = field(default_factory=list)
    seasons: Sequence[Season] = ()
    children: list[Session | OpeningTime] = field(default_factory=list)
    key: str = ""
    neighbourhood: str = ""


_BLANK: dict[type[Any], tuple[list[str], list[Any]]] = {}


def blank(model: type[Any], **fields: Any) -> Any:
    """An unsaved row. Far quicker than calling the model, which asks each of its 200 language columns for a default."""
    if model not in _BLANK:
        first = model()
        names = [column.attname for column in model._meta.concrete_fields]
        _BLANK[model] = names, [first.__dict__.get(name) for name in names]
    _names, defaults = _BLANK[model]
    row = model(*[value.copy() if isinstance(value, list | dict) else value for value in defaults])
    for name, value in fields.items():
        setattr(row, name, value)
    return row


class Slugs:
    """Short names that are each given out once per municipality and kind of listing."""

    def __init__(self, taken: Iterable[tuple[int, str, str]] = ()) -> None:
        self.taken = set(taken)
        self.last: dict[tuple[int, str, str], int] = {}

    def give(self, municipality: Municipality, kind: str, name: str) -> str:
        stem = slugify(fold(name).replace("–", "-"))[:100] or kind
        key = (municipality.pk, kind, stem)
        if key not in self.taken:
            self.taken.add(key)
            return stem
        n = self.last.get(key, 1)
        while True:
            n += 1
            candidate = (municipality.pk, kind, f"{stem}-{n}")
            if candidate not in self.taken:
                self.taken.add(candidate)
                self.last[key] = n
                return candidate[2]


def put_words(row: Listing, texts: dict[str, Words], *, with_name: bool = True) -> None:
    """Name, summary and description in every language there is."""
    for lang, words in texts.items():
        if with_name and words.name:
            setattr(row, f"name_{lang}", words.name)
        setattr(row, f"summary_{lang}", words.summary)
        setattr(row, f"description_{lang}", words.description)


def put_address(row: Listing, address: Address) -> None:
    """Address and position, with `located_for` so that no later save looks for it again."""
    row.street, row.postcode, row.city = address.street, address.postcode, address.city
    row.lat, row.lon, row.precision = address.lat, address.lon, address.precision
    row.located_for = row.address_line[:300]


def insert(rows: Sequence[Any]) -> None:
    """Insert rows of one model and give them their numbers.

    `bulk_create` asks each of 250 columns of every row how it is written, and puts three rows into a statement; here plain
    values go as they are, which takes a tenth of the time.
    """
    model, columns = type(rows[0]), type(rows[0])._meta.concrete_fields
    with connection.cursor() as cursor:
        for row, pk in zip(rows, free_numbers(cursor, model, len(rows)), strict=True):
            row.pk = pk
        names = ", ".join(connection.ops.quote_name(column.column) for column in columns)
        holes = ", ".join(["%s"] * len(columns))
        cursor.executemany(
            f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({names}) VALUES ({holes})",  # noqa: S608  (names of our own columns)
            [[prepared(column, getattr(row, column.attname)) for column in columns] for row in rows],
        )
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


_PLAIN = (str, int, float, bool, type(None))


def prepared(column: Any, value: Any) -> Any:
    """A value as the database takes it."""
    if isinstance(value, _PLAIN) and not isinstance(column, JSONField):
        return value
    return column.get_db_prep_save(value, connection)


def free_numbers(cursor: Any, model: type[Any], count: int) -> list[int]:
    """Primary keys that nobody else gets: from the sequence, or above the highest while the database is ours (SQLite)."""
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [number for (number,) in cursor.fetchall()]
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
    found = cursor.fetchone()
    return list(range((found[0] if found else 0) + 1, (found[0] if found else 0) + count + 1))


_MANY = {
    "categories": "category",
    "targets": "targetgroup",
    "adaptations": "adaptation",
    "districts": "district",
    "places": "place",
    "seasons": "season",
}


def write(made: Sequence[Made], *, at: datetime | None = None) -> None:
    """Write listings of one kind with all that hangs on them, and tell the search index. `at`: when they were made."""
    if not made:
        return
    model = type(made[0].row)
    own = model._meta.model_name
    for one in made:
        one.row.created_at = one.row.updated_at = at or timezone.now()
    insert([one.row for one in made])
    for name, target in _MANY.items():
        through = getattr(getattr(model, name, None), "through", None)
        if through is not None:
            links = [
                through(**{f"{own}_id": one.row.pk, f"{target}_id": other.pk})
                for one in made
                for other in dict.fromkeys(getattr(one, name))
            ]
            through._default_manager.bulk_create(links, batch_size=2000)
    children: dict[type, list[Any]] = {}
    for one in made:
        for order, child in enumerate(one.children):
            child.sort_order = order
            setattr(child, "activity" if isinstance(child, Session) else "place", one.row)
            if isinstance(child, Session):
                child.place_id = child.place.pk if child.place else None
            children.setdefault(type(child), []).append(child)
    for kind, rows in children.items():
        kind.objects.bulk_create(rows, batch_size=1000)  # type: ignore[attr-defined]
    tell(model, [one.row.pk for one in made])
