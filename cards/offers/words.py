"""The word of the day: how a counter without a device sees that a telephone shows today's confirmation and no older one.

The holder presses on the telephone, which then shows the word; the counter has the same word on a sheet for the week. One who
keeps a picture of yesterday's screen has yesterday's word. Each agreement has words of its own.
"""

from __future__ import annotations

import hmac
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from cards.ledger.keys import key_for
from cards.offers.models import ProviderAgreement

LIST = Path(__file__).with_name("words_nb.txt")


@lru_cache(maxsize=1)
def words() -> tuple[str, ...]:
    """The list that ships with the product."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def word_of_the_day(agreement: ProviderAgreement, day: date) -> str:
    """The word of an agreement on a day. Without the key file nobody can tell it beforehand."""
    asked = bytes(agreement.word_salt) + day.isoformat().encode("ascii")
    digest = hmac.digest(key_for("word of the day"), asked, "sha256")
    known = words()
    return known[int.from_bytes(digest[:8], "big") % len(known)]


def words_of_the_week(agreement: ProviderAgreement, day: date) -> list[tuple[date, str]]:
    """Monday to Sunday of the week that `day` is in."""
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    return [(one, word_of_the_day(agreement, one)) for one in days]
