""" "My area": chosen once, kept in the browser alone, offered where one searches, dropped by one press."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import Look, Site, violations

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]
KEY = "frittfram-area"


def kept(page: Any) -> Any:
    return json.loads(page.evaluate(f"localStorage.getItem('{KEY}')") or "null")


def test_a_district_is_kept_offered_and_dropped_by_keyboard(site: Site, look: Look) -> None:
    page = look(390)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/nb/")
    expect(page.locator("[data-my-area]")).to_be_hidden()
    page.goto("/nb/districts/stavern/")
    button = page.locator("[data-keep-area] button")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-keep-area] [role=status]")).not_to_be_empty()
    assert kept(page) == {"param": "district", "value": "stavern", "label": "Stavern"}
    assert not any("area" in address for address in asked)

    page.goto("/nb/")
    assert violations(page) == []
    expect(page.locator("[data-my-area]")).to_contain_text("Stavern")
    page.locator("#ask").fill("turn")
    page.locator("#ask").press("Enter")
    page.wait_for_url("**/nb/find/?q=turn&district=stavern")
    expect(page.locator("[data-my-area]")).to_be_hidden()
    expect(page.locator(".chosen")).to_contain_text("Stavern")

    page.locator(".chosen a", has_text="Stavern").click()
    chip = page.locator(".my-area__chip")
    expect(chip).to_be_visible()
    assert violations(page) == []
    assert "district=stavern" in str(chip.get_attribute("href"))
    assert "q=turn" in str(chip.get_attribute("href"))
    chip.click()
    page.wait_for_url("**district=stavern**")
    page.wait_for_function("document.activeElement.hasAttribute('data-live-focus')")

    page.goto("/nb/")
    page.locator("[data-forget-area]").focus()
    page.keyboard.press("Enter")
    assert kept(page) is None
    expect(page.locator("[data-area-said]")).not_to_be_empty()
    expect(page.locator(".my-area__chip")).to_be_hidden()
    assert page.evaluate("document.activeElement.hasAttribute('data-my-area')")
    page.locator("#ask").fill("turn")
    page.locator("#ask").press("Enter")
    page.wait_for_url("**/nb/find/?q=turn")


@pytest.mark.parametrize(
    "stored",
    [
        "{",
        "null",
        "[]",
        '"x"',
        '{"param":"q","value":"x","label":"x"}',
        '{"param":"district","value":"a b","label":"x"}',
        '{"param":"district","value":"\\"><img src=x onerror=alert(1)>","label":"x"}',
        '{"param":"near","value":{"a":1},"label":"x"}',
    ],
)
def test_what_is_spoilt_in_the_store_is_no_area(site: Site, look: Look, stored: str) -> None:
    page = look(390)
    page.goto("/nb/")
    page.evaluate(f"value => localStorage.setItem('{KEY}', value)", stored)
    page.goto("/nb/find/")
    expect(page.locator("[data-my-area]")).to_be_hidden()


def test_a_name_with_signs_of_html_stays_a_name(site: Site, look: Look) -> None:
    page = look(390)
    page.goto("/nb/")
    area = {"param": "near", "value": "<b>3290</b>", "label": "<img src=x onerror=alert(1)>"}
    page.evaluate(f"value => localStorage.setItem('{KEY}', value)", json.dumps(area))
    page.goto("/nb/find/")
    expect(page.locator("[data-area-name]")).to_have_text("<img src=x onerror=alert(1)>")


def test_a_shared_tablet_keeps_nothing(site: Site, look: Look) -> None:
    page = look(1280)
    page.goto("/nb/districts/stavern/?kiosk=1")
    expect(page.locator("[data-keep-area]")).to_be_hidden()
    page.goto("/nb/")
    area = json.dumps({"param": "district", "value": "stavern", "label": "Stavern"})
    page.evaluate(f"value => localStorage.setItem('{KEY}', value)", area)
    page.goto("/nb/?kiosk=1")
    expect(page.locator("[data-my-area]")).to_be_hidden()


def test_without_script_there_is_no_trace_of_it(site: Site, look: Look) -> None:
    page = look(390, java_script_enabled=False)
    for path in ("/nb/", "/nb/find/", "/nb/districts/stavern/", "/nb/districts/?near=3290"):
        page.goto(path)
        assert page.locator("[data-my-area], [data-keep-area]").filter(visible=True).count() == 0


def test_a_popup_says_when_and_where(site: Site, look: Look) -> None:
    page = look(1280)
    page.goto("/nb/districts/stavern/")
    page.locator("#district-map").scroll_into_view_if_needed()
    popup = page.locator("#district-map .leaflet-popup")
    # The hall and what meets in it stand at one door, behind one number.
    page.locator("#district-map .cluster", has_text=re.compile(r"^2\b")).click()
    page.locator("#district-map .leaflet-marker-icon.listing-place").click()
    expect(popup.get_by_role("link", name="Stavernhallen")).to_be_visible()
    expect(popup).to_contain_text("Idrettsveien 2, 3290 Stavern")
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)

    page.get_by_role("button", name="Turn for nybegynnere").click()
    expect(popup.get_by_role("link", name="Turn for nybegynnere")).to_be_visible()
    for words in ("17:00", "Stavernhallen", "Gratis"):
        expect(popup).to_contain_text(words)
