"""Letters, sent from the queue so that no page waits for a mail server.

Each receiver gets a message of their own, so nobody's address is shown to another. A letter is plain text; where `html` is
given too, both stand in it (portal/kit/letters.py writes both from the same blocks).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django_tasks import task

log = logging.getLogger("portal.mail")

#: What says that no person wrote this letter, so that out-of-office programs leave it unanswered (RFC 3834).
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def one_line(value: str) -> str:
    """A value that can stand in a header: whatever would begin another one is a space."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())


def is_address(value: str) -> bool:
    """Whether a text is one mail address and nothing else."""
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


def domain_of(address: str) -> str:
    """What stands behind the @ of `Name <name@domain>`, in lower case; empty where nothing does."""
    return parseaddr(address)[1].rpartition("@")[2].lower()


def make_message(
    *,
    subject: str,
    body: str,
    to: str,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    reply_to: Iterable[str] = (),
    lang: str = "",
    sender: str = "",
) -> EmailMultiAlternatives:
    """One message to one receiver, ready to hand over. No header can begin another."""
    sender = one_line(sender) or settings.DEFAULT_FROM_EMAIL
    lines = {"Message-ID": make_msgid(domain=domain_of(sender) or "localhost")}
    if lang:
        lines["Content-Language"] = lang
    lines |= {one_line(name): one_line(value) for name, value in (headers or {}).items()}
    message = EmailMultiAlternatives(
        subject=one_line(subject),
        body=body,
        from_email=sender,
        to=[to],
        reply_to=[address for address in reply_to if is_address(address)],
        headers=lines,
    )
    if html:
        message.attach_alternative(html, "text/html")
    return message


@task()
def deliver(
    *,
    subject: str,
    body: str,
    to: list[str],
    html: str = "",
    headers: dict[str, str] | None = None,
    reply_to: list[str] | None = None,
    lang: str = "",
    sender: str = "",
) -> None:
    """Send one letter. A failure leaves the task FAILED, and the sweep tries it again."""
    for address in to:
        message = make_message(
            subject=subject,
            body=body,
            to=address,
            html=html,
            headers={**AUTOMATIC, **(headers or {})},
            reply_to=reply_to or [],
            lang=lang,
            sender=sender,
        )
        message.send()


def send_letter(
    *,
    subject: str,
    body: str,
    to: Iterable[str],
    html: str = "",
    headers: Mapping[str, str] | None = None,
    reply_to: Iterable[str] = (),
    lang: str = "",
    sender: str = "",
) -> None:
    """Put a letter in the queue, in the caller's transaction: one message for each receiver.

    `lang` is the language of the letter; `sender` ("Name <address>") is DEFAULT_FROM_EMAIL where it is empty.
    """
    for address in dict.fromkeys(to):
        if not is_address(address):
            log.warning("A letter was not sent: its receiver's address cannot be read.")
            continue
        deliver.enqueue(
            subject=one_line(subject),
            body=body,
            to=[address],
            html=html,
            headers=dict(headers or {}),
            reply_to=list(reply_to),
            lang=lang,
            sender=sender,
        )
