"""When a coordinator may act for an editor who asks for help, and what they may do then."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

LASTS = timedelta(minutes=30)
SHORTEST_REASON = 5  # characters

#: Addresses of the desk that are open while helping, below the pages of the one provider. Whatever a later desk adds is
#: shut until somebody opens it. Left out are who keeps the page, invitations, certificates, confirming, closing and merging: what
#: the association answers for itself, and what staff do in their own name.
OPEN = frozenset(
    {
        *("desk-provider", "desk-listing", "desk-step", "desk-session", "desk-language", "desk-new", "desk-season"),
        *("desk-preview", "desk-preview-page", "desk-send", "desk-take-back", "desk-discard"),
        *("desk-break", "desk-come-back", "desk-figures"),
    }
)


class Why(TextChoices):
    """Why nobody is helped, or helping has ended."""

    NO_COORDINATOR = "no-coordinator", _("Only a coordinator of the municipality can help in this way.")
    NO_EDITOR = "no-editor", _("This person does not keep this page any more.")
    STAFF = "staff", _("This person works in staff pages. Staff are not acted for.")
    CLOSED = "closed", _("This account is closed.")
    REASON = "reason", _("Write what the person needs help with.")
    ELSEWHERE = "elsewhere", _("Open the staff pages at the municipality's own address to help there.")


class Ended(TextChoices):
    """How helping ended."""

    PRESSED = "pressed", _("ended by pressing")
    TIME = "time", _("the time was up")
    RIGHT = "right", _("the right to it was gone")
    ANOTHER = "another", _("somebody else was helped")
    SIGNED_OUT = "signed-out", _("signed out")


def why_not_help(
    *, coordinates: bool, here: bool, is_editor: bool, is_active: bool, is_staff: bool, reason: str | None
) -> Why | None:
    """Whether somebody may act for somebody. `here`: at the municipality's host; `reason` is None where it was given before."""
    if not coordinates:
        return Why.NO_COORDINATOR
    if not is_editor:
        return Why.NO_EDITOR
    if not is_active:
        return Why.CLOSED
    if is_staff:
        return Why.STAFF
    if not here:
        return Why.ELSEWHERE
    return Why.REASON if reason is not None and len(reason.strip()) < SHORTEST_REASON else None
