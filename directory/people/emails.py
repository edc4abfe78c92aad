"""Letters about work in the staff screens."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from directory.municipalities.models import Municipality, StaffRole
from directory.providers.emails import lang_of, send
from portal.kit.addresses import address_of
from portal.kit.letters import Block, Button, Heading, Paragraph


def tell_appointed(role: StaffRole) -> None:
    """Somebody may now use the staff screens."""
    municipality = role.municipality

    def write() -> tuple[str, list[Block]]:
        subject = _("You can now work in the staff pages of %(town)s") % {"town": municipality.name}
        how = _("Sign in with this mail address. The first time you choose a second way to prove that it is you.")
        return subject, [
            Heading(subject, level=1),
            Paragraph(how),
            Button(_("Open the staff pages"), f"{address_of(municipality.site)}/cms/"),
        ]

    send(municipality=municipality, to=role.user.email, lang=lang_of(role.user, municipality), write=write)


def tell_dismissed(user: Any, municipality: Municipality) -> None:
    """Somebody's work in the staff screens has ended."""

    def write() -> tuple[str, list[Block]]:
        subject = _("You no longer work in the staff pages of %(town)s") % {"town": municipality.name}
        blocks: list[Block] = [Heading(subject, level=1), Paragraph(_("Thank you for what you have done."))]
        if municipality.contact_email:
            blocks.append(Paragraph(_("Is this wrong? Write to %(address)s.") % {"address": municipality.contact_email}))
        return subject, blocks

    send(municipality=municipality, to=user.email, lang=lang_of(user, municipality), write=write)
