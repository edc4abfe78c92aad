"""What tells that public pages may have changed."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from wagtail.models import ModelLogEntry, PageLogEntry

from directory.municipalities.models import TenantLogEntry
from search.models import SearchState

_LOGS = tuple(model._meta.db_table for model in (PageLogEntry, ModelLogEntry, TenantLogEntry))


def stamp() -> str:
    """Changes with what can be seen on public pages; empty where no index has been made.

    Almost at once: of two entries written to a log at the same time the earlier may be committed last, and then the highest
    number has been seen already. Such a deed shows after `KEPT_SECONDS`.
    """
    logs = ", ".join(f"(SELECT MAX(id) FROM {table})" for table in _LOGS)  # noqa: S608  (our own tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT epoch, last_seq, {logs} FROM {SearchState._meta.db_table}")  # noqa: S608  (our own tables)
        row = cursor.fetchone()
    return "|".join(map(str, (*row, timezone.localdate()))) if row else ""


def stamp_of(request: HttpRequest) -> str:
    """The stamp as it was before anything was read for a request: what is made of older facts never stands under it."""
    if not hasattr(request, "_stamp"):
        request._stamp = stamp()  # type: ignore[attr-defined]
    return str(request._stamp)  # type: ignore[attr-defined]
