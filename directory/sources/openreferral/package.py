"""An Open Referral package in any of its forms, as tables of rows.

    read_package(path) → Package
        .tables["service"]["<id>"]   a row: texts as they stood there, with the ids of what it belongs to
        .doubles                     ids that stood in a CSV table twice (the first was read)
        .unread                      tables that no listing has a place for, with their number of rows

Forms: a folder or zip of CSV files, the same as one JSON file (tabular.json), JSON answers of an API: details, which
nest what belongs to them, and lists, which come in envelopes. Versions 3.0 and 3.1 and the UK profile differ in keys
only; unknown keys are kept. Nested objects are taken apart into the tables, so that all forms look the same afterwards.
"""

from __future__ import annotations

import csv
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from directory.sources.json_stream import UnreadableFile, decoded
from directory.sources.spreadsheets.encodings import decode, detect

MOST_FILES = 500
MOST_BYTES = 256 << 20  # unpacked, all together
MOST_ROWS = 500_000

# Names of files and of nested lists → the table they are
_ALSO = {
    "service": "services",
    "organization": "organizations",
    "location": "locations",
    "service_at_location": "service_at_locations",
    "address": "addresses physical_address",
    "phone": "phones",
    "contact": "contacts",
    "schedule": "schedules",
    "language": "languages",
    "accessibility": "accessibility_for_disabilities",
    "cost_option": "cost_options",
    "attribute": "attributes",
    "taxonomy_term": "taxonomy_terms",
    "taxonomy": "taxonomies taxonomy_detail",
    "url": "urls additional_urls additional_websites",
    "organization_identifier": "organization_identifiers",
    "program": "programs",
    "funding": "",
    "service_area": "service_areas",
    "required_document": "required_documents",
    "service_capacity": "service_capacities capacities",
    "unit": "units",
    "metadata": "",
    "meta_table_description": "meta_table_descriptions",
}
TABLES = {name: table for table, also in _ALSO.items() for name in (table, *also.split())}
# What a listing has no place for: told in the summary, and kept in the package it came in.
WITHOUT_PLACE = (
    "program", "funding", "service_area", "required_document", "service_capacity", "unit", "metadata", "meta_table_description",
)  # fmt: skip
_NESTED_ONE = {"service", "organization", "location", "taxonomy_term", "program", "unit", "taxonomy_detail"}

Row = dict[str, Any]


@dataclass
class Package:
    """Tables of rows by id. `nameless` are rows without an id, which nothing can point at."""

    tables: dict[str, dict[str, Row]] = field(default_factory=dict)
    doubles: list[tuple[str, str, Row]] = field(default_factory=list)
    nameless: list[tuple[str, Row]] = field(default_factory=list)
    rows_read: int = 0

    def table(self, name: str) -> dict[str, Row]:
        """The rows of a table by id; empty when the package has none."""
        return self.tables.get(name, {})

    @property
    def unread(self) -> dict[str, int]:
        """Tables a listing has no place for, and how many rows each has."""
        return {name: len(self.table(name)) for name in WITHOUT_PLACE if self.table(name)}

    def belonging_to(self, table: str) -> dict[str, dict[str, list[Row]]]:
        """Owner's table → owner's id → the rows of `table` that name it."""
        found: dict[str, dict[str, list[Row]]] = {}
        for row in self.table(table).values():
            for owner in ("service", "organization", "location", "service_at_location", "contact", "phone"):
                if key := text(row.get(f"{owner}_id")):
                    found.setdefault(owner, {}).setdefault(key, []).append(row)
        return found

    def add(self, table: str, row: Mapping[str, Any]) -> str:
        """Take a row in, without what is nested in it. The same id again adds what was missing."""
        self.rows_read += 1
        if self.rows_read > MOST_ROWS:
            raise UnreadableFile(f"The package has more than {MOST_ROWS} rows. Divide it.")
        flat = {_storable(str(key)): _storable(value) for key, value in row.items() if not isinstance(value, list | dict)}
        key = text(flat.get("id"))
        if not key:
            self.nameless.append((table, flat))
            return ""
        rows = self.tables.setdefault(table, {})
        if key not in rows:
            rows[key] = flat
        else:
            for name, value in flat.items():
                if rows[key].get(name) in (None, ""):
                    rows[key][name] = value
        return key

    def take_apart(self, table: str, item: Mapping[str, Any], above: Mapping[str, str] | None = None, depth: int = 0) -> str:
        """Take in an object and everything nested in it, each with the id of what it was nested in."""
        if depth > 12:
            raise UnreadableFile("The package nests its objects deeper than the standard knows.")
        own = {**item, **{name: value for name, value in (above or {}).items() if not item.get(name)}}
        for name, value in item.items():
            if name in _NESTED_ONE and isinstance(value, Mapping):
                inner = TABLES[name]
                key = self.take_apart(inner, value, depth=depth + 1)
                own.setdefault(f"{inner}_id", key)
                own[f"{inner}_id"] = own[f"{inner}_id"] or key
        key = self.add(table, own)
        link = {f"{table}_id": key} if table != "attribute" else {}
        for name, value in item.items():
            if isinstance(value, list) and name in TABLES:
                for part in value:
                    if isinstance(part, Mapping):
                        inner = TABLES[name]
                        above_part = {"link_id": key, "link_entity": table} if inner == "attribute" else link
                        self.take_apart(inner, part, above_part, depth + 1)
        return key


def text(value: Any) -> str:
    """A cell as text without ends; empty for nothing and for what is no single value."""
    if value is None or isinstance(value, list | dict | bool):
        return ""
    return str(value).replace("\x00", "").strip()


