"""What may be told of a child, for how long a draft is good, and when a family is asked how it went."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from portal.kit.mail import is_address

#: So long the code on a worker's screen can be sent from the family's phone.
DRAFT_GOOD_FOR = timedelta(hours=24)
#: A first visit that is further off is not waited for.
FIRST_VISIT_WITHIN = timedelta(days=7)
SECOND_AFTER = timedelta(weeks=8)
ERASED_AFTER = timedelta(weeks=10)  # after the form was sent: what is promised to who sends it
LONGEST_NAME = 30

_JOINED = re.compile(r"[-'’ʼ`]")
_PHONE = re.compile(r"\+?[0-9]{8,15}\Z", re.ASCII)


class Why(TextChoices):
    """Why something is not sent."""

    SURNAME = "surname", _("Write the first name only, without a surname. Write two first names with a hyphen: Anna-Lisa.")
    NO_NAME = "no-name", _("Write a first name with letters only.")
    UNREACHABLE = "unreachable", _("Write a telephone number with at least eight digits, or a mail address.")
    EXPIRED = "expired", _("This code is more than a day old. Fill in the form once more.")
    USED = "used", _("This has been sent already. Thank you.")
    FOREIGN = "foreign", _("The form did not come from this site. Fill it in once more.")
    NOBODY = "nobody", _("There is nobody here to write to just now.")
    ANSWERED = "answered", _("You have answered this already, or it was too long ago. Thank you.")


class Age(TextChoices):
    """A band instead of an age."""

    UNDER_6 = "0-5", _("under 6 years")
    UP_TO_9 = "6-9", _("6 to 9 years")
    UP_TO_12 = "10-12", _("10 to 12 years")
    UP_TO_15 = "13-15", _("13 to 15 years")
    UP_TO_19 = "16-19", _("16 to 19 years")
    ADULT = "20+", _("adult")


class Asks(TextChoices):
    """The one line: chosen, not written, so that it can be read in every language and tells nothing else."""

    TRY = "try", _("would like to come and try")
    ROOM = "room", _("would like to know whether there is room")
    MEET = "meet", _("would like somebody to meet them the first time")
    EQUIPMENT = "equipment", _("would like to come, and to know what to bring")


def why_not_first_name(name: str) -> Why | None:
    """A name of one word. Whoever writes two may be writing a surname, and is told how to write two first names."""
    if len(name.split()) > 1:
        return Why.SURNAME
    parts = _JOINED.split(name)
    is_name = len(parts) <= 3 and all(part and all(unicodedata.category(sign)[0] in "LM" for sign in part) for part in parts)
    return None if is_name and len(name) <= LONGEST_NAME else Why.NO_NAME


def reachable_at(text: str) -> str:
    """A telephone number without spaces, or a mail address; empty for anything else."""
    text = text.strip()
    if is_address(text):
        return text
    digits = re.sub(r"[\s\u00a0().-]", "", text)
    return digits if _PHONE.match(digits) else ""


@dataclass(frozen=True, slots=True)
class NudgeDays:
    """When to ask, and when to forget."""

    first_on: date
    second_on: date
    erase_on: date


def nudge_days(*, today: date, first_visit: date | None) -> NudgeDays:
    """The day after the first visit, eight weeks after it, and ten after today. A visit nobody has named is in a week."""
    visit = first_visit or today + FIRST_VISIT_WITHIN
    visit = min(max(visit, today), today + FIRST_VISIT_WITHIN)
    return NudgeDays(visit + timedelta(days=1), visit + SECOND_AFTER, today + ERASED_AFTER)
