"""Which listings are how old, who can be asked about them, and what a provider was asked.

What is looked after: listings that are published, not taken off by a register and not on a break. Hidden ones are among
them: one press brings them back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from directory.activities.models import Activity
from directory.freshness.bounces import bounced, tidy
from directory.freshness.models import Asking, LinkCheck
from directory.freshness.rules import ASK_AFTER, Round, Step, last_start, since_of
from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Membership, Provider
from directory.support.models import SupportScheme

#: The kinds of listing, in the order in which letters and pages name them.
MODELS: tuple[type[Listing], ...] = (Provider, Activity, Place, SupportScheme)
MODEL_OF: dict[str, Any] = {model.KIND.value: model for model in MODELS}
LOOKED_AFTER = Q(live=True, delisted_at=None, paused_at=None)


def start_of(day: date) -> datetime:
    """The first moment of a day here."""
    return timezone.make_aware(datetime.combine(day, time.min))


def older_than(months: int, today: date) -> Q:
    """Listings whose clock has run for so many months: `rules.counts_from` in the database's words."""
    last = last_start(today, months)
    before = start_of(last + timedelta(days=1))
    unconfirmed = Q(confirmed_at=None)
    unsourced = unconfirmed & Q(source_date=None)
    return (
        Q(confirmed_at__lt=before)
        | (unconfirmed & Q(source_date__lte=last))
        | (unsourced & Q(first_published_at__lt=before))
        | (unsourced & Q(first_published_at=None, created_at__lt=before))
    )


def owner_path(model: type[Listing]) -> str:
    """The column of a kind of listing that says whose it is."""
    return "pk" if model is Provider else "provider"


def listings_of(provider: Provider) -> list[Any]:
    """Everything of a provider that is looked after: itself, then what it offers and runs."""
    found: list[Any] = []
    for model in MODELS:
        rows = model.objects.filter(LOOKED_AFTER, **{owner_path(model): provider.pk})  # type: ignore[attr-defined]
        found += rows.order_by("name_nb", "pk")
    for row in found:
        row.municipality = provider.municipality
    return found


def old_of(provider: Provider, today: date) -> list[Any]:
    """What of a provider's is a year old or more, hidden ones among them."""
    return [row for row in listings_of(provider) if row.hidden_at or since_of(row) <= last_start(today, ASK_AFTER)]


def owners_of_old(municipality: Municipality, today: date) -> set[int]:
    """Providers of a municipality with something that is shown and a year old, by number."""
    return _owners(older_than(ASK_AFTER, today), municipality=municipality, hidden_at=None)


def owners_of_hidden(municipality: Municipality) -> set[int]:
    """Providers of a municipality with something that was hidden and still is, by number."""
    return _owners(municipality=municipality, hidden_at__isnull=False)


def _owners(*which: Q, **more: Any) -> set[int]:
    found: set[int] = set()
    for model in MODELS:
        path = owner_path(model)
        rows = model.objects.filter(LOOKED_AFTER, *which, **more).exclude(**{path: None})  # type: ignore[attr-defined]
        found.update(rows.values_list(path, flat=True))
    return found


# ── whom one can ask ────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Receiver:
    """An address, and the language of a letter to it; empty for the municipality's first."""

    email: str
    lang: str = ""


def receivers_by_provider(providers: Iterable[int]) -> dict[int, list[Receiver]]:
    """Whom a letter goes to, by provider; one that nobody can be asked about is missing. Three queries.

    Its editors; else its own address; else whoever else has a role there. Addresses that letters come back from are left out;
    whoever called a newsletter unwanted is still asked, for this letter is a necessary one.
    """
    wanted = list(providers)
    members: dict[int, list[tuple[str, Receiver]]] = defaultdict(list)
    rows = Membership.objects.filter(provider__in=wanted, user__is_active=True).select_related("user").order_by("pk")
    for row in rows:
        members[row.provider_id].append((row.role, Receiver(tidy(row.user.email), getattr(row.user, "lang", "") or "")))
    own = {
        pk: Receiver(tidy(email))
        for pk, email in Provider.objects.filter(pk__in=wanted).exclude(email="").values_list("pk", "email")
    }
    everybody = {one.email for found in members.values() for _role, one in found} | {one.email for one in own.values()}
    dead = bounced(everybody)
    found: dict[int, list[Receiver]] = {}
    for pk in wanted:
        editors = [one for role, one in members[pk] if role == Membership.Role.EDITOR]
        others = [one for role, one in members[pk] if role != Membership.Role.EDITOR]
        for group in (editors, [own[pk]] if pk in own else [], others):
            if reached := list({one.email: one for one in group if one.email not in dead}.values()):
                found[pk] = reached
                break
    return found


