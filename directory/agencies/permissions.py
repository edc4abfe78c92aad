"""Who may see and keep what of an agency. Read from the rows each time it is asked; the default is no."""

from __future__ import annotations

from typing import Any

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import Municipality, StaffRole


def _known(user: Any) -> bool:
    return bool(getattr(user, "is_active", False)) and user.pk is not None


def may_see_agencies(user: Any, municipality: Municipality) -> bool:
    """Those who work for an agency of the municipality in use, its staff, and who runs the installation."""
    if not _known(user):
        return False
    if user.is_superuser:
        return True
    works = AgencyRole.objects.filter(user=user, agency__municipality=municipality, agency__is_active=True)
    return works.exists() or StaffRole.objects.filter(user=user, municipality=municipality).exists()


def leads(user: Any, agency: Agency) -> bool:
    """Whether somebody keeps an agency's text and people."""
    if not _known(user) or not agency.is_active:
        return False
    return AgencyRole.objects.filter(user=user, agency=agency, role=AgencyRole.Role.LEADER).exists()
