"""Guessing at codes: so many wrong ones an hour by one till and by all tills of a network; an alarm when very many are sent.

A till is busy and seldom wrong, so nothing is written for a right code. A wrong one takes a place of each limit; where none is
left it is answered like all that come after it. A code with a slip in it counts apart: our own till never sends one. The till's
municipality has a letter when one of its tills has sent too many, at most one a day for each till; when very many are sent
everywhere, whoever runs the site is told in the log, and every municipality with the card by a letter a day.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cards.offers.conditions import day_of
from cards.offers.models import Device
from cards.offers.rules import WhyNot
from directory.municipalities.models import Feature, Municipality
from portal.accounts.limits import CARD_CODE_AT, CARD_CODE_FROM, CARD_SLIP_AT, is_used_up, sender_of, spend, take
from portal.accounts.models import LimitUse
from portal.kit.refusals import Refused, refuse_if
from portal.till.office import warn_of_flood, warn_of_guesses

log = logging.getLogger("portal.till")

MINUTE = timedelta(minutes=1)
ALARM_AT = 1_000  # wrong codes within a minute, everywhere together
WRONG = "card-wrong"


class WhyNotTry(TextChoices):
    MANY = "too_many_tries", _("Too many wrong codes have come from here. Wait an hour, and try again.")


def tills_at(request: HttpRequest, at: datetime) -> str:
    """The tills of the network that asks; empty for offices that are not counted. Not together with the telephones there: guests
    of a pool, on its own network, would close its till by ten wrong codes."""
    sender = sender_of(request, at)
    return sender and f"{sender}|tills"


def refuse_guessers(request: HttpRequest, device: Device, at: datetime) -> None:
    """Nothing more is looked at for a till, or from a network, that was wrong too often."""
    sender = tills_at(request, at)
    limits = [(CARD_CODE_AT, device.pk), *([(CARD_CODE_FROM, sender)] if sender else [])]
    refuse_if(WhyNotTry.MANY if is_used_up(*limits, at=at) else None)


def count_wrong(reason: TextChoices, request: HttpRequest, device: Device, at: datetime) -> None:
    """A code was wrong. Raises `Refused` where it was one too many."""
    if reason == WhyNot.MALFORMED:
        refuse_if(None if take(CARD_SLIP_AT, device.pk, at) else WhyNotTry.MANY)
    elif reason == WhyNot.UNKNOWN:
        count_everywhere(at)
        sender = tills_at(request, at)
        places = [take(CARD_CODE_AT, device.pk, at), not sender or take(CARD_CODE_FROM, sender, at)]
        if is_used_up((CARD_CODE_AT, device.pk), at=at):
            tell_of_till(device, at)
        if not all(places):
            raise Refused(WhyNotTry.MANY)


def count_everywhere(at: datetime) -> None:
    """One more wrong code, whichever page it was sent to; from a thousand a minute on whoever runs the site is told."""
    last_minute = LimitUse.objects.filter(at__gt=at - MINUTE, key__startswith=f"{WRONG}:")
    if last_minute.count() < ALARM_AT - 1:
        LimitUse.objects.create(key=f"{WRONG}:{secrets.token_hex(16)}", at=at)
    elif spend(f"{WRONG}|{at:%Y-%m-%d %H:%M}", at):
        log.error("Somebody guesses at card codes: %s wrong ones within a minute.", ALARM_AT)
        if spend(f"{WRONG}|letters|{day_of(at)}", at):
            for municipality in Municipality.objects.select_related("site"):
                if municipality.has(Feature.CARDS):
                    warn_of_flood(municipality, ALARM_AT)


def tell_of_till(device: Device, at: datetime) -> None:
    """The till's municipality hears of it, once a day."""
    if spend(f"{WRONG}|{device.pk}|{day_of(at)}", at):
        till = Device.objects.select_related("provider__municipality__site").get(pk=device.pk)
        warn_of_guesses(till)
