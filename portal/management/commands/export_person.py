"""`manage.py export_person ADDRESS OUT.zip`: everything that is kept about a person, for them to have."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.accounts.models import User
from portal.privacy.person import packed


class Command(BaseCommand):
    """The same file as the person gets on their own account page."""

    help = "Write everything that is kept about a person to a zip file: JSON for programs, a page for people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the mail address the person signs in with")
        parser.add_argument("out", type=Path, help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {options['email']} here.")
        out: Path = options["out"]
        if out.exists():
            raise CommandError(f"“{out}” is there already.")
        out.touch(mode=0o600)
        out.write_bytes(packed(user, at=timezone.now(), lang=user.lang or "nb"))
        self.stdout.write(f"Written: {out}. Make sure that it is the person who gets it.")
