"""A programme year ends: nothing is lost that was counted, and nothing is left of the cards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from cards.ledger.models import CountChange
from cards.offers import closing
from cards.offers.closing import CLOSES_AFTER, Why, begin_closing, close_years, count_cards_of_years, open_again
from cards.offers.crossing import crossed_of
from cards.offers.figures import Scope, cards_of, holders_by, lines_of
from cards.offers.models import Offer, Redemption
from cards.offers.unlinking import reconcile, unlink
from cards.programmes.actions import reissue, revoke
from cards.programmes.models import Allowance, Batch, Card, CardSum, LineSum, ProgrammeYear, Wallet, WalletCard
from cards.programmes.states import YearState
from portal.kit.refusals import Refused
from tests.factories.cards import (
    make_agency,
    make_card,
    make_card_type,
    make_offer,
    make_programme,
    make_quota,
    make_use,
    put_on_phone,
    today,
)
from tests.factories.directory import make_staff

pytestmark = pytest.mark.django_db


def on(days_ago: int) -> datetime:
    day = today() - timedelta(days=days_ago)
    return timezone.make_aware(datetime.combine(day, datetime.min.time())) + timedelta(hours=12)


@pytest.fixture
def season() -> tuple[ProgrammeYear, Offer]:
    """A year that ended 70 days ago: six cards, of which one was replaced, one stopped, and one never used."""
    programme = make_programme()
    year = programme.years.get()
    ProgrammeYear.objects.filter(pk=year.pk).update(opens=today() - timedelta(days=200), closes=today() + timedelta(days=5))
    year.refresh_from_db()
    offer = make_offer(unit_ore=5000)
    staff, agency = make_staff(programme.municipality), make_agency()
    card_type = make_card_type(year, lines=[(offer, 3)], activate_by=today())
    quota = make_quota(agency, card_type, 20)
    cards = []
    for number in range(6):
        card, code = make_card(card_type, agency=agency)
        if number < 2:
            put_on_phone(card, code, at=on(100))
        cards.append(card)
    quota.used = 6
    quota.save()
    Batch.objects.update(made_on=today() - timedelta(days=110))
    for card in cards[:4]:
        make_use(card, offer, at=on(90), way="tap")
    from uuid import uuid4

    new = reissue(card=cards[1], by=staff, at=on(80), key=uuid4()).cards[0].card
    make_use(new, offer, at=on(79), way="tap")
    revoke(card=cards[4], by=staff, at=on(80))
    ProgrammeYear.objects.filter(pk=year.pk).update(closes=today() - timedelta(days=70))
    year.refresh_from_db()
    return year, offer


def test_a_year_that_is_not_over_is_not_closed() -> None:
    year = make_programme().years.get()
    with pytest.raises(Refused) as refused:
        begin_closing(year=year, by=None, at=timezone.now())
    assert refused.value.reason == Why.NOT_OVER


def test_pressed_twice_it_is_closed_once_and_nothing_can_be_used(season: Any) -> None:
    year, _offer = season
    for _press in range(2):
        begin_closing(year=year, by=None, at=timezone.now())
    assert year.state == YearState.CLOSING
    open_again(year=year, by=None, at=timezone.now())
    assert year.state == YearState.OPEN


def test_what_was_counted_stays_and_the_cards_are_gone(season: Any) -> None:
    year, _offer = season
    whole, at = Scope.whole(year), timezone.now()
    begin_closing(year=year, by=None, at=at)
    closing._return_the_rest(year)
    unlink(at)
    before = (cards_of(whole), _lines(whole), holders_by(whole, at), _crossed(year))
    uses = Redemption.objects.aggregate(n=Sum("clips"), ore=Sum("total_ore"))

    assert close_years(at) == 1

    year.refresh_from_db()
    whole = Scope.whole(year)
    assert year.state == YearState.CLOSED
    for model in (Card, Allowance, Wallet, WalletCard, Batch):
        assert model.objects.count() == 0, model
    assert not CountChange.objects.filter(what="batch").exists()
    assert (cards_of(whole), _lines(whole), holders_by(whole, at)) == before[:3]
    assert _crossed(year) == before[3]
    assert (cards_of(whole).in_all.cards, cards_of(whole).in_all.activated, holders_by(whole, at)) == (6, 4, 4)
    assert Redemption.objects.aggregate(n=Sum("clips"), ore=Sum("total_ore")) == uses
    assert reconcile(at) == []
    assert close_years(at) == 0
    with pytest.raises(Refused):
        open_again(year=year, by=None, at=at)


def _lines(scope: Scope) -> list[tuple[Any, ...]]:
    return [
        (line.label, line.issued, line.activated, line.used, line.returned, line.left, line.lost)
        for line in lines_of(scope, timezone.now())
    ]


def _crossed(year: ProgrammeYear) -> Any:
    return crossed_of(year.programme.municipality, year, year.opens, year.closes, timezone.now())


def test_cards_are_kept_until_sixty_days_after_the_last_day(season: Any) -> None:
    year, _offer = season
    begin_closing(year=year, by=None, at=timezone.now())
    last = year.closes + CLOSES_AFTER
    at = timezone.make_aware(datetime.combine(last, datetime.min.time())) + timedelta(hours=3)

    assert close_years(at) == 0
    assert Card.objects.exists()
    assert close_years(at + timedelta(days=1)) == 1


def test_a_year_that_nobody_closes_is_closed_all_the_same(season: Any) -> None:
    assert close_years(timezone.now()) == 1
    assert not Card.objects.exists()


def test_killed_in_the_middle_it_goes_on_where_it_stopped(season: Any, monkeypatch: Any) -> None:
    year, _offer = season
    monkeypatch.setattr(closing, "AT_A_TIME", 2)
    begin_closing(year=year, by=None, at=timezone.now())
    portions = closing._delete_portions

    def killed(year: ProgrammeYear) -> Any:
        yield next(portions(year))
        raise SystemExit

    monkeypatch.setattr(closing, "_delete_portions", killed)
    with pytest.raises(SystemExit):
        close_years(timezone.now())
    assert 0 < Card.objects.count() < 7
    monkeypatch.setattr(closing, "_delete_portions", portions)

    assert close_years(timezone.now()) == 1

    year.refresh_from_db()
    assert (cards_of(Scope.whole(year)).in_all.cards, cards_of(Scope.whole(year)).in_all.activated) == (6, 4)
    assert LineSum.objects.count() == 1


def test_cards_are_counted_at_the_end_of_each_month(season: Any) -> None:
    ProgrammeYear.objects.update(closes=today() + timedelta(days=40))
    for _run in range(2):
        count_cards_of_years(timezone.now())

    sums = CardSum.objects.all()

    assert {row.month for row in sums} == {(today() - timedelta(days=1)).replace(day=1)}
    assert (sum(row.cards for row in sums), sum(row.activated for row in sums), sum(row.holders for row in sums)) == (6, 4, 4)
