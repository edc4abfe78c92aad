"""Who may do what in a municipality, and what they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from directory.agencies.models import AgencyRole
from directory.municipalities.models import Municipality, StaffRole, TenantLogEntry
from directory.municipalities.tenancy import mine, municipality_ids, search_rows
from directory.providers.models import Membership
from portal.languages import CODES

WHERE = {
    "staff": _("The municipality's staff"),
    "agency": _("Agencies"),
    "provider": _("Providers"),
}


def own_municipalities(user: Any) -> QuerySet[Municipality]:
    """The municipalities whose people somebody looks after: where they coordinate; all for who runs the installation."""
    rows = mine(Municipality, user).defer("boundary").select_related("site").order_by("name")
    return rows if user.is_superuser else rows.filter(pk__in=municipality_ids(user, StaffRole.Role.COORDINATOR))


@dataclass(frozen=True, slots=True)
class Question:
    """Whom a list is about."""

    where: str = ""
    role: str = ""
    words: str = ""

    @classmethod
    def of(cls, params: QueryDict) -> Question:
        where, role = params.get("where", ""), params.get("role", "")
        return cls(
            where if where in WHERE else "",
            role if role in {*StaffRole.Role.values, *AgencyRole.Role.values, *Membership.Role.values} else "",
            params.get("q", "").replace("\x00", " ").strip()[:100],
        )

    def address(self, **other: Any) -> str:
        own = {"where": self.where, "role": self.role, "q": self.words}
        return urlencode({name: value for name, value in (own | other).items() if value})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with all that they may do in one municipality."""

    user: Any
    staff: StaffRole | None
    agencies: tuple[AgencyRole, ...]
    memberships: tuple[Membership, ...]

    def roles(self) -> list[str]:
        """Every role in words."""
        found = [str(self.staff.get_role_display())] if self.staff else []
        found += [f"{role.agency}: {role.get_role_display()}" for role in self.agencies]
        return found + [f"{role.provider}: {role.get_role_display()}" for role in self.memberships]


def users_of(municipality: Municipality, question: Question | None = None) -> QuerySet[Any]:
    """Everybody with a role in a municipality, in the order of their names."""
    question = question or Question()
    roles: dict[str, QuerySet[Any]] = {
        "staff": StaffRole.objects.filter(municipality=municipality),
        "agency": AgencyRole.objects.filter(agency__municipality=municipality),
        "provider": Membership.objects.filter(provider__municipality=municipality),
    }
    if question.where:
        roles = {question.where: roles[question.where]}
    if question.role:
        roles = {where: rows.filter(role=question.role) for where, rows in roles.items()}
    found = Q(pk__in=[])
    for rows in roles.values():
        found |= Q(pk__in=rows.order_by().values("user"))
    users = get_user_model()._default_manager.filter(found)
    if question.words:
        by_name = search_rows(users, question.words, ["name", "email"])
        names = {"agency": "agency", "provider": "provider"}
        by_place = Q(pk__in=[])
        for where, name in names.items():
            if where in roles:
                columns = [f"{name}__name_{code}" for code in CODES]
                by_place |= Q(pk__in=search_rows(roles[where], question.words, columns).order_by().values("user"))
        users = users.filter(Q(pk__in=by_name.values("pk")) | by_place)
    return users.order_by("name", "email")


def persons(municipality: Municipality, users: list[Any]) -> list[Person]:
    """The users with their roles in the municipality."""
    pks = [user.pk for user in users]
    staff = {role.user_id: role for role in StaffRole.objects.filter(municipality=municipality, user__in=pks)}
    agencies: dict[int, list[AgencyRole]] = {}
    for work in AgencyRole.objects.filter(agency__municipality=municipality, user__in=pks).select_related("agency"):
        agencies.setdefault(work.user_id, []).append(work)
    memberships: dict[int, list[Membership]] = {}
    rows = Membership.objects.filter(provider__municipality=municipality, user__in=pks).select_related("provider")
    for membership in rows.order_by("provider__name_nb", "role"):
        memberships.setdefault(membership.user_id, []).append(membership)
    return [
        Person(user, staff.get(user.pk), tuple(agencies.get(user.pk, ())), tuple(memberships.get(user.pk, ()))) for user in users
    ]


def known_user(municipality: Municipality, pk: int) -> Any:
    """Somebody with a role in the municipality, or who once did something there; None for everybody else."""
    user = get_user_model()._default_manager.filter(pk=pk).first()
    if user is None:
        return None
    if users_of(municipality).filter(pk=pk).exists() or deeds_of(municipality, user).exists():
        return user
    return None


def deeds_of(municipality: Municipality, user: Any) -> QuerySet[TenantLogEntry]:
    """What somebody did in a municipality, the newest first."""
    return TenantLogEntry.objects.filter(municipality=municipality, user=user).order_by("-timestamp", "-pk")
