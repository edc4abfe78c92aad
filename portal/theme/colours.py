"""Colours as numbers: six-digit hex, WCAG's relative luminance, and the lightness and hue people see.

The arithmetic is that of chroma-js 3.2 and hsluv 1.0, digit by digit where it matters: Designsystemet's tool stands on
them, and our scales must be its scales (tests/portal/theme/palettes.json).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import atan2, cos, degrees, floor, hypot, isnan, nan, radians, sin

RGB = tuple[float, float, float]  # 0–255, not rounded before it is written as hex
WHITE: RGB = (255.0, 255.0, 255.0)
BLACK: RGB = (0.0, 0.0, 0.0)
HEX = re.compile(r"#[0-9a-fA-F]{6}")


def is_hex(value: str) -> bool:
    """Whether this is a colour as we keep it: `#` and six digits."""
    return HEX.fullmatch(value) is not None


def rgb_of(value: str) -> RGB:
    """`#0a6660` as numbers."""
    return (float(int(value[1:3], 16)), float(int(value[3:5], 16)), float(int(value[5:7], 16)))


def hex_of(rgb: RGB) -> str:
    """Numbers as `#0a6660`. Halves are rounded up, as browsers' languages do and Python's `round` does not."""
    return "#" + "".join(f"{floor(part + 0.5):02x}" for part in rgb)


def luminance(rgb: RGB) -> float:
    """Relative luminance as WCAG defines it: 0 black, 1 white."""
    red, green, blue = (part / 255 / 12.92 if part / 255 <= 0.03928 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG's contrast between two colours, 1 to 21."""
    low, high = sorted((luminance(rgb_of(one)), luminance(rgb_of(other))))
    return (high + 0.05) / (low + 0.05)


def with_luminance(rgb: RGB, wanted: float) -> RGB:
    """The colour mixed with white or black until it is as light as wanted."""
    if wanted == 0:
        return BLACK
    if wanted == 1:
        return WHITE
    low, high = (BLACK, rgb) if luminance(rgb) > wanted else (rgb, WHITE)
    for step in range(21):
        middle = tuple(a + 0.5 * (b - a) for a, b in zip(low, high, strict=True))
        light = luminance(middle)  # type: ignore[arg-type]
        if abs(wanted - light) < 1e-7 or step == 20:
            break
        if light > wanted:
            high = middle  # type: ignore[assignment]
        else:
            low = middle  # type: ignore[assignment]
    return middle  # type: ignore[return-value]


# ── lightness as HSLuv has it ───────────────────────────────────────────────────────────────────────────────
KAPPA, EPSILON = 903.2962962, 0.0088564516


def lightness(rgb: RGB) -> float:
    """How light a colour looks, 0–100."""
    red, green, blue = (
        ((part / 255 + 0.055) / 1.055) ** 2.4 if part / 255 > 0.04045 else part / 255 / 12.92
        for part in (float(floor(part + 0.5)) for part in rgb)
    )
    y = 0.21263900587151 * red + 0.71516867876775 * green + 0.072192315360733 * blue
    return y * KAPPA if y <= EPSILON else 116 * y ** (1 / 3) - 16


def luminance_at(light: float) -> float:
    """The luminance of the grey that looks so light, after its rounding to hex."""
    if light > 99.9999999:
        y = 1.0
    elif light < 0.00000001:
        y = 0.0
    else:
        y = light / KAPPA if light <= 8 else ((light + 16) / 116) ** 3
    part = 12.92 * y if y <= 0.0031308 else 1.055 * y ** (1 / 2.4) - 0.055
    grey = float(floor(part * 255 + 0.5))
    return luminance((grey, grey, grey))


# ── OKLCH: lightness, colourfulness and hue ─────────────────────────────────────────────────────────────────
_TO_XYZ = (
    (0.4124564390896922, 0.357576077643909, 0.18043748326639894),
    (0.21267285140562253, 0.715152155287818, 0.07217499330655958),
    (0.0193338955823293, 0.11919202588130297, 0.9503040785363679),
)
_FROM_XYZ = (
    (3.2404541621141045, -1.5371385127977166, -0.498531409556016),
    (-0.9692660305051868, 1.8760108454466942, 0.041556017530349834),
    (0.055643430959114726, -0.2040259135167538, 1.0572251882231791),
)
_XYZ_TO_LMS = (
    (0.819022437996703, 0.3619062600528904, -0.1288737815209879),
    (0.0329836539323885, 0.9292868615863434, 0.0361446663506424),
    (0.0481771893596242, 0.2642395317527308, 0.6335478284694309),
)
_LMS_TO_LAB = (
    (0.210454268309314, 0.7936177747023054, -0.0040720430116193),
    (1.9779985324311684, -2.4285922420485799, 0.450593709617411),
    (0.0259040424655478, 0.7827717124575296, -0.8086757549230774),
)
_LMS_TO_XYZ = (
    (1.2268798758459243, -0.5578149944602171, 0.2813910456659647),
    (-0.0405757452148008, 1.112286803280317, -0.0717110580655164),
    (-0.0763729366746601, -0.4214933324022432, 1.5869240198367816),
)
_LAB_TO_LMS = (
    (1.0, 0.3963377773761749, 0.2158037573099136),
    (1.0, -0.1055613458156586, -0.0638541728258133),
    (1.0, -0.0894841775298119, -1.2914855480194092),
)


def _times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _root(value: float) -> float:
    return value ** (1 / 3) if value >= 0 else -((-value) ** (1 / 3))


def oklch(rgb: RGB) -> tuple[float, float, float]:
    """Lightness 0–1, colourfulness, and hue in degrees (not a number for greys)."""
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in rgb]
    lms = [_root(part) for part in _times(_XYZ_TO_LMS, _times(_TO_XYZ, linear))]
    light, a, b = _times(_LMS_TO_LAB, lms)
    colourful = hypot(a, b)
    return light, colourful, nan if floor(colourful * 10000 + 0.5) == 0 else (degrees(atan2(b, a)) + 360) % 360


def rgb_at(light: float, colourful: float, hue: float) -> RGB:
    """The colour at a place in OKLCH, cut to what a screen can show."""
    angle = 0.0 if isnan(hue) else radians(hue)
    lms = [part**3 for part in _times(_LAB_TO_LMS, (light, cos(angle) * colourful, sin(angle) * colourful))]
    shown = []
    for part in _times(_FROM_XYZ, _times(_LMS_TO_XYZ, lms)):
        size = abs(part)
        size = size * 12.92 if size <= 0.0031308 else 1.055 * size ** (1 / 2.4) - 0.055
        shown.append(min(max((size if part >= 0 else -size) * 255, 0.0), 255.0))
    return (shown[0], shown[1], shown[2])
