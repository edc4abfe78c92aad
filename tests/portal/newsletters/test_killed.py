"""Workers killed at random: every address gets exactly one message, or stands in one reported doubt. Never two, never none."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.portal.newsletters.conftest import PostOffice
from tests.template_database import template_path

BASE = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "tests.portal.newsletters.worker_process"]


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


class Workers:
    """Processes on one database and one mail server."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def ask(self, deed: str, number: int) -> Any:
        done = subprocess.run([*COMMAND, deed, str(number)], cwd=BASE, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    def start(self, letter: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*COMMAND, "work", str(letter)], cwd=BASE, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )


@pytest.fixture
def workers(database_url: str, tmp_path: Path, start_office: Any) -> tuple[Workers, PostOffice]:
    office, door = start_office()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "EMAIL_URL": f"smtp://127.0.0.1:{door.port}",
        "SITE_URL": "http://127.0.0.1:8000",
        "GEOCODER_URL": "none",
    }
    return Workers(environment), office


def kill_at_random(workers: Workers, office: PostOffice, letter: int, kills: int, chance: random.Random) -> int:
    """Two workers at a time; one after the other is killed while it sends, and another takes its place. How many were killed."""
    running = [workers.start(letter), workers.start(letter)]
    killed = 0
    before = len(office.letters)
    while killed < kills:
        # Only one that is at work: a process needs a second or two to come up.
        until = time.monotonic() + 60
        wanted = before + chance.randrange(1, 12)
        while len(office.letters) < wanted and time.monotonic() < until:
            if all(process.poll() is not None for process in running):
                return killed  # all is sent
            time.sleep(0.002)
        victim = chance.choice([process for process in running if process.poll() is None] or running)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        killed += 1
        running.remove(victim)
        running.append(workers.start(letter))
        before = len(office.letters)
    for process in running:
        assert process.wait(timeout=300) == 0
    return killed


def look_at(workers: Workers, office: PostOffice, letter: int, count: int, kills: int) -> list[str]:
    """Everybody has one message or one doubt; gives the doubts."""
    workers.ask("doubts", letter)
    states = workers.ask("told", letter)
    came = Counter(office.receivers())
    everybody = {f"p{n}@example.org" for n in range(count)}
    doubts = states.get("doubt", [])
    assert max(came.values()) == 1, [address for address, times in came.items() if times > 1]
    assert set(states) <= {"sent", "doubt"}
    assert set(states["sent"]) <= set(came), "said to be sent, and never came"
    assert set(came) | set(doubts) == everybody
    assert set(states["sent"]).isdisjoint(doubts)
    assert len(doubts) <= kills
    return doubts


def test_killed_workers_send_nothing_twice_and_lose_nothing(workers: tuple[Workers, PostOffice]) -> None:
    processes, office = workers
    letter = processes.ask("fill", 200)

    killed = kill_at_random(processes, office, letter, kills=3, chance=random.Random(7))

    assert killed == 3
    look_at(processes, office, letter, 200, killed)


@pytest.mark.nightly
def test_twenty_kills_in_ten_thousand_messages(workers: tuple[Workers, PostOffice]) -> None:
    processes, office = workers
    letter = processes.ask("fill", 10_000)

    killed = kill_at_random(processes, office, letter, kills=20, chance=random.Random())

    assert killed == 20
    look_at(processes, office, letter, 10_000, killed)