def receivers_of(provider: Provider) -> list[Receiver]:
    """Whom a letter to one provider goes to; nobody where nobody can be asked."""
    return receivers_by_provider([provider.pk]).get(provider.pk, [])


def dead_addresses_of(provider: Provider) -> list[str]:
    """Addresses of a provider and of its members that letters come back from."""
    emails = Membership.objects.filter(provider=provider).values_list("user__email", flat=True)
    return sorted(bounced([provider.email, *emails]))


# ── what was asked ──────────────────────────────────────────────────────────────────────────────────────────
def rounds_of(providers: Iterable[int]) -> dict[int, Round]:
    """The latest round of each provider that was ever asked. One query."""
    found: dict[int, list[Asking]] = defaultdict(list)
    for row in Asking.objects.filter(provider__in=list(providers)).order_by("round", "sent_at", "pk"):
        if found[row.provider_id] and found[row.provider_id][0].round != row.round:
            found[row.provider_id] = []
        found[row.provider_id].append(row)
    return {
        pk: Round(rows[0].round, frozenset(row.step for row in rows), said.answer if (said := answer_of(rows)) else "")
        for pk, rows in found.items()
    }


def answer_of(letters: Iterable[Asking]) -> Asking | None:
    """The letter of a round whose answer counts: one for good before "something has changed", then the latest."""
    answered = [row for row in letters if row.answer]
    return max(answered, key=lambda row: (row.answer != Asking.Answer.CHANGED, row.answered_at or row.sent_at), default=None)


def round_of(provider: Provider) -> Round | None:
    """The latest round of one provider."""
    return rounds_of([provider.pk]).get(provider.pk)


def wants_hidden_letter(provider: Provider, round: Round | None) -> bool:
    """Whether something of a provider's was hidden in this round."""
    if round is None or Step.HIDDEN in round.sent:
        return False
    since = start_of(round.started)
    return any(
        model.objects.filter(  # type: ignore[attr-defined]
            LOOKED_AFTER, hidden_at__gte=since, **{owner_path(model): provider.pk}
        ).exists()
        for model in MODELS
    )


# ── nobody to ask ───────────────────────────────────────────────────────────────────────────────────────────
def nobody_to_ask(model: type[Listing], municipalities: Iterable[int], today: date) -> QuerySet[Any]:
    """Listings of a kind that are a year old (hidden ones among them) and about which nobody can be written to."""
    rows = model.objects.filter(  # type: ignore[attr-defined]
        LOOKED_AFTER, older_than(ASK_AFTER, today) | Q(hidden_at__isnull=False), municipality__in=municipalities
    )
    path = owner_path(model)
    owners = set(rows.exclude(**{path: None}).values_list(path, flat=True))
    silent = owners - receivers_by_provider(owners).keys()
    return rows.filter(Q(**{path: None}) | Q(**{f"{path}__in": silent})) if path != "pk" else rows.filter(pk__in=silent)


# ── links ───────────────────────────────────────────────────────────────────────────────────────────────────
def has_dead_website(listing: Listing) -> bool:
    """Whether the website of a listing, as it is written today, is known to be dead."""
    return (
        bool(listing.website)
        and LinkCheck.objects.filter(kind=listing.KIND, listing_id=listing.pk, url=listing.website, is_dead=True).exists()
    )


def dead_links_of(provider: Provider) -> list[Any]:
    """A provider's listings whose website is dead."""
    found = []
    for model in MODELS:
        checks = LinkCheck.objects.filter(municipality=provider.municipality_id, kind=model.KIND, is_dead=True)
        dead = set(checks.values_list("listing_id", "url"))
        rows = model.objects.filter(LOOKED_AFTER, pk__in={pk for pk, _url in dead}, **{f"{owner_path(model)}": provider.pk})  # type: ignore[attr-defined]
        found += [row for row in rows if (row.pk, row.website) in dead]
    return found
