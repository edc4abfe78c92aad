"""Sixteen colours for light and sixteen for dark, made from one: Designsystemet's own way, in Python.

The way of its tool (@digdir/designsystemet 1.15.0, MIT, packages/cli/src/colors/theme.ts): every step of the scale has
a fixed luminance, so that text on background has the same contrast whatever colour is chosen. Only the base colour is
the chosen one itself, with two neighbours for pointing and pressing; whether it can carry text is asked by rules.py.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from portal.theme.colours import RGB, contrast, hex_of, lightness, luminance_at, oklch, rgb_at, rgb_of, with_luminance

Scheme = Literal["light", "dark"]
Scale = dict[str, str]

# Luminance of each step: (light, dark).
STEPS: dict[str, tuple[float, float]] = {
    "background-default": (1, 0.009),
    "background-tinted": (0.9, 0.014),
    "surface-default": (1, 0.021),
    "surface-tinted": (0.81, 0.027),
    "surface-hover": (0.7, 0.036),
    "surface-active": (0.59, 0.056),
    "border-subtle": (0.5, 0.08),
    "border-default": (0.19, 0.22),
    "border-strong": (0.11, 0.39),
    "text-subtle": (0.11, 0.39),
    "text-default": (0.0245, 0.84),
}
DARK_COLOURFULNESS = 0.7  # of the chosen colour's: full colours glow on dark ground


@lru_cache(maxsize=4096)
def scale(colour: str, scheme: Scheme) -> Scale:
    """The whole scale of one colour (`#rrggbb`), by the names of the design system. Kept: do not write into it."""
    chosen = rgb_of(colour)
    ground = chosen
    if scheme == "dark":
        light, colourful, hue = oklch(chosen)
        # The tool goes by way of hex here, and so do we.
        ground = rgb_of(hex_of(rgb_at(light, colourful * DARK_COLOURFULNESS, hue)))
    column = 0 if scheme == "light" else 1
    found = {name: hex_of(with_luminance(ground, steps[column])) for name, steps in STEPS.items()}
    return found | base_colours(colour, chosen, scheme)


def base_colours(colour: str, chosen: RGB, scheme: Scheme) -> Scale:
    """The chosen colour as a surface, its neighbours, and what stands on it."""
    light = lightness(chosen)
    if scheme == "dark":
        light = 70 if light <= 30 else 100 - light
    step = -8 if light <= 30 or 49 <= light <= 65 else 8
    default = colour.lower() if scheme == "light" else at_lightness(chosen, light)
    return {
        "base-default": default,
        "base-hover": at_lightness(chosen, light - step),
        "base-active": at_lightness(chosen, light - step * 2),
        "base-contrast-subtle": soft_text_on(default),
        "base-contrast-default": text_on(default),
    }


def at_lightness(chosen: RGB, light: float) -> str:
    """The chosen colour as light as said."""
    return hex_of(with_luminance(chosen, luminance_at(light)))


def text_on(colour: str) -> str:
    """White or black, whichever is read better on a colour."""
    return "#ffffff" if contrast(colour, "#ffffff") >= contrast(colour, "#000000") else "#000000"


def soft_text_on(colour: str) -> str:
    """A tint of the colour itself that can be seen on it."""
    rgb = rgb_of(colour)
    light = lightness(rgb)
    away = 60 if light <= 40 or light >= 60 else 50
    return at_lightness(rgb, light + away if text_on(colour) == "#ffffff" else light - away)
