"""What a till and its desk show: offers of today, what is running out, the last uses, who came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cards.ledger.money import in_kroner
from cards.offers.conditions import clock_of, day_of
from cards.offers.models import Ceiling, Device, Offer, Redemption
from cards.offers.rules import UNDO_WITHIN
from cards.offers.states import UseState, UseWay
from cards.offers.tending import FEW, FEW_AT_LEAST
from directory.activities.rules import days_of
from directory.providers.models import Provider
from portal.kit.texts import Text

LAST_USES = 12
FEWEST_PLACES, MOST_PLACES = 12, 40  # numbered places on an attendance list


@dataclass(frozen=True, slots=True)
class Scarce:
    """Something that is nearly used up, in words."""

    title: Text | str
    text: str
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class LastUse:
    """A use that may still be taken back at the till."""

    mark: str
    title: Text
    people: int
    at: datetime
    until: datetime
    undone: bool
    how: str = ""  # said where it was not told at this counter itself

    @property
    def clock(self) -> str:
        return f"{clock_of(self.at):%H:%M}"


# ── what can be used ────────────────────────────────────────────────────────────────────────────────────────


def offers_at(provider: Provider, at: datetime) -> list[Offer]:
    """What cards can be used for at a provider on the day."""
    rows = Offer.objects.shown_on(day_of(at)).filter(agreement__provider=provider)
    related = ("agreement__municipality", "agreement__provider", "activity")
    return list(rows.select_related(*related).order_by("title_nb", "pk"))


def running_out(offers: Iterable[Offer], at: datetime) -> list[Scarce]:
    """Offers of which few are left, and ceilings of the month that are nearly reached, beforehand so that nobody is surprised."""
    offers = list(offers)
    order = {offer.pk: offer.agreement.municipality.languages for offer in offers}
    found: list[Scarce] = []
    for offer in offers:
        if offer.released is None:
            continue
        left = offer.released - offer.used
        if left <= max(FEW_AT_LEAST, offer.released * FEW / 100):
            words = ngettext("%(count)s left for now", "%(count)s left for now", left) % {"count": left}
            found.append(Scarce(offer.text("title", order[offer.pk]), words if left else _("None left for now"), offer))
    month = day_of(at).replace(day=1)
    agreements = {offer.agreement_id for offer in offers}
    for ceiling in Ceiling.objects.filter(agreement__in=agreements, month=month).order_by("pk"):
        if ceiling.left <= ceiling.quantity * FEW / 100:
            words = _("%(left)s left of %(all)s") % {"left": in_kroner(ceiling.left), "all": in_kroner(ceiling.quantity)}
            found.append(Scarce(_("What the municipality pays for this month"), words))
    return found


def last_uses(uses: Any, at: datetime, order: list[str]) -> list[LastUse]:
    """Of these uses those that may still be taken back at the till, newest first. No card can be told from them."""
    since = at - UNDO_WITHIN
    rows = uses.filter(reversal_of=None, day__gte=day_of(since), at__gte=since, at__lte=at)
    rows = rows.filter(state__in=[UseState.OK, UseState.ACCEPTED])
    return [
        LastUse(
            mark=use.mark,
            title=use.offer.text("title", order),
            people=use.people,
            at=use.at,
            until=use.at + UNDO_WITHIN,
            undone=getattr(use, "reversal", None) is not None,
            how=str(UseWay.TAP.label) if use.way == UseWay.TAP else "",
        )
        for use in rows.select_related("offer", "reversal").order_by("-at", "-pk")[:LAST_USES]
    ]


def uses_of_till(device: Device) -> Any:
    """Uses that a till has told, and presses on guests' telephones, which any till of the provider may take back."""
    pressed = Q(provider=device.provider_id, device=None, way=UseWay.TAP)
    return Redemption.objects.filter(Q(device=device) | pressed)


def uses_at_counter(provider: Provider) -> Any:
    """Uses typed by somebody who has signed in, and presses on guests' telephones."""
    ways = [UseWay.PAPER, UseWay.SCAN, UseWay.ASSOCIATION, UseWay.TAP]
    return Redemption.objects.filter(provider=provider, device=None, way__in=ways)


# ── who came ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Attendance:
    """A month of a course: its days, how many came on each, and as many numbered places as the list has. No names."""

    offer: Offer
    first: date
    last: date
    days: tuple[date, ...]
    came: dict[date, int]

    @property
    def places(self) -> range:
        most = max([*self.came.values(), 0])
        return range(1, min(MOST_PLACES, max(FEWEST_PLACES, most + 2)) + 1)

    @property
    def rows(self) -> list[tuple[int, list[bool]]]:
        """Each place, and on which days it was taken."""
        return [(place, [place <= self.came.get(day, 0) for day in self.days]) for place in self.places]

    @property
    def totals(self) -> list[tuple[date, int]]:
        return [(day, self.came.get(day, 0)) for day in self.days]

    @property
    def total(self) -> int:
        return sum(self.came.values())


def attendance(offer: Offer, month: date) -> Attendance:
    """How many came to a course in a month, by its uses; the days on which it meets stand there too when nobody came."""
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    uses = Redemption.objects.filter(
        offer=offer,
        day__range=(first, last),
        reversal_of=None,
        reversal=None,
        state__in=[UseState.OK, UseState.ACCEPTED],
    )
    came = {row["day"]: row["people"] for row in uses.values("day").order_by("day").annotate(people=Sum("people"))}
    begin, end = max(first, offer.valid_from), min(last, offer.valid_to)
    sessions = offer.activity.sessions.all() if offer.activity else []
    meets = {day for session in sessions for day in days_of(session, begin, end)}
    return Attendance(offer, first, last, tuple(sorted({*came, *meets})), came)


def courses_of(provider: Provider) -> list[Offer]:
    """The offers of a provider that have an attendance list, the newest first."""
    rows = Offer.objects.filter(agreement__provider=provider, has_attendance=True).exclude(state="draft")
    return list(rows.select_related("agreement__municipality", "activity").order_by("-valid_to", "title_nb", "pk"))
