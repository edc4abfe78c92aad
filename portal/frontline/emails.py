"""Letters to families who asked to be asked."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from portal.accounts.links import address_of
from portal.frontline.models import Nudge
from portal.frontline.rules import ERASED_AFTER
from portal.kit.letters import Button, Paragraph, Small, write_letter
from portal.kit.mail import send_letter
from portal.languages import interface_of

SALT = "portal.frontline.nudge"


def token_for(nudge: Nudge, step: int) -> str:
    """What the link carries: which question, and nobody."""
    return signing.dumps([nudge.pk, step], salt=SALT, compress=False)


def read_token(token: str) -> tuple[int, int] | None:
    """Number of the question and step; None for a link that is not ours or too old."""
    try:
        pk, step = signing.loads(token, salt=SALT, max_age=ERASED_AFTER)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return (pk, step) if isinstance(pk, int) and step in (1, 2) else None


def send_nudge(nudge: Nudge, listing: Any, *, step: int) -> None:
    """Ask how it went, in the family's language. Says neither who, nor why, nor who helped them."""
    languages = nudge.municipality.languages
    lang = nudge.lang if nudge.lang in languages else languages[0]
    with translation.override(lang):
        thing = listing.text("name", lang)
        href = address_of(nudge.municipality.site) + reverse("how-it-went", args=[token_for(nudge, step)])
        if step == 1:
            subject = _("Did you get started?")
            words = _("You asked us to write to you about %(thing)s. Did you get started?") % {"thing": thing}
            foot = _(
                "Nobody sees who has answered. We may write to you once more. Your mail address is erased after your last "
                "answer, and ten weeks after you asked us to write at the latest."
            )
        else:
            subject = _("Are you still going?")
            words = _("Eight weeks have gone since you planned to begin with %(thing)s. Are you still going?") % {"thing": thing}
            foot = _(
                "Nobody sees who has answered. Your mail address is erased when you have answered, and after ten weeks anyway."
            )
        text, html = write_letter(
            [Paragraph(words), Button(_("Answer with one press"), href)],
            interface_of(lang),
            title=subject,
            sender=nudge.municipality.name,
            foot=[Small(foot)],
        )
        send_letter(subject=subject, body=text, html=html, to=[nudge.email], lang=interface_of(lang))
