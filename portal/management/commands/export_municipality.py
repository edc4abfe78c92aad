"""`manage.py export_municipality NUMBER OUT.zip`: everything a municipality has put in, in open formats."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from directory.municipalities.models import Municipality
from portal.leaving.writing import export_municipality


class Command(BaseCommand):
    """Writes as a stream; whoever uses the site meanwhile notices nothing."""

    help = "Write everything a municipality has put in to one zip file that import_municipality reads back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="the four digits of the municipality")
        parser.add_argument("out", type=Path, help="the file to write; it holds personal data")
        parser.add_argument("--force", action="store_true", help="write over a file that is there")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        municipality = Municipality.objects.filter(number=options["number"]).first()
        if municipality is None:
            known = ", ".join(Municipality.objects.order_by("number").values_list("number", flat=True)) or "none"
            raise CommandError(f"There is no municipality {options['number']} here. There are: {known}.")
        if out.exists() and not options["force"]:
            raise CommandError(f"“{out}” is there already. Add --force to write over it.")
        if not out.parent.is_dir():
            raise CommandError(f"There is no folder “{out.parent}”.")
        told = (lambda line: self.stdout.write(f"  {line}")) if options["verbosity"] > 1 else (lambda line: None)
        with translation.override("en"):
            done = export_municipality(municipality, out, at=timezone.now(), told=told)
        self.stdout.write(f"{municipality} ({municipality.number}): {sum(done.rows.values())} rows, {done.files} files → {out}")
        for label, count in sorted(done.dropped.items()):
            self.stdout.write(f"{count} rows of {label} were left out: they belong to something that is not the municipality's.")
        for name in done.missing:
            self.stdout.write(self.style.WARNING(f"A file is gone from the disk: {name}"))
        self.stdout.write("The file holds personal data. Keep it where only those who need it can read it.")
