"""A tree of pages broken by hand: visitors still find their way, and staff are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from wagtail.models import Page, Site

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.pages.models import HomePage, SectionPage, TextPage
from portal.pages.tree import faults
from tests.factories.directory import default_municipality, make_municipality, make_staff
from tests.factories.pages import add, home_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def larvik() -> Municipality:
    municipality = default_municipality()
    section = add(home_of(municipality), SectionPage, heading_nb="Hjelp")
    add(section, TextPage, heading_nb="Side")
    return municipality


def unpublish(municipality: Municipality) -> None:
    Page.objects.filter(pk=municipality.site.root_page_id).update(live=False)


def start_at_wrong_type(municipality: Municipality) -> None:
    Site.objects.filter(municipality=municipality).update(root_page=SectionPage.objects.get())


def lose_own_row(municipality: Municipality) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pages_homepage")


def start_above_all(municipality: Municipality) -> None:
    Site.objects.filter(municipality=municipality).update(root_page=Page.get_first_root_node())


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (unpublish, "unpublished"),
        (start_at_wrong_type, "wrong-type"),
        (lose_own_row, "wrong-type"),
        (start_above_all, "wrong-type"),
    ],
)
def test_broken_front_page_still_offers_the_search_and_staff_are_told(
    larvik: Municipality, damage: Callable[[Municipality], None], name: str
) -> None:
    damage(larvik)
    Site.clear_site_root_paths_cache()
    visitor = Client(raise_request_exception=False)
    for lang in ("nb", "ar"):
        response = visitor.get(f"/{lang}/")
        assert response.status_code == 200
        assert f'action="/{lang}/find/"' in response.content.decode()
    assert visitor.get("/nb/find/").status_code == 200
    assert visitor.get("/nb/hjelp/").status_code in {200, 404}

    assert name in [fault.name for fault in faults()]
    staff = Client()
    staff.force_login(make_staff(larvik))
    assert "Noe er galt med sidene dine" in staff.get("/cms/").content.decode()
    with pytest.raises(CommandError):
        call_command("check_pages")


def test_deleted_front_page_leaves_ways_to_those_there_are(larvik: Municipality) -> None:
    make_municipality("3907", "Sandefjord")
    home_of(larvik).delete()

    response = Client(raise_request_exception=False).get("/nb/")

    assert response.status_code == 200
    assert "http://sandefjord.localhost" in response.content.decode()
    assert "no-site" in [fault.name for fault in faults()]


def test_page_without_the_page_above_it(larvik: Municipality) -> None:
    Page.objects.filter(pk=SectionPage.objects.get().pk).update(path="00019999ZZZZ", url_path="/x/")
    names = [fault.name for fault in faults()]
    assert "no-parent" in names
    visitor = Client(raise_request_exception=False)
    assert visitor.get("/nb/").status_code == 200
    assert visitor.get("/nb/hjelp/side/").status_code == 404


def test_page_whose_own_row_is_gone(larvik: Municipality) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pages_textpage")
    assert [fault.name for fault in faults()] == ["unreadable"]
    visitor = Client(raise_request_exception=False)
    assert visitor.get("/nb/hjelp/side/").status_code == 404
    assert visitor.get("/nb/hjelp/").status_code == 200


def test_tree_in_order_has_no_faults(larvik: Municipality) -> None:
    assert faults() == []
    staff = Client()
    staff.force_login(make_staff(larvik))
    assert "Noe er galt med sidene dine" not in staff.get("/cms/").content.decode()


def test_front_page_is_neither_deleted_nor_taken_away(larvik: Municipality) -> None:
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss@example.org"))
    home = home_of(larvik)
    for address, data in (
        (reverse("wagtailadmin_pages:delete", args=[home.pk]), {}),
        (reverse("wagtailadmin_pages:unpublish", args=[home.pk]), {}),
        (f"/cms/bulk/wagtailcore/page/delete/?id={home.pk}&next=/cms/", {}),
        (f"/cms/bulk/wagtailcore/page/unpublish/?id={home.pk}&next=/cms/", {}),
    ):
        boss.post(address, data)
        found: Any = HomePage.objects.filter(pk=home.pk, live=True).first()
        assert found is not None, address
