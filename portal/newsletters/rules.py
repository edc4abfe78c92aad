"""When a newsletter may be released, and from which addresses it may be sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from portal.kit.mail import domain_of
from portal.newsletters.states import MOVES, LetterState


class WhyNotLetter(TextChoices):
    """Why something is not done with a newsletter."""

    NO_SUBJECT = "no-subject", _("Write a subject in the municipality's first language.")
    NO_TEXT = "no-text", _("There is nothing in the letter yet. Write it in one language at least.")
    NO_SITE = "no-site", _("The municipality has no site yet, and a letter needs one for its links.")
    NOBODY = "nobody", _("Nobody would get this letter. Choose others.")
    ADDRESS = "address", _("Letters may not be sent from the address of this sender. Choose another sender, or mend it.")
    PAST = "past", _("This time has passed. Choose a later one.")
    OFF = "off", _("Newsletters are switched off. A coordinator can switch them on under “Our site”.")
    STATE = "state", _("This cannot be done any more: the letter has gone further meanwhile. Look at where it stands now.")
    CHANGED = "changed", _("The number of receivers has changed since. Look at it once more.")


def may_move(here: str, there: LetterState) -> bool:
    """Whether the table of moves has this one."""
    return there in MOVES[LetterState(here)]


def allowed_domains(number: str, setting: Iterable[str] | None = None) -> frozenset[str]:
    """The domains a municipality may send from. An entry of the setting is a domain for all, or `number:domain` for one."""
    found = set()
    for entry in settings.NEWSLETTER_DOMAINS if setting is None else setting:
        whose, colon, domain = entry.rpartition(":")
        if domain and (not colon or whose == number):
            found.add(domain.lower())
    return frozenset(found)


def why_not_address(number: str, address: str) -> WhyNotLetter | None:
    """Whether letters may be sent from this address. Without one, the installation's own is used."""
    if address and domain_of(address) not in allowed_domains(number):
        return WhyNotLetter.ADDRESS
    return None


def why_not_release(
    *, number: str, subject: str, written: Iterable[str], sender_address: str, has_site: bool, is_on: bool, receivers: int
) -> WhyNotLetter | None:
    """Whether a letter can go out."""
    if not is_on:
        return WhyNotLetter.OFF
    if not has_site:
        return WhyNotLetter.NO_SITE
    if not subject.strip():
        return WhyNotLetter.NO_SUBJECT
    if not list(written):
        return WhyNotLetter.NO_TEXT
    if reason := why_not_address(number, sender_address):
        return reason
    return None if receivers else WhyNotLetter.NOBODY


def why_not_schedule(when: datetime, at: datetime) -> WhyNotLetter | None:
    """Whether a letter can be sent at `when`."""
    return None if when > at else WhyNotLetter.PAST
