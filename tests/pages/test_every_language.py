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


def test_axe_finds_nothing_on_the_main_pages_in_the_other_ten_languages(site: Site, look: Look) -> None:
    page = look(390)
    faults = {}
    for lang in TEN:
        paths = site.town.paths(lang)
        faults |= looked_at(page, {f"{lang} {name}": paths[name] for name in MAIN})
        assert page.evaluate("document.documentElement.lang") == lang
    assert not faults, told(faults)


@pytest.mark.nightly
@pytest.mark.parametrize("lang", COMPLETE)
def test_axe_finds_nothing_on_any_page_in_any_language(lang: str, site: Site, look: Look) -> None:
    faults = {}
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            page = look(width, color_scheme=scheme)
            paths = {**site.town.paths(lang), **serve_broken(page, site)}
            faults |= looked_at(page, {f"{name}, {width} px, {scheme}": path for name, path in paths.items()})
    assert not faults, told(faults)


@pytest.mark.nightly
@pytest.mark.parametrize("lang", COMPLETE)
def test_nothing_scrolls_sideways_with_letters_of_double_size_or_wide_letters(lang: str, site: Site, look: Look) -> None:
    """WCAG 1.4.4 at 1280 px, and 1.4.12 (`too_wide` widens the letters) at 320 px."""
    wide = {}
    for width, css in ((1280, "html{font-size:200%!important}"), (320, "")):
        page = look(width, 900)
        for name, path in site.town.paths(lang).items():
            page.goto(path)
            page.evaluate(ADD_CSS, css)
            found = too_wide(page) if not css else sideways(page)
            if found or page.evaluate("getComputedStyle(document.documentElement).fontSize") != ("32px" if css else "16px"):
                wide[f"{name}, {width} px"] = found or ["the letters did not grow"]
    assert not wide, told(wide)


def sideways(page: Any) -> list[str]:
    """Whether the page scrolls to the side as it stands."""
    broad = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return ["scrolls sideways"] if broad else []


@pytest.mark.nightly
@pytest.mark.parametrize("lang", COMPLETE)
def test_forced_colours_keep_every_control_visible(lang: str, site: Site, look: Look) -> None:
    page = look(390, forced_colors="active")
    faults = {}
    for name, path in site.town.paths(lang).items():
        page.goto(path)
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        if found := [*page.evaluate(UNSEEN), *violations(page)]:
            faults[name] = found
    assert not faults, told(faults)


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
