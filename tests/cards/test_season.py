"""A season of the card through the real deeds, two towns with one card: every invariant holds, on the way and at its end."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db.models import F, Sum
from django.utils import timezone

from cards.offers import figures
from cards.offers.closing import begin_closing, close_years
from cards.offers.figures import Scope
from cards.offers.models import Ceiling, Offer, Redemption, Settlement, Stock
from cards.offers.settling import COUNTED, make_settlements
from cards.offers.unlinking import reconcile
from cards.programmes.models import TRACE_DAYS, AgencyQuota, Allowance, Batch, Card, ProgrammeYear, Wallet
from cards.programmes.states import CardState, YearState
from directory.agencies.models import Agency
from portal.demo.cards import Season, Stage
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    ProviderFactory,
    default_municipality,
    make_municipality,
)

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore")]
TODAY = date(2026, 8, 20)
KEYS = ("pool", "cinema", "climbing", "activity-centre")
ACTIVITIES = {"pool": "family-swim", "cinema": "baby-cinema", "climbing": "climbing-open", "activity-centre": "bowling"}


def stage(municipality: Any, keys: tuple[str, ...]) -> Stage:
    """The few rows a town needs."""
    culture = CategoryFactory(municipality=municipality, slug="kultur")
    providers = {key: ProviderFactory(municipality=municipality, name_nb=f"{key} {municipality}") for key in keys}
    activities = {
        ACTIVITIES[key]: ActivityFactory(municipality=municipality, provider=provider, categories=[culture])
        for key, provider in providers.items()
    }
    agencies = [Agency.objects.create(municipality=municipality, name_nb=name) for name in ("NAV", "Krisesenteret", "Helse")]
    return Stage(municipality, providers, activities, agencies, culture)


def a_season(size: int) -> Season:
    here, there = default_municipality(), make_municipality("3907", "Sandefjord")
    season = Season([stage(here, KEYS), stage(there, KEYS[:2])], today=TODAY, size=size)
    season.play()
    return season


def now() -> datetime:
    return timezone.make_aware(datetime.combine(TODAY, time(7, 30)))


def faults(at: datetime) -> list[str]:
    """Everything that must be true of a season whenever it is looked at."""
    found = [str(difference) for difference in reconcile(at)]
    for model in (Allowance, Stock, Ceiling, AgencyQuota):
        found += [
            f"{model.__name__}: {row.used} of {row.quantity}" for row in model.objects.all() if not 0 <= row.used <= row.quantity
        ]
    for offer in Offer.objects.exclude(released=None):
        if not 0 <= offer.used <= offer.released <= (offer.quantity or offer.released):
            found.append(f"offer: {offer.used} of {offer.released} of {offer.quantity}")
    due = timezone.localdate(at) - timedelta(days=TRACE_DAYS)
    traced = Redemption.objects.filter(day__lte=due).exclude(allowance=None, card_type=None, agency=None, device=None, at=None)
    found += [f"{traced.count()} old uses lead to cards"] if traced.exists() else []
    for settlement in Settlement.objects.all():
        rows = settlement.redemptions.all()
        strange = rows.exclude(
            municipality=settlement.municipality_id, provider=settlement.provider_id, year=settlement.year_id, state__in=COUNTED
        )
        total = rows.aggregate(n=Sum("total_ore"))["n"]
        if strange.exists() or total != settlement.total_ore or settlement.total_ore < 0:
            found.append(f"settlement {settlement.number}: {settlement.total_ore}, its lines {total}")
    for back in Redemption.objects.filter(reversal_of__isnull=False).select_related("reversal_of"):
        use = back.reversal_of
        if (back.clips, back.total_ore, back.offer_id) != (-use.clips, -use.total_ore, use.offer_id):
            found.append("a use taken back is not its mirror")
    left = Allowance.objects.filter(card__state=CardState.REVOKED, quantity__gt=F("used"))
    found += ["a stopped card still holds something"] if left.exists() else []
    spent = Card.objects.filter(code_spent=True).exclude(medium="digital")
    found += ["a spent code of a card that is on no telephone"] if spent.exists() else []
    return found


@pytest.fixture(scope="module")
def played(django_db_setup: Any, django_db_blocker: Any) -> Any:
    """Played once for the file, in a transaction that is taken back."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield a_season(40)
        transaction.set_rollback(True)


