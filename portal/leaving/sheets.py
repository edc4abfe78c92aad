"""The listings once more as sheets that any spreadsheet program opens: one a kind, a row a listing, names instead of numbers.

And what is here only: the statements of activity cards, since what they settle stays with the cards, and what was put into
programmes that a neighbour looks after (joint.py).
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from modeltranslation.translator import translator

from cards.offers.models import Settlement
from cards.offers.statements import lines_of
from directory.activities.models import Activity
from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from directory.support.models import SupportScheme
from portal.kit.exports import harmless
from portal.languages import CODES
from portal.leaving.archive import Writer
from portal.leaving.joint import joint_sheets
from portal.leaving.scope import every

SHEETS: dict[str, type[Listing]] = {
    "providers": Provider,
    "places": Place,
    "activities": Activity,
    "support": SupportScheme,
}
#: What only the product itself has a use for.
INNER = {
    "id",
    "latest_revision",
    "live_revision",
    "locked",
    "locked_at",
    "locked_by",
    "go_live_at",
    "expire_at",
    "expired",
    "has_unpublished_changes",
    "image",
    "logo",
    "located_for",
    "confirmed_by",
    "municipality",
}
AT_A_TIME = 400


STATEMENT = ("number", "programme", "provider", "from", "to", "state", "objection", "sum_ore")
STATEMENT_LINE = ("offer", "day", "unit_ore", "tickets", "ore", "paid_by", "taken_back")


def write_sheets(writer: Writer, municipality: Municipality) -> None:
    """Write the sheets."""
    sheets = {name: lines(model, municipality) for name, model in SHEETS.items()}
    sheets["card-statements"] = statement_lines(municipality)
    sheets |= {name: (_line([*row]) for row in rows) for name, rows in joint_sheets(municipality).items()}
    for name, found in sheets.items():
        with writer.entry(f"sheets/{name}.csv") as entry:
            entry.write("\ufeff".encode())  # so that spreadsheet programs take it for what it is
            for line in found:
                entry.write(line)


def statement_lines(municipality: Municipality) -> Iterator[bytes]:
    """What was settled with providers, line by line: by offer, day and price. It names no card."""
    yield _line([*STATEMENT, *STATEMENT_LINE])
    rows = Settlement.objects.filter(municipality=municipality).select_related("provider", "year__programme").order_by("number")
    for row in rows.iterator(chunk_size=AT_A_TIME):
        facts = [
            row.number,
            str(row.year),
            str(row.provider),
            row.period_from,
            row.period_to,
            row.state,
            row.objection,
            row.total_ore,
        ]
        for line in lines_of(row, "nb"):
            yield _line(
                [*facts, line.title, line.day, line.unit_ore, line.tickets, line.total_ore, line.paid_by, int(line.taken_back)]
            )


def lines(model: type[Listing], municipality: Municipality) -> Iterator[bytes]:
    """Heading and rows. Languages the municipality does not offer are left out where nothing stands in them."""
    fields = _columns(model, municipality)
    links = [field for field in model._meta.many_to_many if field.related_model is not None]
    yield _line([*(field.name for field in fields), *(field.name for field in links)])
    rows = every(model).filter(municipality=municipality).order_by("pk")
    names = ["pk", *(_path(field) for field in fields)]
    chunk: list[tuple[Any, ...]] = []
    for values in rows.values_list(*names).iterator(chunk_size=AT_A_TIME):
        chunk.append(values)
        if len(chunk) == AT_A_TIME:
            yield from _lines(chunk, links)
            chunk = []
    yield from _lines(chunk, links)


def _lines(chunk: list[tuple[Any, ...]], links: list[Any]) -> Iterator[bytes]:
    words = [_slugs(field, [row[0] for row in chunk]) for field in links]
    for pk, *values in chunk:
        yield _line([*values, *("; ".join(found[pk]) for found in words)])


def _columns(model: type[Listing], municipality: Municipality) -> list[Any]:
    translated = set(translator.get_options_for_model(model).get_field_names())
    offered = {f"{name}_{code}" for name in translated for code in municipality.languages}
    others = {f"{name}_{code}" for name in translated for code in CODES} - offered
    own = every(model).filter(municipality=municipality)
    used = {name for name in sorted(others) if own.exclude(**{name: None}).exclude(**{name: ""}).exists()}
    return [
        field
        for field in model._meta.concrete_fields
        if field.name not in INNER | translated and (field.name not in others or field.name in used)
    ]


def _path(field: Any) -> str:
    """Another listing or district by its address, anything else by itself."""
    return f"{field.name}__slug" if field.is_relation else field.name


def _slugs(field: Any, pks: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    through = field.remote_field.through
    own, other = field.m2m_field_name(), field.m2m_reverse_field_name()
    rows = every(through).filter(**{f"{own}__in": pks}).order_by("pk").values_list(own, f"{other}__slug")
    for pk, slug in rows:
        found[pk].append(slug)
    return found


def _line(values: list[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(_cell(value)) for value in values])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return value.isoformat() if hasattr(value, "isoformat") else value
