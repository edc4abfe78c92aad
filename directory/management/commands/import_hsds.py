"""`manage.py import_hsds PATH --municipality 3909`: an Open Referral package (HSDS 3.0, 3.1, UK profile)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from directory.listings.kinds import Visibility
from directory.municipalities.models import Municipality
from directory.sources.claims import Busy
from directory.sources.json_stream import UnreadableFile
from directory.sources.openreferral.actions import Outcome, import_package
from directory.sources.openreferral.package import read_package
from directory.sources.spreadsheets.actions import source_name_of
from portal.languages import CODES


class Command(BaseCommand):
    help = "Imports an Open Referral package: a folder or zip of CSV files, or JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="folder, zip or JSON file")
        parser.add_argument("--municipality", required=True, metavar="NNNN", help="the municipality's number")
        parser.add_argument(
            "--source-name", default="", help="shown as where it is from; the same next time (default: the file's name)"
        )
        parser.add_argument("--language", default="", choices=["", *CODES], metavar="CODE", help="what the texts are written in")
        parser.add_argument(
            "--contacts", default=Visibility.STAFF, choices=Visibility.values, help="who sees mail and telephone (default: staff)"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell what would be done, and do nothing")
        parser.add_argument(
            "--report", type=Path, metavar="OUT.csv", help="write a row for every organisation, location and service"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        municipality = Municipality.objects.filter(number=options["municipality"]).first()
        if municipality is None:
            raise CommandError(f"There is no municipality {options['municipality']} here.")
        path: Path = options["path"]
        try:
            package = read_package(path)
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        try:
            outcome = import_package(
                municipality=municipality,
                package=package,
                source_name=(options["source_name"] or source_name_of(path.resolve().name))[:120],
                at=timezone.now(),
                file_name=path.resolve().name,
                lang=options["language"],
                contacts=options["contacts"],
                dry_run=options["dry_run"],
                progress=lambda done: self.stderr.write(f"{done} read …"),
            )
        except Busy as error:
            raise CommandError(str(error)) from error
        if options["report"]:
            try:
                outcome.log.write_report(options["report"])
            except OSError as error:
                raise CommandError(f"The report could not be written to {options['report']}: {error.strerror}.") from error
        self._summary(outcome, options["dry_run"])

    def _summary(self, outcome: Outcome, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("Nothing was written: this was a dry run.")
        self.stdout.write(
            "Read {read}: {made} made, {updated} updated, {unchanged} unchanged, {proposed} proposed as duplicates, "
            "{refused} refused.".format(**outcome.log.counts())
        )
        if outcome.unread:
            listed = ", ".join(f"{count} {name}" for name, count in sorted(outcome.unread.items()))
            self.stdout.write(f"A listing has no place for: {listed}.")
        if outcome.not_in_package:
            self.stdout.write(
                f"{outcome.not_in_package} listings from this source are not in the package; they stay as they are."
            )
        if outcome.log.run:
            self.stdout.write(f"Kept as import {outcome.log.run.pk}.")
