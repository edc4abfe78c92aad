"""Public forms without a session: a signed token bound to form and object, good for two hours and for one sending.

The browser keeps nothing. What stops a flood: the token is used up by sending, a sender's address counts as a keyed hash
of the day that is forgotten within the hour, and the page that sends must be ours (Origin).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import IntegrityError, transaction
from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from directory.reports.models import FormUse

GOOD_FOR = timedelta(hours=2)
REMEMBERED = timedelta(hours=1)
MOST_AN_HOUR = 10


class FormRefusal(TextChoices):
    """Why a form was not taken."""

    EXPIRED = "expired", _("The form had been open for too long. What you wrote is still here: send it once more.")
    USED = "used", _("This has been sent already. Thank you.")
    FOREIGN = "foreign", _("The form did not come from this site. What you wrote is still here: send it once more.")
    MANY = "many", _("Many messages have come from your network. Wait an hour, or write to the municipality.")


def signer(form: str) -> TimestampSigner:
    return TimestampSigner(salt=f"form:{form}")


def new_token(form: str, bound_to: str) -> str:
    """A token for one sending of this form about this object."""
    return signer(form).sign(f"{bound_to}|{secrets.token_urlsafe(12)}")


def why_not_token(form: str, bound_to: str, token: str) -> FormRefusal | None:
    """Whether the token is ours, for this object, and young enough."""
    try:
        value = signer(form).unsign(token, max_age=GOOD_FOR)
    except SignatureExpired:
        return FormRefusal.EXPIRED
    except BadSignature:
        return FormRefusal.FOREIGN
    return None if value.rsplit("|", 1)[0] == bound_to else FormRefusal.FOREIGN


def why_not_origin(request: HttpRequest) -> FormRefusal | None:
    """Whether the sending page is ours. A browser that sends neither Origin nor Referer is believed: the token holds."""
    sent_from = request.headers.get("Origin") or request.headers.get("Referer") or ""
    if not sent_from:
        return None
    try:
        return None if urlsplit(sent_from).netloc == request.get_host() else FormRefusal.FOREIGN
    except ValueError:  # no address at all
        return FormRefusal.FOREIGN


def sender_address(request: HttpRequest) -> str:
    """Who asks. Behind a web server of our own (a private address or a socket) it is the last one that server names."""
    address = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
    try:
        own = not address or ipaddress.ip_address(address).is_private
    except ValueError:
        own = True
    return forwarded if own and forwarded else address


def network_of(address: str) -> str:
    """What counts as one sender: an address, or the network of a household where it is of the long kind (IPv6, /64)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


def is_exempt(address: str) -> bool:
    """Whether an address belongs to a network that RATE_LIMIT_EXEMPT names: an office, where many share one address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in settings.RATE_LIMIT_EXEMPT)


def is_from_exempt(request: HttpRequest) -> bool:
    """Whether who asks sits in such a network."""
    return is_exempt(sender_address(request))


def sender_key(request: HttpRequest, at: datetime) -> str:
    """The sender's address as a keyed hash of the day; the address itself is kept nowhere."""
    address = network_of(sender_address(request))
    key = hmac.new(settings.SECRET_KEY.encode(), f"sender:{at:%Y-%m-%d}".encode(), hashlib.sha256).digest()
    return "from:" + hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:32]


def use_up(request: HttpRequest, token: str, at: datetime, *, of: str = "", most: int = MOST_AN_HOUR) -> FormRefusal | None:
    """Count this sending. Call it in the transaction of what the form does, after everything else was right.

    Forms share one count of what a sender may send in an hour, but for a form `of` its own that allows `most`. Offices named
    in RATE_LIMIT_EXEMPT may send as many as they like, each token once.
    """
    forget(at)
    sender = sender_key(request, at)
    if of:
        sender = sender.replace("from:", f"from:{of}:", 1)
    exempt = is_from_exempt(request)
    if not exempt and FormUse.objects.filter(key__startswith=sender).count() >= most:
        return FormRefusal.MANY
    try:
        with transaction.atomic():
            FormUse.objects.create(key="used:" + hashlib.sha256(token.encode()).hexdigest()[:40], at=at)
            if not exempt:
                FormUse.objects.create(key=f"{sender}:{secrets.token_hex(6)}", at=at)
    except IntegrityError:
        return FormRefusal.USED
    return None


def forget(at: datetime) -> int:
    """Remove what is remembered of senders after its hour, and of tokens after they would be refused anyway; how many rows."""
    senders, _ = FormUse.objects.filter(key__startswith="from:", at__lt=at - REMEMBERED).delete()
    tokens, _ = FormUse.objects.filter(key__startswith="used:", at__lt=at - GOOD_FOR).delete()
    return senders + tokens
