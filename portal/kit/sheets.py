"""Tables as a file that a spreadsheet program opens: (name, rows with their headings) of each, as CSV or as an Excel book."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("csv", "xlsx")
Sheets = Iterable[tuple[str, Sequence[Sequence[Any]]]]


def as_file(sheets: Sheets, *, form: str, name: str) -> HttpResponse:
    """The tables for download, as `form` ("csv" or "xlsx"). `name` is the file's, without its ending."""
    return as_csv(sheets, f"{name}.csv") if form == "csv" else as_xlsx(sheets, f"{name}.xlsx")


def as_csv(sheets: Sheets, name: str) -> HttpResponse:
    """All tables below each other, the name of each before it; semicolons, as spreadsheet programs in Norway open it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for title, rows in sheets:
        writer.writerows([[title], *rows, []])
    return _answer(out.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", name)


def as_xlsx(sheets: Sheets, name: str) -> HttpResponse:
    """A sheet for each table."""
    book = Workbook(write_only=True)
    for number, (title, rows) in enumerate(sheets, start=1):
        safe = "".join(sign for sign in title if sign not in "[]:*?/\\'")
        sheet = book.create_sheet(f"{number} {safe}"[:31])
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return _answer(out.getvalue(), XLSX, name)


def _answer(body: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
