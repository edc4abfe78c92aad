"""What else a provider who takes the card finds beside its offers: tills, statements. Each room says its own, by one line here.

A source is a function `(provider, at) -> Iterable[Tile]`.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.module_loading import import_string

from directory.providers.models import Provider
from portal.desk.menu import Tile

#: Dotted names of functions, in the order in which their tiles stand.
SOURCES: tuple[str, ...] = ()


def rooms(provider: Provider, at: datetime) -> list[Tile]:
    """The ways on from a provider's offers."""
    return [tile for name in SOURCES for tile in import_string(name)(provider, at)]
