"""Tills: browsers that a provider has enrolled. They have no login, no cookie and no person.

    invite → enrol (once, within fifteen minutes) → rename · revoke

An invitation is a code in the form of a printed card's: its picture leads to the till, and who has no camera types it. What a
till proves itself with is made when it is enrolled and kept here as a hash only.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from cards.ledger.codes import check_character, new_code, read_code
from cards.offers import emails
from cards.offers.conditions import day_of
from cards.offers.models import Device, DeviceInvitation, ProviderAgreement
from cards.offers.states import AgreementState
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.kit.refusals import Refused, refuse_if

GOOD_FOR = timedelta(minutes=15)
MOST_TILLS = 40  # of one provider in use at once
MOST_INVITATIONS = 20  # of one provider that nobody has taken yet
NAME_LENGTH = 60
TOKEN = re.compile(r"fft_[A-Za-z0-9_-]{43}", re.ASCII)
#: What a card to practise with says: no card has this code. Whoever reads one answers as to a card and writes nothing.
PRACTICE_CODE = "TESTTESTTESTTES" + check_character("TESTTESTTESTTES")


class WhyNotTill(TextChoices):
    """Why a browser did not become a till, or why nothing was changed."""

    INVITATION = "invitation", _("This code does not work any more. Make a new one on your pages, under “Tills”.")
    NO_AGREEMENT = "no_agreement", _("There is no agreement about the activity card. Ask the municipality.")
    MANY = "many", _("You have very many tills. Stop those that are not used any more.")
    NAME = "name", _("Give the till a name, such as “Ticket office”.")
    STOPPED = "stopped", _("This till has been stopped already.")


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation, and the code that is shown once."""

    invitation: DeviceInvitation
    code: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A till, and what it proves itself with: told once, to itself."""

    device: Device
    token: str


def is_practice(code: str) -> bool:
    """Whether a code that was read is the one to practise with."""
    return read_code(code) == PRACTICE_CODE


def tills_of(provider: Provider, *, revoked: bool = False) -> QuerySet[Device]:
    """The tills of a provider that are in use, by name; or those that were stopped."""
    return Device.objects.filter(provider=provider, revoked_at__isnull=not revoked).order_by("name", "pk")


def agreements_of(provider: Provider, day: date) -> QuerySet[ProviderAgreement]:
    """The agreements of a provider that run on a day."""
    return ProviderAgreement.objects.filter(
        provider=provider, state=AgreementState.AGREED, valid_from__lte=day, valid_to__gte=day
    ).select_related("programme", "municipality")


def hash_token(token: str) -> bytes:
    """What a till is found by. A token is random enough that it needs no key."""
    return hashlib.sha256(token.encode("utf-8")).digest()


def find_till(token: str) -> Device | None:
    """The till that a token belongs to, unless it was stopped."""
    if not TOKEN.fullmatch(token):
        return None
    rows = Device.objects.select_related("provider__municipality__site")
    return rows.filter(token_hash=hash_token(token), revoked_at=None).first()


def see(*, device: Device, day: date) -> None:
    """A till was used on a day; nothing finer is kept."""
    Device.objects.filter(pk=device.pk).exclude(seen_on=day).update(seen_on=day)


def _named(name: str) -> str:
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())[:NAME_LENGTH].strip()
    refuse_if(None if name else WhyNotTill.NAME)
    return name


@transaction.atomic
def invite(*, provider: Provider, name: str, by: Any, at: datetime) -> Invited:
    """A code that makes one browser a till."""
    Provider.objects.select_for_update(of=("self",)).get(pk=provider.pk)
    name = _named(name)
    refuse_if(None if agreements_of(provider, day_of(at)).exists() else WhyNotTill.NO_AGREEMENT)
    DeviceInvitation.objects.filter(provider=provider, device=None, ends_at__lte=at).delete()
    counts = Provider.objects.filter(pk=provider.pk).aggregate(
        tills=Count("tills", filter=Q(tills__revoked_at=None), distinct=True),
        waiting=Count("till_invitations", filter=Q(till_invitations__device=None), distinct=True),
    )
    refuse_if(WhyNotTill.MANY if counts["tills"] >= MOST_TILLS or counts["waiting"] >= MOST_INVITATIONS else None)
    code = new_code()
    invitation = DeviceInvitation.objects.create(provider=provider, name=name, token_hash=hash_token(code), ends_at=at + GOOD_FOR)
    log(provider, "till.invite", user=by, data={"name": name})
    return Invited(invitation, code)


@transaction.atomic
def enrol(*, invitation_token: str, at: datetime, municipality: Municipality | None = None) -> Enrolled:
    """Make a browser a till. Unknown, old, used and other municipalities' invitations get one answer."""
    code = read_code(invitation_token)
    rows = DeviceInvitation.objects.select_for_update(of=("self",)).select_related("provider__municipality")
    found = rows.filter(token_hash=hash_token(code)).first() if code else None
    if found is None or found.device_id is not None or found.ends_at <= at:
        raise Refused(WhyNotTill.INVITATION)
    if municipality is not None and found.provider.municipality_id != municipality.pk:
        raise Refused(WhyNotTill.INVITATION)
    token = f"fft_{secrets.token_urlsafe(32)}"
    device = Device.objects.create(provider=found.provider, name=found.name, token_hash=hash_token(token), enrolled_on=day_of(at))
    found.device = device
    found.save(update_fields=["device"])
    log(found.provider, "till.enrol", data={"name": device.name, "till": device.pk})
    return Enrolled(device, token)


@transaction.atomic
def rename(*, device: Device, name: str, by: Any) -> None:
    """Give a till another name."""
    row = _in_use(device)
    row.name = _named(name)
    row.save(update_fields=["name"])
    log(row.provider, "till.rename", user=by, data={"name": row.name, "till": row.pk})


@transaction.atomic
def revoke(*, device: Device, by: Any, at: datetime, reason: str = "") -> None:
    """Stop a till: its next press is refused. The municipality says why, and the provider is told."""
    row = _in_use(device)
    row.revoked_at = at
    row.save(update_fields=["revoked_at"])
    why = reason.strip()[:300]
    log(row.provider, "till.revoke", user=by, data={"name": row.name, "till": row.pk} | ({"reason": why} if why else {}))
    if why:
        emails.tell_till_stopped(row, why)


def _in_use(device: Device) -> Device:
    row = Device.objects.select_for_update(of=("self",)).select_related("provider__municipality__site").get(pk=device.pk)
    refuse_if(WhyNotTill.STOPPED if row.revoked_at else None)
    return row
