"""A file to a table of texts: whatever it was saved as, with what stood above the headings told.

    read(path, name) → Book: its sheets, each a list of (row number as the spreadsheet shows it, cells)
    Book.table()     → Table: headings found, rows below, cleaned

Nothing here knows what a listing is, except that `headers.score` tells which line looks like headings.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from directory.sources.spreadsheets import encodings, headers
from directory.sources.spreadsheets.problems import Unreadable
from directory.sources.spreadsheets.words import clean

MAX_BYTES = 25 * 1024**2
MAX_ROWS = 20_000
MAX_COLUMNS = 300
MAX_CELL = 30_000
MAX_SHEET_NAME = 100  # a spreadsheet program allows 31; a file may claim anything
HEADER_WITHIN = 40  # lines; titles, dates and "printed by" stand above the headings, never a page of them
_CHILD = Path(__file__).with_name("workbook_child.py")
_CHILD_SECONDS = 120
_CHILD_BYTES = 50 * 1000**2  # of rows as text; the longest lists of whole counties are a tenth of this
_DELIMITERS = ";,\t|"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Line:
    """One row: the number the spreadsheet program shows, and its cells."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """One sheet with its headings found. `headers[i]` is never empty and never twice the same."""

    sheet: str
    headers: list[str]
    header_number: int
    above: list[str]
    lines: list[Line]

    def as_row(self, line: Line) -> dict[str, str]:
        """The row's cells by heading, only those that hold something."""
        return {h: c for h, c in zip(self.headers, line.cells, strict=False) if c}


@dataclass
class Book:
    """A file as read: format and encoding for the report, sheets as they stand."""

    format: str
    encoding: str = ""
    delimiter: str = ""
    sheets: dict[str, list[Line]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def table(self, sheet: str | None = None, expected: set[str] | None = None) -> Table:
        """The sheet asked for, or else the one whose headings tell the most; a hidden one only where no other does."""
        if sheet:
            if sheet not in self.sheets:
                raise Unreadable("no_sheet", sheet, names=", ".join(self.sheets))
            return _table(sheet, self.sheets[sheet], expected)
        tables, refusal = [], None
        for name, lines in self.sheets.items():
            try:
                tables.append(_table(name, lines, expected))
            except Unreadable as why:
                refusal = refusal or why
        if not tables:
            raise refusal or Unreadable("file_empty")

        def promise(table: Table) -> tuple[bool, float, int]:
            told = headers.score(table.headers, expected)
            return (told > 0 and table.sheet not in self.hidden, told, len(table.lines))

        return max(tables, key=promise)


def read(path: Path, name: str | None = None) -> Book:
    """Read the file at `path`; `name` is what its owner called it. Raises `Unreadable` with the reason."""
    if not path.is_file():
        raise Unreadable("file_missing")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise Unreadable("file_too_big", size=f"{size / 1024**2:.0f}", limit=MAX_BYTES // 1024**2)
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise Unreadable("file_empty")
    if start.startswith((_ZIP, _OLE)):
        return _read_workbook(path, (name or path.name).rsplit(".", 1)[-1].lower())
    return _read_csv(path.read_bytes())


def _read_workbook(path: Path, ending: str) -> Book:
    book = Book(format=ending if ending in ("xlsx", "xlsm", "xlsb", "ods", "xls") else "xlsx")
    lines: list[Line] = []
    for what, *rest in _told_by_child(path, book):
        if what == "sheet":
            name = _free(" ".join(clean(rest[0]).split())[:MAX_SHEET_NAME] or "?", book.sheets)
            lines = book.sheets[name] = []
            if rest[1]:
                book.hidden.add(name)
        elif what == "row":
            lines.append(Line(rest[0], [clean(cell) for cell in rest[1]]))
        elif what == "refused":
            raise Unreadable(rest[0], **rest[1])
    book.sheets = {name: lines for name, lines in book.sheets.items() if lines}
    if not book.sheets:
        raise Unreadable("file_empty")
    return book


def _free(name: str, taken: Iterable[str]) -> str:
    """`name`, with a number where there is one like it already."""
    free, again = name, 2
    while free in taken:
        free, again = f"{name} ({again})", again + 1
    return free


def _told_by_child(path: Path, book: Book) -> Iterator[list[Any]]:
    """What the child says, a line at a time: nothing more of it is held here than the line.

    The child ends itself when it has written too much or worked too long. It reads a file that may mean harm, so
    neither is left to its word: it is killed here at the same limits.
    """
    limits = (MAX_ROWS, MAX_COLUMNS, MAX_CELL, _CHILD_BYTES)
    command = [sys.executable, "-I", str(_CHILD), str(path), *map(str, limits)]
    late = threading.Event()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:

        def end() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(_CHILD_SECONDS, end)
        clock.daemon = True
        clock.start()
        try:
            left = _CHILD_BYTES + 1000  # room for the child's own refusal
            while child.stdout and (raw := child.stdout.readline(left + 1)):
                left -= len(raw)
                if left < 0:
                    raise Unreadable("file_bomb")
                if raw.endswith(b"\n"):  # a line without an end is one that the child was killed over
                    yield json.loads(raw)
            ended = child.wait()
        finally:
            clock.cancel()
            child.kill()
    if late.is_set():
        raise Unreadable("file_too_slow")
    if ended:
        raise Unreadable("file_bomb" if ended < 0 or not book.sheets else "file_broken")


def _read_csv(data: bytes) -> Book:
    encoding = encodings.detect(data)
    if encoding is None:
        raise Unreadable("file_binary")
    text = encodings.decode(data, encoding).lstrip("\ufeff")
    # Our own clean-up takes NUL and its like out of cells; a text full of them never was a list.
    if text.count("\x00") > len(text) // 50 + 20 or text.count("\ufffd") > len(text) // 20 + 20:
        raise Unreadable("file_binary")
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise Unreadable("file_empty")
    skipped = 0
    told = None
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        told, text, skipped = first.strip()[-1], rest, 1
    delimiter = told or _delimiter_of(text)
    lines = []
    for number, cells in enumerate(_records(text, delimiter), start=1 + skipped):
        cells = [clean(cell) for cell in cells]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            lines.append(Line(number, cells))
        if len(lines) > MAX_ROWS + HEADER_WITHIN:
            raise Unreadable("too_many_rows", limit=f"{MAX_ROWS:,}".replace(",", " "))
    return Book(format="csv", encoding=encoding, delimiter=delimiter, sheets={"": lines})


def _delimiter_of(text: str) -> str:
    """The sign that cuts most lines into the same number of cells, more than one."""
    sample = "\n".join(itertools.islice(text.splitlines(), 200))

    def regularity(delimiter: str) -> tuple[float, int]:
        try:
            widths = Counter(len(r) for r in csv.reader(io.StringIO(sample), delimiter=delimiter) if len(r) > 1)
        except csv.Error:
            return (0, 0)
        if not widths:
            return (0, 0)
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]))
        found = sum(1 for r in csv.reader(io.StringIO(sample), delimiter=delimiter) if headers.score(r) >= 2)
        return (rows + 50 * bool(found) + width / 100, width)

    return max(_DELIMITERS, key=regularity)


