"""Turns of writers on SQLite: one at a time, of threads and of processes, and no one waits for ever."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from portal.kit import turns
from portal.kit.turns import in_turn

HOLDS = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A database on the disk, as far as turns ask about it."""
    fake = SimpleNamespace(
        vendor="sqlite", in_atomic_block=False, is_in_memory_db=lambda: False, settings_dict={"NAME": tmp_path / "db.sqlite3"}
    )
    monkeypatch.setattr(turns, "connection", fake)
    monkeypatch.setattr(turns, "_files", {})
    return fake


@contextmanager
def held(database: Any) -> Iterator[subprocess.Popen[str]]:
    """Another process has the turn."""
    command = [sys.executable, "-c", HOLDS, f"{database.settings_dict['NAME']}-turn"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield other
        finally:
            other.kill()


def is_free(database: Any) -> bool:
    with open(f"{database.settings_dict['NAME']}-turn") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_threads_are_inside_one_at_a_time(database: Any) -> None:
    inside, most = 0, []

    def work() -> None:
        nonlocal inside
        for _time in range(30):
            with in_turn():
                inside += 1
                time.sleep(0.0001)
                most.append(inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 180
    assert max(most) == 1


def test_a_turn_is_over_when_its_block_is_whatever_happened(database: Any) -> None:
    with pytest.raises(ZeroDivisionError), in_turn():
        is_free(database) / 0
    assert is_free(database)
    with in_turn():
        assert not is_free(database)


def test_another_process_is_waited_for_and_one_that_was_killed_is_not(database: Any) -> None:
    with held(database) as other:
        threading.Timer(0.3, other.kill).start()
        began = time.monotonic()
        with in_turn():
            waited = time.monotonic() - began
        assert 0.25 < waited < turns.PATIENCE


def test_who_does_not_go_on_is_passed_after_a_while(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    done = []
    with held(database) as other:
        with in_turn():
            assert other.poll() is None, "it still has the turn"
            done.append("beside another process")
            beside = threading.Thread(target=lambda: passed(done))
            beside.start()
            beside.join(10)
        assert not is_free(database), "its turn was not taken from it"
    assert done == ["beside another process", "beside another thread"]
    with in_turn():
        assert not is_free(database), "the next turn is one again"


def passed(done: list[str]) -> None:
    with in_turn():
        done.append("beside another thread")


def test_a_child_has_turns_of_its_own(database: Any) -> None:
    with in_turn():
        pass  # the file is open, and a child has it too
    fork = multiprocessing.get_context("fork")
    ready, go_on = fork.Event(), fork.Event()

    def child() -> None:
        with in_turn():
            ready.set()
            go_on.wait(10)

    process = fork.Process(target=child)
    process.start()
    assert ready.wait(10)
    began = time.monotonic()
    threading.Timer(0.2, go_on.set).start()
    with in_turn():
        assert time.monotonic() - began > 0.15
    process.join(10)
    assert process.exitcode == 0


def test_a_child_of_a_thread_in_its_turn_does_not_wait_for_it(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has its parent's locks as they were, and nobody in it who would free them."""
    monkeypatch.setattr(turns, "PATIENCE", 30.0)
    has_it, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with in_turn():
            has_it.set()
            go_on.wait(10)

    beside = threading.Thread(target=hold)
    beside.start()
    assert has_it.wait(10)
    process = multiprocessing.get_context("fork").Process(target=passed, args=([],))
    process.start()
    go_on.set()
    process.join(10)
    beside.join(10)
    assert process.exitcode == 0


def test_who_has_the_turn_has_it_within_too(database: Any) -> None:
    began = time.monotonic()
    with in_turn():
        with in_turn():
            assert not is_free(database)
        assert not is_free(database), "the inner one did not end the outer one's"
    assert time.monotonic() - began < turns.PATIENCE
    assert is_free(database)


@pytest.mark.parametrize(
    "change",
    [
        {"vendor": "postgresql"},
        {"in_atomic_block": True},
        {"is_in_memory_db": lambda: True},
    ],
)
def test_where_nobody_needs_to_wait_nobody_does(database: Any, change: dict[str, Any]) -> None:
    vars(database).update(change)
    with in_turn(), in_turn():
        assert not Path(f"{database.settings_dict['NAME']}-turn").exists()


def test_a_folder_that_cannot_be_written_to_costs_the_turn_alone(database: Any, caplog: pytest.LogCaptureFixture) -> None:
    database.settings_dict["NAME"] = os.path.join(os.devnull, "db.sqlite3")
    for _time in range(3):
        with in_turn():
            assert turns._in_process.locked()
        assert not turns._in_process.locked()
    assert len(caplog.records) == 1, "said once"
