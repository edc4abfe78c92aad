"""Every type of public page, in two directions of writing, two widths and two schemes; keyboard; narrow screens."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string

from tests.pages.conftest import ALWAYS, Look, Site, settle, told, violations, violations_in_both_schemes

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]

# Pages that answer when nothing else can; the site does not show them unless it breaks.
ASKS_THE_WIDTH = "[data-map]:not([data-map=now]), form[data-live]"
BROKEN = {"out of order": "503.html", "our fault": "500.html"}


def serve_broken(page: Any, site: Site) -> dict[str, str]:
    """Addresses at which the browser gets those pages, under the site's own policy."""
    policy = page.request.get(f"{site.url}/nb/").headers["content-security-policy"]
    bodies = {f"{site.url}/{name.replace(' ', '-')}": render_to_string(template) for name, template in BROKEN.items()}

    def answer(route: Any) -> None:
        route.fulfill(
            body=bodies[route.request.url], content_type="text/html; charset=utf-8", headers={"content-security-policy": policy}
        )

    for address in bodies:
        page.route(address, answer)
    return {name: f"/{name.replace(' ', '-')}" for name in BROKEN}


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_axe_finds_nothing(lang: str, half: int, site: Site, look: Look) -> None:
    """Small, smallest, then large as it stands, as a tablet that is turned; what a script decides by the width is loaded anew."""
    page = look(390)
    faults = {}
    for number, (name, path) in enumerate({**site.town.paths(lang), **serve_broken(page, site)}.items()):
        if number % 2 != half:
            continue
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            if width == 390 or page.locator(ASKS_THE_WIDTH).count():
                page.goto(path)
            settle(page)
            faults |= {f"{name}, {width} px, {scheme}": found for scheme, found in violations_in_both_schemes(page).items()}
            if width == 390 and name not in ALWAYS:  # those are loaded at 320 px too
                page.set_viewport_size({"width": 320, "height": 700})
                if found := too_wide(page):
                    faults[f"{name}, at 320 px"] = found
                page.evaluate("document.adoptedStyleSheets = []")
    assert not faults, told(faults)


def test_axe_sees_what_is_only_wrong_in_the_dark(site: Site, look: Look) -> None:
    page = look(390)
    page.goto("/nb/")
    page.evaluate(ADD_CSS, "@media (prefers-color-scheme: dark) { h1 { color: #333 !important } }")
    found = violations_in_both_schemes(page)
    assert list(found) == ["dark"]
    assert {fault.split()[0] for fault in found["dark"]} == {"color-contrast"}


def test_axe_finds_nothing_with_everything_opened(site: Site, look: Look) -> None:
    page = look(390)
    page.goto("/ar/find/")
    page.locator(".filters > summary").click()
    while (closed := page.locator(".filter:not([open]) > summary")).count():
        closed.first.click()
    page.locator("[data-open-map]").click()
    page.locator("#find-map .leaflet-marker-icon").first.wait_for()
    page.locator(".languages-menu > summary").click()
    assert violations(page) == []


def test_axe_finds_nothing_in_a_refused_form(site: Site, look: Look) -> None:
    for lang in ("nb", "ar"):
        page = look(390)
        page.goto(site.town.paths(lang)["report"])
        page.locator("input[name=topic][value=other]").check()
        page.locator("#content form button").click()
        page.locator(".ds-error-summary").wait_for()
        assert violations(page) == []


def test_axe_finds_what_is_wrong(site: Site, look: Look) -> None:
    page = look(390)
    page.goto("/nb/")
    page.evaluate("""() => {
        const image = document.createElement('img');
        image.src = 'data:,';
        const low = document.createElement('p');
        low.textContent = 'Grå på hvitt';
        low.style.setProperty('color', '#ccc');
        document.querySelector('main').append(image, low);
        document.documentElement.lang = '';
    }""")
    assert {fault.split()[0] for fault in violations(page)} >= {"image-alt", "html-has-lang", "color-contrast"}


# What WCAG 1.4.12 asks pages to bear.
SPACED = (
    "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-block-end:2em!important}"
)
ADD_CSS = "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }"


def too_wide(page: Any) -> list[str]:
    """What stands out of the page to the side, plain and with wide letters; empty when nothing scrolls."""
    found = []
    for css in ("", SPACED):
        page.evaluate(ADD_CSS, css)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found += page.evaluate("""() => [...document.body.querySelectorAll('*')]
                .filter((e) => { const box = e.getBoundingClientRect(); return box.right > innerWidth + 1 || box.left < -1; })
                .slice(0, 3).map((e) => e.outerHTML.slice(0, 120))""") or ["the page"]
    return found


@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_nothing_scrolls_sideways_at_320(lang: str, site: Site, look: Look, thorough: bool) -> None:
    """The main pages; the others where axe looks at them; the long run loads them all at 320 px."""
    page = look(320, 700)
    wide = {}
    for name, path in {**site.town.paths(lang), **serve_broken(page, site)}.items():
        if not thorough and name not in ALWAYS:
            continue
        page.goto(path)
        if found := too_wide(page):
            wide[name] = found
    page.goto(f"/{lang}/find/")
    page.locator(".filters > summary").click()
    while (closed := page.locator(".filter:not([open]) > summary")).count():
        closed.first.click()
    page.locator("[data-open-map]").click()
    page.locator("#find-map .leaflet-marker-icon").first.wait_for()
    if found := too_wide(page):
        wide["find, all opened"] = found
    assert not wide, told(wide)


