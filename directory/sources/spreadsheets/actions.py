"""The deeds of a spreadsheet import, in the order they are done:

    receive → read_columns (again, when staff change a column) → plan_run → decide … → apply_run → undo_run

Each may be done twice unharmed and goes on where it stopped. Planning writes nothing but the run's own rows; applying
plans once more against the directory as it is by then, so that the preview can grow old without doing harm. Whoever
plans, applies or undoes has the municipality's turn meanwhile (`sources/claims.py`), or gets `Busy`.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from directory.listings.kinds import Kind
from directory.municipalities.models import Municipality
from directory.sources.claims import at_work, beat
from directory.sources.models import ImportedListing, ImportRow, ImportRun, Verdict
from directory.sources.spreadsheets import headers, queries, tables
from directory.sources.spreadsheets.plan import Decided, Plan, Planned, PlannedRow, make_plan
from directory.sources.spreadsheets.problems import Problem, Unreadable, shorten
from directory.sources.spreadsheets.rows import RowReader
from directory.sources.spreadsheets.tables import Line, Table
from directory.sources.spreadsheets.undoing import undo_listings
from directory.sources.spreadsheets.writing import Writer
from portal.kit.changes import told_together

State = ImportRun.State
Told = Callable[[int, int], None]
CHUNK = 500


def _nobody(done: int, total: int) -> None:
    """Progress that nobody watches."""


def stored(run: ImportRun) -> Path:
    """Where the run's file lies: outside everything that is served."""
    return Path(settings.PRIVATE_ROOT) / "imports" / run.stored_as


def source_name_of(file_name: str) -> str:
    """A name for the source that is the same when next year's list comes: no dates, no "(1)", no "rapport"."""
    stem = re.sub(r"\.\w{1,5}$", "", Path(file_name).name)
    stem = re.sub(
        r"\(\d+\)|\b\d{1,4}([-_.]\d{1,4}){0,2}\b|\b(import)?(rapport|report|kopi|copy|ny|final|v\d+)\b",
        " ",
        stem.replace("_", " "),
        flags=re.I,
    )
    return " ".join(stem.split()).strip(" -.")[:120] or "Regneark"


# ── receiving ───────────────────────────────────────────────────────────────────────────────────────────────
def receive(
    *,
    municipality: Municipality,
    file: BinaryIO,
    file_name: str,
    by: Any = None,
    source_name: str = "",
    source_date: date | None = None,
    contacts: str = "staff",
    default_kind: str = "",
    given: Mapping[str, str] | None = None,
    sheet: str = "",
) -> ImportRun:
    """Take a list in: keep the file, find its headings, and say what each column seems to be.

    A file that cannot be read is kept as a failed run with its reason.
    """
    run = ImportRun(
        municipality=municipality,
        by=by,
        file_name=Path(file_name.replace("\\", "/")).name[:200] or "list",
        source_name=source_name or source_name_of(file_name),
        source_date=source_date or timezone.localdate(),
        contacts=contacts,
        default_kind=default_kind,
    )
    folder = Path(settings.PRIVATE_ROOT) / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fingerprint = hashlib.sha256(f"{municipality.pk} {timezone.now().isoformat()} {file_name}".encode()).hexdigest()[:24]
    run.stored_as = f"{municipality.number}-{fingerprint}"
    path = stored(run)
    try:
        with path.open("xb") as out:
            path.chmod(0o600)
            shutil.copyfileobj(file, out, 1024 * 1024)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    run.save()
    read_columns(run=run, given=given, sheet=sheet)
    return run


def read_columns(*, run: ImportRun, given: Mapping[str, str] | None = None, sheet: str = "") -> None:
    """Read the file's headings. `given` (field → heading) is what a person has said of them."""
    try:
        table, book = open_table(run, sheet, {headers.compact(h) for h in (given or {}).values()})
        fields = headers.recognise(table.headers, given)
        if (
            not any(f.name in ("name", "provider_name", "place_name", "activity_name") for f in fields.values())
            and given is not None
        ):
            raise Unreadable("no_name_column", example=table.headers[0])
    except Unreadable as why:
        run.state, run.problem = State.FAILED, why.problem.as_json()
        run.finished_at = timezone.now()
        run.save()
        return
    run.format, run.encoding = book.format, book.encoding
    run.sheet, run.sheets = table.sheet, list(book.sheets)
    run.headers, run.header_number, run.above = table.headers, table.header_number, table.above[:20]
    run.mapping = {table.headers[i]: f.key for i, f in sorted(fields.items())}
    run.samples = samples_of(table)
    run.state, run.problem = State.RECEIVED, None
    run.save()


