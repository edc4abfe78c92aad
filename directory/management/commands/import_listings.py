"""manage.py import_listings FILE --municipality 3909 [--dry-run] [--report OUT.csv] [--map field=Heading …]"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from directory.geography.tasks import asked_together
from directory.listings.kinds import Kind, Visibility
from directory.municipalities.models import Municipality
from directory.sources.claims import Busy, at_work
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions, report
from directory.sources.spreadsheets.headers import FIELDS
from directory.sources.spreadsheets.problems import Unreadable


class Command(BaseCommand):
    help = "Import providers, places and activities from a spreadsheet (CSV, XLSX, ODS). Fields for --map: " + ", ".join(FIELDS)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the spreadsheet")
        parser.add_argument("--municipality", required=True, metavar="3909", help="the municipality's number")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
        parser.add_argument(
            "--report", type=Path, metavar="OUT.csv", help="every row with its verdict and reason; can be mended and sent again"
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=HEADING",
            help="which column is which, where it is not understood",
        )
        parser.add_argument("--sheet", default="", help="the sheet of the workbook")
        parser.add_argument("--source", default="", help="where the list is from, as residents are told; the same name next time")
        parser.add_argument(
            "--source-date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the date of the list; default today"
        )
        parser.add_argument(
            "--kind", choices=[Kind.PROVIDER.value, Kind.PLACE.value], default="", help="what the rows are, where no column tells"
        )
        parser.add_argument(
            "--contacts",
            choices=Visibility.values,
            default=Visibility.STAFF.value,
            help="who sees mail and telephone; default staff",
        )
        parser.add_argument("--lang", default="nb", choices=["nb", "en"], help="language of the report")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["lang"]):
            self.run(options)

    def run(self, options: dict[str, Any]) -> None:
        municipality = Municipality.objects.filter(number=options["municipality"]).first()
        if municipality is None:
            numbers = ", ".join(Municipality.objects.values_list("number", flat=True)) or "–"
            raise CommandError(
                _("There is no municipality %(number)s here. There are: %(numbers)s.")
                % {"number": options["municipality"], "numbers": numbers}
            )
        given: dict[str, str] = {}
        for pair in options["map"]:
            field, sign, heading = pair.partition("=")
            if not sign or not heading:
                raise CommandError(str(Unreadable("map_form", pair)))
            given[field.strip()] = heading.strip()
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(str(Unreadable("file_missing")))
        if path.stat().st_size > actions.tables.MAX_BYTES:
            size, limit = path.stat().st_size // 1024**2, actions.tables.MAX_BYTES // 1024**2
            raise CommandError(str(Unreadable("file_too_big", size=size, limit=limit)))
        with path.open("rb") as file:
            run = actions.receive(
                municipality=municipality,
                file=file,
                file_name=path.name,
                source_name=options["source"],
                source_date=options["source_date"],
                contacts=options["contacts"],
                default_kind=options["kind"],
                given=given,
                sheet=options["sheet"],
            )
        refused = None
        try:
            with at_work(run):
                self.carry_out(run, options)
        except Busy as busy:
            refused = busy
        finally:
            # A file given on the command line stays with its owner; no copy is kept.
            actions.erase_file(run)
            if options["dry_run"] or refused:
                run.delete()
        if refused:
            raise CommandError(str(refused))

    def carry_out(self, run: ImportRun, options: dict[str, Any]) -> None:
        if run.state == ImportRun.State.FAILED:
            raise CommandError(run.refusal)
        self.tell_columns(run)
        plan = actions.plan_run(run=run, told=self.progress(_("read")))
        run.refresh_from_db()
        if plan is None:
            raise CommandError(run.refusal)
        if options["dry_run"]:
            lines = report.lines_of_plan(run, plan)
        else:
            actions.start(run, from_=[ImportRun.State.PLANNED], to=ImportRun.State.APPLYING)
            with asked_together():
                actions.apply_run(run=run, plan=plan, told=self.progress(_("written")))
            run.refresh_from_db()
            lines = report.lines_of_run(run)
        if options["report"]:
            with options["report"].open("w", encoding="utf-8-sig", newline="") as out:
                report.write(out, lines)
        self.tell_summary(run, options)

    def tell_columns(self, run: ImportRun) -> None:
        if len(run.sheets) > 1:
            names = ", ".join(run.sheets)
            self.stdout.write(_("Sheet “%(sheet)s” is read. The file has: %(names)s.") % {"sheet": run.sheet, "names": names})
        for line in run.above:
            self.stdout.write(_("Above the headings: %(text)s") % {"text": line[:200]})
        for heading in run.headers:
            key = run.mapping.get(heading)
            self.stdout.write(f"  {heading} → {key}" if key else f"  {heading} → " + _("not read; kept with the row"))

    def progress(self, what: str) -> actions.Told:
        def told(done: int, total: int) -> None:
            if sys.stderr.isatty():
                self.stderr.write(f"\r{what}: {done} / {total} ", ending="")

        return told

    def tell_summary(self, run: ImportRun, options: dict[str, Any]) -> None:
        summary = run.summary()
        told = {
            "read": _("read"),
            "made": _("added"),
            "updated": _("updated"),
            "unchanged": _("unchanged"),
            "proposed": _("probable duplicates"),
            "refused": _("refused"),
        }
        if options["dry_run"]:
            self.stdout.write(_("Nothing was changed. The import would give:"))
        self.stdout.write(" · ".join(f"{label} {summary[name]}" for name, label in told.items()))
        if options["report"]:
            self.stdout.write(_("Report: %(path)s") % {"path": options["report"]})
        elif summary["refused"] or summary["proposed"]:
            self.stdout.write(
                _("Use --report OUT.csv to see why rows were refused or proposed; it can be mended and sent again.")
            )
