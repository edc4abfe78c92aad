"""Make the whole search index anew, in one transaction: readers see the old one until the new one is there."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from search.documents import count_public, every_document
from search.engines import get_engine
from search.engines.base import Doc
from search.engines.postings import ensure_storage


class Command(BaseCommand):
    help = "Make the search index anew from the listings."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_storage()
        total = count_public()
        count = get_engine().rebuild(self._told(every_document(), total))
        self.stdout.write(self.style.SUCCESS(f"{count} listings indexed."))

    def _told(self, docs: Iterator[Doc], total: int) -> Iterator[Doc]:
        for number, doc in enumerate(docs, 1):
            if number % 1000 == 0:
                self.stdout.write(f"{number} of {total}")
            yield doc