def choose_sheet(*, run: ImportRun, sheet: str) -> None:
    """Staff say which sheet of the workbook is the list. What was planned of another is forgotten."""
    if run.state not in (State.RECEIVED, State.PLANNED) or sheet in ("", run.sheet):
        return
    table, _book = open_table(run, sheet)  # before anything changes: a sheet without rows leaves the run as it was
    if not start(run, from_=[State.RECEIVED, State.PLANNED], to=State.RECEIVED):
        return
    with transaction.atomic():
        run.rows.all().delete()
        run.count([])
        run.save()
    read_columns(run=run, sheet=table.sheet)


def samples_of(table: Table) -> dict[str, list[str]]:
    """A few values of each column, so that a person can say what it is."""
    found: dict[str, list[str]] = {heading: [] for heading in table.headers}
    for line in table.lines[:200]:
        for heading, cell in zip(table.headers, line.cells, strict=False):
            if cell and len(found[heading]) < 3 and (short := shorten(cell, 60)) not in found[heading]:
                found[heading].append(short)
    return found


def open_table(run: ImportRun, sheet: str = "", expected: set[str] | None = None) -> tuple[Table, tables.Book]:
    """The run's file as a table, with its headings."""
    book = tables.read(stored(run), run.file_name)
    return book.table(sheet or (run.sheet if run.sheet in book.sheets else "") or None, expected), book


def map_columns(*, run: ImportRun, mapping: Mapping[str, str]) -> None:
    """Staff have said what each heading is (heading → field key, or empty for none)."""
    chosen: dict[str, str] = {}
    for heading, key in mapping.items():
        if heading not in run.headers or not key:
            continue
        field = headers.field_of(key)
        if field is None:
            raise Unreadable("map_unknown_field", key, names=", ".join(headers.FIELDS))
        if field.name not in (headers.OWN, headers.OWN_DECISION) and field.key in chosen.values():
            raise Unreadable("map_twice", key)
        chosen[heading] = field.key
    if not any(key.startswith(("name", "provider_name", "place_name", "activity_name")) for key in chosen.values()):
        raise Unreadable("no_name_column", example=run.headers[0] if run.headers else "")
    run.mapping = chosen
    run.state = State.RECEIVED
    run.save(update_fields=["mapping", "state"])


# ── planning ────────────────────────────────────────────────────────────────────────────────────────────────
def start(run: ImportRun, *, from_: Iterable[str], to: str) -> bool:
    """Move a run to a state in which work is done; False where somebody else has moved it already."""
    asked = ImportRun.objects.filter(pk=run.pk, state__in=list(from_))
    moved = asked.update(state=to, progress=0, problem=None, heartbeat_at=timezone.now())
    run.refresh_from_db()
    return bool(moved)


def plan_run(*, run: ImportRun, told: Told = _nobody) -> Plan | None:
    """Read every row and give it its verdict. Nothing of the directory is changed."""
    if run.state not in (State.PLANNING, State.RECEIVED, State.PLANNED):
        return None
    with at_work(run):
        return _plan_and_keep(run, told)


def _plan_and_keep(run: ImportRun, told: Told) -> Plan | None:
    try:
        table, _book = open_table(run)
    except Unreadable as why:
        fail(run, why.problem)
        return None

    def reached(done: int, total: int) -> None:
        beat(run, progress=done)
        told(done, total)

    reached(0, len(table.lines))
    plan = _plan(run, table, {}, reached)
    with transaction.atomic():
        beat(run)
        ImportRow.objects.filter(run=run).delete()
        ImportRow.objects.bulk_create([row_of(run, planned) for planned in plan.rows], batch_size=500)
        for name, count in plan.counts().items():
            setattr(run, name, count)
        run.state, run.progress, run.problem = State.PLANNED, 0, None
        run.save()
    return plan


