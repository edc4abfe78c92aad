"""What comes back after a message was handed over: delivered, returned, complained about.

A report of a mail server (RFC 3464) or of a mail service's abuse desk (RFC 5965) is believed only where it names one of our
messages by the key that nobody else can make (links.message_key): in the address it came to, or in the message it returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_string
from email.message import Message
from enum import Enum

from django.db import transaction

from directory.freshness.bounces import record_bounce
from directory.freshness.models import UndeliverableAddress
from portal.newsletters.links import delivery_of
from portal.newsletters.models import Delivery, Receiver
from portal.newsletters.states import DeliveryState
from portal.newsletters.transport import printable

LARGEST = 2_000_000  # bytes of a report that are looked at
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_OF_ORIGINAL = ("Message-ID", "X-Failed-Message-ID", "References", "In-Reply-To", "Return-Path")


class News(Enum):
    """What is heard of a message."""

    DELIVERED = "delivered"
    RETURNED = "returned"
    COMPLAINED = "complained"
    LEFT = "left"  # by a link of the mail service's own


@dataclass(frozen=True, slots=True)
class Report:
    """One message, and what is said of it."""

    delivery: int
    news: News
    said: str = ""


@transaction.atomic
def hear(*, delivery: int, news: News, at: datetime, said: str = "") -> bool:
    """Write down what is heard of a message. Heard twice, it counts once; whether it was new."""
    rows = Delivery.objects.filter(pk=delivery)
    row = rows.select_related("receiver").first()
    if row is None:
        return False
    email = row.receiver.email if row.receiver else ""
    if news == News.DELIVERED:
        new = rows.filter(delivered_at=None).update(delivered_at=at)
        # It arrived: what was in doubt is so no longer.
        rows.filter(state__in=[DeliveryState.DOUBT, DeliveryState.LEFT, DeliveryState.TAKEN]).update(
            state=DeliveryState.SENT, settled_at=at
        )
        return bool(new)
    if news == News.RETURNED:
        if not rows.filter(bounced_at=None).update(bounced_at=at, said=printable(said)):
            return False
        rows.filter(state__in=[DeliveryState.DOUBT, DeliveryState.LEFT, DeliveryState.TAKEN]).update(
            state=DeliveryState.SENT, settled_at=at
        )
        if email:
            record_bounce(email=email, at=at, said=printable(said))
        return True
    if news == News.LEFT:
        if row.receiver:
            Receiver.objects.filter(pk=row.receiver.pk, unsubscribed_at=None).update(unsubscribed_at=at)
        return bool(rows.filter(unsubscribed_at=None).update(unsubscribed_at=at))
    if not rows.filter(complained_at=None).update(complained_at=at):
        return False
    if row.receiver:
        # Whoever calls our letters unwanted gets no more of them, and is written to by nobody here but where it must be.
        Receiver.objects.filter(pk=row.receiver.pk, unsubscribed_at=None).update(unsubscribed_at=at)
        record_bounce(email=email, at=at, said=printable(said), cause=UndeliverableAddress.Cause.COMPLAINED)
    return True


def read_report(message: Message) -> Report | None:
    """What a letter in the mailbox reports; None where it is no report on one of our messages."""
    if message.get_content_type() == "multipart/report":
        kind = str(message.get_param("report-type", "")).lower()
        if kind == "feedback-report":
            delivery = _named(message)
            return Report(delivery, News.COMPLAINED, "feedback report") if delivery else None
        if kind in ("delivery-status", ""):
            status = _failed(message)
            delivery = _named(message) if status is not None else None
            return Report(delivery, News.RETURNED, status or "") if delivery else None
    return None


def _failed(message: Message) -> str | None:
    """Why it failed for good; None for a report of a delay, of success, or without a status."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if not isinstance(block, Message):
                continue
            action = str(block.get("Action", "")).strip().lower()
            status = str(block.get("Status", "")).strip()
            if action == "failed" and not status.startswith("4."):
                return printable(f"{status} {block.get('Diagnostic-Code', '')}")
    return None


def _named(message: Message) -> int | None:
    """The delivery a report names: in the address it came to, else in the headers of the message it returns."""
    for header in _ADDRESSED:
        for value in message.get_all(header, []):
            if (found := delivery_of(str(value))) is not None:
                return found
    for original in _returned(message):
        for header in _OF_ORIGINAL:
            for value in original.get_all(header, []):
                if (found := delivery_of(str(value))) is not None:
                    return found
    return None


def _returned(message: Message) -> Iterator[Message]:
    """The message, or its headers, that a report carries."""
    for part in message.walk():
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind == "message/rfc822" and isinstance(payload, list):
            yield from (part for part in payload if isinstance(part, Message))
        elif kind == "text/rfc822-headers" and isinstance(payload, str):
            yield message_from_string(payload)
        elif kind == "message/rfc822-headers":
            if isinstance(payload, list):
                yield from (part for part in payload if isinstance(part, Message))
            elif isinstance(payload, str):
                yield message_from_string(payload)
