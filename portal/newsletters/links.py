"""Signed links of newsletters. None holds a name or a mail address.

leave_path(receiver, newsletter, …)      stops newsletters; good for ever, since an old letter must be able to stop them
subscription_path(subscription, …)       confirms (seven days), or shows what one subscribes to (as long as one does)
message_key(delivery)                    stands in Message-ID and in the sender's envelope; a returned letter is told by it
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.urls import reverse
from django.utils.crypto import salted_hmac

from directory.municipalities.models import Municipality
from portal.accounts.links import address_of
from portal.newsletters.models import Subscription

LEAVE = "portal.newsletters.leave"
SUBSCRIPTION = "portal.newsletters.subscription"
MESSAGE = "portal.newsletters.message"
CONFIRM_WITHIN = timedelta(days=7)
TEST_RECEIVER = 0  # of a test letter: nobody


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a link that stops newsletters says."""

    receiver: int
    newsletter: int
    lang: str
    mark: str  # of the address, which nobody can read from it


def home_of(municipality: Municipality) -> str:
    """The address of a municipality's own site, without a slash at its end."""
    return address_of(municipality.site)


# ── stopping newsletters ────────────────────────────────────────────────────────────────────────────────────


def leave_token(receiver: int, newsletter: int, lang: str, email: str) -> str:
    """What a link that stops newsletters carries. The number is erased after a year; the mark finds the address after that."""
    return signing.Signer(salt=LEAVE, sep="~").sign(f"{receiver}.{newsletter}.{lang}.{mark_of(email)}")


def read_leaving(token: str) -> Leaving | None:
    """What the link says; None for one that is not ours."""
    try:
        receiver, newsletter, lang, mark = signing.Signer(salt=LEAVE, sep="~").unsign(token).split(".")
        return Leaving(int(receiver), int(newsletter), lang, mark)
    except (signing.BadSignature, ValueError):
        return None


def mark_of(email: str) -> str:
    """What tells an address from others in a link: nobody without our key can make it, or find the address by it."""
    if not email:
        return ""
    digest = salted_hmac(LEAVE, email.strip().lower(), algorithm="sha256").digest()[:10]
    return base64.b32encode(digest).decode().lower()


def leave_path(receiver: int, newsletter: int, lang: str, email: str) -> str:
    return reverse("newsletter-leave", args=[leave_token(receiver, newsletter, lang, email)])


# ── subscriptions ───────────────────────────────────────────────────────────────────────────────────────────


def _facts(row: Subscription) -> str:
    return f"{row.pk}.{row.created_at:%s}"


def confirm_token(row: Subscription) -> str:
    """What the link in the first letter carries."""
    return signing.TimestampSigner(salt=f"{SUBSCRIPTION}.confirm", sep="~").sign(_facts(row))


def read_confirm(token: str) -> Subscription | None:
    """The subscription to be confirmed; None for a link that is not ours, is too old, or whose wish was taken back."""
    try:
        facts = signing.TimestampSigner(salt=f"{SUBSCRIPTION}.confirm", sep="~").unsign(token, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        return None
    return _row_of(facts)


def mine_token(row: Subscription) -> str:
    """What the link at the foot of each letter to a subscriber carries."""
    return signing.Signer(salt=f"{SUBSCRIPTION}.mine", sep="~").sign(_facts(row))


def read_mine(token: str) -> Subscription | None:
    """The subscription a letter was sent for; None once it has been erased."""
    try:
        return _row_of(signing.Signer(salt=f"{SUBSCRIPTION}.mine", sep="~").unsign(token))
    except signing.BadSignature:
        return None


def _row_of(facts: str) -> Subscription | None:
    pk, _dot, _created = facts.partition(".")
    row = Subscription.objects.select_related("municipality").filter(pk=pk).first()
    return row if row is not None and _facts(row) == facts else None


# ── returned letters ────────────────────────────────────────────────────────────────────────────────────────

_KEY = re.compile(r"\bnl(\d{1,18})-([a-z2-7]{20})\b", re.IGNORECASE)


def message_key(delivery: int) -> str:
    """Names a message so that only we can: mail programs may change the case of letters, so there is but one."""
    digest = salted_hmac(MESSAGE, str(delivery), algorithm="sha256").digest()[:13]
    return f"nl{delivery}-{base64.b32encode(digest).decode().lower()[:20]}"


def delivery_of(text: str) -> int | None:
    """The delivery that a Message-ID or an envelope address names; None where it names none of ours."""
    for found in _KEY.finditer(text):
        pk = int(found[1])
        if hmac.compare_digest(message_key(pk), found[0].lower()):
            return pk
    return None
