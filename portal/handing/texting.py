"""A card's link on its way as a text message: sealed until a worker has sent it, then gone. The number is kept nowhere."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from django.db import transaction
from django_tasks import task

from cards.ledger.keys import Unreadable, seal, unseal
from cards.programmes.models import OutgoingText
from portal.kit import texting

PURPOSE = "text"
LASTS = timedelta(minutes=15)  # a link that comes later would surprise


@transaction.atomic
def send_link(*, number: str, link: str, at: datetime) -> None:
    """Put a link on its way."""
    row = OutgoingText.objects.create(sealed=seal(json.dumps([number, link]).encode(), PURPOSE), ends_at=at + LASTS)
    send_text.enqueue(row.pk)


@task()
def send_text(pk: int) -> None:
    """Send one message and forget it. What fails is tried again by the clock, as long as it is kept."""
    row = OutgoingText.objects.filter(pk=pk).first()
    if row is None:
        return
    try:
        number, link = json.loads(unseal(row.sealed, PURPOSE))
    except Unreadable:
        row.delete()
        return
    texting.send(number, link)
    row.delete()


def forget_texts(at: datetime) -> int:
    """Remove messages that could not be sent in time; how many."""
    return OutgoingText.objects.filter(ends_at__lte=at).delete()[0]
