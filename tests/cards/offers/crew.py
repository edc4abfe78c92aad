"""Several racers on one database, and a fixture that gives them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shared_database import database_url  # noqa: F401

BASE = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "tests.cards.offers.racer"]
LEAD = 0.012  # seconds that a question needs to come to every racer before they begin together


def environment_for(url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "VAR_DIR": str(folder / "var"),
        "DATABASE_URL": url,
        "SITE_URL": "http://127.0.0.1:8000",
        "SECRET_KEY": "only-for-tests-" + "x" * 40,
        "GEOCODER_URL": "none",
        "EMAIL_URL": "memorymail://",
    }


class Racer:
    """One process: a question, then its answer."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            COMMAND,
            cwd=BASE,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.waiting = 1  # answers that have not been heard; the first says that it is ready

    def send(self, deed: str, **asked: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"deed": deed} | asked) + "\n")
        self.process.stdin.flush()
        self.waiting += 1

    def hear(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "a racer has fallen"
        self.waiting -= 1
        return json.loads(line)

    def ask(self, deed: str, **asked: Any) -> Any:
        self.send(deed, **asked)
        return self.hear()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Crew:
    """Racers side by side; the first one also fills the database and looks at it."""

    def __init__(self, environment: dict[str, str], count: int) -> None:
        self.environment = environment
        self.racers = [Racer(environment) for _number in range(count)]
        for racer in self.racers:
            assert racer.hear() == "ready"

    def move(self, environment: dict[str, str]) -> None:
        """To another database of the same kind."""
        self.environment = environment
        for racer in self.racers:
            racer.ask("move", url=environment["DATABASE_URL"])

    def ask(self, deed: str, **asked: Any) -> Any:
        return self.racers[0].ask(deed, **asked)

    def race(self, shares: list[list[dict[str, Any]]], *, together: bool = True, **how: Any) -> list[list[dict[str, Any]]]:
        """Each racer its calls; beginning at the same moment."""
        begin = time.monotonic() + LEAD if together else 0.0
        runners = self.racers[: len(shares)]
        for racer, share in zip(runners, shares, strict=True):
            racer.send("calls", calls=share, begin=begin, **how)
        return [racer.hear() for racer in runners]

    def stop(self) -> None:
        for racer in self.racers:
            racer.stop()


@pytest.fixture(scope="module")
def crews() -> Iterator[list[Crew]]:
    """The racers of a file: they begin with its first test, as it takes them seconds to come up."""
    made: list[Crew] = []
    yield made
    for one in made:
        one.stop()


@pytest.fixture
def crew(crews: list[Crew], database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:  # noqa: F811
    """Two racers, as many as there are processors on the smallest machine that runs these tests, on a database of this test."""
    environment = environment_for(database_url, tmp_path_factory.getbasetemp())
    if crews:
        crews[0].move(environment)
    else:
        crews.append(Crew(environment, 2))
    yield crews[0]
    if any(racer.waiting for racer in crews[0].racers):  # a test that failed in the midst of a race
        crews.pop().stop()
