"""A tree of pages broken by hand: visitors still find their way, and staff are told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page, Site

from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import mine
from portal.accounts.models import User
from portal.pages.models import HomePage, SectionPage, TextPage
from portal.pages.tree import faults
from portal.translating.models import Tally
from portal.translating.permissions import kinds_of, own_municipalities
from portal.translating.queries import lacking
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
    ("damage", "name", "below"),
    [
        (unpublish, "unpublished", 200),
        (start_at_wrong_type, "wrong-type", 404),
        (lose_own_row, "wrong-type", 404),
        (start_above_all, "wrong-type", 404),
    ],
)
def test_broken_front_page_still_offers_the_search_and_staff_are_told(
    larvik: Municipality, damage: Callable[[Municipality], None], name: str, below: int
) -> None:
    damage(larvik)
    Site.clear_site_root_paths_cache()
    visitor = Client(raise_request_exception=False)
    for lang in ("nb", "ar"):
        response = visitor.get(f"/{lang}/")
        assert response.status_code == 200
        assert f'action="/{lang}/find/"' in response.content.decode()
    assert visitor.get("/nb/find/").status_code == 200
    assert visitor.get("/nb/hjelp/").status_code == below, "what stands below is as far away as the front page"

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


def test_as_many_questions_for_one_municipality_as_for_three(larvik: Municipality) -> None:
    boss = User.objects.create_superuser("boss@example.org")

    def asked() -> list[int]:
        counts = []
        for look in (
            faults,
            lambda: faults(mine(Municipality, boss)),
            lambda: lacking(own_municipalities(boss), partial(kinds_of, boss)),
        ):
            look()
            with CaptureQueriesContext(connection) as seen:
                look()
            assert not any('"boundary"' in query["sql"] for query in seen.captured_queries), "large, and not needed"
            counts.append(len(seen))
        return counts

    first = asked()
    for number, name in (("3907", "Sandefjord"), ("4001", "Porsgrunn")):
        other = make_municipality(number, name)
        section = add(home_of(other), SectionPage, heading_nb="Hjelp")
        add(section, TextPage, heading_nb="Side")
        Tally.objects.create(
            municipality=other,
            content_type=ContentType.objects.get_for_model(TextPage),
            object_id=section.pk,
            lang="en",
            title="Side",
            texts=2,
            missing=1,
            stale=0,
            machine=0,
        )
    assert asked() == first
    assert [
        (town.name, [one.key for one in sums]) for town, sums in lacking(own_municipalities(boss), partial(kinds_of, boss))
    ] == [
        ("Porsgrunn", ["en"]),
        ("Sandefjord", ["en"]),
    ]


def test_first_page_of_the_admin_names_twenty_faults_and_counts_the_rest(larvik: Municipality) -> None:
    section = SectionPage.objects.get()
    for number in range(25):
        add(section, TextPage, heading_nb=f"Side {number}")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pages_textpage")
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss@example.org"))

    page = boss.get("/cms/").content.decode()

    assert page.count("kan ikke leses") == 20
    assert "Og 6 til" in page


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
