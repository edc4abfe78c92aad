"""Letters to the municipality's office about what people write to each other. None of them says what was written."""

from __future__ import annotations

from django.apps import apps
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory.municipalities.models import Municipality
from portal.accounts.links import address_of
from portal.kit.letters import Button, Heading, Paragraph, Points, write_letter
from portal.kit.mail import send_letter


def _list_of(model: str) -> str:
    """Where staff work on rows of a model."""
    return reverse(apps.get_model(model).snippet_viewset.get_url_name("list"))  # type: ignore[attr-defined]


def _send(municipality: Municipality, subject: str, sentences: list[str], points: list[str], button: str, path: str) -> None:
    blocks = [
        Heading(subject, 1),
        *map(Paragraph, sentences),
        *([Points(points)] if points else []),
        Button(button, address_of(municipality.site) + path),
    ]
    lang = municipality.languages[0]
    text, html = write_letter(blocks, lang, sender=municipality.name)
    send_letter(subject=subject, body=text, html=html, to=[municipality.contact_email], lang=lang)


def tell_of_held(municipality: Municipality, count: int) -> None:
    """That messages wait for a look."""
    if not municipality.contact_email:
        return
    with translation.override(municipality.languages[0]):
        subject = ngettext(
            "%(count)d message is held back and waits for you", "%(count)d messages are held back and wait for you", count
        ) % {"count": count}
        sentence = _("They look like advertising. Pass on what is real; nothing is lost until you throw it away.")
        _send(municipality, subject, [sentence], [], _("Look at them"), _list_of("contact.Enquiry"))


def tell_of_failed(municipality: Municipality, names: list[str]) -> None:
    """That enquiries could not be delivered."""
    if not municipality.contact_email:
        return
    with translation.override(municipality.languages[0]):
        subject = _("Messages could not be delivered")
        sentence = _("These can perhaps not be reached by mail any more. Ask them for an address that works.")
        _send(municipality, subject, [sentence], sorted(set(names)), _("See the figures"), reverse("contact-figures"))


def tell_of_reported(municipality: Municipality, title: str) -> None:
    """That a member finds something wrong with a notice."""
    if not municipality.contact_email:
        return
    with translation.override(municipality.languages[0]):
        subject = _("A notice on the board was reported: %(title)s") % {"title": title}
        sentence = _("Look at it, and take it down with a reason if it should not hang there.")
        _send(municipality, subject, [sentence], [], _("Look at it"), _list_of("contact.Notice") + "?reported=yes")
