"""`manage.py new_card_key`: begin anew with activity cards where the file with their key is lost for good."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError

from cards.ledger.keys import make_new_key


class Command(BaseCommand):
    """Never takes the place of a key that is there."""

    help = "Make a new key of activity cards. Every card handed out so far, on paper and on telephones, stops working."
    requires_system_checks = (Tags.models,)  # the check of this very file would stand in the way

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--old-cards-stop", action="store_true", help="yes, all cards handed out so far stop working")

    def handle(self, *args: Any, **options: Any) -> None:
        file = Path(settings.CARD_KEY_FILE)
        if file.exists():
            raise CommandError(f"{file} is there. Nothing was changed.")
        if not options["old_cards_stop"]:
            raise CommandError("All cards handed out so far would stop working. If that is meant, say so: --old-cards-stop")
        make_new_key()
        self.stdout.write(f"A new key stands in {file}. Keep a copy apart from the database's backup, and replace the cards.")
