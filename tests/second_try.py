"""A second try for tests that drive a browser, by day, told aloud and counted.

A busy machine lets a page wait longer than any test does, and which of thousands it hits changes from run to run. A fault of the
product fails both tries. More than `MOST` second tries in one run are not chance: the run fails then, whatever they said.
What asks no browser, and every test at night, has one try.
"""

from __future__ import annotations

from typing import Any

import pytest

MOST = 5
#: What Playwright says of a page that did not come to be as told, and of a browser that did not answer.
OF_A_PAGE = [r"TimeoutError", r"expected to", r"Page crashed", r"Target page, context or browser has been closed"]


def give(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=OF_A_PAGE))


def given(config: pytest.Config) -> list[str]:
    """The tests that needed it, by name; empty in a worker, whose reports go to the process that started it."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    return sorted({report.nodeid for report in reporter.stats.get("rerun", [])}) if reporter else []


def tell(terminalreporter: Any, config: pytest.Config) -> None:
    for name in given(config):
        terminalreporter.write_line(f"SECOND TRY {name}")


def judge(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and len(given(session.config)) > MOST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
