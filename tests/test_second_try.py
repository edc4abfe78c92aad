"""A page late once passes and is told; what fails twice, what no page has done and what comes too often fail the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import second_try

BASE = Path(second_try.__file__).parent.parent
CONFTEST = """
from tests import second_try

def pytest_collection_modifyitems(items):
    for item in items:
        second_try.give(item)

def pytest_terminal_summary(terminalreporter, config):
    second_try.tell(terminalreporter, config)

def pytest_sessionfinish(session):
    second_try.judge(session)
"""
TESTS = """
import pytest

tried = {}

@pytest.mark.parametrize("n", range(%d))
def test_page(n):
    tried[n] = tried.get(n, 0) + 1
    if tried[n] <= %d:
        raise %s
"""
LATE = 'AssertionError("Locator expected to be visible")'


@pytest.mark.parametrize(
    ("tests", "failures", "error", "code", "told"),
    [
        (1, 1, LATE, 0, 1),
        (1, 2, LATE, 1, 1),
        (1, 1, 'AssertionError("2 == 3")', 1, 0),
        (second_try.MOST, 1, LATE, 0, second_try.MOST),
        (second_try.MOST + 1, 1, LATE, 1, second_try.MOST + 1),
    ],
)
def test_one_second_try(tmp_path: Path, tests: int, failures: int, error: str, code: int, told: int) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_pages.py").write_text(TESTS % (tests, failures, error))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    plugins = ["-p", "no:django", "-p", "no:playwright", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(BASE), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout.count("SECOND TRY")) == (code, told), run.stdout
