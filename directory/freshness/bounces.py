"""Mail addresses that letters come back from: written down by whoever hears of it, forgotten when somebody has corrected them.

    record_bounce(email=…, said=…, at=…, cause=…)     from the mail service's webhook, or from a mailbox of returned letters
    undeliverable([…])                                which of some addresses get nothing but what is necessary
    bounced([…])                                      which of some addresses no letter arrives at
    correct(email=…)                                  somebody says that the address is right (again)

An address belongs to nobody here: whose it is, is asked of the rows that name it. One that has been quiet for two years is
forgotten; the next letter tells anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from directory.freshness.models import UndeliverableAddress

REMEMBERED = timedelta(days=730)
BATCH = 500  # addresses named in one statement


def tidy(email: str) -> str:
    """An address as it is compared: without room around it, in lower case."""
    return email.strip().lower()


@transaction.atomic
def record_bounce(
    *, email: str, at: datetime, said: str = "", cause: str = UndeliverableAddress.Cause.BOUNCED
) -> UndeliverableAddress | None:
    """Write down that letters come back from `email`, or that its owner complained. Told twice, it counts twice.

    The cause is what was heard last: a letter somebody complains of has arrived, one that bounces has not.
    """
    email = tidy(email)
    if "@" not in email or len(email) > 254:
        return None
    said = " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())[:300]
    cause = UndeliverableAddress.Cause(cause)
    try:
        with transaction.atomic():
            return UndeliverableAddress.objects.create(email=email, cause=cause, said=said, since=at, last_at=at)
    except IntegrityError:
        pass
    row = UndeliverableAddress.objects.select_for_update().get(email=email)
    row.cause = cause
    row.said = said or row.said
    row.last_at = max(row.last_at, at)
    row.since = min(row.since, at)
    row.count = F("count") + 1
    row.save(update_fields=["cause", "said", "last_at", "since", "count"])
    row.refresh_from_db()
    return row


def undeliverable(emails: Iterable[str]) -> set[str]:
    """Those of some addresses that letters come back from, or whose owner complained, in lower case."""
    return _among(emails, UndeliverableAddress.objects.all())


def bounced(emails: Iterable[str]) -> set[str]:
    """Those of some addresses that letters come back from: not even a necessary one arrives there. In lower case."""
    return _among(emails, UndeliverableAddress.objects.filter(cause=UndeliverableAddress.Cause.BOUNCED))


def _among(emails: Iterable[str], rows: QuerySet[UndeliverableAddress]) -> set[str]:
    wanted = sorted({tidy(email) for email in emails if email})
    return {
        email
        for start in range(0, len(wanted), BATCH)
        for email in rows.filter(email__in=wanted[start : start + BATCH]).values_list("email", flat=True)
    }


def correct(*, email: str) -> bool:
    """Somebody has seen to it: letters go there again. Whether there was anything to correct."""
    count, _models = UndeliverableAddress.objects.filter(email=tidy(email)).delete()
    return bool(count)


def forget_old_bounces(at: datetime) -> int:
    """By the clock: forget addresses that have been quiet for long; how many."""
    count, _models = UndeliverableAddress.objects.filter(last_at__lt=at - REMEMBERED).delete()
    return count
