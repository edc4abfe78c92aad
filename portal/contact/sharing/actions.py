"""Saying yes to the list of contacts and taking it back; links to the list and taking them back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from wagtail.log_actions import log

from directory.municipalities.models import District, Municipality
from directory.providers.models import Provider
from portal.contact.sharing.models import GOOD_FOR, ContactConsent, SharedList

GIVE, WITHDRAW = "contact_list.join", "contact_list.leave"
SHARE, REVOKE = "contact_list.share", "contact_list.revoke"
KEPT = timedelta(days=365)  # a consent that was taken back, as a proof that there was one


@transaction.atomic
def give_consent(*, provider: Provider, by: Any, at: datetime) -> ContactConsent:
    """The provider wants to stand in the list. Said twice, the first moment stays."""
    consent, is_new = ContactConsent.objects.select_for_update().get_or_create(
        provider=provider, defaults={"given_at": at, "given_by": by}
    )
    if is_new or consent.withdrawn_at is not None:
        consent.given_at, consent.given_by, consent.withdrawn_at = at, by, None
        consent.save()
        log(consent, GIVE, user=by)
    return consent


@transaction.atomic
def withdraw_consent(*, provider: Provider, by: Any, at: datetime) -> bool:
    """The provider stands in the list no more, from now on."""
    consent = ContactConsent.objects.select_for_update().filter(provider=provider, withdrawn_at=None).first()
    if consent is None:
        return False
    consent.withdrawn_at = at
    consent.save(update_fields=["withdrawn_at"])
    log(consent, WITHDRAW, user=by)
    return True


@transaction.atomic
def share_list(
    *,
    municipality: Municipality,
    by: Any,
    at: datetime,
    whom_for: str,
    category: str,
    district: District | None,
    words: str = "",
) -> SharedList:
    """A link that shows the list, as narrowed as it is now, for 30 days."""
    shared = SharedList.objects.create(
        municipality=municipality,
        whom_for=whom_for,
        category=category,
        district=district,
        words=words,
        created_at=at,
        created_by=by,
        expires_at=at + GOOD_FOR,
    )
    log(shared, SHARE, user=by)
    return shared


@transaction.atomic
def revoke_list(*, shared: SharedList, by: Any, at: datetime) -> bool:
    """The link leads nowhere from now on. Twice does nothing."""
    done = SharedList.objects.filter(pk=shared.pk, revoked_at=None).update(revoked_at=at)
    if done:
        log(shared, REVOKE, user=by)
    return bool(done)


def forget_sharing(at: datetime) -> int:
    """By the clock: links that ended a month ago, and consents that were taken back a year ago."""
    links, _of = SharedList.objects.filter(expires_at__lt=at - GOOD_FOR).delete()
    consents, _of = ContactConsent.objects.filter(withdrawn_at__lt=at - KEPT).delete()
    return links + consents