def test_every_invariant_holds_today(played: Season) -> None:
    assert faults(now()) == []


def test_the_figures_are_what_was_done(played: Season) -> None:
    done, year = played.played, played.year
    assert min(done.tickets, done.undone, done.refused, done.replaced, len(done.awake)) > 0
    uses = figures.uses_of(Scope.whole(year))
    cards = figures.cards_of(Scope.whole(year)).in_all

    assert (cards.cards, cards.activated, cards.holders) == (done.cards, len(done.awake), done.holders)
    assert (sum(use.tickets for use in uses), sum(use.total_ore for use in uses)) == (done.tickets, done.ore)
    assert sum(use.taken_back for use in uses) == done.undone
    assert sum(count for _reason, count in figures.refusals_of(Scope.whole(year))) >= done.refused


def test_what_each_municipality_pays_adds_up_to_all(played: Season) -> None:
    towns = [stage.municipality for stage in played.stages]
    each = [figures.uses_of(Scope.whole(played.year, town)) for town in towns]
    whole = figures.uses_of(Scope.whole(played.year))

    assert all(sum(use.tickets for use in uses) > 0 for uses in each)
    assert sum(use.total_ore for uses in each for use in uses) == sum(use.total_ore for use in whole)
    for town, uses in zip(towns, each, strict=True):
        money = figures.money_of(Scope.whole(played.year, town))
        assert money.in_all == sum(use.total_ore for use in uses)


def test_last_year_is_closed_and_still_counted(played: Season) -> None:
    before = ProgrammeYear.objects.get(pk=played.before.pk)
    assert before.state == YearState.CLOSED
    assert not Card.objects.filter(batch__card_type__year=before).exists()
    assert figures.cards_of(Scope.whole(before)).in_all.activated > 0
    both = figures.activated_since_the_start(Scope.whole(played.year))
    assert both == len(played.played.awake) + figures.cards_of(Scope.whole(before)).in_all.activated


def test_the_same_day_gives_the_same_season(played: Season) -> None:
    """What is done comes from the day and the size alone; only codes and numbers of cards are new each time."""
    one, other = (Season(played.stages, today=TODAY, size=40) for _n in range(2))
    assert [one.chance.random() for _n in range(9)] == [other.chance.random() for _n in range(9)]
    assert (one.first_day, one.last_day) == (date(2025, 12, 1), date(2026, 11, 30))


def test_the_season_closes_with_every_invariant_true(db: None) -> None:
    season = a_season(24)
    year, at = season.year, timezone.make_aware(datetime.combine(season.last_day + timedelta(days=62), time(3)))
    whole = Scope.whole(year)
    before = (figures.cards_of(whole), [use.tickets for use in figures.uses_of(whole)])
    for place in season.stages:
        make_settlements(municipality=place.municipality, year=year, first=TODAY.replace(day=1), last=year.closes, by=None, at=at)
    begin_closing(year=year, by=None, at=at)

    assert close_years(at) == 1

    year.refresh_from_db()
    whole = Scope.whole(year)
    assert faults(at) == []
    assert (figures.cards_of(whole), [use.tickets for use in figures.uses_of(whole)]) == before
    for model in (Card, Allowance, Batch, Wallet):
        assert model.objects.count() == 0
    assert not Redemption.objects.filter(settlement=None, state__in=COUNTED).exists()


@pytest.mark.nightly
def test_a_large_season_closes_with_every_invariant_true(db: None) -> None:
    season = a_season(900)
    assert faults(now()) == []
    assert season.played.tickets > 1500
