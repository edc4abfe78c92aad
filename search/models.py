"""The index of the embedded engine. Written only by `engines/embedded.py`, in the transaction that changes the listing.

Every (re)indexing of a listing takes a new, higher `seq`. So a worker process catches up by asking for what lies above the last
number it has seen. The one row of `SearchState` is locked while numbers are
given out: numbers become visible in their order.
The postings themselves (FTS5 on SQLite, tsvector columns on PostgreSQL) are made by `engines/postings.py` after migrating.
"""

from django.db import models


class SearchDoc(models.Model):
    """A listing as search sees it; see `engines.base.Doc`."""

    seq = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=12)
    listing_id = models.BigIntegerField()
    municipality = models.CharField(max_length=4)
    slug = models.CharField(max_length=120)
    codes = models.TextField(blank=True)
    points = models.JSONField(default=list)
    price = models.IntegerField(null=True)
    age_from = models.SmallIntegerField(null=True)
    age_to = models.SmallIntegerField(null=True)
    names = models.JSONField(default=list)  # [[language, name], …] in the order the municipality prefers them
    title_tokens = models.TextField(blank=True)
    body_tokens = models.TextField(blank=True)
    card = models.JSONField(default=dict)
    published = models.BigIntegerField(null=True)  # milliseconds since 1970, when it was first published

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "listing_id"], name="search_doc_once")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.slug}"


class SearchRemoval(models.Model):
    """A number that is no longer valid: the listing was indexed anew or removed."""

    removed = models.BigIntegerField(primary_key=True)
    at = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.removed} at {self.at}"


class SearchTerm(models.Model):
    """A word of the index, for spelling help. `shown` is how people write it."""

    term = models.CharField(max_length=64, primary_key=True)
    shown = models.CharField(max_length=64)
    first = models.CharField(max_length=1)
    length = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["first", "length"], name="search_term_by_first")]

    def __str__(self) -> str:
        return self.term


class SearchState(models.Model):
    """One row. `floor` is the lowest number from which one can still catch up; `epoch` changes with every rebuild."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.CharField(max_length=32)
    last_seq = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)
    version = models.IntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="search_state_one_row")]

    def __str__(self) -> str:
        return f"{self.epoch} {self.last_seq}"
