"""How long a notice hangs, and who may do what with it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from portal.contact.board.models import Notice
from portal.contact.standing import Standing

LONGEST = timedelta(days=183)  # half a year; then it comes down by itself
USUAL = timedelta(days=60)
MOST_UP = 20  # notices of one person at a time


class NoticeRefusal(TextChoices):
    """Why a notice is not taken."""

    PAST = "past", _("Choose a day that is still to come.")
    LONG = "long", _("A notice hangs for half a year at most. Choose an earlier day.")
    MANY = "many", _("You have many notices up. Take one down first.")
    PERSONAL_NUMBER = "personal-number", _("Take out the number with eleven digits. Never send a national identity number.")
    OVER = "over", _("This notice has been taken down.")


def why_not_until(until: date, today: date) -> NoticeRefusal | None:
    """Whether a notice may hang until that day."""
    if until < today:
        return NoticeRefusal.PAST
    return NoticeRefusal.LONG if until > today + LONGEST else None


def is_own(notice: Notice, standing: Standing) -> bool:
    """Whose notice it is: its author's, and that of everybody who speaks for the same provider or agency."""
    if notice.author_id == standing.user.pk:
        return _still_speaks(notice, standing)
    return notice.provider_id in ids(standing.providers) or notice.agency_id in ids(standing.agencies)


def _still_speaks(notice: Notice, standing: Standing) -> bool:
    if notice.provider_id is not None:
        return notice.provider_id in ids(standing.providers)
    if notice.agency_id is not None:
        return notice.agency_id in ids(standing.agencies)
    return standing.is_staff


def ids(rows: Any) -> set[int]:
    """The numbers of rows."""
    return {row.pk for row in rows}
