"""Roles that a sign-in provider gives: brought in step at every sign-in, taken away from who leaves.

OIDC_ROLES says which group gives which role. A role that somebody was given by hand counts as the group's from the first
sign-in with a group that gives just that role: who was here before the provider leaves like all others. Another role than
the group's, given by hand, is left alone. Who has not been seen by the provider for a month has left; a session that began
there ends after half a day.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.actions import appoint, dismiss
from directory.municipalities.models import Municipality, StaffRole
from portal.accounts.models import ProvidedRole, User
from portal.accounts.sessions import current_key, end_sessions

log = logging.getLogger("portal.accounts")
CONFIRMED_FOR = timedelta(days=30)
STRONGER = {"editor": 0, "coordinator": 1, "worker": 0, "leader": 1}


def roles_of(groups: Iterable[str]) -> set[str]:
    """The roles that groups give: the strongest at each place."""
    best: dict[str, str] = {}
    for group in groups:
        place, _colon, role = settings.OIDC_ROLES.get(group, "").rpartition(":")
        if place and STRONGER[role] >= STRONGER.get(best.get(place, ""), -1):
            best[place] = role
    return {f"{place}:{role}" for place, role in best.items()}


@transaction.atomic
def bring_in_step(*, user: User, provider: str, groups: Iterable[str], at: datetime) -> None:
    """Give somebody the roles of their groups, and take away those whose group is gone."""
    wanted = roles_of(groups)
    have = {row.what: row for row in ProvidedRole.objects.select_for_update().filter(user=user, provider=provider)}
    for what in sorted(have.keys() - wanted):
        _take_away(have[what])
    for what in sorted(wanted):
        if what in have:
            ProvidedRole.objects.filter(pk=have[what].pk).update(confirmed_at=at)
        elif not ProvidedRole.objects.filter(user=user, what=what).exists() and _give(user, what):  # not another provider's
            ProvidedRole.objects.create(user=user, what=what, provider=provider, confirmed_at=at)
            # Sessions that began by a mailbox would outlive the work at the provider.
            end_sessions(user.pk, but=current_key(user.pk))
    # What somebody may do was read when they signed in, by this very object.
    for kept in ("_perm_cache", "_user_perm_cache", "_group_perm_cache"):
        user.__dict__.pop(kept, None)


def take_what_it_gave(user: User, provider: str) -> None:
    """Take away every role that came by this provider."""
    for row in ProvidedRole.objects.filter(user=user, provider=provider).select_related("user"):
        _take_away(row)


def _give(user: User, what: str) -> bool:
    """Give a role, or find it given. False where they were given another by hand, which stands; or there is no such place."""
    place, _colon, role = what.rpartition(":")
    if place.startswith("agency:"):
        agency = Agency.objects.filter(pk=place.removeprefix("agency:")).first()
        if agency is None:
            log.error("OIDC_ROLES names %s, and there is no such agency.", what)
            return False
        return AgencyRole.objects.get_or_create(user=user, agency=agency, defaults={"role": role})[0].role == role
    municipality = Municipality.objects.filter(number=place).first()
    if municipality is None:
        log.error("OIDC_ROLES names %s, and there is no such municipality.", what)
        return False
    by_hand = StaffRole.objects.filter(user=user, municipality=municipality).first()
    if by_hand is not None:
        return by_hand.role == role
    appoint(user=user, municipality=municipality, role=role)
    return True


def _take_away(row: ProvidedRole) -> None:
    place, _colon, _role = row.what.rpartition(":")
    if place.startswith("agency:"):
        AgencyRole.objects.filter(user=row.user, agency=int(place.removeprefix("agency:"))).delete()
    elif municipality := Municipality.objects.filter(number=place).first():
        dismiss(user=row.user, municipality=municipality)
    row.delete()
    end_sessions(row.user_id, but=current_key(row.user_id))


def cut_off_leavers(at: datetime) -> int:
    """Take away roles that no provider has confirmed for a month; how many."""
    old = list(ProvidedRole.objects.filter(confirmed_at__lt=at - CONFIRMED_FOR).select_related("user"))
    for row in old:
        with transaction.atomic():
            _take_away(row)
    return len(old)
