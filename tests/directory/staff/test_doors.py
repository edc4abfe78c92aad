"""Who gets in at all, and which screens stay shut for staff of a municipality."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from directory.municipalities.actions import dismiss
from tests.directory.staff.conftest import Town, read_again
from tests.directory.staff.test_foreign_rows import text_of

pytestmark = pytest.mark.one_database  # who gets in is asked before any row is


@pytest.fixture
def here(towns_of_the_file: tuple[Town, Town], db: None) -> Town:
    return read_again(towns_of_the_file[0])


@pytest.fixture
def own(here: Town) -> Town:
    return here


@pytest.fixture
def there(towns_of_the_file: tuple[Town, Town], db: None) -> Town:
    return read_again(towns_of_the_file[1])


def test_access_ends_with_the_role(kari: Client, own: Town) -> None:
    assert kari.get("/cms/snippets/directory/provider/").status_code == 200
    dismiss(user=own.staff, municipality=own.municipality)
    assert kari.get("/cms/snippets/directory/provider/").status_code in {302, 403, 404}
    assert "Larvikting" not in text_of(kari.get("/cms/", follow=True))


SHUT = [
    "users/",
    "users/new/",
    "groups/",
    "sites/",
    "collections/",
    "workflows/list/",
    "workflows/tasks/index/",
    "workflows/task_chooser/",
    "redirects/",
    "reports/locked/",
    "reports/aging-pages/",
    "reports/page-types-usage/",
    "pages/usage/pages/homepage/",
    "api/main/images/",
    "api/main/documents/",
    "tag-autocomplete/?term=a",
    "embeds/chooser/",
    "snippets/",
    "failwhale/",
]


@pytest.mark.parametrize("path", SHUT)
def test_screens_without_municipalities_are_shut(kari: Client, path: str) -> None:
    assert kari.get(f"/cms/{path}").status_code == 404


@pytest.mark.parametrize("path", [path for path in SHUT if path not in {"failwhale/", "snippets/", "embeds/chooser/"}])
def test_who_runs_the_installation_opens_them(boss: Client, path: str) -> None:
    assert boss.get(f"/cms/{path}").status_code == 200


def test_menu_leads_to_no_shut_door(kari: Client, own: Town) -> None:
    from wagtail.admin.menu import admin_menu, reports_menu, settings_menu

    request: Any = kari.get("/cms/").wsgi_request
    request.user = own.staff
    for menu in (admin_menu, reports_menu, settings_menu):
        for item in menu.menu_items_for_request(request):
            leaves = item.menu.menu_items_for_request(request) if hasattr(item, "menu") else [item]
            for leaf in leaves:
                if menu is settings_menu:
                    continue
                assert kari.get(leaf.url, follow=True).status_code == 200, leaf.url


def test_admin_calls_nobody_outside(kari: Client, own: Town) -> None:
    """Every address in the pages staff meet most is our own, but for links that one has to follow."""
    import re

    for path in (
        "/cms/",
        "/cms/snippets/directory/provider/",
        f"/cms/snippets/directory/activity/edit/{own.row('Activity').pk}/",
    ):
        body = text_of(kari.get(path))
        fetched = re.findall(r"<(?:script|img|link|iframe|source)[^>]+(?:src|href)=\"([^\"]+)", body)
        assert fetched
        assert not [address for address in fetched if address.startswith(("http:", "https:", "//"))]
