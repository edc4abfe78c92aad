"""A tablet on a table in a school: somebody looks around and walks away; the next person finds the start again."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from portal.kept_pages import pages
from portal.reach.kiosk import is_page
from tests.pages.conftest import Look, Site, violations, violations_in_both_schemes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept_on")]
WATCHED = "#kiosk-question[data-watching]"  # the script that watches comes after the page


def ways_of(page: Any) -> list[str]:
    """Everything on the page that somebody could press to go somewhere."""
    return page.locator("a[href]:not([href^='#']), area[href]").evaluate_all("ways => ways.map((way) => way.href)")


def must_stay_inside(address: str, site: Site) -> None:
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == site.url, address
    assert is_page(parts.path), address
    assert "kiosk=1" in parts.query, address


@pytest.mark.parametrize("script", [True, pytest.param(False, marks=pytest.mark.nightly)])
def test_nothing_on_the_tablet_leads_away(script: bool, site: Site, look: Look) -> None:
    page = look(1024, 768, java_script_enabled=script, has_touch=True)
    page.goto("/nb/?kiosk=1")
    seen: set[str] = set()
    waiting = ["/nb/?kiosk=1", *(f"{path}{'&' if '?' in path else '?'}kiosk=1" for path in site.town.paths("nb").values())]
    kinds: dict[str, int] = {}
    while waiting:
        address = waiting.pop(0)
        path = urlsplit(address).path
        kind = path.split("/")[2] if path.count("/") > 2 else "home"
        if address in seen or not is_page(path) or kinds.get(kind, 0) >= 4:
            continue
        seen.add(address)
        kinds[kind] = kinds.get(kind, 0) + 1
        page.goto(address)
        for link in ways_of(page):
            must_stay_inside(link, site)
            waiting.append(link.removeprefix(site.url))
        assert page.locator("a[href^='tel:'], a[href^='mailto:'], a[target], [data-share], [data-print]").count() == 0
    assert {"home", "find", "activities", "providers", "places", "support", "districts"} <= set(kinds)
    assert any("kiosk=1" in key[2] for key in pages.kept), "some of these pages were kept"


@pytest.mark.parametrize("script", [True, False])
def test_searching_and_choosing_stays_in_the_kiosk(script: bool, site: Site, look: Look) -> None:
    page = look(1024, 768, java_script_enabled=script)
    page.goto("/nb/?kiosk=1")
    page.locator("#ask").fill("turn nybegynnere")
    page.locator("#ask").press("Enter")
    page.wait_for_url(re.compile(r"/nb/find/\?kiosk=1&q=turn"))
    page.locator(".results .card h2 a").first.click()
    page.wait_for_url(re.compile(r"/nb/activities/.*kiosk=1"))
    expect(page.locator(".take-along img.qr")).to_be_visible()
    expect(page.get_by_text("00 00 00 02")).to_be_visible()
    page.locator(".languages-menu > summary").click()
    page.locator(".languages-menu a[lang=ar]").click()
    page.wait_for_url(re.compile(r"/ar/activities/.*kiosk=1"))
    page.locator(".kiosk-bar a").click()
    page.wait_for_url("**/nb/?kiosk=1")


def test_filters_without_reload_and_the_map_stay_in_the_kiosk(site: Site, look: Look) -> None:
    page = look(1280, 900)
    page.goto("/nb/find/?kiosk=1")
    page.locator("#f-free-1").check()
    page.wait_for_url(re.compile(r"free=1"))
    assert "kiosk=1" in page.url
    for link in ways_of(page):
        must_stay_inside(link, site)
    # A link that a script makes: the mode is put in when it is pressed.
    page.evaluate("""() => {
        const link = document.createElement('a');
        link.href = '/nb/support/'; link.target = '_blank'; link.id = 'made'; link.textContent = 'x';
        const out = document.createElement('a');
        out.href = 'https://example.org/'; out.id = 'out'; out.textContent = 'y';
        document.querySelector('main').prepend(link, out);
    }""")
    before = page.url
    page.locator("#out").click()
    page.wait_for_timeout(200)
    assert page.url == before
    page.locator("#made").click()
    page.wait_for_url("**/nb/support/?kiosk=1")
    assert len(page.context.pages) == 1
    # A step by script alone is brought back by the server.
    page.evaluate("location.assign('/nb/find/?q=turn')")
    page.wait_for_url("**/nb/find/?q=turn&kiosk=1")
    page.evaluate("location.assign('/cms/')")
    page.wait_for_url("**/nb/?kiosk=1")


def test_somebody_who_left_is_asked_and_forgotten(site: Site, look: Look) -> None:
    page = look(1024, 768)
    page.clock.install()
    page.goto(f"{site.town.paths('ar')['activity']}?kiosk=1")
    expect(page.locator(WATCHED)).to_be_attached()
    page.evaluate("localStorage.setItem('area', 'stavern'); sessionStorage.setItem('x', '1')")
    question = page.locator("#kiosk-question")
    page.clock.run_for(89_000)
    expect(question).to_be_hidden()
    page.clock.run_for(2_000)
    expect(question).to_be_visible()
    expect(question.locator("[data-stay]")).to_be_focused()
    assert violations(page) == []

    page.keyboard.press("Enter")  # the keyboard answers
    expect(question).to_be_hidden()
    page.clock.run_for(91_000)
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()

    page.clock.run_for(91_000)
    expect(question.locator("[data-seconds]")).to_have_text(re.compile(r"^\d+$"))
    page.clock.run_for(20_500)
    expect(question.locator("[data-said]")).to_have_text(re.compile("10$"))
    page.clock.run_for(11_000)
    page.wait_for_url("**/nb/?kiosk=1")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_an_untouched_start_asks_nobody(site: Site, look: Look) -> None:
    page = look(1024, 768)
    page.clock.install()
    page.goto("/nb/?kiosk=1")
    expect(page.locator(WATCHED)).to_be_attached()
    page.clock.run_for(400_000)
    expect(page.locator("#kiosk-question")).to_be_hidden()
    page.locator("#ask").fill("noe privat")
    page.clock.run_for(91_000)
    expect(page.locator("#kiosk-question")).to_be_visible()
    page.clock.run_for(31_000)
    expect(page.locator("#ask")).to_have_value("")


@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_axe_finds_nothing_on_the_tablet(lang: str, site: Site, look: Look) -> None:
    page = look(1024, 768)
    for name in ("home", "find", "activity"):
        page.goto(f"{site.town.paths(lang)[name]}?kiosk=1")
        assert violations_in_both_schemes(page) == {}, name
        small = page.locator(".kiosk-bar a, .site-header__nav a").evaluate_all(
            "ways => ways.filter((way) => way.getBoundingClientRect().height < 44).map((way) => way.textContent)"
        )
        assert small == [], name
