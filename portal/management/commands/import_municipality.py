"""`manage.py import_municipality IN.zip`: reads what export_municipality wrote, whole or not at all."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from portal.kit.refusals import Refused
from portal.leaving.reading import import_municipality


class Command(BaseCommand):
    """For who runs an installation. Read in only files from somebody you trust: their texts are shown as they are."""

    help = "Read a municipality from a file of export_municipality into an installation where it does not exist."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the zip file")
        parser.add_argument("--as-number", default="", help="another municipality number than the file's, for a trial")
        parser.add_argument("--host", default="", help="where the site is to answer, with or without a port; left out, as before")
        parser.add_argument("--dry-run", action="store_true", help="do everything, tell what was done, and undo it")

    def handle(self, *args: Any, **options: Any) -> None:
        told = (lambda line: self.stdout.write(f"  {line}")) if options["verbosity"] > 1 else (lambda line: None)
        with translation.override("en"):
            try:
                done = import_municipality(
                    options["file"],
                    as_number=options["as_number"],
                    host=options["host"],
                    dry_run=options["dry_run"],
                    told=told,
                )
            except Refused as refused:
                raise CommandError(str(refused)) from refused
        said = "would be read" if options["dry_run"] else "were read"
        self.stdout.write(f"{done.municipality}: {sum(done.rows.values())} rows and {done.files} files {said}.")
        for email in done.known_people:
            self.stdout.write(f"{email} has an account here already and keeps it; their roles were added.")
        for note in done.notes:
            self.stdout.write(note)
        if not options["dry_run"]:
            self.stdout.write("Start the worker: counts of translations are worked out within the hour.")
