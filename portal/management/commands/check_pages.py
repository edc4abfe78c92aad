"""`manage.py check_pages`: says what is wrong with the tree of pages, and ends with 1 if anything is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.pages.tree import faults


class Command(BaseCommand):
    """Looks at every municipality's site and at pages outside them; changes nothing."""

    help = "Say what is wrong with the sites and their pages."

    def handle(self, *args: Any, **options: Any) -> None:
        found = faults()
        for fault in found:
            self.stderr.write(f"{fault.name}: {fault.sentence}")
        if found:
            raise CommandError(f"{len(found)}")
        self.stdout.write("OK")
