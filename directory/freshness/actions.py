"""Taking a listing off the public list when a register says that it is closed, and putting it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from directory.activities.models import Activity
from directory.providers.models import Provider
from directory.support.models import SupportScheme

# What a provider offers goes with it; its places stay: a hall does not vanish with the club that ran it.
OFFERED = (Activity, SupportScheme)
WITH_PROVIDER = "Tilbyderen: "  # shown to staff before the reason


@transaction.atomic
def delist_provider(*, provider: Provider, reason: str, at: datetime) -> bool:
    """Take a provider and what it offers off the public list. What is off already keeps its own reason."""
    count = Provider.objects.filter(pk=provider.pk, delisted_at=None).update(delisted_at=at, delisted_reason=reason)
    for model in OFFERED:
        model.objects.filter(provider=provider.pk, delisted_at=None).update(
            delisted_at=at, delisted_reason=f"{WITH_PROVIDER}{reason}"[:200]
        )
    return bool(count)


@transaction.atomic
def relist_provider(*, provider: Provider, reasons: tuple[str, ...]) -> bool:
    """Put back a provider that was taken off for one of `reasons`, with what went with it; others stay off."""
    count = (
        Provider.objects.filter(pk=provider.pk, delisted_reason__in=reasons)
        .exclude(delisted_at=None)
        .update(delisted_at=None, delisted_reason="")
    )
    if count:
        for model in OFFERED:
            model.objects.filter(
                provider=provider.pk, delisted_reason__in=[f"{WITH_PROVIDER}{reason}"[:200] for reason in reasons]
            ).update(delisted_at=None, delisted_reason="")
    return bool(count)
