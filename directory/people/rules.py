"""Whether somebody's work may be given, changed or ended."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Why(TextChoices):
    """Why a role is not given or taken."""

    HAS_ROLE = "has-role", _("This person has this role already.")
    LAST_COORDINATOR = "last-coordinator", _("Somebody has to coordinate. Make a colleague coordinator first.")
    CLOSED = "closed", _("This account is closed. Who runs the installation can open it again.")


def why_not_without(*, is_coordinator: bool, others: int) -> Why | None:
    """Whether a municipality can do without this coordinator: `others` is how many there are besides."""
    return Why.LAST_COORDINATOR if is_coordinator and not others else None
