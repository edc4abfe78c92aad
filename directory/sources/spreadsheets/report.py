"""The report: every row with its own cells, what became of it and why. It can be mended and sent again as it is.

Our own columns stand last. When the report comes back they are recognised and passed over, but for the answer to
"is it the same?", which is read. No cell is live: a formula goes out as text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.sources.models import ImportRow, ImportRun, Verdict
from directory.sources.spreadsheets import headers
from directory.sources.spreadsheets.plan import Plan
from directory.sources.spreadsheets.problems import Problem
from portal.kit.exports import harmless

#: nb and en are known by `headers.OWN_COLUMNS` and DECISION_COLUMNS.
COLUMNS = (
    gettext_lazy("Import row"),
    gettext_lazy("Import result"),
    gettext_lazy("Import remark"),
    gettext_lazy("Import choice"),
)


def lines_of_run(run: ImportRun, rows: Iterable[ImportRow] | None = None) -> Iterator[list[Any]]:
    """The report of a run that has been kept."""
    found = run.rows.all() if rows is None else rows
    told = ((row.number, row.cells, row.verdict, [*row.told()], row.decision, row.undone) for row in found)
    return _lines(run, told)


def lines_of_plan(run: ImportRun, plan: Plan) -> Iterator[list[Any]]:
    """The report of a dry run."""
    return _lines(run, ((p.row.number, p.row.cells, p.verdict, p.problems, p.decision, "") for p in plan.rows))


def _lines(run: ImportRun, rows: Iterable[tuple[int, dict[str, str], str, list[Problem], str, str]]) -> Iterator[list[Any]]:
    own = {h for h, key in run.mapping.items() if key in (headers.OWN, headers.OWN_DECISION)}
    names = [h for h in run.headers if h not in own]
    source = [] if "source" in run.mapping.values() else [_("Source")]
    yield [*map(harmless, names), *source, *map(str, COLUMNS)]
    for number, cells, verdict, problems, decision, undone in rows:
        remark = " ".join([*(p.sentence() for p in problems), undone]).strip()
        choice = {"same": _("same"), "different": _("new")}.get(decision, "")
        yield [
            *(harmless(cells.get(name, "")) for name in names),
            *([harmless(run.source_name)] if source else []),
            number,
            str(Verdict(verdict).label),
            harmless(remark),
            choice,
        ]


def write(out: IO[str], lines: Iterable[list[Any]]) -> None:
    """As CSV with semicolons, as spreadsheet programs in Norway open it; the caller opens with "utf-8-sig"."""
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(lines)
