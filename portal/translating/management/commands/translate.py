"""`manage.py translate`: have the translation service fill what is missing, now instead of from the queue."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from directory.municipalities.models import Municipality
from portal.languages import CODES
from portal.translating import machine
from portal.translating.looking import look_at, rows_of_municipalities
from portal.translating.services import Busy, NoService, the_service


class Command(BaseCommand):
    """Looks at every row of the municipalities, then translates what a machine may write."""

    help = "Fill missing and outdated machine texts through TRANSLATE_URL. --dry-run only counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--municipality", metavar="NUMBER", help="only this one; four digits")
        parser.add_argument("--lang", action="append", choices=CODES, default=[], help="only this language; may be repeated")
        parser.add_argument("--dry-run", action="store_true", help="ask nobody and write nothing: count what would be asked")

    def handle(self, *args: Any, **options: Any) -> None:
        municipalities = Municipality.objects.all()
        if number := options["municipality"]:
            municipalities = municipalities.filter(number=number)
            if not municipalities:
                raise CommandError(f"There is no municipality {number}.")
        service = the_service()
        if service is None and not options["dry_run"]:
            raise CommandError("No translation service is set: give TRANSLATE_URL, or use --dry-run.")
        at = timezone.now()
        texts = characters = written = refused = 0
        lacking: set[str] = set()
        for model, pks in rows_of_municipalities(municipalities.values_list("pk", flat=True)).items():
            if not options["dry_run"]:
                look_at(model, pks, at=at)
            for pk, todo in machine.wanted_of(model, pks, options["lang"]).items():
                texts += len(todo)
                characters += sum(len(one.source) for one in todo)
                if options["dry_run"] or service is None:
                    continue
                try:
                    done = machine.translate_row(model, pk, by=service, at=at, only=options["lang"])
                except machine.OverBudget as error:
                    raise CommandError(f"{error} {written} texts were written; go on tomorrow.") from error
                except (Busy, NoService) as error:
                    raise CommandError(f"{service.name}: {error}. {written} texts were written.") from error
                written += done.written
                refused += done.refused
                lacking |= done.lacking
        if options["dry_run"]:
            self.stdout.write(f"{texts} texts of {characters} characters would be asked for.")
            return
        self.stdout.write(f"{written} texts written, {refused} answers not taken.")
        if lacking:
            self.stdout.write(f"Not offered by {service.name}: {', '.join(sorted(lacking))}.")  # type: ignore[union-attr]
