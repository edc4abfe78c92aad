"""`manage.py erase_person ADDRESS`: erases somebody at once, for those who cannot do it themselves."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from portal.accounts.models import User
from portal.kit.refusals import Refused
from portal.privacy.erasing import coordinated_alone, erase, kept_alone


class Command(BaseCommand):
    """Asks before it does: it cannot be undone."""

    help = "Erase a person: account and roles go, the log keeps a number instead of a name, pages of associations stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the mail address the person signs in with")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {options['email']} here.")
        for provider in kept_alone(user):
            self.stdout.write(f"Nobody else keeps the page of {provider} ({provider.municipality}). It stays.")
        for municipality in coordinated_alone(user):
            self.stdout.write(f"Nobody else coordinates {municipality}.")
        if not options["yes"] and not self.is_meant():
            raise CommandError("Nothing was erased.")
        with translation.override("en"):
            try:
                done = erase(user, at=timezone.now(), by=None)
            except Refused as refused:
                raise CommandError(str(refused)) from refused
        self.stdout.write(f"Erased. In the log stands “{done.pseudonym}”.")
        for place in done.scrubbed.left:
            self.stdout.write(f"The name stands in a text for everybody, which may mean somebody else: {place}")

    def is_meant(self) -> bool:
        try:
            return input("Erase? This cannot be undone. Write yes: ").strip() == "yes"
        except EOFError as none:
            raise CommandError("Nobody can be asked here. Nothing was erased; say --yes to erase without being asked.") from none
