"""Whom a newsletter goes to: one message to each address, whoever shares it, and nobody who does not want it.

audience_of(newsletter) → people (address, language, for whom) and who is left out, with the reason
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cards.offers.queries import providers_with_offers
from directory.activities.models import Activity
from directory.freshness.bounces import tidy, undeliverable
from directory.geography.districts import chart_of
from directory.municipalities.models import District, Municipality
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from portal.kit.mail import is_address
from portal.kit.texts import best
from portal.newsletters.models import Newsletter, Receiver, Subscription

NOT_CONFIRMED_AFTER = timedelta(days=365)
BATCH = 500
#: Who is written to where no role was chosen. Who stands at a till gets what is written to tills.
UNASKED = set(Newsletter.Role.values) - {Newsletter.Role.TILL.value}


class WhyNot(TextChoices):
    """Why somebody who was chosen gets nothing."""

    NO_ADDRESS = "no-address", _("has no mail address")
    UNSUBSCRIBED = "unsubscribed", _("wants no newsletters")
    COMES_BACK = "comes-back", _("letters come back")


@dataclass(frozen=True, slots=True)
class Person:
    """One receiver. `names`: the providers it is written to for, none for a resident."""

    email: str
    lang: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    email: str
    names: tuple[str, ...]
    reason: WhyNot


@dataclass(frozen=True, slots=True)
class Audience:
    people: tuple[Person, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def by_language(self) -> dict[str, int]:
        """How many in each language, the largest first."""
        counts: dict[str, int] = {}
        for person in self.people:
            counts[person.lang] = counts.get(person.lang, 0) + 1
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(slots=True)
class _Found:
    """What is gathered of one address."""

    lang: str = ""
    names: dict[str, None] = field(default_factory=dict)


def audience_of(newsletter: Newsletter, at: datetime | None = None) -> Audience:
    """Whom the newsletter would go to now."""
    municipality = newsletter.municipality
    nobody: list[LeftOut] = []
    if newsletter.audience == Newsletter.Audience.RESIDENTS:
        found = residents(municipality)
    else:
        found, nobody = contacts(newsletter, at or timezone.now())
    first = municipality.languages[0]
    said_no = Receiver.objects.filter(municipality=municipality, unsubscribed_at__isnull=False)
    if newsletter.audience == Newsletter.Audience.RESIDENTS:
        # Their no is that they are no longer subscribed. Who stopped other letters and then asked for news gets the news.
        said_no = said_no.none()
    unwanted = set(said_no.values_list("email", flat=True))
    returned = undeliverable(found)
    people: list[Person] = []
    left: list[LeftOut] = []
    for email, facts in found.items():
        lang = facts.lang if facts.lang in municipality.languages else first
        if newsletter.receiver_languages and lang not in newsletter.receiver_languages:
            continue
        names = tuple(facts.names)
        if email in unwanted:
            left.append(LeftOut(email, names, WhyNot.UNSUBSCRIBED))
        elif email in returned:
            left.append(LeftOut(email, names, WhyNot.COMES_BACK))
        else:
            people.append(Person(email, lang, names))
    return Audience(tuple(people), (*left, *nobody))


def residents(municipality: Municipality) -> dict[str, _Found]:
    """Who asked for news, and said so once more by the link in the first letter."""
    rows = Subscription.objects.filter(
        municipality=municipality, about=Subscription.About.NEWS, confirmed_at__isnull=False
    ).order_by("pk")
    return {tidy(row.email): _Found(row.lang) for row in rows}


def contacts(newsletter: Newsletter, at: datetime) -> tuple[dict[str, _Found], list[LeftOut]]:
    """Addresses of the chosen providers, and the providers that have none."""
    providers = chosen_providers(newsletter, at)
    roles = set(newsletter.roles) or UNASKED
    addresses: dict[int, list[tuple[str, str]]] = {provider.pk: [] for provider in providers}
    if Newsletter.Role.CONTACT in roles:
        for provider in providers:
            addresses[provider.pk].append((tidy(provider.email), ""))
    wanted = sorted(roles & set(Membership.Role.values))
    pks = list(addresses)
    for start in range(0, len(pks) if wanted else 0, BATCH):
        members = Membership.objects.filter(provider__in=pks[start : start + BATCH], role__in=wanted, user__is_active=True)
        for provider_id, email, lang in members.values_list("provider_id", "user__email", "user__lang").order_by("pk"):
            addresses[provider_id].append((tidy(email), lang or ""))
    found: dict[str, _Found] = {}
    nobody = []
    for provider in providers:
        name = best(provider, "name", newsletter.municipality.languages).value
        usable = [(email, lang) for email, lang in addresses[provider.pk] if is_address(email)]
        if not usable:
            nobody.append(LeftOut("", (name,), WhyNot.NO_ADDRESS))
        for email, lang in usable:
            facts = found.setdefault(email, _Found())
            facts.lang = facts.lang or lang
            facts.names[name] = None
    if unknown := [email for email, facts in found.items() if not facts.lang]:
        # The address of a page may be that of somebody who signs in, and has said which language they read.
        for start in range(0, len(unknown), BATCH):
            users = User.objects.filter(email__in=unknown[start : start + BATCH], is_active=True)
            for email, lang in users.values_list("email", "lang"):
                found[email].lang = lang or ""
    return found, nobody


def chosen_providers(newsletter: Newsletter, at: datetime) -> list[Provider]:
    """The published providers that a newsletter is for, by name; those hidden for age are written to as well."""
    municipality = newsletter.municipality
    rows: QuerySet[Provider] = Provider.objects.filter(municipality=municipality, live=True, delisted_at=None)
    if newsletter.kinds:
        rows = rows.filter(kind__in=newsletter.kinds)
    if newsletter.confirmed == Newsletter.Confirmed.NEVER:
        rows = rows.filter(confirmed_at=None)
    elif newsletter.confirmed == Newsletter.Confirmed.NOT:
        rows = rows.filter(Q(confirmed_at=None) | Q(confirmed_at__lt=at - NOT_CONFIRMED_AFTER))
    if newsletter.card_offers:
        rows = rows.filter(pk__in=providers_with_offers(timezone.localdate(at)))
    if newsletter.pk and (categories := list(newsletter.categories.values_list("pk", flat=True))):
        of = Q(categories__in=categories) | Q(categories__parent__in=categories)
        rows = rows.filter(
            Q(pk__in=Provider.objects.filter(of).values("pk"))
            | Q(pk__in=Activity.objects.filter(of, live=True).values("provider_id"))
        )
    names = [f"name_{code}" for code in municipality.languages]
    where = ("lat", "lon", "pinned_lat", "pinned_lon", "precision", "postcode")
    found = list(rows.only("pk", "email", *where, *names).order_by("name_nb", "pk"))
    if newsletter.pk and (districts := set(newsletter.districts.values_list("pk", flat=True))):
        found = in_districts(municipality, found, districts)
    return found


def in_districts(municipality: Municipality, providers: Sequence[Provider], wanted: Iterable[int]) -> list[Provider]:
    """Those of the providers that belong to one of the districts: chosen by hand, else by their address."""
    wanted = set(wanted)
    chart = chart_of(municipality)
    known: dict[int, District] = {district.pk: district for district in chart.districts}
    by_hand: dict[int, list[Any]] = {}
    through = Provider.districts.through.objects.filter(provider__municipality=municipality)
    for provider_id, district_id in through.values_list("provider_id", "district_id"):
        if district_id in known:
            by_hand.setdefault(provider_id, []).append(known[district_id])
    return [
        provider
        for provider in providers
        if wanted & {district.pk for district in chart.districts_of(provider, by_hand.get(provider.pk, []))}
    ]
