"""`manage.py let_try_again ADDRESS`: for whom others have used up the codes of the day."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from portal.accounts.limits import let_try_again
from portal.accounts.models import User


class Command(BaseCommand):
    """Forgets the tries at one mail address. Limits of networks stand."""

    help = "Let somebody ask for codes and type them again who is told to wait until tomorrow."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="the mail address of the person")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["address"].strip().lower()
        count = let_try_again(email, User.objects.filter(email=email).values_list("pk", flat=True).first())
        self.stdout.write(f"{count} tries forgotten. {email} can ask for a code now.")
