"""Whatever colours a municipality is allowed to choose: axe finds nothing, in light and in dark."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.pages.look import SiteLook
from portal.theme.rules import why_not_colours
from portal.theme.stylesheet import Colours
from tests.pages.conftest import Look, Site, settle, told, violations

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


def allowed(accent: str, brand: str, neutral: str) -> Colours:
    """The colours wished for, or the nearest allowed."""
    wish = Colours(accent, brand, neutral)
    return replace(wish, **{name: fault.nearest for name, fault in why_not_colours(wish).items()})


CHOSEN = [
    allowed("#0b5c7a", "#d98c00", "#24303a"),
    allowed("#ffd400", "#ffd400", "#ffd400"),  # what is asked for most and seen least
    allowed("#e60023", "#00ff00", ""),
    allowed("#000000", "", "#0000ff"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colours", CHOSEN, ids=lambda colours: colours.accent)
def test_axe_finds_nothing_in_own_colours(colours: Colours, scheme: str, site: Site, look: Look) -> None:
    SiteLook.objects.update_or_create(
        municipality=site.town.municipality,
        defaults={
            "accent": colours.accent,
            "brand": colours.brand,
            "neutral": colours.neutral,
            "footer_nb": "Velkommen til oss.",
        },
    )
    page = look(1280, color_scheme=scheme)
    paths = site.town.paths("nb")
    faults = {}
    for name in ("home", "find, filtered", "activity", "support schemes"):
        page.goto(paths[name])
        settle(page)
        base = page.evaluate(
            "getComputedStyle(document.documentElement).getPropertyValue('--ds-color-accent-base-default').trim()"
        )
        if scheme == "light":
            assert base == colours.accent, "the sheet is not in force"
        if found := violations(page):
            faults[name] = found
    assert not faults, told(faults)
