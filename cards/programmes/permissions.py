"""Who may hand out cards, and look after those that were handed out. Read from the rows each time; the default is no."""

from __future__ import annotations

from typing import Any

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import Feature, Municipality, StaffRole


def may_hand_out(user: Any, agency: Agency) -> bool:
    """Everybody who works for an agency in use, where the municipality uses the card."""
    if not getattr(user, "is_active", False) or user.pk is None or not agency.is_active:
        return False
    return agency.municipality.has(Feature.CARDS) and AgencyRole.objects.filter(user=user, agency=agency).exists()


def may_make_batch(user: Any, municipality: Municipality) -> bool:
    """Coordinators, for cards that no agency hands out: a welcome pack, an event."""
    if not getattr(user, "is_active", False) or user.pk is None:
        return False
    role = StaffRole.objects.filter(user=user, municipality=municipality, role=StaffRole.Role.COORDINATOR)
    return bool(user.is_superuser) or role.exists()
