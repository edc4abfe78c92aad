"""Public pages with script switched off: filters, listings and the error form work, and no dead buttons are shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from directory.reports.models import ErrorReport
from tests.pages.conftest import Look, Site, violations

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


def test_front_page_asks_and_finds(site: Site, look: Look) -> None:
    page = look(390, java_script_enabled=False)
    page.goto("/nb/")
    page.locator("#ask").fill("turn nybegynnere")
    page.locator("#ask").press("Enter")
    page.wait_for_url("**/nb/find/?q=turn+nybegynnere")
    expect(page.locator(".results .card h2")).to_have_text(["Turn for nybegynnere"])


@pytest.mark.parametrize("width", [390, 1280])
def test_filters_are_a_plain_form(width: int, site: Site, look: Look) -> None:
    page = look(width, java_script_enabled=False)
    page.goto("/nb/find/")
    everything = page.locator("[data-spoken]").inner_text()
    box = page.locator("#f-free-1")
    if not box.is_visible():
        page.locator(".filters > summary").click()
    box.check()
    page.locator("#find-q").fill("turn")
    page.locator(".filters__in button[type=submit]").click()
    page.wait_for_url("**/nb/find/?*free=1*")
    assert "q=turn" in page.url
    expect(page.locator(".results .card h2").first).to_have_text("Turn for nybegynnere")
    assert page.locator("[data-spoken]").inner_text() != everything
    page.locator(".chosen__all").click()
    expect(page.locator("[data-spoken]")).to_have_text(everything)


def test_no_page_shows_what_only_script_can_do(site: Site, look: Look) -> None:
    page = look(390, java_script_enabled=False)
    for name, path in site.town.paths("nb").items():
        page.goto(path)
        dead = "[data-open-map], [data-near-me], [data-share], [data-print], [data-tiles], .needs-script"
        assert page.locator(dead).filter(visible=True).count() == 0, name
        assert page.locator("main h1").count() == 1, name


def test_listing_says_everything(site: Site, look: Look) -> None:
    page = look(390, java_script_enabled=False)
    page.goto(site.town.paths("nb")["activity"])
    words = page.locator("main").inner_text()
    for said in (
        "Turn for nybegynnere",
        "Vi leker, hopper og ruller.",
        "Ring Kari.",
        "00 00 00 02",
        "Stavernhallen",
        "17:00",
        "Gratis",
    ):
        assert said in words
    page.locator(".languages-menu > summary").click()
    page.locator(".languages-menu a[hreflang=ar]").click()
    assert page.locator("h1").inner_text() == "الجمباز للمبتدئين"


def test_an_error_is_reported(site: Site, look: Look) -> None:
    page = look(390, java_script_enabled=False)
    page.goto(site.town.paths("nb")["activity"])
    page.locator("a[href$='/report/']").click()
    page.locator("input[name=topic][value=other]").check()
    with page.expect_navigation():
        page.locator("#content form button").click()
    assert page.locator("[role=alert]").count() == 1
    assert "Feil" in page.title()
    page.locator("#id_text").fill("Møter opp, men døra er låst.")
    page.locator("#content form button").click()
    page.wait_for_url("**/report/?sent=1")
    assert page.locator("[role=status]").count() == 1
    report = ErrorReport.objects.get()
    assert (report.topic, report.text, report.lang) == ("other", "Møter opp, men døra er låst.", "nb")
    assert report.listing_id == site.town.activity.pk


def test_refused_form_is_accessible(site: Site, look: Look) -> None:
    page = look(320, 700)
    page.goto(site.town.paths("ar")["report"])
    page.evaluate("document.querySelector('#content form').noValidate = true")
    page.locator("#content form button").click()
    page.locator(".ds-error-summary").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.locator(".ds-error-summary a").first.click()
    assert page.evaluate("document.activeElement.name") == "topic"
