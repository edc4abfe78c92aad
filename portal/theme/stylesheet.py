"""The stylesheet of a municipality's own colours. It stands after site.css and says only what differs from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from portal.theme.scales import Scheme, scale

# Of a scale, what our own rules in portal/frontend/css/ground.css stand on: the ground of the page and its lines …
FROM_NEUTRAL = {"ground": "background-tinted", "panel": "surface-default", "soft": "surface-tinted", "line": "border-subtle"}
# … and what is warm or lit up. Water on maps stays blue-green under every palette.
FROM_BRAND = {"warm": "surface-tinted", "lit": "border-default"}

#: The grounds of the product's own look (portal/frontend/css/ground.css), on which colours must be seen.
OWN_GROUNDS: dict[Scheme, dict[str, str]] = {
    "light": {"ground": "#fcf7ef", "panel": "#ffffff", "soft": "#f6ecdc", "warm": "#fde9cf"},
    "dark": {"ground": "#131a1b", "panel": "#1b2425", "soft": "#202b2c", "warm": "#22393c"},
}


@dataclass(frozen=True, slots=True)
class Colours:
    """What a municipality has chosen; empty means the product's own."""

    accent: str = ""
    brand: str = ""
    neutral: str = ""

    def __bool__(self) -> bool:
        return bool(self.accent or self.brand or self.neutral)


def grounds(colours: Colours, scheme: Scheme) -> dict[str, str]:
    """What lies under buttons and text, by the names of ground.css."""
    found = dict(OWN_GROUNDS[scheme])
    if colours.neutral:
        steps = scale(colours.neutral, scheme)
        found |= {name: steps[step] for name, step in FROM_NEUTRAL.items() if name in found}
    if colours.brand:
        found["warm"] = scale(colours.brand, scheme)[FROM_BRAND["warm"]]
    return found


def declarations(colours: Colours, scheme: Scheme) -> str:
    """All that differs, for one scheme."""
    lines: dict[str, str] = {}
    # The design system's theme calls the second colour "coral", after the product's own.
    for theirs, colour, ours in (
        ("accent", colours.accent, {}),
        ("coral", colours.brand, FROM_BRAND),
        ("neutral", colours.neutral, FROM_NEUTRAL),
    ):
        if colour:
            steps = scale(colour, scheme)
            lines |= {f"--ds-color-{theirs}-{name}": value for name, value in steps.items()}
            lines |= {f"--{name}": steps[step] for name, step in ours.items()}
    if colours.neutral:
        steps = scale(colours.neutral, scheme)
        lines |= {
            "--ds-color-neutral-background-default": "var(--ground)",
            "--ds-color-neutral-surface-default": "var(--panel)",
            "--ds-color-focus-inner": steps["background-default"],
            "--ds-color-focus-outer": steps["text-default"],
        }
    return "".join(f"{name}:{value};" for name, value in lines.items())


@lru_cache(maxsize=1024)
def stylesheet(colours: Colours) -> tuple[str, str]:
    """(the sheet, its hash)."""
    light, dark = declarations(colours, "light"), declarations(colours, "dark")
    css = (
        "@layer own{"
        f":root,[data-color-scheme]{{{light}}}"
        f"[data-color-scheme=dark]{{{dark}}}"
        f"@media (prefers-color-scheme:dark){{[data-color-scheme=auto]{{{dark}}}}}"
        "}\n"
    )
    return css, hashlib.sha256(css.encode()).hexdigest()[:12]