def _plan(run: ImportRun, table: Table, decisions: Mapping[int, Decided], told: Told = _nobody) -> Plan:
    fields = {i: f for i, heading in enumerate(table.headers) if (f := headers.field_of(run.mapping.get(heading, "")))}
    reader = RowReader(table, fields, queries.vocabulary(run.municipality), run.default_kind)

    def understood() -> Iterable[Any]:
        for n, line in enumerate(table.lines, start=1):
            yield reader.read(line)
            if n % 200 == 0:
                told(n, len(table.lines))

    return make_plan(
        understood(),
        register=queries.register(run.municipality),
        present=queries.Standing(run.municipality),
        source_name=run.source_name,
        decisions=decisions,
    )


def row_of(run: ImportRun, planned: PlannedRow) -> ImportRow:
    """A planned row as it is kept."""
    candidate = planned.candidate
    return ImportRow(
        run=run,
        number=planned.row.number,
        name=(planned.row.name or next(iter(planned.row.cells.values()), ""))[:200],
        cells=planned.row.cells,
        verdict=planned.verdict,
        problems=[p.as_json() for p in planned.problems],
        candidate_kind=candidate.kind if candidate else "",
        candidate_pk=candidate.pk if candidate else None,
        decision=planned.decision,
    )


def decide(*, row: ImportRow, decision: str) -> None:
    """Staff say whether a probable duplicate is the same. Takes effect when the import is applied (or applied again)."""
    if row.candidate_pk is None:
        return
    row.decision = decision if decision in ImportRow.Decision.values else ""
    row.save(update_fields=["decision"])


def fail(run: ImportRun, problem: Problem) -> None:
    """The run stops, and says why. What was written before stays and can be undone."""
    run.state, run.problem, run.finished_at = State.FAILED, problem.as_json(), timezone.now()
    run.save(update_fields=["state", "problem", "finished_at"])


# ── applying ────────────────────────────────────────────────────────────────────────────────────────────────
def apply_run(*, run: ImportRun, plan: Plan | None = None, told: Told = _nobody) -> bool:
    """Write what the run's rows say. False where there was nothing to do. `plan` saves the work where it was made just now.

    Chunks are transactions of their own; begun again after a stop, it finds what is written already and goes on.
    A run that is done can be applied again for rows that have been decided since.
    """
    if run.state != State.APPLYING:
        return False
    with at_work(run):
        _apply(run, plan, told)
    return True


