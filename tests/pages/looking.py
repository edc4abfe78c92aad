"""Looking at the pages that one comes to by pressing, as tests/pages looks at those that have an address of their own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

from tests.pages.conftest import Site, told, violations_in_both_schemes
from tests.pages.test_accessibility import too_wide
from tests.pages.test_html import html_faults

PICTURES = os.environ.get("PICTURES")  # a folder for pictures of all that is looked at


def signed_in(page: Any, site: Site, user: Any) -> Any:
    """The page of a browser in which somebody has signed in."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    return page


def press(page: Any, selector: str) -> None:
    """Press, and wait for the page that comes."""
    with page.expect_navigation():
        page.locator(selector).click()


class Looked:
    """What was seen of the pages on the way: axe in both schemes, nothing wider than a small telephone, valid as it was sent.

    Of two walks, each looks at every second page; in the long run (`thorough`) both look at all.
    """

    def __init__(self, page: Any, name: str, folder: Path, thorough: bool) -> None:
        self.page, self.name, self.folder, self.thorough = page, name, folder, thorough
        self.wrong: dict[str, list[str]] = {}
        self.count = 0
        page.on("response", self._keep)

    def _keep(self, response: Any) -> None:
        if response.request.resource_type == "document":
            self.answer = response

    def at(self, what: str) -> None:
        """Look at the page as it stands."""
        self.count += 1
        page, name = self.page, f"{self.count:02d}-{what}"
        (self.folder / f"{self.name}-{name}.html").write_text(self.answer.text())
        if not self.thorough and not PICTURES and self.count % 2 != self.name.startswith("nb"):
            return
        for scheme, found in violations_in_both_schemes(page).items():
            self.wrong[f"{name}, {scheme}"] = found
        width = page.viewport_size["width"]
        if PICTURES:
            for scheme in ("dark", "light"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=f"{PICTURES}/{self.name}-{name}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        if width == 390:
            page.set_viewport_size({"width": 320, "height": 700})
            if found := too_wide(page):
                self.wrong[f"{name}, at 320 px"] = found
            page.set_viewport_size({"width": width, "height": 900})

    def end(self) -> None:
        """Nothing was wrong."""
        assert not self.wrong, told(self.wrong)
        assert html_faults(self.folder) == ""
