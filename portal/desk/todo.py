"""What there is to do now: the desk opens on it. Each room says its own, by one line in SOURCES.

A source is a function `(user, municipality, at) -> Iterable[Todo]`. It decides by itself whose things it speaks of.
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

#: Dotted names of functions. Named, not imported: the desk does not stand on the rooms.
SOURCES: tuple[str, ...] = (
    "portal.desk.sources.todos",
    "portal.desk.still_right.todos",
    "portal.desk.offers.todo.todos",
    "portal.desk.statements.desk.todos",
    "portal.till.desk.todos",
    "portal.contact.desk.todos",
    "portal.frontline.desk.todos",
    "portal.handing.desk.todos",
    "portal.privacy.desk.todos",
)


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do. The heaviest stands first: 90 somebody waits, 70 sent back, 50 to confirm, 30 begun, 10 good to do."""

    weight: int
    icon: str  # of the sprite
    title: str | Promise | Text
    text: str | Promise | Text
    href: str
    button: str | Promise


Source = Callable[[Any, Municipality, datetime], Iterable[Todo]]


def todos(user: Any, municipality: Municipality, at: datetime) -> list[Todo]:
    """Everything somebody has to do in a municipality, the heaviest first."""
    found = [todo for name in SOURCES for todo in import_string(name)(user, municipality, at)]
    return sorted(found, key=lambda todo: -todo.weight)
