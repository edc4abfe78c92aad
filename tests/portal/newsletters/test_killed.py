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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.portal.newsletters.conftest import PostOffice
from tests.shared_database import database_url  # noqa: F401 - a fixture

BASE = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "tests.portal.newsletters.worker_process"]


class Workers:
    """Processes on one database and one mail server."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def ask(self, deed: str, number: int) -> Any:
        done = subprocess.run([*COMMAND, deed, str(number)], cwd=BASE, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    def start(self, letter: int, deed: str = "work") -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*COMMAND, deed, str(letter)], cwd=BASE, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


@pytest.fixture
def workers(
    database_url: str,  # noqa: F811
    tmp_path: Path,
    start_office: Any,
) -> tuple[Workers, PostOffice]:
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


@pytest.mark.first_at_night
def test_killed_workers_send_nothing_twice_and_lose_nothing(workers: tuple[Workers, PostOffice]) -> None:
    processes, office = workers
    letter = processes.ask("fill", 200)

    killed = kill_at_random(processes, office, letter, kills=3, chance=random.Random(7))

    assert killed == 3
    look_at(processes, office, letter, 200, killed)


def wait_until(what: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)


@pytest.mark.first_at_night
def test_the_queue_goes_on_after_its_worker_was_killed(workers: tuple[Workers, PostOffice]) -> None:
    """With `manage.py worker` as it is run beside the site: its queue, its clock, and what a mail server puts off.

    One worker at a time, so that the one that is killed is the one that sends. Nobody but the clock starts the letter again.
    """
    processes, office = workers
    count, kills, chance = 60, 2, random.Random(11)
    office.seconds = 0.02  # so that a worker can be met at work
    office.at_rcpt = {f"p{n}@example.org": "451 come back later" for n in (0, 3, 59)}
    letter = processes.ask("put_in_queue", count)

    for _kill in range(kills):
        worker = processes.start(letter, "queue")
        wanted = len(office.letters) + chance.randrange(2, 12)
        wait_until(lambda wanted=wanted: len(office.letters) >= wanted, 120)  # type: ignore[misc]
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    office.at_rcpt.clear()
    assert len(office.letters) < count - kills, "killed before it was done"

    worker = processes.start(letter, "queue")
    try:
        # The mail server can have taken a message of which the killed worker has not written so: then it is a doubt that came.
        wait_until(lambda: len(office.letters) >= count - kills, 120)
        wait_until(lambda: processes.ask("told", letter).keys() <= {"sent", "taken"}, 60)
    finally:
        worker.terminate()
    assert worker.wait(timeout=60) == 0
    look_at(processes, office, letter, count, kills)


@pytest.mark.nightly
def test_twenty_kills_in_ten_thousand_messages(workers: tuple[Workers, PostOffice]) -> None:
    processes, office = workers
    letter = processes.ask("fill", 10_000)

    killed = kill_at_random(processes, office, letter, kills=20, chance=random.Random())

    assert killed == 20
    look_at(processes, office, letter, 10_000, killed)
