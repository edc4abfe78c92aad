"""What else a provider who takes the card finds beside its offers: tills, statements. Each room says its own, by one line here.

A source is a function `(provider, at) -> Iterable[Tile]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cards.offers.models import ProviderAgreement
from cards.offers.states import AgreementState
from directory.providers.models import Provider
from portal.desk.menu import Tile

#: Dotted names of functions, in the order in which their tiles stand.
SOURCES: tuple[str, ...] = ("portal.desk.offers.menu.tills", "portal.desk.statements.desk.room")


def rooms(provider: Provider, at: datetime) -> list[Tile]:
    """The ways on from a provider's offers."""
    return [tile for name in SOURCES for tile in import_string(name)(provider, at)]


def tills(provider: Provider, at: datetime) -> Iterator[Tile]:
    """The counter, once there is something to let in for."""
    if ProviderAgreement.objects.filter(provider=provider, state=AgreementState.AGREED).exists():
        text = _("Let people in with the card, undo, print the guide.")
        yield Tile("qr", _("Tills"), text, reverse("desk-tills", args=[provider.slug]))
