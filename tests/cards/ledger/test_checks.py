"""The warning about SQLite, and how SQLite is asked to write."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cards.ledger.checks import check_answers_of_sqlite, check_sqlite, has_the_fault
from portal.environment import Environment

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("version", "fault"),
    [
        ("3.6.23", False),
        ("3.7.0", True),
        ("3.40.1", True),
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.45.0", True),
        ("3.50.6", True),
        ("3.50.7", False),
        ("3.51.0", True),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.53.1", False),
    ],
)
def test_versions_that_can_damage_the_file_are_known(version: str, fault: bool) -> None:
    major, minor, patch = map(int, version.split("."))
    assert has_the_fault((major, minor, patch)) is fault


def test_whoever_keeps_cards_on_an_old_sqlite_is_warned_and_sent_to_postgresql(settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    assert "PostgreSQL" in str(check_sqlite(None)[0].hint)
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
    assert check_sqlite(None) == []
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 53, 0))
    assert check_sqlite(None) == []


def test_a_sqlite_that_does_not_say_what_a_new_row_became_is_too_old(settings: Any, monkeypatch: Any) -> None:
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    assert [fault.id for fault in check_answers_of_sqlite(None)] == ["cards.E002"]
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 35, 0))
    assert check_answers_of_sqlite(None) == []
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    assert check_answers_of_sqlite(None) == []


def test_sqlite_writes_through_to_the_disk_and_waits_for_its_turn(tmp_path: Path) -> None:
    options = Environment(tmp_path, {"DATABASE_URL": f"sqlite:///{tmp_path / 'db'}"}).database(tmp_path)["OPTIONS"]
    assert (options["transaction_mode"], options["timeout"]) == ("IMMEDIATE", 20)
    with sqlite3.connect(tmp_path / "db") as database:
        for statement in options["init_command"].split(";"):
            database.execute(statement)
        asked = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "mmap_size")]
    assert asked == ["wal", 2, 0]
