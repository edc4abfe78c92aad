"""What can be decided about a proposal from facts alone."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

LONGEST = 1000  # characters of a reason, and of a remark


class Why(TextChoices):
    """Why a proposal was not decided."""

    DECIDED = "decided", _("%(who)s has decided about this in the meantime. Nothing you did was written.")
    WITHDRAWN = "withdrawn", _("Who sent this has taken it back in the meantime. Nothing you did was written.")
    NEWER = "newer", _("A newer version has come since you opened the page. Look at what has changed, and decide then.")
    NO_REASON = "no-reason", _("Write what has to be changed: in general, or beside a field.")
    TOO_LONG = "too-long", _("This is too long: at most 1,000 characters.")
    TAKEN = "taken", _("Another one in the municipality has the same number or address already. Nothing was published.")
    NO_RIGHT = "no-right", _("You may look at this, but not decide about it.")


def why_not_decide(*, waits: bool, decided_by: str, seen: int | None, newest: int | None) -> Why | None:
    """Whether a button that was pressed still means what was on the screen.

    `seen` is the version the button was made for, `newest` the one there is now; `decided_by` names who decided, if anybody.
    """
    if not waits:
        return Why.DECIDED if decided_by else Why.WITHDRAWN
    return None if seen is not None and seen == newest else Why.NEWER


def why_not_send_back(*, text: str, remarks: Mapping[str, str]) -> Why | None:
    """Whether a proposal may go back: who sent it must be told what to do."""
    if not text.strip() and not any(remark.strip() for remark in remarks.values()):
        return Why.NO_REASON
    return Why.TOO_LONG if max(map(len, (text, *remarks.values()))) > LONGEST else None