def _records(text: str, delimiter: str) -> list[list[str]]:
    """Rows of a CSV. A stray quotation mark must not swallow the rest of the list in silence."""
    csv.field_size_limit(max(len(text), 131_072))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, at = [], 1
    try:
        for row in reader:
            rows.append(row)
            at = reader.line_num + 1
        return rows
    except csv.Error:
        pass
    # Quotes that do not follow the rule: taken as ordinary signs, if every line then has the width of the others.
    plain = [line.split(delimiter) for line in text.split("\n")]
    widths = Counter(len(row) for row in plain if len(row) > 1)
    if widths:
        width, count = widths.most_common(1)[0]
        if count >= 0.95 * widths.total() and all(len(r) <= width for r in plain):
            return [[_unquoted(cell) for cell in row] for row in plain]
    raise Unreadable("quote_open", line=at)


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _table(name: str, lines: list[Line], expected: set[str] | None) -> Table:
    """Find the headings among the first lines; what stood above is told, not lost."""
    first = lines[:HEADER_WITHIN]
    if not first:
        raise Unreadable("file_empty")
    scores = [headers.score(line.cells, expected) for line in first]
    best = max(scores)
    if best > 0:
        at = scores.index(best)
    else:
        # Nothing is recognised: the first line that is as wide as the list itself, for a person to say what is what.
        widths = [sum(1 for c in line.cells if c) for line in first]
        usual = max(widths)
        at = next(i for i, w in enumerate(widths) if w >= max(1, usual * 0.6))
    body = [line for line in lines[at + 1 :] if any(line.cells)]
    width = max([len(first[at].cells), *(len(line.cells) for line in body)])
    if width > MAX_COLUMNS:
        raise Unreadable("too_many_columns", count=width, limit=MAX_COLUMNS)
    if not body:
        raise Unreadable("no_rows")
    if len(body) > MAX_ROWS:
        raise Unreadable("too_many_rows", limit=f"{MAX_ROWS:,}".replace(",", " "))
    return Table(
        sheet=name,
        headers=_named(first[at].cells, width),
        header_number=first[at].number,
        above=[" ".join(c for c in line.cells if c) for line in first[:at]],
        lines=body,
    )


def _named(cells: list[str], width: int) -> list[str]:
    """A heading for every column: blank ones by their letter, repeated ones with a number."""
    names: list[str] = []
    for index in range(width):
        base = " ".join(cells[index].split()) if index < len(cells) and cells[index] else f"({column_letter(index)})"
        names.append(_free(base, names))
    return names


def column_letter(index: int) -> str:
    """0 → A, 26 → AA, as the spreadsheet shows it."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
