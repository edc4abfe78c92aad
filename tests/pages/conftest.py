"""The town, a site that shows it, and a browser that reports whatever a public page must not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.pages.town import Town, make_town
from tests.whole_file import rows_for_a_file

AXE = Path(__file__).resolve().parents[2] / "portal" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 60_000  # milliseconds: no test is about speed, and a machine may have much else to do
# What fades in has no colours of its own until it is there. What is paused never ends, and is not waited for.
AT_REST = """() => Promise.race([
    Promise.all(document.getAnimations().map((a) => a.finished.catch(() => null))),
    new Promise((done) => setTimeout(done, 1000)),
])"""
# None of the rules asks for style sheets by themselves, which axe would load once more for each look.
RUN = "wanted => axe.run(document, {runOnly: wanted, resultTypes: ['violations'], preload: {assets: ['media']}})"
OF_COLOURS = ["color-contrast", "link-in-text-block"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def town_of_the_file(django_db_setup: None, django_db_blocker: Any) -> Iterator[Town]:
    with rows_for_a_file(django_db_blocker):
        yield make_town()


@pytest.fixture
def town(town_of_the_file: Town, db: None) -> Town:
    """The town as if it had just been made, for tests that all want it."""
    return deepcopy(town_of_the_file)


@dataclass
class Site:
    """A running site and the town it shows."""

    url: str
    town: Town


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """One town and one server for all tests of a file, which have the mark `django_db`.

    The database is in memory and the server answers on the tests' own connection: each test's changes are rolled back
    as without a server, and at the end of the file the town is.
    """
    with rows_for_a_file(django_db_blocker):
        server = LiveServer("localhost")
        try:
            yield Site(server.url, make_town())
        finally:
            server.stop()


class Watch:
    """Everything the pages of a browser context asked for or complained about."""

    def __init__(self, own: str) -> None:
        self.own = urlsplit(own).netloc
        self.faults: list[str] = []
        self.open: set[Any] = set()

    def on_request(self, request: Any) -> None:
        self.open.add(request)
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != self.own:
            self.faults.append(f"third party asked: {request.url}")

    def on_end(self, request: Any) -> None:
        self.open.discard(request)

    def on_response(self, response: Any) -> None:
        # A page may be a 404; what it is made of may not.
        if response.status >= 400 and response.request.resource_type != "document":
            self.faults.append(f"{response.status}: {response.url}")

    def on_console(self, message: Any) -> None:
        if "Content Security Policy" in message.text or (
            message.type == "error" and "the server responded with a status of" not in message.text
        ):
            self.faults.append(f"console: {message.text}")

    def attach(self, context: Any) -> None:
        context.on("request", self.on_request)
        context.on("requestfinished", self.on_end)
        context.on("requestfailed", self.on_end)
        context.on("response", self.on_response)
        context.on("console", self.on_console)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))


Look = Callable[..., Any]


@pytest.fixture
def look(site: Site, browser: Any) -> Iterator[Look]:
    """`look(width=390, …)` gives a page in a fresh context.

    At its end the test fails if a page kept a cookie, asked a third party, was stopped by its policy, had a script
    fault or lacked a part; `watched=False` for the staff's pages.
    """
    contexts: list[tuple[Any, Watch, bool]] = []

    def open_page(width: int = 1280, height: int = 900, watched: bool = True, **options: Any) -> Any:
        # A worker asks for its files when it likes, also when a test has ended; the tests of the worker let it in.
        options = {"service_workers": "block", "base_url": site.url} | options
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE)
        watch = Watch(options["base_url"])
        watch.attach(context)
        contexts.append((context, watch, watched))
        return context.new_page()

    yield open_page
    faults = []
    for context, watch, watched in contexts:
        # A question on its way must not outlive the test's rows.
        for _step in range(100):
            if not watch.open:
                break
            context.pages[0].wait_for_timeout(50)
        if watched:
            faults += watch.faults + [f"cookie: {cookie['name']}" for cookie in context.cookies()]
        context.close()
    assert faults == []


def settle(page: Any) -> None:
    """Wait for what a page draws after it has loaded: the map, where it has one beside the text."""
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    if page.locator("[data-map][data-opened]").count():
        page.locator(".leaflet-container").wait_for()
    page.evaluate("scrollTo(0, 0)")


def violations(page: Any, rules: list[str] | None = None) -> list[str]:
    """What axe holds against the page as it stands, one line a fault: rule, selector, what is wrong."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text())
    page.evaluate(AT_REST)
    wanted = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    found = page.evaluate(RUN, wanted)
    return [
        f"{fault['id']} {' '.join(map(str, node['target']))}: {node['html'][:160]}"
        f" {(node['any'] or node['all'] or node['none'] or [{}])[0].get('message', '')}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def violations_in_both_schemes(page: Any) -> dict[str, list[str]]:
    """In light everything axe knows, in dark what colours decide; the long run asks for everything in both."""
    found = {}
    for scheme, rules in (("light", None), ("dark", OF_COLOURS)):
        page.emulate_media(color_scheme=scheme)
        if faults := violations(page, rules):
            found[scheme] = faults
    return found


#: The main types of pages.
ALWAYS = {"home", "find", "activity", "provider", "place"}


def told(faults: dict[str, list[str]]) -> str:
    """Faults by page, as one text."""
    return "\n".join(f"{name}: {fault}" for name, found in faults.items() for fault in found)
