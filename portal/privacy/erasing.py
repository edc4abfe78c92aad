"""Erasing a person, at their own wish, at the request of staff, or because the account has been idle.

What somebody did stays in the log, by a number that leads to nobody: "former user 17". The pages of an association stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Count, Q, TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from directory.municipalities.models import Municipality, StaffRole
from directory.providers.actions import forget_invitations_of
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from portal.kit.refusals import refuse_if
from portal.privacy.emails import tell_of_wish, tell_who_is_left_alone
from portal.privacy.models import ErasureRequest
from portal.privacy.traces import Scrubbed, scrub

REGRET = timedelta(days=14)


class Why(TextChoices):
    """Why somebody is not erased."""

    LAST_ONE = "last-one", _("Nobody else runs this installation. Give somebody else that right first.")
    LAST_COORDINATOR = "last-coordinator", _("Nobody else coordinates the municipality. Give somebody that role first.")


@dataclass(slots=True)
class Erased:
    """What became of a person."""

    pseudonym: str
    left_alone: list[str] = field(default_factory=list)  # providers that nobody keeps now
    scrubbed: Scrubbed = field(default_factory=Scrubbed)


def why_not_erase(user: User) -> Why | None:
    """A reason to keep somebody, or none."""
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and user.is_active and not others.exists():
        return Why.LAST_ONE
    return Why.LAST_COORDINATOR if coordinated_alone(user) else None


def kept_alone(user: User) -> list[Provider]:
    """The providers whose only editor the person is: their pages stay, and the municipality looks after them."""
    editors = Count("memberships__user", filter=Q(memberships__role=Membership.Role.EDITOR), distinct=True)
    mine = Membership.objects.filter(user=user, role=Membership.Role.EDITOR).values("provider")
    return list(Provider.objects.filter(pk__in=mine).annotate(editors=editors).filter(editors=1).select_related("municipality"))


def coordinated_alone(user: User) -> list[Municipality]:
    """The municipalities whose only coordinator the person is."""
    coordinators = Count("staff_roles", filter=Q(staff_roles__role=StaffRole.Role.COORDINATOR))
    mine = StaffRole.objects.filter(user=user, role=StaffRole.Role.COORDINATOR).values("municipality")
    return list(Municipality.objects.filter(pk__in=mine).annotate(coordinators=coordinators).filter(coordinators=1))


@transaction.atomic
def ask_to_be_erased(user: User, *, at: datetime) -> ErasureRequest:
    """Write down that somebody wants to be erased; asked twice, the first day counts."""
    refuse_if(why_not_erase(user))
    request, made = ErasureRequest.objects.get_or_create(user=user, defaults={"asked_at": at, "due_at": at + REGRET})
    if made:
        tell_of_wish(request)
    return request


def think_better_of_it(user: User) -> bool:
    """Take the wish back."""
    return bool(ErasureRequest.objects.filter(user=user).delete()[0])


def erase_who_asked(at: datetime) -> int:
    """Erase whose time of regret is over."""
    count = 0
    for request in ErasureRequest.objects.filter(due_at__lte=at).select_related("user").order_by("due_at")[:100]:
        if why_not_erase(request.user) is None:
            erase(request.user, at=at, by=None)
            count += 1
    return count


@transaction.atomic
def erase(user: User, *, at: datetime, by: Any) -> Erased:
    """Erase a person: what is theirs goes, what they did stays without them."""
    user = User.objects.select_for_update().get(pk=user.pk)
    refuse_if(why_not_erase(user))
    done = Erased(pseudonym=f"former user {user.pk}")
    alone = kept_alone(user)
    for provider in Provider.objects.filter(memberships__user=user).distinct():
        log(provider, "privacy.erase", user=by, data={"who": done.pseudonym, "last_editor": provider in alone})
        forget_invitations_of(provider, user, at)
    done.left_alone = [f"{provider} ({provider.municipality})" for provider in alone]
    end_sessions(user)
    done.scrubbed = scrub(user, done.pseudonym)
    user.delete()
    for municipality in {provider.municipality for provider in alone}:
        tell_who_is_left_alone(municipality, [provider for provider in alone if provider.municipality == municipality])
    return done


def end_sessions(user: User) -> None:
    """Sign the person out everywhere."""
    for session in Session.objects.iterator(chunk_size=500):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
