"""What the product says about the machine it runs on, at `manage.py check` and at each start of a command."""

from __future__ import annotations

import sqlite3
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError

from cards.ledger import keys

# https://sqlite.org/wal.html#walresetbug: two connections that write and make room at the same moment can damage the file.
FIRST_WITH_FAULT = (3, 7, 0)
MENDED = ((3, 44, 6), (3, 50, 7))  # these and what follows in their own series
MENDED_FOR_ALL = (3, 51, 3)
FIRST_TO_ANSWER = (3, 35, 0)


def has_the_fault(version: tuple[int, int, int]) -> bool:
    """Whether a version of SQLite can damage a database that several processes write to."""
    mended = any(version[:2] == first[:2] and version >= first for first in MENDED)
    return FIRST_WITH_FAULT <= version < MENDED_FOR_ALL and not mended


@register()
def check_sqlite(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn where cards are kept in a file that an old SQLite may damage."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") or not has_the_fault(sqlite3.sqlite_version_info):
        return []
    return [
        Warning(
            f"SQLite {sqlite3.sqlite_version} can, very seldom, damage a database that several processes write to.",
            hint="Use PostgreSQL (DATABASE_URL), or SQLite 3.51.3 or newer. For a demo this does not matter.",
            id="cards.W001",
        )
    ]


@register()
def check_answers_of_sqlite(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """New rows are asked for what they became (RETURNING), by uses of cards and by what is counted of visits."""
    on_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if not on_sqlite or sqlite3.sqlite_version_info >= FIRST_TO_ANSWER:
        return []
    return [
        Error(
            f"SQLite {sqlite3.sqlite_version} is too old.",
            hint="Use PostgreSQL (DATABASE_URL), or SQLite 3.35 or newer.",
            id="cards.E002",
        )
    ]


@register()
def check_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Say so where the key of cards is missing. The database is asked only where the file is not there."""
    try:
        lost = keys.is_lost()
    except DatabaseError:
        return []
    return [Error(keys.LOST % settings.CARD_KEY_FILE, id="cards.E001")] if lost else []
