"""Whether a colour can carry a site: people must be able to see it and to read on it, in light and in dark.

Texts, borders and surfaces have fixed luminances (scales.py) and pass by themselves. What can fail is the main colour
itself, as a button or a mark; the limits are WCAG 2.2's: 4.5 for text (1.4.3), 3 for what is no text (1.4.11).
The second colour and the neutral one make grounds, lines and texts only. Grounds can be read on and still be loud: from a
full yellow comes a yellow page. So those may hold only so much colour, whole pages less than large fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from portal.theme.colours import contrast, hex_of, oklch, rgb_at, rgb_of
from portal.theme.scales import Scale, Scheme, scale
from portal.theme.stylesheet import Colours, grounds

TEXT, MARK = 4.5, 3.0
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# How colourful (in OKLCH) what lies under text may be, by the step of the scale it is taken from.
CALM = {
    "neutral": {"background-tinted": 0.04, "surface-tinted": 0.06},
    "brand": {"surface-tinted": 0.09},
}


class Why(TextChoices):
    """Why a colour is no good."""

    UNSEEN = "unseen", _("Buttons in this colour can hardly be seen on the page")
    UNSEEN_IN_DARK = "unseen-in-dark", _("Buttons in this colour can hardly be seen when the page is dark")
    UNREAD = "unread", _("Text on a button of this colour is hard to read")
    UNREAD_IN_DARK = "unread-in-dark", _("Text on a button of this colour is hard to read when the page is dark")
    FAINT = "faint", _("Text in this colour is hard to read")
    LOUD = "loud", _("The whole page would be in this loud colour, and tire whoever reads it.")
    LOUD_FIELDS = "loud-fields", _("Large fields with text would be in this loud colour, and tire whoever reads it.")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that cannot be seen well enough, or is seen too well: what, how far off, and the nearest colour that works."""

    why: Why
    found: float
    wanted: float
    nearest: str

    def __str__(self) -> str:
        if self.why in (Why.LOUD, Why.LOUD_FIELDS):
            calmer = _("%(why)s Choose a calmer one. The nearest that works is %(nearest)s.")
            return str(calmer) % {"why": self.why.label, "nearest": self.nearest}
        sentence = _(
            "%(why)s: the contrast is %(found)s, and at least %(wanted)s is needed. The nearest that works is %(nearest)s."
        )
        return str(sentence) % {
            "why": self.why.label,
            "found": f"{int(self.found * 10) / 10:.1f}",  # never rounded up to what is needed
            "wanted": f"{self.wanted:g}",
            "nearest": self.nearest,
        }


def why_not_colours(colours: Colours) -> dict[str, Fault]:
    """The worst fault of each chosen colour, by its name in `Colours`, on the pages that they make together."""
    found = {}
    for name in ("accent", "brand", "neutral"):
        colour = getattr(colours, name)
        if colour and (faults := faults_of(colour, colours, carries_buttons=name == "accent")):
            why, ratio, wanted = min(faults, key=lambda fault: fault[1] / fault[2])
            found[name] = Fault(why, ratio, wanted, nearest_good(colour, colours, carries_buttons=name == "accent"))
        elif colour and (much := loudness(colour, name)) > 1:
            found[name] = Fault(Why.LOUD if name == "neutral" else Why.LOUD_FIELDS, much, 1, nearest_calm(colour, colours, name))
    return found


def loudness(colour: str, name: str) -> float:
    """How colourful the grounds made from a colour are, in parts of what is allowed: up to 1 is calm."""
    return max(
        (oklch(rgb_of(scale(colour, scheme)[step]))[1] / most for scheme in SCHEMES for step, most in CALM.get(name, {}).items()),
        default=0.0,
    )


def nearest_calm(colour: str, beside: Colours, name: str) -> str:
    """The colour of the same hue and lightness with as little taken from it as need be."""
    light, colourful, hue = oklch(rgb_of(colour))
    for step in range(1, 101):
        found = hex_of(rgb_at(light, colourful * (100 - step) / 100, hue))
        if loudness(found, name) <= 1 and not faults_of(found, beside, carries_buttons=False):
            return found
    return hex_of(rgb_at(light, 0, hue))


def faults_of(colour: str, beside: Colours, *, carries_buttons: bool) -> list[tuple[Why, float, float]]:
    """Every pair of colours that falls short: (why, contrast found, contrast wanted)."""
    found: list[tuple[Why, float, float]] = []
    for scheme in SCHEMES:
        steps, pages = scale(colour, scheme), list(grounds(beside, scheme).values())
        found += _text(steps, pages)
        if carries_buttons:
            found += _seen(steps, pages, scheme) + _read(steps, scheme)
    return [(why, ratio, wanted) for why, ratio, wanted in found if ratio < wanted]


def _seen(steps: Scale, pages: list[str], scheme: Scheme) -> list[tuple[Why, float, float]]:
    why = Why.UNSEEN if scheme == "light" else Why.UNSEEN_IN_DARK
    return [(why, contrast(steps["base-default"], page), MARK) for page in pages]


def _read(steps: Scale, scheme: Scheme) -> list[tuple[Why, float, float]]:
    why = Why.UNREAD if scheme == "light" else Why.UNREAD_IN_DARK
    ink = steps["base-contrast-default"]
    return [(why, contrast(ink, steps[name]), TEXT) for name in ("base-default", "base-hover", "base-active")]


def _text(steps: Mapping[str, str], pages: list[str]) -> list[tuple[Why, float, float]]:
    own = [steps[name] for name in ("background-default", "background-tinted", "surface-default", "surface-tinted")]
    return [(Why.FAINT, contrast(steps[ink], page), TEXT) for ink in ("text-subtle", "text-default") for page in [*own, *pages]]


def nearest_good(colour: str, beside: Colours, *, carries_buttons: bool) -> str:
    """The colour of the same hue, as little lighter or darker as need be, that has no fault."""
    light, colourful, hue = oklch(rgb_of(colour))
    for step in range(1, 201):
        for way in (-1, 1):
            there = light + way * step / 200
            if 0 <= there <= 1:
                found = hex_of(rgb_at(there, colourful, hue))
                if not faults_of(found, beside, carries_buttons=carries_buttons):
                    return found
    return "#0a6660"  # the product's own; colours without any good neighbour are not known
