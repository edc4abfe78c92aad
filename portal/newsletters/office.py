"""The letter to staff when a newsletter has stopped by itself."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from directory.municipalities.tenancy import is_mine
from portal.accounts.links import address_of
from portal.kit.letters import Button, Facts, Heading, Paragraph, write_letter
from portal.kit.mail import send_letter
from portal.newsletters.models import Newsletter

#: Texts for staff are written in these.
READ_BY_STAFF = ("nb", "nn", "en")


def who_is_told(newsletter: Newsletter) -> tuple[str, str]:
    """(mail address, language): of who released the letter, else of the office, which may have none."""
    municipality, by = newsletter.municipality, newsletter.released_by
    first = municipality.languages[0]
    if by is not None and by.is_active and is_mine(newsletter, by):
        return by.email, by.lang if by.lang in READ_BY_STAFF else first
    return municipality.contact_email, first


def tell_of_halt(newsletter: Newsletter, said: str) -> None:
    """That nothing more goes out until somebody has looked, and what the mail server said last."""
    email, lang = who_is_told(newsletter)
    if not email:
        return
    viewset: Any = Newsletter.snippet_viewset  # type: ignore[attr-defined]
    href = address_of(newsletter.municipality.site) + reverse(viewset.get_url_name("send"), args=[newsletter.pk])
    with translation.override(lang):
        subject = _("A newsletter has stopped: %(name)s") % {"name": newsletter}
        blocks = [
            Heading(subject, 1),
            Paragraph(_("The mail server took none of the last messages, so the rest waits. Nothing has been lost.")),
            Facts([(_("What the mail server said"), said or "–")]),
            Paragraph(
                _("Ask who runs the mail server. When it works again, let the letter go on, and decide about what it refused.")
            ),
            Button(_("Look at it"), href),
        ]
        text, html = write_letter(blocks, lang, sender=newsletter.municipality.name)
    send_letter(subject=subject, body=text, html=html, to=[email], lang=lang)
