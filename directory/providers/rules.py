"""What can be decided about a provider from facts alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)


def check_digit(first_eight: str) -> int | None:
    """The ninth digit of an organisation number, or None when no number starts with these eight (mod 11)."""
    rest = sum(int(digit) * weight for digit, weight in zip(first_eight, WEIGHTS, strict=True)) % 11
    digit = 0 if rest == 0 else 11 - rest
    return None if digit == 10 else digit


def is_org_number(value: str) -> bool:
    """Whether `value` is nine digits whose last is the right check digit.

    Real numbers start with 8 or 9; 2 and 3 belong to made-up populations (demo and tests) and are accepted.
    """
    return len(value) == 9 and value.isascii() and value.isdigit() and check_digit(value[:8]) == int(value[8])


def printed_org_number(value: str) -> str:
    """ "310 000 019": groups of three."""
    return f"{value[:3]} {value[3:6]} {value[6:]}" if len(value) == 9 else value


# ── who keeps a page ────────────────────────────────────────────────────────────────────────────────────────

INVITATION_GOOD_FOR = timedelta(days=14)
MOST_WAITING = 5  # requests of one person; more is nobody's board
# Letters go out with each of these, so what was taken back counts too.
A_DAY = timedelta(days=1)
MOST_ASKED = 10  # requests of one person a day, whatever became of them
MOST_LETTERS_OF_ONE = 40  # invitations of one person a day; staff, who bring in a whole town, send as many as they need
MOST_LETTERS_FOR_ONE = 40  # invitations to one page a day
MOST_LETTERS_TO_ONE = 4  # invitations to one address for one page a day
ATTESTED_FOR = 3  # years, as long as the police's own certificates are taken to be good
CHILD_AGE = 18


class Why(TextChoices):
    """Why somebody may not keep a page, or not let go of it."""

    KEEPS_IT = "keeps-it", _("You keep this page already.")
    ASKED = "asked", _("You have asked for this page already. The municipality answers by mail.")
    TODAY = "today", _("You have asked many times today. Ask again tomorrow.")
    MANY = "many", _("Several of your questions wait for an answer. Wait for it, or take one back.")
    DECIDED = "decided", _("This has been answered already.")
    OWN = "own", _("This is your own request. A colleague has to answer it.")
    NAMELESS = "nameless", _("Write the name of the association.")
    LAST_EDITOR = "last-editor", _("You are the only one who keeps this page. Hand it over to somebody first.")
    HAS_ROLE = "has-role", _("This person has this role already.")
    INVITED = "invited", _("This address has been invited already. The invitation stands below, and can be sent once more.")
    MANY_INVITED = "many-invited", _("Many invitations have not been answered. Take some back first.")
    LETTERS_TODAY = "letters-today", _("Many invitations have been sent today. Send the others tomorrow.")
    ADDRESS_TODAY = "address-today", _("This address has got several invitations today. Wait until tomorrow.")
    SPENT = "spent", _("This invitation has been used, taken back, or is older than 14 days. Ask for a new one.")
    OTHER_ADDRESS = "other-address", _("The invitation was sent to another mail address. Sign in with that one.")
    LATER = "later", _("This day has not come yet.")
    TOO_OLD = "too-old", _("This is more than three years ago. New certificates are needed.")


def why_not_ask(*, keeps: bool, asked: bool, waiting: int, today: int, named: bool) -> Why | None:
    """Whether somebody may ask for a page: `waiting` of their requests wait already, `today` were made within a day."""
    if keeps:
        return Why.KEEPS_IT
    if asked:
        return Why.ASKED
    if not named:
        return Why.NAMELESS
    if waiting >= MOST_WAITING:
        return Why.MANY
    return Why.TODAY if today >= MOST_ASKED else None


def why_not_approve(*, is_own: bool, runs_it: bool, has_colleagues: bool) -> Why | None:
    """Whether somebody may say yes to a request. Nobody to their own; where a coordinator is alone, nobody else could."""
    return Why.OWN if is_own and (has_colleagues or not runs_it) else None


def why_not_write(*, by_one: int, for_page: int, to_address: int, is_staff: bool) -> Why | None:
    """Whether one more invitation may be sent, by how many letters went out within a day."""
    if to_address >= MOST_LETTERS_TO_ONE:
        return Why.ADDRESS_TODAY
    too_many = for_page >= MOST_LETTERS_FOR_ONE or (by_one >= MOST_LETTERS_OF_ONE and not is_staff)
    return Why.LETTERS_TODAY if too_many else None


def why_not_go(*, is_editor: bool, other_editors: int) -> Why | None:
    """Whether a role may end: a page is never left without anybody to keep it."""
    return Why.LAST_EDITOR if is_editor and not other_editors else None


def why_not_accept(*, invited: str, mine: str, sent_at: datetime, is_open: bool, at: datetime) -> Why | None:
    """Whether an invitation sent to `invited` may be accepted by who has signed in as `mine`."""
    if not is_open or at - sent_at > INVITATION_GOOD_FOR:
        return Why.SPENT
    return Why.OTHER_ADDRESS if invited.lower() != mine.lower() else None


def years_before(day: date, years: int) -> date:
    """The same day some years earlier; 28 February for a 29th that year does not have."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def why_not_attest(seen_on: date, today: date) -> Why | None:
    """Whether certificates seen on a day may be written down today."""
    if seen_on > today:
        return Why.LATER
    return Why.TOO_OLD if seen_on < years_before(today, ATTESTED_FOR) else None


def is_attested(seen_on: date | None, today: date) -> bool:
    """Whether certificates seen on a day still speak for somebody."""
    return seen_on is not None and why_not_attest(seen_on, today) is None


def is_for_children(age_from: int | None, age_to: int | None) -> bool:
    """Whether ages say that children take part. No ages at all say nothing."""
    if age_from is None and age_to is None:
        return False
    return (age_from or 0) < CHILD_AGE
