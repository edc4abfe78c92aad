"""Letters, sent from the queue so that no page waits for a mail server.

Each receiver gets a message of their own, so nobody's address is shown to another. A letter is plain text; where `html` is
given too, both stand in it (portal/kit/letters.py writes both from the same blocks).
"""

from __future__ import annotations

import logging
import secrets
import smtplib
from collections.abc import Iterable, Mapping
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.dispatch import Signal
from django_tasks import task

from portal.kit.returned import address_key, nobody_there

log = logging.getLogger("portal.mail")

#: What says that no person wrote this letter, so that out-of-office programs leave it unanswered (RFC 3834).
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
#: A mail server said that there is nobody at an address. Receivers get `email` and `said`; they stand in rooms above this one.
address_refused = Signal()


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
    """One message to one receiver, ready to hand over. No header can begin another.

    Unless the caller names the message, it carries the key of the address it is to: when it comes back, it is told by that.
    """
    sender = one_line(sender) or settings.DEFAULT_FROM_EMAIL
    lines = {"Content-Language": lang} if lang else {}
    lines |= {one_line(name): one_line(value) for name, value in (headers or {}).items()}
    key, envelope = "", sender
    if "Message-ID" not in lines and is_address(to):
        key = address_key(to)
        lines["Message-ID"] = f"<{key}.{secrets.token_hex(12)}@{domain_of(sender) or 'localhost'}>"
        if settings.BOUNCE_ADDRESS and settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
            # By SMTP the sender on the envelope is where a letter comes back to; who wrote it stands in the letter.
            lines["From"], envelope = sender, returns_to(key)
    message = EmailMultiAlternatives(
        subject=one_line(subject),
        body=body,
        from_email=envelope,
        to=[to],
        reply_to=[address for address in reply_to if is_address(address)],
        headers=lines,
    )
    if key:
        message.metadata = {"address": key}  # type: ignore[attr-defined]  # mail services give it back
    if html:
        message.attach_alternative(html, "text/html")
    return message


def returns_to(key: str) -> str:
    """The address that a message comes back to, where the installation has a mailbox for that."""
    name, _at, domain = settings.BOUNCE_ADDRESS.partition("@")
    return f"{name}+{key}@{domain}"


def hand_over(message: EmailMultiAlternatives) -> bool:
    """Give one message to the mail server. False where it says that there is nobody at the address: trying again is in vain.

    Everything else it will not have is raised, so that the task fails and is tried again.
    """
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()), (0, b""))
        said = f"{code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"
        if not nobody_there(code, said.partition(" ")[2], by_number_only=True):
            raise
        log.warning("A letter was not taken: there is nobody at its receiver's address.")
        address_refused.send(sender=None, email=parseaddr(message.to[0])[1], said=said)
        return False
    return True


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
    """Send one letter. A failure leaves the task FAILED, and the sweep tries it again; not where nobody is at the address."""
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
        hand_over(message)


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
