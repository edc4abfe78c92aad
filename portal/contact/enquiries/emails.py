"""The letter that brings an enquiry to its receiver. It stands in nobody's queue: the queue holds the enquiry's number only."""

from __future__ import annotations

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from portal.accounts.links import address_of
from portal.contact.enquiries.models import AnswerBy, Channel, Enquiry
from portal.contact.enquiries.receivers import Receiver
from portal.kit.letters import Block, Button, Facts, Heading, Paragraph, Small, write_letter
from portal.kit.mail import make_message


def letter_for(enquiry: Enquiry, receiver: Receiver) -> EmailMultiAlternatives:
    """The message to one receiver, in their language. An answer by mail goes straight to who asked."""
    with translation.override(receiver.lang):
        subject = _subject(enquiry)
        text, html = write_letter(_blocks(enquiry, receiver, subject), receiver.lang, sender=enquiry.municipality.name)
    return make_message(
        subject=subject,
        body=text,
        html=html,
        to=receiver.email,
        lang=receiver.lang,
        reply_to=[enquiry.email] if enquiry.email else [],
    )


def _subject(enquiry: Enquiry) -> str:
    about = {"name": enquiry.listing_name}
    return {
        Channel.LISTING: _("A question about %(name)s"),
        Channel.HANDOVER: _("Somebody would like to begin: %(name)s"),
        Channel.PROVIDER: _("Another association writes to you: %(name)s"),
        Channel.NOTICE: _("An answer to your notice: %(name)s"),
    }[Channel(enquiry.channel)] % about


def _blocks(enquiry: Enquiry, receiver: Receiver, subject: str) -> list[Block]:
    sender = str(enquiry.from_provider or "")
    facts = [
        (_("Name"), enquiry.name),
        (_("From"), sender),
        (_("Mail address"), enquiry.email),
        (_("Telephone"), enquiry.phone),
    ]
    parts: list[Block] = [
        Heading(subject, 1),
        Paragraph(enquiry.text, lang=enquiry.lang if enquiry.lang != receiver.lang else ""),
        Facts([(word, value) for word, value in facts if value]),
        Paragraph(
            _("Answer this letter, and your answer goes straight to who wrote. They see your address then, and not before.")
            if enquiry.answer_by == AnswerBy.MAIL and enquiry.email
            else _("They would like to be called. Please ring within a few days.")
        ),
    ]
    if receiver.has_desk:
        address = address_of(enquiry.municipality.site) + reverse("desk-enquiry", args=[enquiry.pk])
        parts.append(Button(_("See it on my pages"), address))
    why = (
        _("You get this because %(name)s has no mail address of its own that works.") % {"name": enquiry.listing_name}
        if receiver.is_office
        else _("You get this because you are the contact for %(name)s.") % {"name": enquiry.provider or enquiry.listing_name}
    )
    return [*parts, Small(why), Small(_("Your answer is between you and who wrote. We erase the question after 90 days."))]
