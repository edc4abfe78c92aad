"""Our scales are the design system's own: every colour of 24 palettes is compared with what its tool makes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from portal.theme.colours import contrast, hex_of, rgb_of
from portal.theme.scales import STEPS, scale

PALETTES = json.loads((Path(__file__).parent / "palettes.json").read_text())["palettes"]
SITE_CSS = Path(__file__).parents[3] / "portal" / "frontend" / "css" / "theme.css"


@pytest.mark.one_database
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", PALETTES)
def test_scale_is_what_the_tool_of_the_design_system_makes(colour: str, scheme: str) -> None:
    expected = {name: value.lower() for name, value in PALETTES[colour][scheme].items()}

    assert scale(colour, scheme) == expected  # type: ignore[arg-type]


@pytest.mark.one_database
def test_palettes_are_many_and_whole() -> None:
    assert len(PALETTES) >= 20
    assert all(len(steps) == len(STEPS) + 5 for palette in PALETTES.values() for steps in palette.values())


@pytest.mark.one_database
def test_scale_of_our_own_accent_stands_in_the_built_theme() -> None:
    """The theme that the tool built for the product and ours for a municipality are one thing."""
    css = SITE_CSS.read_text().lower()
    for name, value in scale("#0A6660", "light").items():
        assert f"--ds-color-accent-{name}: {value};" in css


@pytest.mark.one_database
def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert hex_of(rgb_of("#0a6660")) == "#0a6660"
