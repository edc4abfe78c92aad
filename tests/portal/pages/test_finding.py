"""Pages are found by the words of their headings."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from directory.municipalities.models import Municipality
from portal.pages.finding import pages_about
from portal.pages.menu import MenuItem
from portal.pages.models import NewsIndexPage, NewsPage, SectionPage, TextPage
from tests.factories.directory import default_municipality, make_municipality
from tests.factories.pages import add, home_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def larvik() -> Municipality:
    municipality = default_municipality()
    section = add(home_of(municipality), SectionPage, heading_nb="Hjelp til familier", heading_ar="مساعدة للعائلات")
    add(section, TextPage, heading_nb="Ledsagerbevis steg for steg", heading_en="Companion card")
    other = make_municipality("3907", "Sandefjord")
    add(home_of(other), TextPage, heading_nb="Ledsagerbevis i Sandefjord")
    return municipality


@pytest.mark.parametrize(
    ("words", "lang", "found"),
    [
        ("ledsagerbevis", "nb", ["Ledsagerbevis steg for steg"]),
        ("ledsag", "nb", ["Ledsagerbevis steg for steg"]),
        ("companion", "en", ["Companion card"]),
        ("companion", "nb", ["Ledsagerbevis steg for steg"]),
        ("familie hjelp", "nb", ["Hjelp til familier"]),
        ("مساعدة", "ar", ["مساعدة للعائلات"]),
        ("fotball", "nb", []),
        ("ledsagerbevis fotball", "nb", []),
        ("", "nb", []),
        ("'; DROP TABLE --", "nb", []),
    ],
)
def test_page_is_found_by_its_heading(larvik: Municipality, words: str, lang: str, found: list[str]) -> None:
    assert [str(name) for _href, name in pages_about(larvik, lang, words)] == found


def test_results_page_leads_to_the_pages_it_finds(larvik: Municipality) -> None:
    page = Client().get("/nb/find/?q=ledsagerbevis").content.decode()
    assert 'href="/nb/hjelp-til-familier/ledsagerbevis-steg-for-steg/"' in page
    assert "Sandefjord" not in page.split("<main", 1)[1].split("</main>")[0]
    assert "Sider om dette" not in Client().get("/nb/find/").content.decode()


def test_what_is_published_or_taken_away_is_found_or_not_at_once(larvik: Municipality) -> None:
    assert pages_about(larvik, "nb", "svømming") == []
    page = add(home_of(larvik), TextPage, heading_nb="Svømming for alle")
    assert len(pages_about(larvik, "nb", "svømming")) == 1
    section = SectionPage.objects.get()
    section.unpublish()
    assert pages_about(larvik, "nb", "ledsagerbevis") == [], "nobody can reach a page below it"
    assert Client().get("/nb/hjelp-til-familier/ledsagerbevis-steg-for-steg/").status_code == 404
    page.delete()
    assert pages_about(larvik, "nb", "svømming") == []


def test_page_below_one_that_is_taken_away_is_named_nowhere(larvik: Municipality) -> None:
    section = SectionPage.objects.get()
    news = add(section, NewsIndexPage, heading_nb="Nyheter")
    add(news, NewsPage, heading_nb="Svømming for alle", slug="svomming")
    MenuItem.objects.create(municipality=larvik, spot="top", page=TextPage.objects.child_of(section).get())
    addresses = ("/nb/hjelp-til-familier/ledsagerbevis-steg-for-steg/", "/nb/hjelp-til-familier/nyheter/svomming/")
    home, sitemap = Client().get("/nb/").content.decode(), Client().get("/sitemap-pages-1.xml").content.decode()
    for address in addresses:
        assert Client().get(address).status_code == 200
        assert address in home
        assert address in sitemap

    section.unpublish()

    home, sitemap = Client().get("/nb/").content.decode(), Client().get("/sitemap-pages-1.xml").content.decode()
    for address in addresses:
        assert Client().get(address).status_code == 404
        assert address not in home
        assert address not in sitemap


def test_two_questions_to_the_database_are_enough(larvik: Municipality) -> None:
    pages_about(larvik, "nb", "hjelp")
    with CaptureQueriesContext(connection) as seen:
        pages_about(larvik, "nb", "hjelp")
    assert len(seen) == 2
