"""A fresh test database on SQLite by copying one made before, since making the tables takes longer than most tests.

The copy is kept beside the temporary files under a name that changes with every migration and every locked
dependency, so it is never out of date.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3.creation import DatabaseCreation

BASE = Path(__file__).resolve().parent.parent
made_from_migrations = DatabaseCreation.create_test_db


def template_path() -> Path:
    """Where the template for today's migrations and dependencies is, or will be."""
    digest = hashlib.sha256((BASE / "requirements-dev.lock").read_bytes())
    written = [*BASE.glob("*/migrations/*.py"), *BASE.glob("*/*/migrations/*.py"), BASE / "cards" / "ledger" / "guards.py"]
    for path in sorted(written):
        digest.update(path.read_bytes())
    return Path(tempfile.gettempdir()) / f"frittfram-tables-{os.getuid()}-{digest.hexdigest()[:20]}.sqlite3"


def create_test_db(self: DatabaseCreation, *args: Any, **kwargs: Any) -> str:
    """As Django's, but copied from the template where there is one; makes the template where there is none."""
    template = template_path()
    if not template.exists():
        name = made_from_migrations(self, *args, **kwargs)
        draft = template.with_suffix(f".{os.getpid()}")
        with sqlite3.connect(draft) as copy:
            self.connection.ensure_connection()
            self.connection.connection.backup(copy)
        copy.close()
        draft.replace(template)
        return name
    name = self._get_test_db_name()
    self._create_test_db(0, True, False)
    self.connection.close()
    self.connection.settings_dict["NAME"] = name
    self.connection.ensure_connection()
    source = sqlite3.connect(f"file:{template}?mode=ro", uri=True)
    source.backup(self.connection.connection)
    source.close()
    return name


def use() -> None:
    """Make every test database on SQLite this way."""
    DatabaseCreation.create_test_db = create_test_db  # type: ignore[method-assign]


def make() -> None:
    """Make the template, so that workers that begin at the same time need not all make it."""
    import django
    from django.db import connection

    django.setup()
    if connection.vendor == "sqlite" and not template_path().exists():
        connection.creation.create_test_db(verbosity=0)


if __name__ == "__main__":
    use()
    make()
