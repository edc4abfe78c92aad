"""The guard against two cards for one child in a year: off by default, and without a person anywhere.

A national number that is written when a card is handed out becomes a mark by a key that stands outside the database (one a year,
cards/ledger/keys.py); the number is forgotten. The mark says nothing of card, agency or day. There is no page that looks somebody
up: only handing out a card asks, each asking is in the log, and a worker has so many an hour. The answer never says who gave
the other card; somebody who knows that there are two agencies knows it all the same.

Whoever holds key and marks could try all numbers there are (some millions) within seconds: everything rests on the key. Sixty
days after the year it is destroyed, and marks in old backups say nothing any more. `TagOracle` is the place of another way, in
which the number never comes here (RFC 9497).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from wagtail.log_actions import log

from cards.ledger.codes import ALPHABET
from cards.ledger.keys import KeyDestroyed, destroy_tag_key, tag_key
from cards.programmes.models import DuplicateTag, Programme, ProgrammeYear
from cards.programmes.rules import WhyNotHand, national_id_in
from directory.municipalities.models import TenantLogEntry, out_of_order
from portal.kit.refusals import Refused, refuse_if

MOST_AN_HOUR, MOST_A_DAY = 20, 60  # numbers of one worker
KEY_LIVES = timedelta(days=60)  # after the year
ASKED = "cards.check"


class TagOracle(Protocol):
    """Makes the mark of a national number, and can do nothing else."""

    def tag(self, national_id: str) -> bytes: ...


class HmacOracle:
    """The mark of a number in a year: HMAC-SHA256 under the year's key."""

    def __init__(self, year: ProgrammeYear) -> None:
        self.year_id = year.pk

    def tag(self, national_id: str) -> bytes:
        return hmac.digest(tag_key(self.year_id), f"v1|{national_id}".encode("ascii"), "sha256")


@dataclass(frozen=True, slots=True)
class Marks:
    """What is asked for some cards, and the reference of the asking in the log."""

    reference: str
    tags: tuple[bytes, ...]


def marks_for(*, year: ProgrammeYear, numbers: Sequence[str], asker: Any, by: Any, at: datetime) -> Marks:
    """The marks of the children who get these cards; an empty text stands for one without a number.

    Written in the log before anything is asked, in a transaction of its own: an asking that comes to nothing is there too.
    `asker` is the agency, or the municipality.
    """
    read = [national_id_in(text) if text.strip() else "" for text in numbers]
    refuse_if(WhyNotHand.NUMBER if None in read else None)
    known = [number for number in read if number]
    reference = "".join(secrets.choice(ALPHABET) for _place in range(6))
    if not known:
        return Marks(reference, ())
    _write_down(len(known), asker, by, at, reference)
    oracle: TagOracle = HmacOracle(year)
    try:
        return Marks(reference, tuple(oracle.tag(number) for number in known))
    except KeyDestroyed as gone:
        raise Refused(WhyNotHand.YEAR_CLOSED) from gone


@transaction.atomic
def _write_down(count: int, asker: Any, by: Any, at: datetime, reference: str) -> None:
    get_user_model().objects.select_for_update(of=("self",)).get(pk=by.pk)  # of two askings at once the second counts the first
    asked = TenantLogEntry.objects.filter(action=ASKED, user=by, timestamp__gt=at - timedelta(days=1), timestamp__lte=at)
    rows = [(moment, (data or {}).get("numbers", 0)) for moment, data in asked.values_list("timestamp", "data")]
    today = sum(numbers for _moment, numbers in rows)
    this_hour = sum(numbers for moment, numbers in rows if moment > at - timedelta(hours=1))
    many = this_hour + count > MOST_AN_HOUR or today + count > MOST_A_DAY
    refuse_if(WhyNotHand.TRIED_MANY if many else None)
    log(asker, ASKED, user=by, timestamp=at, data={"numbers": count, "reference": reference}, id=out_of_order())


def set_marks(year: ProgrammeYear, marks: Marks, at: datetime) -> None:
    """Keep the marks, in the transaction that hands out the cards; IntegrityError where one is there already.

    They are not numbered one after the other: the first mark would be that of the first card, and so on.
    """
    month = timezone.localdate(at).replace(day=1)
    DuplicateTag.objects.bulk_create([DuplicateTag(id=out_of_order(), year=year, tag=tag, month=month) for tag in marks.tags])


def forget_tags(at: datetime) -> int:
    """Sixty days after a year its key is destroyed, then the marks; how many marks."""
    over = ProgrammeYear.objects.filter(closes__lt=timezone.localdate(at) - KEY_LIVES)
    marked = over.filter(Q(programme__privacy_level=Programme.Privacy.TAG) | Q(tags__isnull=False)).distinct()
    gone = 0
    for year in marked:
        destroy_tag_key(year.pk)
        gone += DuplicateTag.objects.filter(year=year).delete()[0]
    return gone
