"""Guessing at codes by the pages of the card: counted for the network that asks. Tills there are counted apart (portal/till)."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType

from django.http import HttpRequest

from portal.accounts.limits import CARD_CODE_FROM, CARD_SLIP_AT, is_used_up, sender_of, take
from portal.kit.refusals import Refused, refuse_if
from portal.till.guessing import WhyNotTry, count_everywhere


class Guess:
    """`with Guess(request, at): …` around what looks at a code. It counts when that is refused as no code that we know.

    A code with a slip in it counts apart: our own pages see it before they send it.
    """

    def __init__(self, request: HttpRequest, at: datetime) -> None:
        self.sender = sender_of(request, at)
        self.at = at

    def __enter__(self) -> None:
        used_up = self.sender and is_used_up((CARD_CODE_FROM, self.sender), at=self.at)
        refuse_if(WhyNotTry.MANY if used_up else None)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        reason = error.reason.value if isinstance(error, Refused) else ""
        if reason == "unknown":
            count_everywhere(self.at)
        limit = {"unknown": CARD_CODE_FROM, "malformed": CARD_SLIP_AT}.get(reason)
        if limit and self.sender and not take(limit, self.sender, self.at):
            raise Refused(WhyNotTry.MANY)
