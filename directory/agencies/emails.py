"""Letters to those who work for an agency."""

from __future__ import annotations

from django.utils.translation import gettext as _

from directory.agencies.models import AgencyRole
from directory.providers.emails import desk_of, lang_of, send
from portal.kit.letters import Block, Button, Heading, Paragraph


def tell_newcomer(role: AgencyRole) -> None:
    """Somebody may now use the desk for an agency."""
    municipality, agency = role.agency.municipality, role.agency
    lang = lang_of(role.user, municipality)

    def write() -> tuple[str, list[Block]]:
        name = agency.text("name", municipality.order_for(lang))
        subject = _("You can now use Frittfram for %(name)s") % {"name": name}
        return subject, [
            Heading(subject, level=1),
            Paragraph(
                _(
                    "Make lists of things to try for the families you meet, and see what other services offer. "
                    "Sign in with this mail address; you need no password."
                )
            ),
            Button(_("To my pages"), desk_of(municipality)),
        ]

    send(municipality=municipality, to=role.user.email, lang=lang, write=write)
