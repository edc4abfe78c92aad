"""`manage.py break_glass ADDRESS`: make the spare key, and print it once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from portal.accounts.break_glass import make_key
from portal.accounts.links import address_of
from portal.kit.refusals import Refused


class Command(BaseCommand):
    """Prints password and app secret; run again, it makes both anew."""

    help = "Make an account that opens without mail and without a sign-in provider: password and app secret are printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="a mail address that nobody signs in with")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = make_key(email=options["address"])
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            f"\n{key.picture}\n\nFor an app of codes:  {key.app_url}\nPassword:             {key.password}\n"
            f"Where:                {address_of(None)}{reverse('account_break_glass')}\n\n"
            "Neither is shown again. Print this page, put it in a sealed envelope in a safe, and close this window.\n"
        )
