"""Reads about who keeps a page, and who could."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from rapidfuzz import fuzz, process

from directory.activities.models import Activity
from directory.listings.models import fold
from directory.municipalities.models import Municipality, StaffRole, TenantLogEntry
from directory.providers.models import Attestation, Invitation, Membership, Provider
from directory.providers.rules import ATTESTED_FOR, CHILD_AGE, INVITATION_GOOD_FOR, is_for_children, is_org_number, years_before

MOST_FOUND = 8
LIKENESS = 72  # of 100, from which a name is taken to be meant


def digits_of(words: str) -> str:
    """An organisation number as people write it, without its spaces; empty for anything else."""
    joined = "".join(words.split())
    return joined if joined.isascii() and joined.isdigit() else ""


def plain(name: str) -> str:
    """A name for comparing: small plain letters."""
    return fold(name).casefold()


def providers_like(municipality: Municipality, words: str) -> list[Provider]:
    """The providers of a municipality that somebody may mean, best first: by organisation number, or by a name with slips in it.

    Also those that have been hidden because nobody answered: to be found here is how they come back. Not those that are closed,
    or have become one with another.
    """
    rows = Provider.objects.filter(municipality=municipality, live=True, delisted_at=None)
    if (number := digits_of(words)) and is_org_number(number):
        return list(rows.filter(org_number=number))
    asked = plain(words.strip()[:160])
    if len(asked) < 2:
        return []
    columns = [f"name_{code}" for code in municipality.languages]
    names = {
        (pk, n): plain(name) for pk, *found in rows.order_by().values_list("pk", *columns) for n, name in enumerate(found) if name
    }
    best: dict[int, float] = {}
    for _name, score, (pk, _n) in process.extract(asked, names, scorer=fuzz.WRatio, limit=MOST_FOUND * 4, score_cutoff=LIKENESS):
        best[pk] = max(score, best.get(pk, 0))
    found_rows = rows.in_bulk(sorted(best, key=lambda pk: (-best[pk], pk))[:MOST_FOUND])
    return sorted(found_rows.values(), key=lambda row: (-best[row.pk], str(row)))


def members_of(provider: Provider) -> QuerySet[Membership]:
    """Who has a role at a provider, editors first."""
    return Membership.objects.filter(provider=provider).select_related("user").order_by("role", "user__name", "user__email", "pk")


def other_editors(provider: Provider, user: Any) -> int:
    """How many besides `user` may edit."""
    rows = Membership.objects.filter(provider=provider, role=Membership.Role.EDITOR, user__is_active=True)
    return rows.exclude(user=user).count()


def open_invitations(provider: Provider, at: datetime) -> QuerySet[Invitation]:
    """Invitations that can still be accepted."""
    return unanswered(provider).filter(sent_at__gte=at - INVITATION_GOOD_FOR).select_related("invited_by")


def unanswered(provider: Provider) -> QuerySet[Invitation]:
    """Invitations nobody has answered or taken back, however old."""
    return Invitation.objects.filter(provider=provider, accepted_at=None, withdrawn_at=None)


def colleagues_of(user: Any, municipality: Municipality) -> QuerySet[StaffRole]:
    """Who else works in the staff pages of a municipality, in whichever role."""
    return StaffRole.objects.filter(municipality=municipality, user__is_active=True).exclude(user=user)


def letters_since(provider: Provider, *, since: datetime, by: Any, email: str) -> dict[str, int]:
    """How many invitations went out: by one person, for one page, to one address for that page. Each letter is in the log."""
    sent = TenantLogEntry.objects.filter(action="provider.invite", timestamp__gt=since)
    for_page = sent.filter(
        municipality=provider.municipality_id,
        content_type=ContentType.objects.get_for_model(Provider),
        object_id=str(provider.pk),
    )
    to_one = set(Invitation.objects.filter(provider=provider, email=email).values_list("pk", flat=True))
    letters = [(data or {}).get("invitation") for data in for_page.values_list("data", flat=True)]
    return {
        "by_one": sent.filter(user=by).count(),
        "for_page": len(letters),
        "to_address": sum(invitation in to_one for invitation in letters),
    }


def attested_on(provider: Provider, today: date) -> date | None:
    """The day certificates were last seen, where that still speaks for the provider and children take part; else None."""
    since = years_before(today, ATTESTED_FOR)
    seen_on = (
        Attestation.objects.filter(provider=provider.pk, seen_on__range=(since, today))
        .order_by("-seen_on")
        .values_list("seen_on", flat=True)
        .first()
    )
    return seen_on if seen_on and meets_children(provider) else None


def meets_children(provider: Provider) -> bool:
    """Whether children take part in what a provider offers, by the ages it gives."""
    if is_for_children(provider.age_from, provider.age_to):
        return True
    young = Q(age_from__lt=CHILD_AGE) | Q(age_from=None, age_to__isnull=False)
    return Activity.objects.public().filter(young, provider=provider.pk).exists()
