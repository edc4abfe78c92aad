"""Colours that cannot be seen are refused with a sentence and a way out; the way out is good."""

from __future__ import annotations

import colorsys
import re
from pathlib import Path

import pytest

from portal.theme.colours import contrast, hex_of, oklch, rgb_of
from portal.theme.rules import Why, why_not_colours
from portal.theme.scales import scale
from portal.theme.stylesheet import OWN_GROUNDS, Colours, grounds, stylesheet

WHEEL = [
    hex_of(tuple(255 * part for part in colorsys.hls_to_rgb(hue / 6, light / 10, full)))  # type: ignore[arg-type]
    for hue in range(6)
    for light in range(11)
    for full in (0.15, 1.0)
]
GROUND_CSS = Path(__file__).parents[3] / "portal" / "frontend" / "css" / "ground.css"
pytestmark = pytest.mark.one_database


def test_product_own_colours_are_good() -> None:
    assert why_not_colours(Colours("#0A6660", "#C9502A", "#453C34")) == {}


@pytest.mark.parametrize(
    ("accent", "why"),
    [
        ("#ffffff", Why.UNSEEN),
        ("#ffd400", Why.UNSEEN_IN_DARK),
        ("#d98c00", Why.UNSEEN_IN_DARK),
    ],
)
def test_colour_that_cannot_be_seen_is_refused(accent: str, why: Why) -> None:
    fault = why_not_colours(Colours(accent))["accent"]

    assert fault.why == why
    assert fault.nearest in str(fault)
    assert f"{fault.wanted:g}" in str(fault)


def test_second_colour_may_be_bright_since_it_carries_no_buttons() -> None:
    assert why_not_colours(Colours(brand="#d98c00", neutral="#d98c00")) == {}
    assert why_not_colours(Colours(brand="#e60023")) == {}


@pytest.mark.parametrize("colour", ["#ffff00", "#00ff00", "#0000ff", "#ff00ff"])
@pytest.mark.parametrize(("name", "why"), [("neutral", Why.LOUD), ("brand", Why.LOUD_FIELDS)])
def test_loud_ground_is_refused_with_a_calmer_one_of_the_same_hue(name: str, why: Why, colour: str) -> None:
    fault = why_not_colours(Colours(**{name: colour})).get(name)

    if fault is None:
        assert (name, colour) == ("brand", "#ff00ff")  # makes pale fields in light and quiet ones in dark
        return
    assert fault.why == why
    assert fault.nearest in str(fault)
    assert "%(" not in str(fault)
    assert why_not_colours(Colours(**{name: fault.nearest})) == {}
    assert abs(oklch(rgb_of(fault.nearest))[2] - oklch(rgb_of(colour))[2]) < 25


def test_grounds_that_are_allowed_are_never_louder_than_calm() -> None:
    for colour in WHEEL:
        for name in ("neutral", "brand"):
            fault = why_not_colours(Colours(**{name: colour})).get(name)
            chosen = fault.nearest if fault else colour
            for scheme in ("light", "dark"):
                made = grounds(Colours(**{name: chosen}), scheme)  # type: ignore[arg-type]
                of_colour = ("ground", "soft") if name == "neutral" else ("warm",)
                most = max(oklch(rgb_of(made[ground]))[1] for ground in of_colour)
                assert most < (0.061 if name == "neutral" else 0.091), (name, colour)


def test_nearest_colour_works_and_nothing_nearer_was_passed_over(thorough: bool) -> None:
    refused, wheel = 0, WHEEL[:: 1 if thorough else 3]
    for accent in wheel:
        fault = why_not_colours(Colours(accent)).get("accent")
        if fault:
            refused += 1
            assert why_not_colours(Colours(fault.nearest)) == {}, accent
    assert 0.1 < refused / len(wheel) < 0.9


def test_text_passes_on_every_ground_whatever_is_chosen() -> None:
    """Why the second colour and the neutral one need no rule on contrast."""
    for colour in WHEEL:
        colours = Colours("#0a6660", colour, colour)
        for scheme in ("light", "dark"):
            for ground in grounds(colours, scheme).values():  # type: ignore[arg-type]
                for ink in ("text-subtle", "text-default"):
                    assert contrast(scale(colour, scheme)[ink], ground) >= 4.5, (colour, scheme)  # type: ignore[arg-type]


def test_grounds_are_those_of_the_built_stylesheet() -> None:
    light, dark = GROUND_CSS.read_text().splitlines()[1:3]
    for scheme, line in (("light", light), ("dark", dark)):
        for name, value in OWN_GROUNDS[scheme].items():  # type: ignore[index]
            written = re.search(rf"--{name}:(#[0-9a-f]{{3,6}})", line)
            assert written
            short = written[1]
            assert (short if len(short) == 7 else "#" + "".join(c * 2 for c in short[1:])) == value


def test_sheet_says_nothing_of_what_is_not_chosen() -> None:
    css, _digest = stylesheet(Colours(accent="#0b5c7a"))
    assert "--ds-color-accent-base-default:#0b5c7a" in css
    assert "neutral" not in css
    assert "coral" not in css
    assert "--ground" not in css


def test_hash_follows_the_colours() -> None:
    one, other = stylesheet(Colours("#0b5c7a"))[1], stylesheet(Colours("#0b5c7b"))[1]
    assert one != other
    assert one == stylesheet(Colours("#0b5c7a"))[1]
