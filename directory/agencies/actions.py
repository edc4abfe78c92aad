"""Deeds of an agency: its own words, and who works for it. Whoever changes who is in locks the agency first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from directory.agencies import emails
from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import StaffRole, TenantLogEntry
from portal.kit.refusals import refuse_if
from portal.languages import CODES

Role = AgencyRole.Role
MOST_PEOPLE = 200
# Letters go out with each of these, so who was taken away again counts too.
A_DAY = timedelta(days=1)
MOST_LETTERS_OF_ONE = 40  # newcomers let in by one leader a day
MOST_LETTERS_OF_AGENCY = 60  # by all leaders of an agency
MOST_LETTERS_TO_ONE = 4  # to one address by one agency
PLAIN = ("address", "phone", "email", "website")
TEXTS = ("name", "offers", "hours")
_COLUMNS = frozenset({*PLAIN, *(f"{text}_{code}" for text in TEXTS for code in CODES)})


class Why(TextChoices):
    """Why a deed is not done."""

    CLOSED = "closed", _("The account with this mail address is closed. Ask the municipality for help.")
    HAS_ROLE = "has-role", _("This person works for the agency already.")
    LAST_LEADER = "last-leader", _("Somebody has to keep the agency's page. Make a colleague leader first.")
    LETTERS_TODAY = "letters-today", _("Many invitations have been sent today. Send the others tomorrow.")
    ADDRESS_TODAY = "address-today", _("This address has got several invitations today. Wait until tomorrow.")
    MANY = "many", _("This agency has very many people already. Take away those who have left.")


def _locked(agency: Agency) -> Agency:
    return Agency.objects.select_for_update(of=("self",)).select_related("municipality__site").get(pk=agency.pk)


@transaction.atomic
def change_agency(*, agency: Agency, values: dict[str, str], by: Any) -> Agency:
    """Write an agency's own words and contact; what is not said stays. The log names the columns, not what stands in them."""
    row = _locked(agency)
    changed = sorted(name for name, value in values.items() if name in _COLUMNS and (getattr(row, name) or "") != value)
    if not changed:
        return row
    for name in changed:
        setattr(row, name, values[name])
    row.save(update_fields=changed)
    log(row, "agency.change", user=by, content_changed=True, data={"fields": changed})
    return row


@transaction.atomic
def give_role(*, agency: Agency, email: str, role: str, by: Any, at: datetime) -> AgencyRole:
    """Let somebody work for an agency. Without an account they get one; the code that signs them in proves the address."""
    row, email = _locked(agency), email.strip().lower()
    user_model = get_user_model()
    user: Any = user_model.objects.filter(email=email).first() or user_model.objects.create_user(email)  # type: ignore[attr-defined]
    refuse_if(None if user.is_active else Why.CLOSED)
    refuse_if(Why.HAS_ROLE if AgencyRole.objects.filter(agency=row, user=user).exists() else None)
    refuse_if(Why.MANY if AgencyRole.objects.filter(agency=row).count() >= MOST_PEOPLE else None)
    refuse_if(_why_not_write(row, user, by, at))
    given = AgencyRole.objects.create(agency=row, user=user, role=role)
    log(row, "agency.give_role", user=by, data={"user": user.pk, "role": role})
    emails.tell_newcomer(given)
    return given


def _why_not_write(agency: Agency, newcomer: Any, by: Any, at: datetime) -> Why | None:
    """Whether one more letter may go out today: each is in the log, also of those who were taken away again."""
    given = TenantLogEntry.objects.filter(action="agency.give_role", timestamp__gt=at - A_DAY)
    of_agency = given.filter(
        municipality=agency.municipality_id,
        content_type=ContentType.objects.get_for_model(Agency),
        object_id=str(agency.pk),
    )
    written = [(data or {}).get("user") for data in of_agency.values_list("data", flat=True)]
    if written.count(newcomer.pk) >= MOST_LETTERS_TO_ONE:
        return Why.ADDRESS_TODAY
    staff = StaffRole.objects.filter(user=by, municipality=agency.municipality_id)
    if by is None or by.is_superuser or staff.exists():  # staff bring in a whole office
        return None
    too_many = len(written) >= MOST_LETTERS_OF_AGENCY or given.filter(user=by).count() >= MOST_LETTERS_OF_ONE
    return Why.LETTERS_TODAY if too_many else None


@transaction.atomic
def change_role(*, membership: AgencyRole, role: str, by: Any, by_staff: bool = False) -> None:
    """Make a worker leader, or a leader worker."""
    agency = _locked(membership.agency)
    row = AgencyRole.objects.filter(pk=membership.pk).first()
    if row is None or row.role == role:
        return
    refuse_if(None if by_staff else _why_not_without(agency, row))
    row.role = role
    row.save(update_fields=["role"])
    log(agency, "agency.change_role", user=by, data={"user": row.user_id, "role": role})


@transaction.atomic
def take_role(*, membership: AgencyRole, by: Any, by_staff: bool = False) -> None:
    """End somebody's work for an agency, one's own or another's; all access goes with it. Staff may leave it without a leader."""
    agency = _locked(membership.agency)
    row = AgencyRole.objects.filter(pk=membership.pk).first()
    if row is None:
        return  # somebody else was quicker
    refuse_if(None if by_staff else _why_not_without(agency, row))
    data = {"user": row.user_id, "role": row.role}
    row.delete()
    log(agency, "agency.take_role", user=by, data=data)


def _why_not_without(agency: Agency, row: AgencyRole) -> Why | None:
    if row.role != Role.LEADER:
        return None
    others = AgencyRole.objects.filter(agency=agency, role=Role.LEADER, user__is_active=True).exclude(pk=row.pk)
    return None if others.exists() else Why.LAST_LEADER
