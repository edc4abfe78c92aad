"""What a mail service tells of messages (django-anymail): delivered, returned, complained, wants no more."""

from __future__ import annotations

from typing import Any

from anymail.signals import tracking
from django.dispatch import receiver
from django.utils import timezone

from portal.newsletters.links import delivery_of
from portal.newsletters.returned import News, hear

NEWS = {
    "delivered": News.DELIVERED,
    "bounced": News.RETURNED,
    "complained": News.COMPLAINED,
    "unsubscribed": News.LEFT,
}


@receiver(tracking, dispatch_uid="portal.newsletters.webhooks")
def on_event(sender: Any, event: Any, esp_name: str, **kwargs: Any) -> None:
    """One event. Which message it is about stands in what we gave along with it; others are none of ours."""
    news = NEWS.get(event.event_type)
    named = str((event.metadata or {}).get("delivery", ""))
    delivery = delivery_of(named) if named else None
    if news is None or delivery is None:
        return
    said = event.mta_response or event.description or event.reject_reason or ""
    hear(delivery=delivery, news=news, at=event.timestamp or timezone.now(), said=str(said))
