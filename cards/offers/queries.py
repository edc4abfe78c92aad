"""What is offered: for pages and search, for the provider's desk, and for the staff's queue.

How many are left is told to the public in words only: a number would change with every use, and tell when somebody was there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cards.offers import conditions
from cards.offers.models import Offer, ProviderAgreement, Redemption
from cards.offers.rules import FEW
from cards.offers.states import AgreementState, OfferState, UseState
from cards.programmes.models import Programme
from directory.listings.kinds import Kind
from directory.municipalities.models import Municipality
from directory.providers.models import Provider

COUNTED = (UseState.OK, UseState.ACCEPTED)
#: The column of an offer that leads to a listing of a kind.
WAY = {Kind.ACTIVITY.value: "activity", Kind.PLACE.value: "place", Kind.PROVIDER.value: "agreement__provider"}


# ── for everybody ───────────────────────────────────────────────────────────────────────────────────────────


def shown_for(kind: str, pk: int | None, day: date) -> list[Offer]:
    """What a card can be used for at a listing, by programme; nothing at one that is not saved yet."""
    if kind not in WAY or pk is None:
        return []
    rows = Offer.objects.shown_on(day).filter(**{WAY[kind]: pk})
    rows = rows.select_related("agreement__programme", "agreement__provider", "activity__municipality", "place__municipality")
    rows = rows.annotate(codes_left=codes_left(day))
    return list(rows.order_by("agreement__programme__name_nb", "agreement__programme", "title_nb", "pk"))


def codes_left(day: date) -> Any:
    """How many ready-made codes an offer has that nobody has got, without those of tickets whose last day has passed."""
    free = Q(external_codes__dealt_to=None, external_codes__withdrawn=False)
    alive = Q(external_codes__stock__expires=None) | Q(external_codes__stock__expires__gte=day)
    return Count("external_codes", filter=free & alive, distinct=True)


def usable_on(day: date) -> QuerySet[Offer]:
    """What is shown and of which something is left."""
    rows = Offer.objects.shown_on(day).filter(Q(released=None) | Q(released__gt=F("used")))
    return rows.annotate(codes_left=codes_left(day)).filter(Q(deals_codes=False) | Q(codes_left__gt=0))


def providers_with_offers(day: date) -> QuerySet[Offer]:
    """The numbers of the providers at whom a card is taken that day, though nothing may be left just now."""
    return Offer.objects.shown_on(day).values("agreement__provider")


def takers(day: date, kind: str | None = None, pks: Iterable[int] | None = None) -> dict[tuple[str, int], set[str]]:
    """The listings where a card can be used now: (kind, number) → the short names of the programmes. What the search knows."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one, way in WAY.items():
        if kind is not None and one != kind:
            continue
        rows = usable_on(day).exclude(**{way: None})
        if pks is not None:
            rows = rows.filter(**{f"{way}__in": list(pks)})
        for pk, slug in rows.values_list(way, "agreement__programme__slug"):
            found[one, pk].add(slug)
    return dict(found)


def programmes_of(municipality: Municipality) -> QuerySet[Programme]:
    """The programmes a municipality is part of."""
    return Programme.objects.filter(members__municipality=municipality).order_by("name_nb", "pk")


def left_of(offer: Offer) -> int | None:
    """How many can be used by now; None where there is no limit. Of an offer with `codes_left`, also how many codes there are."""
    bounds = [] if offer.released is None else [offer.released - offer.used]
    if offer.deals_codes and hasattr(offer, "codes_left"):
        bounds.append(offer.codes_left)
    return min(bounds) if bounds else None


def left_in_words(offer: Offer) -> str:
    """ "Plenty left", "Few left", "All are used for now"; empty where there is no limit."""
    left = left_of(offer)
    if left is None:
        return ""
    if left <= 0:
        return _("All are used for now. More may come.")
    return _("Few are left") if left <= FEW else _("Plenty are left")


def companions_in_words(offer: Offer) -> str:
    """Who may come along, and what that costs of the card; empty where nobody may."""
    if not offer.companions:
        return ""
    if not offer.companion_clips:
        said = ngettext("%(n)s person may come along for free", "%(n)s people may come along for free", offer.companions)
        return said % {"n": offer.companions}
    said = ngettext("%(n)s person may come along", "%(n)s people may come along", offer.companions) % {"n": offer.companions}
    costs = ngettext("each costs %(n)s clip", "each costs %(n)s clips", offer.companion_clips) % {"n": offer.companion_clips}
    return _("%(who)s; %(costs)s") % {"who": said, "costs": costs}


def conditions_in_words(offer: Offer) -> list[str]:
    """Everything that limits the use, one short sentence each."""
    return [*conditions.read(offer.conditions).words(), *filter(None, [companions_in_words(offer)])]


# ── for a provider ──────────────────────────────────────────────────────────────────────────────────────────


def agreements_of(provider: Provider) -> list[ProviderAgreement]:
    """A provider's agreements, those that run or come first."""
    rows = ProviderAgreement.objects.filter(provider=provider).select_related("programme", "municipality")
    return sorted(rows, key=lambda row: (row.state == AgreementState.ENDED, -row.valid_to.toordinal(), row.pk))


@dataclass(frozen=True, slots=True)
class Line:
    """One offer on the provider's desk."""

    offer: Offer
    left: int | None
    this_month: int

    @property
    def state(self) -> OfferState:
        return OfferState(self.offer.state)


def lines_of(provider: Provider, day: date) -> list[Line]:
    """A provider's offers with what is left and what was used this month; what needs somebody first, closed ones last."""
    month = Q(redemptions__day__gte=day.replace(day=1), redemptions__day__lte=day, redemptions__state__in=COUNTED)
    used = dict(
        Offer.objects.filter(agreement__provider=provider)
        .annotate(clips=Coalesce(Sum("redemptions__clips", filter=month), 0))
        .values_list("pk", "clips")
    )
    rows = Offer.objects.filter(agreement__provider=provider).select_related("agreement__programme", "activity", "place")
    rows = rows.annotate(codes_left=codes_left(day)).order_by("-valid_to", "title_nb", "pk")
    order = [OfferState.DRAFT, OfferState.OFFERED, OfferState.APPROVED, OfferState.PUBLISHED, OfferState.CLOSED]
    return sorted((Line(row, left_of(row), used[row.pk]) for row in rows), key=lambda line: order.index(line.offer.state))  # type: ignore[arg-type]


def used_of(offer: Offer, first: date, last: date) -> int:
    """Clips used of an offer in a period, less what was undone."""
    rows = Redemption.objects.filter(offer=offer, day__range=(first, last), state__in=COUNTED)
    return rows.aggregate(clips=Coalesce(Sum("clips"), 0))["clips"]  # type: ignore[no-any-return]


# ── for staff ───────────────────────────────────────────────────────────────────────────────────────────────


def waiting_in(municipality: Municipality) -> QuerySet[Offer]:
    """Offers that wait for approval."""
    rows = Offer.objects.filter(agreement__municipality=municipality, state=OfferState.OFFERED)
    return rows.select_related("agreement__provider", "agreement__programme", "activity", "place").order_by("pk")
