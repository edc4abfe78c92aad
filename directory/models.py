"""All models of the directory, gathered for Django; the rooms hold them."""

from directory.activities.models import Activity, Season, Session
from directory.agencies.models import Agency, AgencyRole
from directory.freshness.models import Asking, LinkCheck, UndeliverableAddress, WeeklyTruth
from directory.listings.models import Adaptation, Category, MovedListing, TargetGroup
from directory.merging.models import Comparison
from directory.municipalities.models import District, Municipality, StaffRole, TenantLogEntry
from directory.places.models import OpeningTime, Place
from directory.proposals.models import Reply, SavedAnswer
from directory.providers.models import AccessRequest, Attestation, Invitation, Membership, Provider
from directory.reports.models import ErrorReport, FormUse
from directory.sources import models as sources
from directory.support.models import SupportScheme

__all__ = [
    "AccessRequest",
    "Activity",
    "Adaptation",
    "Agency",
    "AgencyRole",
    "Asking",
    "Attestation",
    "Category",
    "Comparison",
    "District",
    "ErrorReport",
    "FormUse",
    "Invitation",
    "LinkCheck",
    "Membership",
    "MovedListing",
    "Municipality",
    "OpeningTime",
    "Place",
    "Provider",
    "Reply",
    "SavedAnswer",
    "Season",
    "Session",
    "StaffRole",
    "SupportScheme",
    "TargetGroup",
    "TenantLogEntry",
    "UndeliverableAddress",
    "WeeklyTruth",
    "sources",
]
