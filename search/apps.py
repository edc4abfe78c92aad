"""The index is written in the transaction that changes the listing: `listing_changed` is received here."""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.db import connection, transaction
from django.db.models.signals import post_migrate

from portal.kit.changes import listing_changed


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        post_migrate.connect(make_postings, sender=self)
        listing_changed.connect(index_listings, dispatch_uid="search: index listings")


@transaction.atomic
def index_listings(*, kind: str, pks: Iterable[int], **kwargs: Any) -> None:
    """Bring listings in the index up to date: those residents may see anew, all others out."""
    from search.documents import BATCH, Charts, documents
    from search.engines import get_engine

    engine, charts, kind = get_engine(), Charts(), str(getattr(kind, "value", kind))
    pks = list(dict.fromkeys(pks))
    for start in range(0, len(pks), BATCH):
        batch = pks[start : start + BATCH]
        docs = documents(kind, batch, charts)
        engine.upsert(docs)
        engine.remove((kind, pk) for pk in set(batch) - {doc.listing_id for doc in docs})


def make_postings(**kwargs: Any) -> None:
    """After migrating: the parts of the storage that migrations cannot describe, and the index itself if its tokens are of
    another version: what is asked today would not meet them."""
    from search.documents import every_document
    from search.engines import get_engine
    from search.engines.postings import ensure_storage

    if kwargs.get("using", "default") != "default":
        return
    ensure_storage()
    if made_by_another_version():
        with transaction.atomic():
            get_engine().rebuild(every_document())


def made_by_another_version() -> bool:
    """Whether there is an index, and other words in it than ours."""
    from search import analysis
    from search.models import SearchState

    if SearchState._meta.db_table not in connection.introspection.table_names():
        return False  # migrated back to before there was one
    return SearchState.objects.exclude(version=analysis.VERSION).exists()
