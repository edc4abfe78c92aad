"""The index is written in the transaction that changes the listing: `listing_changed` is received here and nowhere else."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        post_migrate.connect(make_postings, sender=self)


def make_postings(**kwargs: Any) -> None:
    """After migrating: the parts of the storage that migrations cannot describe."""
    from search.engines.postings import ensure_storage

    if kwargs.get("using", "default") == "default":
        ensure_storage()
