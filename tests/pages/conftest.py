"""The town, and a browser that reports whatever a public page must not do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.pages.town import Town, make_town


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def live_town(live_server: Any, transactional_db: None) -> Town:
    return make_town()


class Watch:
    """Everything the pages of a browser context asked for or complained about."""

    def __init__(self, own: str) -> None:
        self.own = urlsplit(own).netloc
        self.faults: list[str] = []

    def on_request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != self.own:
            self.faults.append(f"third party asked: {request.url}")

    def on_console(self, message: Any) -> None:
        if "Content Security Policy" in message.text or (
            message.type == "error" and "404" not in message.text and "410" not in message.text
        ):
            self.faults.append(f"console: {message.text}")

    def attach(self, context: Any) -> None:
        context.on("request", self.on_request)
        context.on("console", self.on_console)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))


@pytest.fixture
def watch(live_server: Any) -> Iterator[Watch]:
    """Fails the test at its end if a page asked a third party, was stopped by its policy or had a script fault."""
    watching = Watch(live_server.url)
    yield watching
    assert watching.faults == []
