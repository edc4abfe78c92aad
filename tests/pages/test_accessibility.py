"""Every type of public page, in two directions of writing, two widths and two schemes: axe finds nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pages.conftest import Watch
from tests.pages.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.one_database]
AXE = Path(__file__).resolve().parents[2] / "portal" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Any) -> list[str]:
    """What axe holds against the page as it stands."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    return [
        f"{fault['id']}: {node['html'][:160]} {(node['any'] or node['all'] or node['none'] or [{}])[0].get('message', '')}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_axe_finds_nothing(
    lang: str, width: int, scheme: str, live_town: Town, live_server: Any, browser: Any, watch: Watch
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    watch.attach(context)
    page = context.new_page()
    faults = {}
    for name, path in live_town.paths(lang).items():
        page.goto(live_server.url + path)
        if found := violations(page):
            faults[name] = found
    assert faults == {}
    assert context.cookies() == []
    context.close()


def test_axe_finds_nothing_with_everything_opened(live_town: Town, live_server: Any, browser: Any, watch: Watch) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900})
    watch.attach(context)
    page = context.new_page()
    page.goto(live_server.url + "/ar/find/")
    page.locator(".filters > summary").click()
    closed = page.locator(".filter:not([open]) > summary")
    while closed.count():
        closed.first.click()
    page.locator("[data-open-map]").click()
    page.locator("#find-map .leaflet-marker-icon").first.wait_for()
    page.locator(".languages-menu > summary").click()
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_nothing_scrolls_sideways_at_320(lang: str, live_town: Town, live_server: Any, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    # The text spacing that WCAG 1.4.12 asks pages to bear.
    spacing = "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
    wide = {}
    for name, path in live_town.paths(lang).items():
        page.goto(live_server.url + path)
        plain = page.evaluate("document.documentElement.scrollWidth")
        page.evaluate("css => { const s = new CSSStyleSheet(); s.replaceSync(css); document.adoptedStyleSheets = [s]; }", spacing)
        spaced = page.evaluate("document.documentElement.scrollWidth")
        if plain > 320 or spaced > 320:
            wide[name] = (plain, spaced)
    assert wide == {}
    context.close()


def test_keyboard_reaches_everything_in_view_and_named(live_town: Town, live_server: Any, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    for name, path in live_town.paths("nb").items():
        page.goto(live_server.url + path)
        seen: list[str] = []
        for _step in range(220):
            page.keyboard.press("Tab")
            stop = page.evaluate(STOP)
            if stop is None:
                break
            assert stop["name"], f"{name}: a stop without a name: {stop['html']}"
            assert stop["visible"], f"{name}: a stop that cannot be seen: {stop['html']}"
            seen.append(stop["html"])
        else:
            raise AssertionError(f"{name}: the keyboard never comes out again")
        assert "#content" in seen[0], f"{name}: the first stop is the skip link"
        assert len(seen) >= 5
    page.goto(live_server.url + "/nb/find/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    context.close()


STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect();
  const label = e.labels && e.labels[0] ? e.labels[0].textContent : '';
  const name = (e.getAttribute('aria-label') || label || e.textContent || e.title || '').trim();
  const visible = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  return {name, visible, html: e.outerHTML.slice(0, 160)};
}"""
