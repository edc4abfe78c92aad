"""Cells of exported sheets, made harmless; and tables as files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# A spreadsheet program runs a cell that starts like this as a formula.
SIGNS = "=+\\-@＝＋－＠﹦−"
STARTS_LIVE = re.compile(rf"[{SIGNS}\t\r\n]")
# A program set to another separator than the file's cuts a cell in two; the second half must not come alive. "200,-" stays.
INNER_LIVE = re.compile(rf"([;,\t\r\n])([{SIGNS}])(?=[\w(@\"'])")
INNER_TAMED = re.compile(rf"([;,\t\r\n])'([{SIGNS}])(?=[\w(@\"'])")


def harmless(value: Any) -> Any:
    """The cell's value, with an apostrophe before text that a spreadsheet program would run; numbers stay numbers."""
    if not isinstance(value, str):
        return value
    tamed = INNER_LIVE.sub(r"\1'\2", value)
    return f"'{tamed}" if STARTS_LIVE.match(value) else tamed


def as_typed(value: str) -> str:
    """What `harmless` made of a text, turned back (for a report that is mended and sent again)."""
    if value.startswith("'") and STARTS_LIVE.match(value[1:]):
        value = value[1:]
    return INNER_TAMED.sub(r"\1\2", value)


# ── tables as files ─────────────────────────────────────────────────────────────────────────────────────────


def as_csv(name: str, rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """A table as a file; semicolons, as spreadsheet programs in Norway open it."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return _file(out.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"{name}.csv")


def as_xlsx(name: str, rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """A table as a workbook of one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name[:31])
    for row in rows:
        sheet.append([NO_CELL.sub("", cell) if isinstance(cell := harmless(value), str) else cell for value in row])
    out = io.BytesIO()
    book.save(out)
    return _file(out.getvalue(), XLSX, f"{name}.xlsx")


#: Signs that no workbook can hold.
NO_CELL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _file(body: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
