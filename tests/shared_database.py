"""A database that several processes see: for tests of what holds between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.template_database import template_path


@pytest.fixture
def database_url(tmp_path: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database that other processes see too: a copy of the empty tables."""
    if connection.vendor == "sqlite":
        file = tmp_path / "db.sqlite3"
        file.write_bytes(template_path().read_bytes())
        yield f"sqlite:///{file}"
        return
    import psycopg

    facts = connection.settings_dict
    socket = str(facts["HOST"]).replace("/", "%2F")
    name = f"killed_{os.getpid()}"
    with closing(psycopg.connect(f"postgresql://postgres@{socket}/postgres", autocommit=True)) as server:
        # The tests' own template: tables and nothing in them.
        server.execute(f'CREATE DATABASE {name} TEMPLATE "{facts["TEST"]["TEMPLATE"]}"')  # type: ignore[arg-type]
        try:
            yield f"postgresql://postgres@{socket}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]