def _apply(run: ImportRun, plan: Plan | None, told: Told) -> None:
    kept = {row.number: row for row in ImportRow.objects.filter(run=run)}
    written = set(ImportedListing.objects.filter(run=run, undone=False).values_list("row__number", flat=True))
    if plan is None:  # made now, in our own turn: what other imports have written since the preview is seen
        lines = [Line(n, [row.cells.get(h, "") for h in run.headers]) for n, row in sorted(kept.items())]
        table = Table(run.sheet, run.headers, run.header_number, [], lines)
        decisions = {n: Decided(row.decision, row.candidate_kind, row.candidate_pk) for n, row in kept.items() if row.decision}
        plan = _plan(run, table, decisions, lambda done, total: beat(run))
    if written and run.finished_at is None:
        # Taken up again after a stop: the verdicts were given when it began, but for what it has yet to write.
        settled = set(kept) - _not_ours_yet(run, kept, written, plan)
    else:
        settled = {n for n, row in kept.items() if n in written or (run.finished_at and row.verdict != Verdict.PROPOSED)}
    _keep_verdicts(run, kept, [p for p in plan.rows if p.row.number not in settled])
    writer = Writer(run)
    order = [Kind.PROVIDER, Kind.PLACE, Kind.ACTIVITY]
    work = [[p for p in plan.listings if p.kind is kind and (p.is_new or (p.changes and not p.left_alone))] for kind in order]
    total, done = sum(map(len, work)), 0
    lost: set[int] = set()
    for listings in work:
        for start_at in range(0, len(listings), CHUNK):
            chunk = listings[start_at : start_at + CHUNK]
            done += len(chunk)
            lost |= _write(writer, chunk, kept, len(kept) * done // max(total, 1))
            told(done, total)
    with transaction.atomic():
        beat(run)
        run.count(ImportRow.objects.filter(run=run).values_list("verdict", flat=True))
        run.state, run.progress, run.finished_at = State.DONE, run.read, timezone.now()
        run.save()


def _not_ours_yet(run: ImportRun, kept: Mapping[int, ImportRow], written: set[int], plan: Plan) -> set[int]:
    """Rows that were to be written and are not: another import may have been there since, so they get a new verdict."""
    ours = set(ImportedListing.objects.filter(run=run, undone=False).values_list("kind", "object_id"))
    return {
        p.row.number
        for p in plan.rows
        if kept[p.row.number].verdict in (Verdict.NEW, Verdict.UPDATE)
        and p.row.number not in written
        and not any((str(listing.kind), listing.ref) in ours for listing in p.listings)
    }


def _keep_verdicts(run: ImportRun, kept: Mapping[int, ImportRow], planned: Iterable[PlannedRow]) -> None:
    """What the rows turn out to be now that they are written; the preview may be older than the directory."""
    changed = []
    for one in planned:
        row = kept[one.row.number]
        fresh = row_of(run, one)
        if row.decision:
            # The answer is kept with the question it was given to.
            fresh.candidate_kind, fresh.candidate_pk = row.candidate_kind, row.candidate_pk
        if (row.verdict, row.problems, row.candidate_pk) != (fresh.verdict, fresh.problems, fresh.candidate_pk):
            row.verdict, row.problems = fresh.verdict, fresh.problems
            row.candidate_kind, row.candidate_pk = fresh.candidate_kind, fresh.candidate_pk
            changed.append(row)
    ImportRow.objects.bulk_update(changed, ["verdict", "problems", "candidate_kind", "candidate_pk"], batch_size=200)


def _write(writer: Writer, chunk: list[Planned], kept: Mapping[int, ImportRow], progress: int) -> set[int]:
    """Write a chunk; if the database refuses it, one by one, so that one bad row takes no others with it."""
    try:
        with transaction.atomic(), told_together():
            beat(writer.run, progress=progress)
            writer.write(_writable(writer, chunk, kept))
        return set()
    except (DatabaseError, KeyError, ValueError) as error:
        if _is_no_rows_fault(error):
            raise
    lost = set()
    for planned in chunk:
        try:
            with transaction.atomic():
                beat(writer.run, progress=progress)
                writer.write(_writable(writer, [planned], kept))
        except (DatabaseError, KeyError, ValueError) as error:
            if _is_no_rows_fault(error):
                raise
            lost.add(planned.ref)
            _refuse(
                kept, planned, "gone_since" if isinstance(error, KeyError) and not planned.is_new else "not_saved", str(error)
            )
    return lost


def _is_no_rows_fault(error: Exception) -> bool:
    """A full disk or a locked database is not the row's fault: the run stops and can be taken up again."""
    return isinstance(error, DatabaseError) and bool(
        re.search(r"locked|disk|full|readonly|connection|no such table", str(error), re.I)
    )


def _writable(writer: Writer, chunk: list[Planned], kept: Mapping[int, ImportRow]) -> list[Planned]:
    """Those whose owner and venues stand there; the others are refused with them."""
    fine = []
    for planned in chunk:
        missing = [p for p in (planned.owner, *planned.venues) if p is not None and p.is_new and p.ref not in writer.made]
        if missing:
            _refuse(kept, planned, "not_saved", missing[0].label)
        else:
            fine.append(planned)
    return fine


def _refuse(kept: Mapping[int, ImportRow], planned: Planned, code: str, value: str) -> None:
    for number in planned.rows:
        row = kept[number]
        row.verdict = Verdict.REFUSED
        row.problems = [*row.problems, Problem(code, value=shorten(value, 200), refuses=True).as_json()]
        row.save(update_fields=["verdict", "problems"])


# ── undoing ─────────────────────────────────────────────────────────────────────────────────────────────────
def undo_run(*, run: ImportRun, told: Told = _nobody) -> bool:
    """Take back what the run wrote: what it made is removed, what it changed gets its old facts again.

    What somebody has changed or confirmed since is left as it is, and the row says so.
    """
    if run.state != State.UNDOING:
        return False
    with at_work(run):
        undo_listings(run, told)
        with transaction.atomic():
            beat(run)
            run.state, run.undone_at = State.UNDONE, timezone.now()
            run.save(update_fields=["state", "undone_at"])
    return True


def erase_file(run: ImportRun) -> None:
    """The uploaded file goes; rows and verdicts stay."""
    if run.stored_as:
        stored(run).unlink(missing_ok=True)
        run.stored_as = ""
        run.save(update_fields=["stored_as"])
