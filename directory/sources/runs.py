"""What a run of an import tells: one verdict and its reasons a row, a summary that adds up, a report, and the kept run.

For sources that are read record by record (registers, Open Referral packages); spreadsheets plan all their rows first.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import DecimalField
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.listings.kinds import Kind
from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from directory.sources.claims import Busy, at_work, beat, still_there
from directory.sources.models import ImportedListing, ImportRow, ImportRun, Verdict
from directory.sources.spreadsheets.problems import Problem
from portal.kit.exports import harmless

COUNTS = {
    Verdict.NEW: "made",
    Verdict.UPDATE: "updated",
    Verdict.UNCHANGED: "unchanged",
    Verdict.PROPOSED: "proposed",
    Verdict.REFUSED: "refused",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A listing that a row wrote: its facts before and after, as far as the import touched them."""

    kind: str
    pk: int
    made: bool
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(slots=True)
class Told:
    """One row: what it was, what became of it and why. `cells` is what is kept of it."""

    name: str
    key: str
    verdict: Verdict
    cells: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    candidate: tuple[str, int] | None = None


class RunLog:
    """The rows of one run, in order."""

    def __init__(self) -> None:
        self.rows: list[Told] = []
        self.run: ImportRun | None = None
        self.kept = 0

    def add(self, row: Told) -> Told:
        self.rows.append(row)
        return row

    def counts(self) -> dict[str, int]:
        """Read, made, updated, unchanged, proposed, refused: the last five make the first, since a row has one verdict."""
        found = Counter(row.verdict for row in self.rows)
        return {"read": len(self.rows), **{name: found[verdict] for verdict, name in COUNTS.items()}}

    def told(self, code: str) -> int:
        """How many rows have a problem of this code."""
        return sum(any(problem.code == code for problem in row.problems) for row in self.rows)

    def write_report(self, path: Path) -> None:
        """A sheet with every row, its verdict and its reasons in words; nothing in it runs as a formula."""
        columns = list(dict.fromkeys(name for row in self.rows for name in row.cells))
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow([_("Row"), _("Result"), _("Remark"), _("Name"), _("Id"), *columns])
            for number, row in enumerate(self.rows, 1):
                remark = " ".join(problem.sentence() for problem in row.problems)
                cells = [row.verdict.label, remark, row.name, row.key, *(row.cells.get(name, "") for name in columns)]
                writer.writerow([number, *(harmless(str(cell)) for cell in cells)])

    # ── keeping ─────────────────────────────────────────────────────────────────────────────────────────────
    @contextmanager
    def in_turn(self, **told: Any) -> Iterator[None]:
        """Keep a run of what is done inside, in the municipality's turn: `Busy` where another import has it."""
        run = self.open(**told)
        with ExitStack() as stack:
            try:
                stack.enter_context(at_work(run))
            except Busy:
                run.delete()
                raise
            self.run = run
            yield
            self.close()

    def open(self, *, municipality: Municipality, file_name: str, format: str, source_name: str, source_date: date) -> ImportRun:
        """Begin a run that is kept, so that staff see what it did and the next one knows what was ours."""
        return ImportRun.objects.create(
            municipality=municipality,
            state=ImportRun.State.APPLYING,
            file_name=file_name[:200],
            format=format,
            source_name=source_name,
            source_date=source_date,
            heartbeat_at=timezone.now(),
        )

    def still_there(self) -> None:
        """Give a sign of life while nothing is found to write."""
        if self.run is not None:
            still_there(self.run)

    def flush(self) -> None:
        """Keep the rows told since the last time; in the transaction that wrote what they tell of."""
        run, part, now = self.run, self.rows[self.kept :], timezone.now()
        if run is None or not part:
            return
        kept = ImportRow.objects.bulk_create(
            ImportRow(
                run=run,
                number=self.kept + offset,
                name=row.name[:200],
                cells=dict(row.cells),
                verdict=row.verdict,
                problems=[problem.as_json() for problem in row.problems],
                candidate_kind=row.candidate[0] if row.candidate else "",
                candidate_pk=row.candidate[1] if row.candidate else None,
            )
            for offset, row in enumerate(part, 1)
        )
        ImportedListing.objects.bulk_create(
            ImportedListing(
                run=run, row=row, kind=w.kind, object_id=w.pk, made=w.made, before=dict(w.before), after=dict(w.after), at=now
            )
            for row, told in zip(kept, part, strict=True)
            for w in told.written
        )
        self.kept = len(self.rows)
        beat(run, progress=self.kept, **self.counts())

    def close(self) -> None:
        """The run is done."""
        self.flush()
        if self.run is not None:
            headers = list(dict.fromkeys(name for row in self.rows for name in row.cells))
            beat(self.run, state=ImportRun.State.DONE, finished_at=timezone.now(), headers=headers)


# ── facts of a listing, written so that nobody's own words are lost ─────────────────────────────────────────
def facts_of(listing: Listing, names: Mapping[str, Any]) -> dict[str, Any]:
    """The present values of the columns in `names`, as JSON: labels are lists of keys."""
    facts: dict[str, Any] = {}
    for name in names:
        if name in LABELS:
            facts[name] = sorted(label.pk for label in getattr(listing, name).all())
        else:
            facts[name] = plain(getattr(listing, name))
    return facts


LABELS = ("categories", "targets", "adaptations")


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)


def write_facts(listing: Listing, facts: Mapping[str, Any]) -> None:
    """Put facts on a listing; it is not saved."""
    for name, value in facts.items():
        if name in LABELS:
            model = type(listing)._meta.get_field(name).related_model
            setattr(listing, name, list(model._default_manager.filter(pk__in=value)) if value else [])
        elif isinstance(value, float) and isinstance(listing._meta.get_field(name), DecimalField):
            setattr(listing, name, Decimal(str(value)))
        else:
            setattr(listing, name, value)


def last_written(kind: Kind, pks: list[int], source_name: str) -> dict[int, dict[str, Any]]:
    """What imports of this source wrote on each listing most recently, column by column."""
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(pks), 500):
        rows = ImportedListing.objects.filter(
            kind=kind, object_id__in=pks[start : start + 500], undone=False, run__source_name=source_name
        ).order_by("at", "pk")
        for pk, after in rows.values_list("object_id", "after"):
            found.setdefault(pk, {}).update(after)
    return found


def still_ours(present: Mapping[str, Any], wanted: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Of the facts `wanted`, those to write: they differ from what stands there, and what stands there is ours or nothing."""
    return {
        name: value
        for name, value in wanted.items()
        if value not in (None, "", [])
        and present.get(name) != plain(value)
        and (present.get(name) in (None, "", []) or present.get(name) == written.get(name, object()))
    }
