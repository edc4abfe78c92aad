"""A site of its own for each journey: what people do here is really done, tasks and all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.kept_pages import pages
from tests.factories.directory import make_staff
from tests.pages.conftest import PATIENCE, Site, look  # noqa: F401
from tests.pages.town import make_town
from tests.portal.accounts.conftest import newest_code

PASSWORD = "a-long-password-1"


@pytest.fixture
def site(live_server: Any, transactional_db: None) -> Site:
    return Site(live_server.url, make_town())


@pytest.fixture
def kept_on(settings: Any) -> Iterator[None]:
    """Public pages are given again, as they are on a real site."""
    settings.KEPT_SECONDS = 60
    pages.clear()
    yield
    pages.clear()


@pytest.fixture
def coordinator(site: Site) -> User:
    return make_staff(Municipality.objects.get(pk=site.town.municipality.pk), "koordinator@example.org")


def sign_in(page: Any, user: User) -> None:
    """By a code, as everybody does."""
    page.goto("/cms/")
    page.locator("#id_email").fill(user.email)
    page.keyboard.press("Enter")
    page.locator("#id_code").wait_for()  # by then the letter is there
    page.locator("#id_code").fill(newest_code(user.email))
    page.keyboard.press("Enter")
    page.wait_for_url("**/cms/")


def wait_until(holds: Callable[[], bool], page: Any) -> None:
    """Wait for what no locator can say, while the page goes on."""
    for _step in range(PATIENCE // 50):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It never came to hold.")
