"""What statements have to say on the front page of the desk, and the way to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cards.ledger.money import in_kroner
from cards.offers.models import Settlement
from cards.offers.states import SettlementState
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.desk.doors import providers_of
from portal.desk.menu import Tile
from portal.desk.statements.loading import ROLES, statements_of
from portal.desk.todo import Todo
from portal.kit.texts import best


def todos(user: Any, municipality: Municipality, at: datetime) -> Iterator[Todo]:
    """Statements that wait for a yes or a no."""
    providers = {row.pk: row for row in providers_of(user, municipality, ROLES)}
    order = municipality.order_for(municipality.languages[0])
    for row in Settlement.objects.filter(provider__in=providers, state=SettlementState.SENT).order_by("period_to", "pk"):
        provider = providers[row.provider_id]
        facts = {"name": best(provider, "name", order), "sum": in_kroner(row.total_ore)}
        period = {"first": date_format(row.period_from, "DATE_FORMAT"), "last": date_format(row.period_to, "DATE_FORMAT")}
        yield Todo(
            80,
            "list",
            _("Is the statement of %(name)s right? %(sum)s") % facts,
            _("What was used with the card from %(first)s to %(last)s.") % period,
            reverse("desk-statement", args=[provider.slug, row.pk]),
            _("See the statement"),
        )


def tiles(user: Any, municipality: Municipality, at: datetime) -> Iterator[Tile]:
    """For those who keep a provider's money and not its page: the page leads there too."""
    order = municipality.order_for(get_language() or "nb")
    edited = set(providers_of(user, municipality).values_list("pk", flat=True))
    for provider in providers_of(user, municipality, ROLES).exclude(pk__in=edited).order_by("name_nb", "pk"):
        for tile in room(provider, at):
            yield Tile(tile.icon, f"{best(provider, 'name', order)}: {tile.title}", tile.text, tile.href)


def room(provider: Provider, at: datetime) -> Iterator[Tile]:
    """The way from a provider's offers to its statements."""
    if statements_of(provider).exists():
        yield Tile(
            "list",
            _("Statements"),
            _("What was used, and what you are paid for it."),
            reverse("desk-statements", args=[provider.slug]),
        )
