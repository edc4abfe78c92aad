"""From a word to something to do: the results page in a browser, with and without script."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.pages.conftest import Look, Site, look, site  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


def count(page: Any) -> int:
    return int(re.search(r"\d+", page.locator("[data-spoken]").inner_text())[0])  # type: ignore[index]


def test_filters_change_the_list_without_a_reload(look: Look) -> None:  # noqa: F811
    page = look(1280)
    page.goto("/nb/find/")
    everything = count(page)
    page.evaluate("window.stillHere = true")
    promised = int(page.locator("label:has(#f-free-1) small").inner_text())
    page.locator("#f-free-1").check()
    page.locator(".chosen").wait_for()
    assert page.url.endswith("/nb/find/?free=1")
    assert count(page) == promised < everything
    assert page.evaluate("document.activeElement.id") == "f-free-1"
    assert page.evaluate("window.stillHere") is True
    page.go_back()
    page.locator(".chosen").wait_for(state="detached")
    assert count(page) == everything
    assert not page.locator("#f-free-1").is_checked()
    page.wait_for_load_state("networkidle")  # the map's question must not outlive the test's database


def test_map_and_list_light_each_other(look: Look) -> None:  # noqa: F811
    page = look(1280)
    page.goto("/nb/find/?q=Stavernhallen&kind=place")
    marker = page.locator("#find-map .leaflet-marker-icon").first
    marker.wait_for()
    page.locator("[data-listing]").first.hover()
    assert "is-lit" in (marker.get_attribute("class") or "")
    page.mouse.move(5, 5)
    marker.focus()
    assert "is-lit" in (page.locator("[data-listing]").first.get_attribute("class") or "")
    page.keyboard.press("Enter")
    page.locator(".leaflet-popup a").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Stavernhallen"
    page.keyboard.press("Escape")
    page.locator(".leaflet-popup").wait_for(state="detached")


def test_everything_works_without_script(site: Site, look: Look) -> None:  # noqa: F811
    page = look(390, java_script_enabled=False)
    page.goto("/nb/")
    page.locator("#ask").fill("turn")
    page.locator(".search-box button").click()
    assert "/nb/find/?q=turn" in page.url
    page.locator(".filters > summary").click()
    page.locator("#f-free-1").check()
    page.locator(".filters__in button[type=submit]").click()
    assert "free=1" in page.url
    page.locator(".card a", has_text="Turn for nybegynnere").click()
    assert page.locator("h1").inner_text() == "Turn for nybegynnere"
    page.locator("a[rel=nofollow]", has_text="Meld fra om feil").click()
    page.locator("label", has_text="Tiden er feil").click()
    page.locator("form.form button[type=submit]").click()
    assert page.url.endswith("?sent=1")
    from directory.reports.models import ErrorReport

    report = ErrorReport.objects.get()
    assert (report.kind, report.listing_id, report.topic) == ("activity", site.town.activity.pk, "time")
