"""Whatever colours a municipality is allowed to choose: axe finds nothing, in light and in dark."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.pages.look import SiteLook
from portal.theme.rules import why_not_colours
from portal.theme.stylesheet import Colours
from tests.pages.conftest import OF_COLOURS, Look, Site, settle, told, violations

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


@pytest.mark.parametrize("colours", CHOSEN, ids=lambda colours: colours.accent)
def test_axe_finds_nothing_in_own_colours(colours: Colours, site: Site, look: Look) -> None:
    """Only what colours decide: all else is looked at in the colours of every town."""
    SiteLook.objects.update_or_create(
        municipality=site.town.municipality,
        defaults={
            "accent": colours.accent,
            "brand": colours.brand,
            "neutral": colours.neutral,
            "footer_nb": "Velkommen til oss.",
        },
    )
    page = look(1280, color_scheme="light")
    paths = site.town.paths("nb")
    faults = {}
    for name in ("home", "find, filtered", "activity", "support schemes"):
        page.goto(paths[name])
        settle(page)
        base = page.evaluate(
            "getComputedStyle(document.documentElement).getPropertyValue('--ds-color-accent-base-default').trim()"
        )
        assert base == colours.accent, "the sheet is not in force"
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            if found := violations(page, OF_COLOURS):
                faults[f"{name}, {scheme}"] = found
    assert not faults, told(faults)
