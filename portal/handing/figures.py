"""An agency's own figures: what is left to hand out, and what became of the cards, protected as every crossed figure is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from cards.offers.crossing import crossed_of
from cards.programmes.models import AgencyQuota, ProgrammeYear
from cards.programmes.queries import lapsed_of, quotas_of, years_of
from cards.programmes.rules import WhyNotHand, why_not_offered
from directory.agencies.models import Agency
from portal.kit.small_numbers import in_words, lots, protected


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of card: how many the agency may still hand out, or why none."""

    quota: AgencyQuota
    why_not: WhyNotHand | None


@dataclass(frozen=True, slots=True)
class YearFigures:
    """What became of an agency's cards in a year, in words. Months that are not over are not told yet."""

    year: ProgrammeYear
    handed_out: str
    activated: str
    lapsed: str
    used: str


def kinds(agency: Agency, at: datetime) -> list[Kind]:
    day = timezone.localdate(at)
    return [Kind(quota, why_not_offered(quota, day)) for quota in quotas_of(agency)]


def figures(agency: Agency, at: datetime) -> list[YearFigures]:
    """Year by year, the newest first."""
    lot, day, found = lots(), timezone.localdate(at), []
    for year in years_of(agency)[:3]:
        counts = crossed_of(agency.municipality, year, year.opens, year.closes, at).by_agency.get(agency.pk)
        lapsed = sum(
            protected(count, lot(f"lapsed|{agency.pk}|{card_type}")) for card_type, count in lapsed_of(agency, year, day).items()
        )
        found.append(
            YearFigures(
                year,
                in_words(counts.cards if counts else 0),
                in_words(counts.activated if counts else 0),
                in_words(lapsed),
                in_words(counts.tickets if counts else 0),
            )
        )
    return found
