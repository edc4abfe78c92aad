"""Letters to the municipality when somebody guesses at card codes. They name no code and no card."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cards.offers.emails import staff_button, to_office
from cards.offers.models import Device
from directory.municipalities.models import Municipality
from portal.kit.letters import Block, Facts, Heading, Paragraph


def warn_of_guesses(till: Device) -> None:
    """One till has sent too many wrong codes."""
    provider = till.provider

    def write() -> tuple[str, list[Block]]:
        subject = _("Many wrong card codes from one till")
        return subject, [
            Heading(subject, level=1),
            Facts([(_("Provider"), str(provider)), (_("Till"), till.name)]),
            Paragraph(_("It has sent so many codes that no card has that it must wait an hour. No card was used by them.")),
            Paragraph(
                _("Ask the provider what happened. If nobody knows of it, they stop the till on their pages, under “Tills”.")
            ),
            staff_button(provider.municipality),
        ]

    to_office(provider.municipality, write)


def warn_of_flood(municipality: Municipality, count: int) -> None:
    """Very many wrong codes have come, from wherever."""

    def write() -> tuple[str, list[Block]]:
        subject = _("Somebody is guessing at card codes")
        said = _("Within a minute %(count)s codes were sent that no card has. None of them opened anything.")
        return subject, [
            Heading(subject, level=1),
            Paragraph(said % {"count": count}),
            Paragraph(_("Whoever runs the site has been told too. You hear of this at most once a day.")),
            staff_button(municipality),
        ]

    to_office(municipality, write)