def _storable(value: Any) -> Any:
    """The value without what no database holds: NUL, half of a character, and numbers that are none."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────
def read_package(path: Path) -> Package:
    """The package at `path`: a folder, a zip, or one file."""
    if not path.exists():
        raise UnreadableFile(f"There is nothing at “{path}”.")
    package = Package()
    found = 0
    for name, data in _files(path):
        stem = re.sub(r"\.\w+$", "", Path(name).name).casefold()
        if name.casefold().endswith(".csv"):
            if stem in TABLES:
                found += 1
                _read_csv(package, TABLES[stem], data, name)
        elif stem not in ("datapackage", "openapi", "schema"):
            found += 1
            _read_json(package, stem, data, name)
    if not found or not package.rows_read:
        raise UnreadableFile("No Open Referral data were found: neither CSV tables such as services.csv nor JSON.")
    return package


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        inside = path.resolve()
        files = sorted(
            f
            for f in path.rglob("*")
            if f.suffix.casefold() in (".csv", ".json", ".ndjson")
            and f.is_file()
            and f.resolve().is_relative_to(inside)  # a link may point at anything else on this machine
        )
        if len(files) > MOST_FILES or sum(f.stat().st_size for f in files) > MOST_BYTES:
            raise UnreadableFile("The folder holds more than a package should. Divide it.")
        for file in files:
            yield str(file.relative_to(path)), file.read_bytes()
    elif zipfile.is_zipfile(path):
        yield from _unpacked(path)
    elif path.suffix.casefold() in (".json", ".ndjson", ".csv", ".jsonl"):
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableFile("The file is larger than a package should be. Divide it.")
        yield path.name, path.read_bytes()
    else:
        raise UnreadableFile("This is no Open Referral package: give a folder or zip of CSV files, or JSON.")


# What the standard library raises for a zip that is damaged, locked, or packed in a way it does not know. The unpackers
# have errors of their own; a name that is no text is a ValueError.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
)  # fmt: skip


def _unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files in a zip. What a zip says of its sizes may be a lie, so what comes out is counted."""
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(path) as packed:
            members = [
                m
                for m in packed.infolist()
                if not m.is_dir() and re.search(r"\.(csv|json|ndjson)$", m.filename, re.I) and "__MACOSX" not in m.filename
            ]
            if len(members) > MOST_FILES:
                raise UnreadableFile(f"The zip holds more than {MOST_FILES} files.")
            for member in members:
                with packed.open(member) as stream:
                    data = stream.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise UnreadableFile("The zip unpacks to far more than a package should and was not read.")
                yield member.filename, data
    except _DAMAGED as error:
        raise UnreadableFile(f"The zip cannot be unpacked: {error}") from error


def _read_csv(package: Package, table: str, data: bytes, name: str) -> None:
    if not data.strip():
        return
    encoding = detect(data)
    if encoding is None:
        raise UnreadableFile(f"“{name}” holds something else than text.")
    csv.field_size_limit(4 << 20)
    try:
        reader = csv.DictReader(io.StringIO(decode(data, encoding).lstrip("\ufeff"), newline=""))
        seen: set[str] = set()
        for row in reader:
            cells = {(key or "").strip().casefold(): value for key, value in row.items() if isinstance(value, str)}
            key = text(cells.get("id"))
            if key and key in seen:
                package.doubles.append((table, key, dict(cells)))
            elif any(value.strip() for value in cells.values()):
                # A second file of the same table (the UK profile has some) adds to the first.
                seen.add(package.add(table, cells))
    except csv.Error as error:
        raise UnreadableFile(f"“{name}” cannot be read as CSV: {error}") from error


def _read_json(package: Package, stem: str, data: bytes, name: str) -> None:
    try:
        for document in decoded(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig")):
            _read_document(package, stem, document)
    except RecursionError as error:
        raise UnreadableFile(f"“{name}” nests its lists deeper than can be read.") from error
    except (UnreadableFile, UnicodeDecodeError) as error:
        raise UnreadableFile(f"“{name}”: {error}") from error


def _read_document(package: Package, stem: str, document: Any) -> None:
    if isinstance(document, list):
        for item in document:
            _read_document(package, stem, item)
        return
    if not isinstance(document, Mapping):
        return
    if isinstance(document.get("contents"), list):
        for item in document["contents"]:
            _read_document(package, stem, item)
        return
    tables = {name: rows for name, rows in document.items() if isinstance(rows, list) and _table_of_file(name)}
    if "id" not in document and tables:
        for name, rows in tables.items():
            for row in rows:
                if isinstance(row, Mapping):
                    package.take_apart(_table_of_file(name), row)
        return
    if table := kind_of(document, stem):
        package.take_apart(table, document)


def _table_of_file(name: str) -> str:
    return TABLES.get(re.sub(r"\.csv$", "", name.casefold()), "")


def kind_of(item: Mapping[str, Any], stem: str = "") -> str:
    """Which table an object that stands by itself belongs to, by its keys, else by the name of its file."""
    if "openapi_url" in item and "id" not in item:
        return ""  # the front door of an API
    if "location_type" in item:
        return "location"
    if "status" in item and "name" in item:
        return "service"
    if "service" in item or "location" in item or ("service_id" in item and "location_id" in item):
        return "service_at_location"
    named = re.sub(r"_(full|list|minimal|\d+)$", "", stem)
    if named in TABLES:
        return TABLES[named]
    if "taxonomy" in item or "term_uri" in item or "parent_id" in item:
        return "taxonomy_term"
    return "organization" if "name" in item and "description" in item else ""


def counted(rows: Iterable[tuple[str, Any]]) -> dict[str, int]:
    """How many of each first item."""
    return dict(Counter(name for name, *_rest in rows))
