"""`manage.py sign_in_link USER`: print a one-time sign-in link, where a demo town is loaded."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.accounts.links import Why, one_time_link, why_no_links
from portal.accounts.models import User
from portal.kit.refusals import Refused, refuse_if


class Command(BaseCommand):
    """Prints a link; refuses where no demo town is loaded."""

    help = "Print a link that signs one person in once. Only where a demo town is loaded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the mail address of the person")

    def handle(self, *args: Any, **options: Any) -> None:
        address = options["user"].strip().lower()
        try:
            refuse_if(why_no_links())
            user = User.objects.filter(email=address if "@" in address else f"{address}@example.org", is_active=True).first()
            if user is None:
                raise Refused(Why.UNKNOWN)
            link = one_time_link(user)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(link)
