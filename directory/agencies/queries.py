"""What agencies see of each other: offers, hours and contact. No people, no families, no figures."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import Municipality


def agencies_in(municipality: Municipality) -> QuerySet[Agency]:
    """The agencies in use, in the order staff have given them."""
    return Agency.objects.filter(municipality=municipality, is_active=True)


def led_by(user: Any, municipality: Municipality) -> set[int]:
    """Keys of the agencies whose text somebody keeps."""
    rows = AgencyRole.objects.filter(
        user=user, role=AgencyRole.Role.LEADER, agency__municipality=municipality, agency__is_active=True
    )
    return set(rows.values_list("agency_id", flat=True))


def people_of(agency: Agency) -> QuerySet[AgencyRole]:
    """Who works for an agency; for its leaders and the municipality's staff only."""
    return AgencyRole.objects.filter(agency=agency).select_related("user").order_by("role", "user__name", "user__email")
