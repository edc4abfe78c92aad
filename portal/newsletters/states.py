"""Where a newsletter stands, where each of its messages stands, and which moves there are.

    DRAFT ──▶ SCHEDULED ──▶ SENDING ◀──▶ PAUSED
      └──────────────────────▲ │            │
                               ▼            ▼
                             SENT       CANCELLED

A message is TAKEN, and that is committed, before it is handed to the mail server; SENT after. One that is TAKEN and never
finished is in DOUBT: it may have gone out. It is never sent again by itself; staff decide.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class LetterState(TextChoices):
    """Where a newsletter stands."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    SENDING = "sending", _("being sent")
    PAUSED = "paused", _("paused")
    SENT = "sent", _("sent")
    CANCELLED = "cancelled", _("cancelled")


MOVES: dict[LetterState, frozenset[LetterState]] = {
    LetterState.DRAFT: frozenset({LetterState.SCHEDULED, LetterState.SENDING}),
    LetterState.SCHEDULED: frozenset({LetterState.DRAFT, LetterState.SENDING}),
    LetterState.SENDING: frozenset({LetterState.PAUSED, LetterState.SENT, LetterState.CANCELLED}),
    LetterState.PAUSED: frozenset({LetterState.SENDING, LetterState.CANCELLED}),
    LetterState.SENT: frozenset({LetterState.SENDING}),  # staff send one in doubt again
    LetterState.CANCELLED: frozenset(),
}
#: Before its release a letter can be changed; after it, it is what people got.
OPEN = frozenset({LetterState.DRAFT, LetterState.SCHEDULED})
RELEASED = frozenset(LetterState) - OPEN


class DeliveryState(TextChoices):
    """Where one message stands."""

    WAITING = "waiting", _("waits")
    TAKEN = "taken", _("being handed over")
    SENT = "sent", _("sent")
    DOUBT = "doubt", _("in doubt")
    STUCK = "stuck", _("not taken by the mail server")
    REFUSED = "refused", _("came back")
    SKIPPED = "skipped", _("left out")
    LEFT = "left", _("left in doubt")
    CANCELLED = "cancelled", _("cancelled")


#: What is still on its way.
UNDER_WAY = (DeliveryState.WAITING, DeliveryState.TAKEN)
#: What staff must decide.
ASKS_STAFF = (DeliveryState.DOUBT, DeliveryState.STUCK)
