"""What all tests share: languages, the browser and its rules, and which tests can run on this machine."""

from __future__ import annotations

import gc
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import guards_aside, one_at_a_time, second_try, template_database

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop and Django's live server share a thread
template_database.use()
guards_aside.use()
one_at_a_time.use()

# The shell has no windows of its own to draw: a new page costs a fifth.
BROWSERS = ("chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nightly", action="store_true", help="the long versions of the tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine or this run cannot do, and count it; nothing left out is called a pass."""
    left: dict[str, list[pytest.Item]] = {"browser": [], "nightly": [], "other": [], "second": []}
    second, long = bool(os.environ.get("TEST_DATABASE_URL")), config.getoption("--nightly")
    kept = []
    for item in items:
        if "nightly" in item.keywords and not long:
            left["nightly"].append(item)
        elif ("second_at_night" if second else "first_at_night") in item.keywords and not long:
            left["other"].append(item)
        elif drives_a_browser(item) and CHROMIUM is None:
            left["browser"].append(item)
        elif second and not asks_the_database(item):
            left["second"].append(item)
        elif second and not long and is_for_another_day(item):
            left["other"].append(item)
        else:
            kept.append(item)
            if drives_a_browser(item) and not long:
                second_try.give(item)
    if left["browser"] and os.environ.get("CI") == "true":
        raise pytest.UsageError(f"{len(left['browser'])} browser tests cannot run: no Chromium was found.")
    items[:] = kept
    config.stash[LEFT_OUT] = {name: len(found) for name, found in left.items() if found}
    for found in left.values():
        config.hook.pytest_deselected(items=found)


def pytest_collection_finish() -> None:
    """All that is there by now stays until the end, and most of what a test makes goes by itself: the collector need not walk
    through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    from tests import index_aside  # asks for models, which are not there yet when this file is read

    index_aside.switch(item)


#: Rooms whose questions are nearly all of the framework's making: by day the second database is asked a third of their tests.
ONE_IN_THREE = (
    *("directory/freshness", "directory/merging", "directory/proposals", "directory/sources"),
    *("portal/accounts", "portal/newsletters", "portal/privacy", "portal/usage"),
)


def is_for_another_day(item: pytest.Item) -> bool:
    """Whether a test is not of that third. What needs several connections is always asked: there the databases differ."""
    if not any(item.path.is_relative_to(Path(__file__).parent / room) for room in ONE_IN_THREE):
        return False
    marker, rows = item.get_closest_marker("django_db"), {"transactional_db", "database_url"}
    if (marker and marker.kwargs.get("transaction")) or rows & set(getattr(item, "fixturenames", ())):
        return False
    return zlib.crc32(item.nodeid.encode()) % 3 > 0


def drives_a_browser(item: pytest.Item) -> bool:
    return bool({"browser", "page", "browser_context"} & {*item.keywords, *getattr(item, "fixturenames", ())})


def asks_the_database(item: pytest.Item) -> bool:
    """Whether a second database could show anything new. The conventions ask it without saying so."""
    fixtures = {"db", "transactional_db", "live_server", *ROOMS_OF_A_FILE} & set(getattr(item, "fixturenames", ()))
    return bool(fixtures) or item.get_closest_marker("django_db") is not None or item.path.parent.name == "conventions"


#: Fixtures that hold rows for a whole file or for other processes, beside the mark.
ROOMS_OF_A_FILE = ("scene", "site", "town_of_the_file", "towns_of_the_file", "database_url")
LEFT_OUT: pytest.StashKey[dict[str, int]] = pytest.StashKey()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    left = config.stash.get(LEFT_OUT, {})
    if left.get("browser"):
        terminalreporter.write_line(f"{left['browser']} browser tests did not run: install Chromium to run them.")
    if left.get("nightly"):
        terminalreporter.write_line(f"{left['nightly']} long tests belong to `make nightly`.")
    if left.get("other"):
        terminalreporter.write_line(f"{left['other']} tests are asked of the other database alone.")
    second_try.tell(terminalreporter, config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    second_try.judge(session)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_ARGS}


@pytest.fixture(scope="session", autouse=True)
def _browser_first(request: pytest.FixtureRequest) -> None:
    """The browser is up before any rows are held for a file: its loop gives this thread another connection to the database."""
    if any("browser" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("browser")


@pytest.fixture(autouse=True)
def _plain_language() -> Iterator[None]:
    """No test inherits the language of the one before."""
    from django.utils import translation

    with translation.override("nb"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _key_of_cards() -> None:
    """Tests that ask no database need a key too, and which is made is asked of the database."""
    from cards.ledger import keys

    keys.make_new_key()


@pytest.fixture
def thorough(request: pytest.FixtureRequest) -> bool:
    """Whether this is the long run: what else asks a share of its questions asks all of them."""
    return bool(request.config.getoption("--nightly"))
