"""Every fault in the list is seen by its test, and stands where the list says."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cards.mutants import BASE, MUTANTS, Mutant

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_changes_one_place(mutant: Mutant) -> None:
    assert mutant.source.count(mutant.old) == 1
    assert mutant.old != mutant.new


def test_every_mutant_is_seen() -> None:
    assert len(MUTANTS) >= 20
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    files = sorted({mutant.killer.partition("::")[0] for mutant in MUTANTS})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.cards.mutating", "-p", "no:xdist", *files]
    environment = {**os.environ, "TEST_DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS", "TEST_VAR_DIR"):
        environment.pop(name, None)
    done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
