"""What else stands on the desk, below what there is to do. Each room says its own, by one line in SOURCES.

A source is a function `(user, municipality, at) -> Iterable[Tile]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.module_loading import import_string

from directory.municipalities.models import Municipality
from portal.kit.texts import Text

#: Dotted names of functions, in the order in which their tiles stand.
SOURCES: tuple[str, ...] = (
    "portal.handing.desk.tiles",
    "portal.till.desk.tiles",
    "portal.desk.statements.desk.tiles",
    "portal.contact.desk.tiles",
    "portal.frontline.desk.tiles",
    "portal.privacy.desk.tiles",
    "portal.accounts.tiles.account",
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A way to a room of the desk."""

    icon: str  # of the sprite
    title: str | Promise | Text
    text: str | Promise | Text
    href: str


Source = Callable[[Any, Municipality, datetime], Iterable[Tile]]


def tiles(user: Any, municipality: Municipality, at: datetime) -> list[Tile]:
    """The ways on from the desk for somebody in a municipality."""
    return [tile for name in SOURCES for tile in import_string(name)(user, municipality, at)]
