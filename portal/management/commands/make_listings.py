"""`manage.py make_listings N [--municipalities M]`: add generated listings, for measuring."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from directory.listings.actions import give_labels
from directory.municipalities.queries import default_municipality
from portal.demo.crowd import choose_municipalities, make_listings


class Command(BaseCommand):
    """Adds listings to the default site's municipality, or spreads them over several."""

    help = "Add N generated listings for measuring. All are made up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="N", help="how many listings")
        parser.add_argument(
            "--municipalities", type=int, default=1, metavar="M", help="spread them over M municipalities; missing ones are made"
        )
        parser.add_argument("--date", type=date.fromisoformat, default=None, help="the day they are made on; default today")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["count"] < 1 or options["municipalities"] < 1:
            raise CommandError("N and M must be at least 1.")
        default = default_municipality()
        if default is None:
            raise CommandError("There is no municipality at the default site yet. Make the demo town first: manage.py demo_town")
        started = time.monotonic()
        give_labels(municipality=default)
        municipalities = choose_municipalities(options["municipalities"], default)
        for municipality in municipalities:
            give_labels(municipality=municipality)
        if len(municipalities) < options["municipalities"]:
            self.stderr.write(f"There are only {len(municipalities)} municipalities.")
        make_listings(
            options["count"],
            municipalities=municipalities,
            today=options["date"] or timezone.localdate(),
            say=self.stdout.write if options["verbosity"] > 1 else lambda line: None,
        )
        self.stdout.write(f"{options['count']} listings added in {time.monotonic() - started:.0f} s.")
