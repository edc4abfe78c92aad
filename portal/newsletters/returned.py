"""What comes back after a message was handed over: delivered, returned, complained about.

A report of a mail server (RFC 3464) or of a mail service's abuse desk (RFC 5965) is believed only where it names one of our
messages by a key that nobody else can make: in the address it came to, or in the message it returns. A newsletter's message
is named by its number (links.message_key); every other letter by its receiver's address (kit.returned.address_key), which the
report itself must give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_string
from email.message import Message
from enum import Enum
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from directory.freshness.bounces import record_bounce
from directory.freshness.models import UndeliverableAddress
from portal.kit.mail import address_refused
from portal.kit.returned import address_named, enhanced, nobody_there
from portal.newsletters.links import delivery_of
from portal.newsletters.models import Delivery, Receiver
from portal.newsletters.states import DeliveryState
from portal.newsletters.subscriptions import end_news
from portal.newsletters.transport import printable

LARGEST = 2_000_000  # bytes of a report that are looked at
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_OF_ORIGINAL = ("Message-ID", "X-Failed-Message-ID", "References", "In-Reply-To", "Return-Path")
_ANSWER = re.compile(r"\b(5\d\d)[ -](.*)", re.DOTALL)  # "smtp; 550 5.1.1 no such user"


class News(Enum):
    """What is heard of a message."""

    DELIVERED = "delivered"
    RETURNED = "returned"
    COMPLAINED = "complained"
    LEFT = "left"  # by a link of the mail service's own


@dataclass(frozen=True, slots=True)
class Report:
    """One message, and what is said of it. `delivery` is None for letters that are no newsletter: then `email` says whose."""

    delivery: int | None
    news: News
    said: str = ""
    email: str = ""
    is_dead: bool = True  # there is nobody at the address; else it came back for another reason


def hear_report(report: Report, at: datetime) -> bool:
    """Write down what a report says; whether it was new."""
    if report.delivery is not None:
        return hear(delivery=report.delivery, news=report.news, at=at, said=report.said, is_dead=report.is_dead)
    return hear_of_address(email=report.email, news=report.news, at=at, said=report.said, is_dead=report.is_dead)


def hear_of_address(*, email: str, news: News, at: datetime, said: str = "", is_dead: bool = True) -> bool:
    """The same of a letter that is no newsletter, of which no row is kept: only what it says of the address."""
    if news == News.RETURNED and is_dead:
        return record_bounce(email=email, at=at, said=printable(said)) is not None
    if news == News.COMPLAINED:
        cause = UndeliverableAddress.Cause.COMPLAINED
        return record_bounce(email=email, at=at, said=printable(said), cause=cause) is not None
    return False


@receiver(address_refused, dispatch_uid="portal.newsletters.returned")
def on_refused(sender: Any, email: str, said: str, **kwargs: Any) -> None:
    """The mail server itself said so when a letter was handed to it."""
    hear_of_address(email=email, news=News.RETURNED, at=timezone.now(), said=said)


@transaction.atomic
def hear(*, delivery: int, news: News, at: datetime, said: str = "", is_dead: bool = True) -> bool:
    """Write down what is heard of a message. Heard twice, it counts once; whether it was new."""
    rows = Delivery.objects.filter(pk=delivery)
    row = rows.select_related("receiver__municipality").first()
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
        if email and is_dead:
            record_bounce(email=email, at=at, said=printable(said))
        return True
    if news == News.LEFT:
        if row.receiver:
            Receiver.objects.filter(pk=row.receiver.pk, unsubscribed_at=None).update(unsubscribed_at=at)
            end_news(municipality=row.receiver.municipality, email=email)
        return bool(rows.filter(unsubscribed_at=None).update(unsubscribed_at=at))
    if not rows.filter(complained_at=None).update(complained_at=at):
        return False
    if row.receiver:
        # Whoever calls our letters unwanted gets no more of them, and is written to by nobody here but where it must be.
        Receiver.objects.filter(pk=row.receiver.pk, unsubscribed_at=None).update(unsubscribed_at=at)
        end_news(municipality=row.receiver.municipality, email=email)
        record_bounce(email=email, at=at, said=printable(said), cause=UndeliverableAddress.Cause.COMPLAINED)
    return True


def read_report(message: Message) -> Report | None:
    """What a letter in the mailbox reports; None where it is no report on one of our messages."""
    if message.get_content_type() == "multipart/report":
        kind = str(message.get_param("report-type", "")).lower()
        if kind == "feedback-report":
            return _about(message, News.COMPLAINED, "feedback report")
        if kind in ("delivery-status", "") and (failure := _failed(message)) is not None:
            return _about(message, News.RETURNED, failure[0], is_dead=failure[1])
    return None


def _about(message: Message, news: News, said: str, *, is_dead: bool = True) -> Report | None:
    """The report, where it names one of our messages."""
    texts = list(_naming(message))
    if (delivery := next(filter(None, map(delivery_of, texts)), None)) is not None:
        return Report(delivery, news, said, is_dead=is_dead)
    candidates = list(_receivers(message))
    email = next(filter(None, (address_named(text, candidates) for text in texts)), None)
    return Report(None, news, said, email, is_dead) if email else None


def _failed(message: Message) -> tuple[str, bool] | None:
    """Why it failed for good, and whether there is nobody; None for a report of a delay, of success, or without a status."""
    for block in _statuses(message):
        action = str(block.get("Action", "")).strip().lower()
        status = str(block.get("Status", "")).strip()
        if action == "failed" and not status.startswith("4."):
            diagnosis = str(block.get("Diagnostic-Code", ""))
            return printable(f"{status} {diagnosis}"), says_nobody(status, diagnosis)
    return None


def says_nobody(status: str, diagnosis: str) -> bool:
    """Whether a status (`5.1.1`) says that there is nobody at the address; where it says nothing, what the server answered."""
    if enhanced(status) not in (None, (0, 0)):
        return nobody_there(550, status)
    found = _ANSWER.search(diagnosis)
    return found is not None and nobody_there(int(found[1]), found[2])


def _statuses(message: Message) -> Iterator[Message]:
    """What a report says of the message, and of each of its receivers."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            yield from (block for block in (blocks if isinstance(blocks, list) else []) if isinstance(block, Message))


def _naming(message: Message) -> Iterator[str]:
    """Where a report names our message: in the address it came to, and in the headers of the message it returns."""
    for header in _ADDRESSED:
        yield from map(str, message.get_all(header, []))
    for original in _returned(message):
        for header in _OF_ORIGINAL:
            yield from map(str, original.get_all(header, []))


def _receivers(message: Message) -> Iterator[str]:
    """Whom a report says that the message was to. Only the one our key was made for is believed."""
    for block in [*_statuses(message), *_returned(message), *_feedback(message)]:
        for header in ("Final-Recipient", "Original-Recipient", "Original-Rcpt-To", "X-Failed-Recipients", "To"):
            for value in block.get_all(header, []):
                yield str(value).rpartition(";")[2].strip()


def _feedback(message: Message) -> Iterator[Message]:
    """The facts of a complaint, which some programs give as text."""
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            payload = part.get_payload()
            if isinstance(payload, list):
                yield from (one for one in payload if isinstance(one, Message))
            elif isinstance(payload, str):
                yield message_from_string(payload)


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
