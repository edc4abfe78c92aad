"""A table as a file to take along: CSV as spreadsheet programs in Norway open it, or XLSX. Cells cannot run as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook

from portal.kit.exports import harmless

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDINGS = ("csv", "xlsx")


def sheet(rows: Iterable[Iterable[Any]], *, name: str, ending: str) -> HttpResponse:
    """The rows, headings first, as a file called `name.ending`."""
    tamed = [[harmless(value) for value in row] for row in rows]
    if ending == "xlsx":
        body, content_type = _xlsx(tamed), XLSX
    else:
        body, content_type = _csv(tamed), "text/csv; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"', "Cache-Control": "private, no-store"}
    return HttpResponse(body, content_type=content_type, headers=headers)


def _csv(rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(rows: list[list[Any]]) -> bytes:
    book = Workbook(write_only=True)
    page = book.create_sheet()
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
