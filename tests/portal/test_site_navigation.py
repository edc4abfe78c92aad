"""Header and footer: what every site begins with, what is left out, and how little it costs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.test import Client
from PIL import Image as Picture
from wagtail.images.models import Image

from directory.municipalities.models import Feature, Municipality
from portal.pages.look import SiteLook
from portal.pages.menu import MenuItem, Spot
from portal.pages.models import AccessibilityStatementPage, NewsIndexPage, PrivacyPage
from portal.pages.navigation import Navigation, navigation
from tests.factories.directory import default_municipality, make_municipality

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Municipality:
    return default_municipality()


def asked_again(town: Municipality, lang: str = "nb") -> Navigation:
    """As the next request asks: with a row of its own."""
    return navigation(Municipality.objects.get(pk=town.pk), lang)


def names(found: Navigation) -> tuple[list[str], list[str]]:
    return [entry.name for entry in found.top], [entry.name for entry in found.foot]


def test_site_without_a_menu_has_the_one_every_site_begins_with(town: Municipality) -> None:
    top, foot = names(asked_again(town))
    assert top == ["find", "support"]
    assert {"find", "support", "staff"} <= set(foot)
    assert not {"news", "accessibility", "privacy"} & set(foot), "pages that are not there are not named"


def test_pages_of_the_tree_appear_when_they_are_published(town: Municipality) -> None:
    SiteLook.objects.create(municipality=town)
    home = town.site.root_page  # type: ignore[union-attr]
    asked_again(town)
    for model, slug in ((NewsIndexPage, "nyheter"), (AccessibilityStatementPage, "uu"), (PrivacyPage, "personvern")):
        page = home.add_child(instance=model(title=slug, slug=slug, heading_nb=slug, live=False))
        page.save_revision().publish()

    top, foot = names(asked_again(town))

    assert "news" in top
    assert {"news", "accessibility", "privacy"} <= set(foot)
    assert [entry.address for entry in asked_again(town, "ar").foot if entry.name == "privacy"] == ["/ar/personvern/"]


def test_calendar_is_named_where_it_is_in_use(town: Municipality) -> None:
    MenuItem.objects.create(municipality=town, spot=Spot.TOP, fixed="calendar")
    MenuItem.objects.create(municipality=town, spot=Spot.TOP, fixed="find")
    assert names(asked_again(town))[0] == ["find"]
    town.features = [Feature.CALENDAR]
    town.save()
    assert names(asked_again(town))[0] == ["calendar", "find"]


def test_addresses_without_a_language_stay_without_one(town: Municipality) -> None:
    for n, address in enumerate(("/find/?free=1", "/nb/support/", "/healthz", "/sitemap.xml", "/documents/1/a.pdf")):
        MenuItem.objects.create(municipality=town, spot=Spot.TOP, sort_order=n, address=address, label_nb="x")
    assert [entry.address for entry in asked_again(town, "ar").top] == [
        "/ar/find/?free=1",
        "/ar/support/",
        "/healthz",
        "/sitemap.xml",
        "/documents/1/a.pdf",
    ]


def test_navigation_costs_one_query_and_follows_every_change(town: Municipality, django_assert_num_queries: Any) -> None:
    look = SiteLook.objects.create(municipality=town)
    for n in range(20):
        MenuItem.objects.create(municipality=town, spot=Spot.TOP, sort_order=n, address=f"/find/?age={n}", label_nb=str(n))
    asked_again(town)
    row = Municipality.objects.get(pk=town.pk)
    with django_assert_num_queries(1):
        assert len(navigation(row, "nb").top) == 20
        navigation(row, "nb")

    look.footer_nb = "Nytt"  # type: ignore[attr-defined]
    look.save()

    assert str(asked_again(town).footer) == "Nytt"


def test_neighbours_menu_is_its_own(town: Municipality) -> None:
    other = make_municipality("3907", "Sandefjord")
    for row, label in ((town, "Vårt"), (other, "Deres")):
        SiteLook.objects.create(municipality=row)
        MenuItem.objects.create(municipality=row, spot=Spot.TOP, address="/find/", label_nb=label)
    assert [str(entry.label) for entry in asked_again(town).top] == ["Vårt"]
    assert [str(entry.label) for entry in asked_again(other).top] == ["Deres"]


def test_logo_stands_in_the_header_small_and_without_words(town: Municipality) -> None:
    file = io.BytesIO()
    Picture.new("RGB", (1200, 400), "navy").save(file, "PNG")
    logo = Image.objects.create(title="Kommunevåpen", file=ImageFile(file, name="logo.png"), collection=town.collection)
    SiteLook.objects.create(municipality=town, logo=logo)

    body = Client().get("/nb/").content.decode()

    header = body[body.index("<header") : body.index("</header>")]
    assert 'class="site-header__logo"' in header
    assert 'alt="" width="144" height="48"' in header
    logo.file.storage.delete(logo.file.name)
    logo.renditions.all().delete()
    SiteLook.objects.get().save()
    assert Client().get("/nb/").status_code == 200, "a lost file costs the logo, not the page"
