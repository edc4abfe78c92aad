"""How often something may be tried, counted in the database, so that all workers count together.

A limit has as many places as it allows tries, each a row under a key of its own that the database allows once. A try takes
a free place, or one whose time is over; when none is left it is refused, and nothing is written. So of tries at the same
moment no more get through than there are places, and ten thousand tries leave no more rows than one limit's places.
Who tried stands there as a keyed hash only.
"""

from __future__ import annotations

import hmac
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from directory.reports.tokens import is_exempt, network_of, sender_address
from portal.accounts.models import LimitUse
from portal.kit.statements import Question, asked_often


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries within a time, however they are spread."""

    name: str
    most: int
    within: timedelta


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The figures behind these: DECISIONS.md, "Sign-in".
ASKED_FROM = Limit("asked-from", 30, HOUR)  # codes, by one network
ASKED_FOR = Limit("asked-for", 5, HOUR)  # codes, for one mail address
ASKED_FOR_A_DAY = Limit("asked-day", 12, DAY)
TRIED_CODE = Limit("tried-code", 5, HOUR)  # tries at one code, in the one session that asked for it
TRIED_FROM = Limit("tried-from", 60, HOUR)  # tries at codes, by one network
TRIED_FOR = Limit("tried-for", 20, DAY)  # tries at codes, for one mail address
SECOND_TRIED = Limit("second", 10, DAY)  # tries at a person's second factor
PASSWORD_FROM = Limit("password-from", 10, HOUR)  # the spare key
PASSWORD_FOR = Limit("password-for", 10, DAY)
CARD_CODE_FROM = Limit("card-code", 10, HOUR)  # codes that no card has, by one network, whichever page they are sent to
CARD_CODE_AT = Limit("card-code-till", 10, HOUR)  # the same by one till
CARD_SLIP_AT = Limit("card-slip-till", 100, HOUR)  # codes with a slip in them, by one till or network: our pages send none
LONGEST = DAY


def keyed(word: str, value: str) -> str:
    """A hash of something that nobody without our key can guess at."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"{word}|{value}".encode(), "sha256").hex()[:32]


def _stem(limit: Limit, who: object) -> str:
    """What the keys of a limit's places begin with."""
    return f"{limit.name}:{keyed(limit.name, str(who))}"


def take(limit: Limit, who: object, at: datetime) -> bool:
    """Use up one try. False when none is left."""
    return bool(take_place(limit, who, at))


def take_place(limit: Limit, who: object, at: datetime) -> str:
    """Use up one try: the key of its place, by which it can be given back. Empty when none is left."""
    stem = _stem(limit, who)
    places = _places(stem, limit)
    for _again in range(limit.most + 5):
        taken = dict(LimitUse.objects.filter(key__in=places).values_list("key", "at"))
        over = next((key for key, when in taken.items() if when <= at - limit.within), None)
        if over is not None:
            # Conditional: of two who see the same old place, one gets it.
            if LimitUse.objects.filter(key=over, at=taken[over]).update(at=at):
                return over
            continue
        free = next((key for key in places if key not in taken), None)
        if free is None:
            return ""
        try:
            with transaction.atomic():
                LimitUse.objects.create(key=free, at=at)
            return free
        except IntegrityError:
            continue
    return ""


def is_used_up(*limits: tuple[Limit, object], at: datetime) -> bool:
    """Whether of any of these limits no try is left for whom it counts; uses none."""
    stems = {_stem(limit, who): limit for limit, who in limits}
    asked = _asked(tuple(stems.items()))
    taken = ((key.rpartition(":")[0], when) for key, when in _places_taken(len(asked))(**asked))
    counts = Counter(stem for stem, when in taken if when > at - stems[stem].within)
    return any(counts[stem] >= limit.most for stem, limit in stems.items())


@lru_cache(maxsize=200)
def _asked(stems: tuple[tuple[str, Limit], ...]) -> dict[str, str]:
    """The places of some limits, as they are asked for."""
    places = [key for stem, limit in stems for key in _places(stem, limit)]
    return {f"place{number}": key for number, key in enumerate(places)}


def _places(stem: str, limit: Limit) -> list[str]:
    return [f"{stem}:{number}" for number in range(limit.most)]


@cache
def _places_taken(count: int) -> Question[Any]:
    """Which of so many places are taken, and since when. Tills ask this with every card."""

    @asked_often(**{f"place{number}": str for number in range(count)})
    def taken(**places: str) -> QuerySet[Any, tuple[str, datetime]]:
        return LimitUse.objects.filter(key__in=list(places.values())).values_list("key", "at")

    return taken


def give_back(place: str, at: datetime) -> None:
    """A try that was right does not count. It had its place while it was looked at, so that of many at once none slips by."""
    LimitUse.objects.filter(key=place, at=at).delete()


def sender_of(request: HttpRequest, at: datetime) -> str:
    """The network that asks, for the day; empty for offices named in RATE_LIMIT_EXEMPT, which have as many tries as they like."""
    address = sender_address(request)
    return "" if is_exempt(address) else f"{at:%Y-%m-%d}|{network_of(address)}"


def take_from(limit: Limit, request: HttpRequest, at: datetime) -> bool:
    """Use up one try of the network that asks."""
    sender = sender_of(request, at)
    return not sender or take(limit, sender, at)


def spend(what: str, at: datetime) -> bool:
    """Use something that may be used once. False when it was used before."""
    try:
        with transaction.atomic():
            LimitUse.objects.create(key=f"spent:{keyed('spent', what)}", at=at)
    except IntegrityError:
        return False
    return True


def let_try_again(email: str, pk: int | None) -> int:
    """Forget all tries at a mail address, and at the second factor of whom it belongs to; how many."""
    of_address = [(limit, email) for limit in (ASKED_FOR, ASKED_FOR_A_DAY, TRIED_FOR, PASSWORD_FOR)]
    gone = 0
    for limit, who in (*of_address, (SECOND_TRIED, pk)):
        gone += LimitUse.objects.filter(key__startswith=f"{_stem(limit, who)}:").delete()[0]
    return gone


def forget_tries(at: datetime) -> int:
    """Remove what no limit looks at any more; how many rows."""
    networks = [limit.name for limit in (ASKED_FROM, TRIED_FROM, PASSWORD_FROM, CARD_CODE_FROM, CARD_SLIP_AT)]
    gone, _by_kind = LimitUse.objects.filter(at__lt=at - LONGEST).delete()
    for name in networks:
        gone += LimitUse.objects.filter(key__startswith=f"{name}:", at__lt=at - HOUR).delete()[0]
    return gone
