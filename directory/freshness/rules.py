"""The clock of a listing (DESIGN.md, rule 3), decided from facts alone.

    confirmed, or from its source, or first published ──12 months──▶ asked about ──15──▶ marked ──18──▶ hidden

Months are those of the calendar: what was confirmed on 31 August is a year and a half old on the last day of February.
Nobody is punished for a list that was old when it came in: nothing is hidden before whoever could confirm it has had
three months to do so, counted from the first letter, or from the day it came in where there is nobody to write to.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ASK_AFTER, MARK_AFTER, HIDE_AFTER = 12, 15, 18  # months
TIME_TO_ANSWER = 3  # months between being asked and being hidden, at least
REMIND_AFTER = 1  # months after the first letter
LAST_AFTER = (2, 15)  # months and days after the first letter
ROUND_LASTS = 7  # months: until something of it was hidden; what is due after that is asked about anew
ROUNDS_APART = 3  # months between the first letters of two rounds, at least


class Age(TextChoices):
    """How far a listing has come on its clock."""

    FRESH = "fresh", _("in order")
    DUE = "due", _("to be confirmed")
    MARKED = "marked", _("not confirmed for a long time")
    TOO_OLD = "too-old", _("too old to be shown")


class Step(TextChoices):
    """The letters of a round, in order; the values are those of `Asking.Step`."""

    ASK = "ask"
    REMIND = "remind"
    LAST = "last"
    HIDDEN = "hidden"


def months_after(day: date, months: int) -> date:
    """The same day of a later month; the last one of a month that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_start(today: date, months: int) -> date:
    """The latest day that is `months` months before `today` or more: the other way round of `months_after`."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    end = monthrange(year, month + 1)[1]
    is_last = today.day == monthrange(today.year, today.month)[1]
    return date(year, month + 1, end if is_last else min(today.day, end))


def counts_from(*, confirmed: date | None, source_date: date | None, published: date | None, created: date) -> date:
    """The day a listing's age is counted from: confirmed, else as its source has it, else first published here."""
    return confirmed or source_date or published or created


def since_of(listing: Any) -> date:
    """The day a listing's age is counted from."""
    return counts_from(
        confirmed=timezone.localdate(listing.confirmed_at) if listing.confirmed_at else None,
        source_date=listing.source_date,
        published=timezone.localdate(listing.first_published_at) if listing.first_published_at else None,
        created=timezone.localdate(listing.created_at),
    )


def age_of(since: date, today: date) -> Age:
    """How far something counted from `since` has come."""
    if today >= months_after(since, HIDE_AFTER):
        return Age.TOO_OLD
    if today >= months_after(since, MARK_AFTER):
        return Age.MARKED
    if today >= months_after(since, ASK_AFTER):
        return Age.DUE
    return Age.FRESH


def is_marked(since: date, today: date) -> bool:
    """Whether readers are told that something may be out of date."""
    return age_of(since, today) in (Age.MARKED, Age.TOO_OLD)


def may_hide(*, since: date, today: date, came_in: date, can_ask: bool, asked: date | None) -> bool:
    """Whether a listing is hidden now. `came_in`: when it came to us; `asked`: the first letter of the round that is open."""
    if age_of(since, today) is not Age.TOO_OLD:
        return False
    if can_ask:
        return asked is not None and today >= months_after(asked, TIME_TO_ANSWER)
    return today >= months_after(came_in, TIME_TO_ANSWER)


@dataclass(frozen=True, slots=True)
class Round:
    """What has been written to a provider since its listings became due. `answer` is empty, or a value of `Asking.Answer`."""

    started: date
    sent: frozenset[str] = field(default_factory=frozenset)
    answer: str = ""

    def is_over(self, today: date) -> bool:
        return self.answer == "confirmed" or today >= months_after(self.started, ROUND_LASTS)


def next_letter(*, today: date, due: bool, hidden: bool, round: Round | None) -> Step | None:
    """The letter a provider gets today, if any.

    `due`: something it offers is shown and a year old; `hidden`: something of this round was hidden. One that said it has
    closed is left alone until staff have looked at it.
    """
    if round is not None and round.answer == "closed":
        return None
    if round is not None and hidden and round.answer != "confirmed" and Step.HIDDEN not in round.sent:
        return Step.HIDDEN
    if not due:
        return None
    if round is None:
        return Step.ASK
    if round.is_over(today):
        return Step.ASK if today >= months_after(round.started, ROUNDS_APART) else None
    months, days = LAST_AFTER
    if today >= months_after(round.started, months) + timedelta(days=days):
        return None if Step.LAST in round.sent else Step.LAST
    if today >= months_after(round.started, REMIND_AFTER):
        return None if {Step.REMIND, Step.LAST} & round.sent else Step.REMIND
    return None


# ── links of websites ───────────────────────────────────────────────────────────────────────────────────────
DEAD_AFTER = 3  # failures in a row, each on a day of its own
ASK_LINK_EVERY = timedelta(days=30)
ASK_AGAIN_AFTER = timedelta(days=1)  # where the last answer was a failure that may have been a bad day


def is_failure(status: str) -> bool:
    """Whether an answer says that nobody finds anything there. A page that turns programs away (403, 429 …) is alive."""
    return not status.isdecimal() or int(status) in (404, 410) or int(status) >= 500


def link_is_due(*, asked: date | None, failures: int, is_dead: bool, today: date) -> bool:
    """Whether a link is asked again: monthly; the next day while it is in doubt."""
    if asked is None:
        return True
    wait = ASK_AGAIN_AFTER if failures and not is_dead else ASK_LINK_EVERY
    return today >= asked + wait
