"""What a mail service tells of messages (django-anymail): delivered, returned, complained, wants no more."""

from __future__ import annotations

from typing import Any

from anymail.signals import RejectReason, tracking
from django.dispatch import receiver
from django.utils import timezone

from portal.kit.returned import address_named, enhanced, nobody_there
from portal.newsletters.links import delivery_of
from portal.newsletters.returned import News, Report, hear_report

NEWS = {
    "delivered": News.DELIVERED,
    "bounced": News.RETURNED,
    "complained": News.COMPLAINED,
    "unsubscribed": News.LEFT,
}


@receiver(tracking, dispatch_uid="portal.newsletters.webhooks")
def on_event(sender: Any, event: Any, esp_name: str, **kwargs: Any) -> None:
    """One event. Which message it is about stands in what we gave along with it; others are none of ours."""
    news, given = NEWS.get(event.event_type), event.metadata or {}
    if news is None:
        return
    said = str(event.mta_response or event.description or event.reject_reason or "")
    delivery = delivery_of(str(given.get("delivery", "")))
    email = address_named(str(given.get("address", "")), [event.recipient or ""])
    if delivery is None and email is None:
        return
    report = Report(delivery, news, said, email or "", means_nobody(event))
    hear_report(report, event.timestamp or timezone.now())


def means_nobody(event: Any) -> bool:
    """Whether a returned message says that there is nobody at the address: by the mail server's answer, else by the service's."""
    code, _space, words = str(event.mta_response or "").partition(" ")
    if code.isdecimal() and enhanced(words) is not None:
        return nobody_there(int(code), words)
    return event.reject_reason in (None, RejectReason.INVALID, RejectReason.BOUNCED)
