"""Guessing at codes: so many wrong ones an hour from one network, whichever page or program they are sent to.

Who tries takes a place before the code is looked at, and gives it back for a right one: of many tries at once none slips by.
"""

from __future__ import annotations

from datetime import datetime
from types import TracebackType

from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from directory.reports.tokens import is_exempt, network_of, sender_address
from portal.accounts.limits import HOUR, Limit, give_back, take_place
from portal.kit.refusals import Refused

WRONG_CODES = Limit("card-code", 10, HOUR)
WRONG = frozenset({"unknown", "malformed"})


class WhyNotGuess(TextChoices):
    MANY = "too_many_tries", _("Too many wrong codes have come from here. Wait an hour, and try again.")


class Guess:
    """`with Guess(request, at): …` around what looks at a code. It counts when that is refused as no code that we know."""

    def __init__(self, request: HttpRequest, at: datetime) -> None:
        self.address = sender_address(request)
        self.at = at
        self.place = ""

    def __enter__(self) -> None:
        if is_exempt(self.address):
            return
        self.place = take_place(WRONG_CODES, f"{self.at:%Y-%m-%d}|{network_of(self.address)}", self.at)
        if not self.place:
            raise Refused(WhyNotGuess.MANY)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        wrong = isinstance(error, Refused) and error.reason.value in WRONG
        if self.place and not wrong:
            give_back(self.place, self.at)
