"""What stands on the desk of somebody who hands out cards: today's door first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cards.programmes.permissions import may_hand_out
from cards.programmes.queries import kinds_of
from directory.agencies.models import Agency
from directory.municipalities.models import Feature, Municipality
from portal.desk.doors import agencies_of
from portal.desk.menu import Tile
from portal.desk.todo import Todo


def _own(user: Any, municipality: Municipality) -> Iterator[Agency]:
    if not municipality.has(Feature.CARDS):
        return
    for agency in agencies_of(user, municipality):
        agency.municipality = municipality
        if may_hand_out(user, agency):
            yield agency


def todos(user: Any, municipality: Municipality, at: datetime) -> Iterator[Todo]:
    """Hand out a card, where there are any left."""
    own = list(_own(user, municipality))
    for agency in own:
        left = sum(quota.left for quota in kinds_of(agency, timezone.localdate(at)))
        if left:
            said = ngettext("%(count)s card left to hand out", "%(count)s cards left to hand out", left) % {"count": left}
            name = str(agency.text("name", municipality.order_for(get_language() or "nb")))
            yield Todo(
                40,
                "card",
                _("Hand out a card"),
                f"{name}: {said}" if len(own) > 1 else said,
                reverse("desk-cards-hand-out", args=[agency.pk]),
                _("Begin"),
            )


def tiles(user: Any, municipality: Municipality, at: datetime) -> Iterator[Tile]:
    """The agency's cards."""
    if any(True for _agency in _own(user, municipality)):
        yield Tile("card", _("Our cards"), _("What is left, printing many, and help with a lost card."), reverse("desk-cards"))
