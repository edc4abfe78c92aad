"""What stands on the desk of those who keep tills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cards.offers.conditions import day_of
from cards.offers.states import AgreementState
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.desk.doors import providers_of
from portal.desk.menu import Tile
from portal.desk.todo import Todo
from portal.kit.texts import best
from portal.till.loading import ROLES
from portal.till.queries import offers_at, running_out


def providers_with_tills(user: Any, municipality: Municipality, at: datetime) -> list[Provider]:
    """Those one keeps the page or the till of, and that have an agreement about the card."""
    day = day_of(at)
    rows = providers_of(user, municipality, ROLES).filter(
        card_agreements__state=AgreementState.AGREED, card_agreements__valid_from__lte=day, card_agreements__valid_to__gte=day
    )
    return list(rows.distinct().order_by("name_nb", "pk"))


def tiles(user: Any, municipality: Municipality, at: datetime) -> Iterator[Tile]:
    """The tills of each provider."""
    order = municipality.order_for(get_language() or "nb")
    for provider in providers_with_tills(user, municipality, at):
        text = _("Let people in with the activity card, undo, print the guide.")
        title = _("Till: %(name)s") % {"name": best(provider, "name", order)}
        yield Tile("qr", title, text, reverse("desk-tills", args=[provider.slug]))


def todos(user: Any, municipality: Municipality, at: datetime) -> Iterator[Todo]:
    """What is nearly used up."""
    for provider in providers_with_tills(user, municipality, at):
        for scarce in running_out(offers_at(provider, at), at):
            yield Todo(
                45,
                "flag",
                _("Nearly used up: %(name)s") % {"name": scarce.title},
                scarce.text,
                reverse("desk-tills", args=[provider.slug]),
                _("See more"),
            )
