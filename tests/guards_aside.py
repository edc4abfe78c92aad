"""Tests that empty the tables after themselves do what the product never does: the guards of the cards step aside for that."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3.base import DatabaseOperations

from cards.ledger import guards

emptied = DatabaseOperations.sql_flush


def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **options: Any) -> list[str]:
    """As Django's, which deletes row by row here; PostgreSQL empties whole tables, and no trigger is asked."""
    statements = emptied(self, style, tables, **options)
    if not {guards.USE, guards.CHANGE} & set(tables):
        return statements
    return [*guards.down("sqlite"), *statements, *guards.up("sqlite")]


def use() -> None:
    DatabaseOperations.sql_flush = sql_flush  # type: ignore[method-assign]
