"""The pages in all twelve languages of the interface.

The change of every day looks at the five main pages in the ten languages that `test_accessibility.py` leaves out; the
long run looks at everything in all of them, and at what readers change for themselves: forced colours, letters of
double size, wide letters.
"""

from __future__ import annotations

from typing import Any

import pytest

from portal.languages import COMPLETE
from tests.pages.conftest import Look, Site, settle, told, violations
from tests.pages.test_accessibility import ADD_CSS, serve_broken, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]

MAIN = ("home", "find", "activity", "provider", "support schemes")
TEN = [code for code in COMPLETE if code not in {"nb", "ar"}]


def looked_at(page: Any, paths: dict[str, str]) -> dict[str, list[str]]:
    """What axe finds on each page, where it finds something."""
    faults = {}
    for name, path in paths.items():
        page.goto(path)
        settle(page)
        if found := violations(page):
            faults[name] = found
    return faults


def test_axe_finds_nothing_on_the_main_pages_in_the_other_ten_languages(site: Site, look: Look, thorough: bool) -> None:
    """Three of the five in each, others in the next; the long run looks at all."""
    page = look(390)
    faults = {}
    for turn, lang in enumerate(TEN):
        paths = site.town.paths(lang)
        asked = [name for number, name in enumerate(MAIN) if thorough or (number + turn) % 5 < 3]
        faults |= looked_at(page, {f"{lang} {name}": paths[name] for name in asked})
        assert page.evaluate("document.documentElement.lang") == lang
    assert not faults, told(faults)


@pytest.mark.nightly
@pytest.mark.parametrize("lang", COMPLETE)
def test_every_page_bears_what_readers_change(lang: str, site: Site, look: Look) -> None:
    """Axe in light, dark and forced colours, where every control keeps an edge; letters of double size (WCAG 1.4.4, at
    1280 px) and wide ones (1.4.12, `too_wide` widens them at 320 px) scroll nothing sideways. Each page is loaded twice.
    """
    faults: dict[str, list[str]] = {}
    for width in (1280, 390):
        page = look(width, 900)
        for name, path in {**site.town.paths(lang), **serve_broken(page, site)}.items():
            page.goto(path)
            settle(page)
            for what, found in changed_by_readers(page, width).items():
                if found:
                    faults[f"{name}, {width} px, {what}"] = found
    assert not faults, told(faults)


def changed_by_readers(page: Any, width: int) -> dict[str, list[str]]:
    """What is wrong with the page as it stands, by what a reader changed; it is left as it was."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found[scheme] = violations(page)
    page.emulate_media(color_scheme="light", forced_colors="active")
    forced = page.evaluate("matchMedia('(forced-colors: active)').matches")
    found["forced colours"] = [*page.evaluate(UNSEEN), *violations(page)] if forced else ["the colours were not taken away"]
    page.emulate_media(forced_colors="none")
    if width == 1280:
        page.evaluate(ADD_CSS, "html{font-size:200%!important}")
        grew = page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        found["double letters"] = sideways(page) if grew else ["the letters did not grow"]
    else:
        page.set_viewport_size({"width": 320, "height": 900})
        found["wide letters"] = too_wide(page)
        page.set_viewport_size({"width": width, "height": 900})
    return found


@pytest.mark.nightly
def test_the_walk_sees_each_of_them(site: Site, look: Look) -> None:
    page = look(1280, 900)
    page.goto("/nb/support/")
    page.evaluate("""() => {
        const box = document.createElement('div');
        const button = document.createElement('button');
        button.textContent = 'Uten kant';
        button.style.setProperty('border', '0');
        const broad = document.createElement('p');
        broad.textContent = 'Bredt';
        broad.style.setProperty('min-inline-size', '45rem');
        box.append(button);
        document.querySelector('main').replaceChildren(box, broad);
    }""")
    found = changed_by_readers(page, 1280)
    assert found["forced colours"]
    assert found["double letters"] == ["scrolls sideways"]


def sideways(page: Any) -> list[str]:
    """Whether the page scrolls to the side as it stands."""
    broad = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return ["scrolls sideways"] if broad else []


# With the colours taken away a control must still have an edge or an underline of its own, and a picture of an icon a colour.
UNSEEN = """() => [...document.querySelectorAll('main :is(button, input:not([type=hidden]), select, textarea)')]
  .filter((e) => e.checkVisibility())
  .filter((e) => {
    const edged = (x) => {
      const s = getComputedStyle(x);
      return ['top', 'bottom', 'left', 'right'].some((side) =>
        s.getPropertyValue(`border-${side}-style`) !== 'none' && parseFloat(s.getPropertyValue(`border-${side}-width`)) > 0)
        || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0);
    };
    const native = getComputedStyle(e).appearance !== 'none' && ['checkbox', 'radio'].includes(e.type);
    return !native && !edged(e) && !edged(e.parentElement) && !edged(e.parentElement.parentElement);
  })
  .map((e) => `no edge: ${e.outerHTML.slice(0, 140)}`)"""
