"""`manage.py demo_town [--date D]`: fill an empty database with the demo towns."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from wagtail.models import Site

from portal.accounts.links import address_of
from portal.demo.actions import make_demo_town
from portal.kit.refusals import Refused


class Command(BaseCommand):
    """Fills an empty database; where the demo towns are there, it changes nothing."""

    help = "Fill an empty database with the demo towns Larvik, Sandefjord and Porsgrunn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--date",
            type=date.fromisoformat,
            default=None,
            help="the day on which the town is as it is (2026-08-20); default today",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            made = make_demo_town(today=options["date"] or timezone.localdate(), say=self.say)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        if made:
            self.say(
                f"The demo towns are built ({time.monotonic() - started:.0f} s). Everybody and everything in them is made up."
            )
        else:
            self.say("The demo towns are there already; nothing was changed.")
        if options["verbosity"] > 0:
            self.stdout.write("\nOpen:")
            for site in Site.objects.filter(municipality__is_demo=True).order_by("-is_default_site", "hostname"):
                self.stdout.write(f"  {site.site_name:<12} {address_of(site)}/")
            self.stdout.write(f"  {'Staff':<12} {settings.SITE_URL.rstrip('/')}/cms/")
            self.stdout.write("Sign in: manage.py sign_in_link larvik@example.org (or admin@, sandefjord@, porsgrunn@, editor@)")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
