"""Giving people work in a municipality's staff screens, and ending it. Agencies and providers have deeds of their own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from wagtail.log_actions import log

from directory.agencies.actions import take_role
from directory.agencies.models import AgencyRole
from directory.municipalities.actions import appoint, dismiss
from directory.municipalities.models import Municipality, StaffRole
from directory.people import emails
from directory.people.rules import Why, why_not_without
from directory.providers.actions import take_away
from directory.providers.models import Membership
from portal.kit.refusals import refuse_if

COORDINATOR = StaffRole.Role.COORDINATOR


def locked(municipality: Municipality) -> Municipality:
    """The municipality, held: of two last coordinators who go at the same moment, one stays."""
    rows = Municipality.objects.select_for_update(of=("self",)).defer("boundary").select_related("site")
    return rows.get(pk=municipality.pk)


def account_for(email: str, *, name: str = "", lang: str = "") -> Any:
    """Somebody's account; a new one where there is none. Name and language are theirs to change, so only a new one gets them."""
    users, email = get_user_model(), email.strip().lower()
    user = users.objects.filter(email=email).first()
    if user is None:
        user = users.objects.create_user(email, name=name.strip(), lang=lang)  # type: ignore[attr-defined]
    refuse_if(None if user.is_active else Why.CLOSED)
    return user


@transaction.atomic
def give_staff_role(*, municipality: Municipality, user: Any, role: str, by: Any) -> StaffRole:
    """Let somebody work in the staff screens, or change as what. They are told by mail when it is new."""
    municipality = locked(municipality)
    before = StaffRole.objects.filter(municipality=municipality, user=user).first()
    refuse_if(Why.HAS_ROLE if before and before.role == role else None)
    if before is not None:
        refuse_if(without(municipality, before))
    given = appoint(user=user, municipality=municipality, role=role)
    deed = "staff.change_role" if before else "staff.give_role"
    log(municipality, deed, user=by, data={"user": user.pk, "role": role})
    if before is None:
        emails.tell_appointed(given)
    return given


@transaction.atomic
def take_staff_role(*, role: StaffRole, by: Any) -> None:
    """End somebody's work in the staff screens, at once."""
    municipality = locked(role.municipality)
    row = StaffRole.objects.filter(pk=role.pk).select_related("user").first()
    if row is None:
        return  # somebody else was quicker
    refuse_if(without(municipality, row))
    dismiss(user=row.user, municipality=municipality)
    log(municipality, "staff.take_role", user=by, data={"user": row.user_id, "role": row.role})
    emails.tell_dismissed(row.user, municipality)


def without(municipality: Municipality, row: StaffRole) -> Why | None:
    others = StaffRole.objects.filter(municipality=municipality, role=COORDINATOR, user__is_active=True).exclude(pk=row.pk)
    return why_not_without(is_coordinator=row.role == COORDINATOR, others=others.count())


@transaction.atomic
def take_everything(*, municipality: Municipality, user: Any, by: Any, at: Any) -> int:
    """End all that somebody may do in a municipality; how many roles that were."""
    count = 0
    for role in StaffRole.objects.filter(municipality=municipality, user=user).select_related("municipality"):
        take_staff_role(role=role, by=by)
        count += 1
    for work in AgencyRole.objects.filter(agency__municipality=municipality, user=user).select_related("agency"):
        take_role(membership=work, by=by, by_staff=True)
        count += 1
    for membership in Membership.objects.filter(provider__municipality=municipality, user=user).select_related("provider"):
        take_away(membership=membership, by=by, at=at, by_staff=True)
        count += 1
    return count
