"""All models of the directory, gathered for Django; the rooms hold them."""

from directory.activities.models import Activity, Season, Session
from directory.listings.models import Adaptation, Category, TargetGroup
from directory.municipalities.models import District, Municipality, StaffRole, TenantLogEntry
from directory.places.models import OpeningTime, Place
from directory.providers.models import Membership, Provider
from directory.reports.models import ErrorReport, FormUse
from directory.sources import models as sources
from directory.support.models import SupportScheme

__all__ = [
    "Activity",
    "Adaptation",
    "Category",
    "District",
    "ErrorReport",
    "FormUse",
    "Membership",
    "Municipality",
    "OpeningTime",
    "Place",
    "Provider",
    "Season",
    "Session",
    "StaffRole",
    "SupportScheme",
    "TargetGroup",
    "TenantLogEntry",
    "sources",
]
