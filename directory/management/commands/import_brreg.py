"""`manage.py import_brreg FILE|--live --municipality 3909`: a municipality's associations from the public registers."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from directory.municipalities.models import Municipality
from directory.sources.brreg.actions import Outcome, import_entities
from directory.sources.brreg.live import LiveRegisters, RegisterSilent, bodies_of
from directory.sources.brreg.records import entities_of, purposes_of, read_purposes
from directory.sources.claims import Busy
from directory.sources.json_stream import UnreadableFile, documents


class Command(BaseCommand):
    help = (
        "Imports the voluntary bodies of a municipality from the register of entities (FILE, or --live) joined with the "
        "voluntary register. Source: Brønnøysundregistrene, NLOD."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="pages or the bulk extract of Enhetsregisteret, JSON or JSON.gz")
        parser.add_argument("--live", action="store_true", help="ask the registers over the network")
        parser.add_argument("--voluntary", type=Path, metavar="FILE", help="records of Frivillighetsregisteret, JSON or JSON.gz")
        parser.add_argument("--municipality", required=True, metavar="NNNN", help="the municipality's number")
        parser.add_argument("--complete", action="store_true", help="the file holds all bodies: those it lacks are closed")
        parser.add_argument("--dry-run", action="store_true", help="tell what would be done, and do nothing")
        parser.add_argument("--report", type=Path, metavar="OUT.csv", help="write a row for every record")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["file"]) == options["live"]:
            raise CommandError("Give either a file or --live.")
        municipality = Municipality.objects.filter(number=options["municipality"]).first()
        if municipality is None:
            raise CommandError(f"There is no municipality {options['municipality']} here.")
        live = LiveRegisters() if options["live"] else None
        try:
            records, purposes = (
                self._live(live, municipality.number) if live else self._files(options["file"], options["voluntary"])
            )
            outcome = import_entities(
                municipality=municipality,
                records=records,
                purposes=purposes,
                at=timezone.now(),
                file_name="data.brreg.no" if live else options["file"].name,
                dry_run=options["dry_run"],
                ask=live.entity if live else None,
                complete=options["complete"],
                progress=lambda done: self._progress(f"{done} read …"),
            )
        except (UnreadableFile, RegisterSilent, Busy) as error:
            raise CommandError(str(error)) from error
        if options["report"]:
            try:
                outcome.log.write_report(options["report"])
            except OSError as error:
                raise CommandError(f"The report could not be written to {options['report']}: {error.strerror}.") from error
        self._summary(outcome, options["dry_run"])

    def _files(self, file: Path, voluntary: Path | None) -> tuple[Iterable[Mapping[str, Any]], dict[str, tuple[str, ...]]]:
        purposes = {}
        if voluntary:
            purposes = dict(read_purposes(record) for document in documents(voluntary) for record in purposes_of(document))
        return (record for document in documents(file) for record in entities_of(document)), purposes

    def _live(self, registers: LiveRegisters, number: str) -> tuple[Iterable[Mapping[str, Any]], dict[str, tuple[str, ...]]]:
        return bodies_of(registers, number, lambda count: self._progress(f"{count} bodies; asking what they work with …"))

    def _progress(self, text: str) -> None:
        self.stderr.write(text)

    def _summary(self, outcome: Outcome, dry_run: bool) -> None:
        counts = outcome.log.counts()
        if dry_run:
            self.stdout.write("Nothing was written: this was a dry run.")
        self.stdout.write(
            "Read {read}: {made} made, {updated} updated, {unchanged} unchanged, {proposed} proposed as duplicates, "
            "{refused} refused.".format(**counts)
        )
        self.stdout.write(f"Taken off the list: {outcome.delisted}. Back on the list: {outcome.revived}.")
        self.stdout.write(
            f"Passed over: {outcome.elsewhere} of other municipalities, {outcome.not_voluntary} not voluntary bodies."
        )
        if outcome.missing_left:
            self.stdout.write(
                f"{outcome.missing_left} bodies on the list are not in the file. That is too many to take off unasked: "
                "add --complete if the file holds all of them."
            )
        if outcome.log.run:
            self.stdout.write(f"Kept as import {outcome.log.run.pk}. Source: Brønnøysundregistrene.")
