"""`manage.py new_municipality NUMBER NAME --host HOST`: a site for a municipality, ready to be filled."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import translation

from portal.kit.refusals import Refused
from portal.our_site.actions import open_site


class Command(BaseCommand):
    """The same as the form “A new municipality” in the CMS. Run again, it adds what lacks."""

    help = "Give a municipality a site: front page, pages to begin with, categories, neighbourhoods, staff group."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="the four digits of the municipality")
        parser.add_argument("name", nargs="?", default="", help="its name; left out, as in the register")
        parser.add_argument("--host", required=True, help="where the site answers, for instance faerder.example.org")
        parser.add_argument("--languages", default="nb,en", help="codes in the order they are offered, for instance nb,en,ar")
        parser.add_argument("--coordinator", default="", help="mail address of who is to look after it")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            try:
                if options["coordinator"]:
                    validate_email(options["coordinator"])
                opened = open_site(
                    number=options["number"],
                    name=options["name"],
                    host=options["host"],
                    languages=[code.strip() for code in options["languages"].split(",") if code.strip()],
                    coordinator=options["coordinator"],
                )
            except Refused as refused:
                raise CommandError(str(refused)) from refused
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            town = opened.municipality
            said = "has a site now" if opened.is_new else "had a site; what lacked was added"
            self.stdout.write(f"{town} ({town.number}) {said}: {town.site.root_url if town.site else ''}")
            for note in opened.notes:
                self.stdout.write(note)