def test_check_of_width_sees_what_is_wrong(site: Site, look: Look) -> None:
    page = look(320, 700)
    page.goto("/nb/support/")
    page.evaluate("""() => {
        const box = document.createElement('p');
        box.textContent = 'Bredt';
        box.style.setProperty('min-inline-size', '330px');
        document.querySelector('main').append(box);
    }""")
    assert too_wide(page)


# The element that has the focus: what it is called, whether one sees it and nothing lies on it, whether its ring is drawn.
STOP = """async (part) => {
  const e = document.activeElement;
  if (part && e && !e.closest(part)) return null;
  // After the last stop the browser goes on to its own controls, or begins again at the first.
  if (!e || e === document.body || e === document.documentElement || e === window.firstStop) return null;
  window.firstStop ??= e;
  const seen = () => {
    const box = [...e.getClientRects()].find((b) => b.width > 0 && b.height > 0);
    if (!box) return false;
    // A field for long texts may reach below the window, as long as a line of it stands inside.
    const up = Math.max(box.top, 0), down = Math.min(box.bottom, innerHeight);
    if (down - up < Math.min(box.height / 2, 24)) return false;
    const x = box.x + box.width / 2, y = (up + down) / 2;
    const top = document.elementFromPoint(x, y);
    return !!top && (e.contains(top) || top.contains(e) || [...(e.labels ?? [])].some((label) => label.contains(top)));
  };
  for (let frame = 0; frame < 30 && !seen(); frame++) await new Promise(requestAnimationFrame);
  const ring = (x) => {
    const s = getComputedStyle(x);
    return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none';
  };
  let ringed = false;
  for (let x = e, up = 0; x && up < 3; x = x.parentElement, up++) ringed ||= ring(x);
  const label = [...(e.labels ?? [])].map((x) => x.textContent).join(' ');
  const by = document.getElementById(e.getAttribute('aria-labelledby'))?.textContent;
  const name = (e.getAttribute('aria-label') || by || label || e.textContent || e.title || '').trim();
  // A player, a date and a page in a frame have several stops of their own, all of which are one thing to the page.
  const within = e === window.lastStop && e.matches('video, audio, iframe, input[type=date], input[type=time]');
  const again = e === window.lastStop && !within;
  window.lastStop = e;
  ringed ||= e.matches('iframe');
  return {name, seen: seen(), ringed, within, again, html: e.outerHTML.slice(0, 160)};
}"""


# How many things the keyboard should come to; of a group of radio buttons only one.
REACHABLE = """part => [...document.querySelectorAll(part + ' :is(a[href], button, input, select, textarea, summary)')]
  .filter((e) => e.checkVisibility() && e.tabIndex >= 0 && !e.disabled && !['radio', 'hidden'].includes(e.type)).length"""


def walk(page: Any, part: str = "") -> tuple[list[str], list[str]]:
    """Tab from the top until the focus leaves the page, or the part of it: the stops, and what is wrong with them."""
    stops: list[str] = []
    faults: list[str] = []
    if part:
        page.evaluate("part => { const e = document.querySelector(part); e.tabIndex = -1; e.focus(); }", part)
    for _step in range(3 * page.evaluate(REACHABLE, part or "body") + 150):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP, part)
        if stop is None:
            return stops, faults
        if stop["within"]:
            continue
        if stop["again"]:
            faults.append(f"held: {stop['html']}")
            return stops, faults
        stops.append(stop["html"])
        for what, right in (("no name", stop["name"]), ("not seen", stop["seen"]), ("no ring", stop["ringed"])):
            if not right:
                faults.append(f"{what}: {stop['html']}")
    return stops, [*faults, f"after {len(stops)} stops the keyboard is still inside"]


@pytest.mark.parametrize(("lang", "width"), [("nb", 1280), ("ar", 390)])
def test_keyboard_reaches_everything_named_and_in_view(lang: str, width: int, site: Site, look: Look, thorough: bool) -> None:
    """Each page in one of the two, the main ones in both; the long run asks both of all."""
    page = look(width)
    wrong = {}
    for number, (name, path) in enumerate(site.town.paths(lang).items()):
        if not thorough and name not in ALWAYS and number % 2 != (lang == "ar"):
            continue
        page.goto(path)
        page.evaluate("scrollTo(0, 0)")
        # Around each state of a page stands what stands around the page.
        stops, faults = walk(page, "main" if "," in name else "")
        if "," not in name and "#content" not in stops[0]:
            faults.append(f"the first stop is not the skip link: {stops[0]}")
        reachable = page.evaluate(REACHABLE, "main")
        if len(stops) < reachable:
            faults.append(f"{reachable} things to reach, {len(stops)} stops")
        if faults:
            wrong[name] = faults
    assert not wrong, told(wrong)


def test_skip_link_leads_to_the_content(site: Site, look: Look) -> None:
    page = look()
    page.goto("/nb/find/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_walk_sees_what_is_wrong(site: Site, look: Look) -> None:
    page = look()
    page.goto("/nb/support/")
    page.evaluate("""() => {
        const make = (text, css) => {
            const button = document.createElement('button');
            button.textContent = text;
            for (const [name, value] of Object.entries(css)) button.style.setProperty(name, value, 'important');
            document.querySelector('main').append(button);
            return button;
        };
        make('', {});
        make('Out of sight', {position: 'fixed', top: '-300px'});
        make('Without ring', {outline: 'none', 'box-shadow': 'none'});
        make('Trap', {}).addEventListener('keydown', (event) => event.preventDefault());
    }""")
    _stops, faults = walk(page)
    assert {fault.split(":")[0] for fault in faults} >= {"no name", "not seen", "no ring", "held"}
