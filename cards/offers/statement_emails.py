"""Letters about settlements. They name no card, no agency and no person."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cards.ledger.money import in_kroner
from cards.offers.models import Settlement
from directory.providers.emails import lang_of, send
from directory.providers.models import Membership
from portal.kit.addresses import address_of
from portal.kit.letters import Block, Button, Heading, Paragraph

READERS = (Membership.Role.EDITOR, Membership.Role.TREASURER)


def tell_provider(settlement: Settlement) -> None:
    """A statement is ready, to those who keep the provider's page or its money; one letter each."""
    home = settlement.provider.municipality  # in a joint programme another may pay than the one that lists the provider

    def write() -> tuple[str, list[Block]]:
        facts = _facts(settlement)
        subject = _("Statement %(number)s from %(town)s") % facts
        return subject, [
            Heading(subject, level=1),
            Paragraph(_("What was used with the card at %(name)s from %(first)s to %(last)s comes to %(sum)s.") % facts),
            Paragraph(_("Look whether it is right, and say so. Then the municipality pays.")),
            Button(
                _("See the statement"),
                address_of(home.site) + reverse("desk-statement", args=[settlement.provider.slug, settlement.pk]),
            ),
        ]

    for user in readers_of(settlement):
        send(municipality=home, to=user.email, lang=lang_of(user, home), write=write)


def tell_office(settlement: Settlement) -> None:
    """The provider says that a statement is not right."""
    municipality = settlement.municipality
    if not municipality.contact_email:
        return

    def write() -> tuple[str, list[Block]]:
        facts = _facts(settlement)
        subject = _("%(name)s asks about statement %(number)s") % facts
        return subject, [
            Heading(subject, level=1),
            Paragraph(settlement.objection),
            Button(_("Open the staff pages"), f"{address_of(municipality.site)}/cms/"),
        ]

    send(municipality=municipality, to=municipality.contact_email, lang=municipality.languages[0], write=write)


def readers_of(settlement: Settlement) -> list[Any]:
    """Who is told of a statement at its provider, each once."""
    rows = Membership.objects.filter(provider=settlement.provider_id, role__in=READERS, user__is_active=True)
    return sorted({row.user for row in rows.select_related("user")}, key=lambda user: user.pk)


def _facts(settlement: Settlement) -> dict[str, Any]:
    return {
        "number": settlement.number,
        "town": settlement.municipality.name,
        "name": str(settlement.provider),
        "first": date_format(settlement.period_from, "DATE_FORMAT"),
        "last": date_format(settlement.period_to, "DATE_FORMAT"),
        "sum": in_kroner(settlement.total_ore),
    }
