"""`manage.py enforce_retention`: erases what has been kept long enough. The worker does it every day."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.privacy.enforcing import enforce_retention
from portal.privacy.retention import policy
from portal.privacy.tables import table


class Command(BaseCommand):
    """May be run as often as one likes."""

    help = "Erase and empty personal data that has been kept long enough (portal/privacy/retention.toml)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", default="", help="one rule by its name")
        parser.add_argument("--tables", choices=["nb", "en"], help="erase nothing: print the table of all rules for docs/privacy")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["tables"]:
            self.stdout.write(table(options["tables"]))
            return
        names = [rule.name for rule in policy().rules]
        if options["only"] and options["only"] not in names:
            raise CommandError(f"There is no rule “{options['only']}”. There are: {', '.join(names)}.")
        done = enforce_retention(timezone.now(), only=options["only"])
        for name, count in done.items():
            if count or options["verbosity"] > 1:
                self.stdout.write(f"{name}: {count}")
        self.stdout.write(f"{sum(done.values())} rows erased or emptied.")
