"""What is counted where the calendar and the programme's year do not meet, and while a year ends."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.offers import closing
from cards.offers.actions import undo
from cards.offers.closing import begin_closing, close_years, count_cards_of_years
from cards.offers.crossing import crossed_of
from cards.offers.figures import Scope, cards_of, lines_of, money_of, months_of, uses_of
from cards.offers.models import Offer, Redemption
from cards.offers.staff_report import Told, as_words, figures_of, in_file, line_sheet
from cards.offers.unlinking import unlink
from cards.programmes.actions import issue, reissue
from cards.programmes.models import Card, CardSum, ProgrammeYear
from cards.programmes.states import Unit, Way
from tests.factories.cards import make_agreement, make_card, make_card_type, make_offer, make_programme, make_use, put_on_phone
from tests.factories.directory import CategoryFactory, make_municipality, make_staff

pytestmark = pytest.mark.django_db
OPENS, CLOSES = date(2025, 8, 15), date(2026, 6, 20)


def noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)


@pytest.fixture
def offer() -> Offer:
    """Of a year that begins and ends in the middle of a month, and is over."""
    programme = make_programme()
    programme.years.update(opens=OPENS, closes=CLOSES)
    days = {"valid_from": date(2025, 1, 1), "valid_to": date(2026, 12, 31)}
    return make_offer(make_agreement(programme, **days), unit_ore=5000)


def year_of(offer: Offer) -> ProgrammeYear:
    return offer.agreement.programme.years.get()


def hand_out(offer: Offer, day: date, count: int = 1) -> list[Card]:
    year = year_of(offer)
    kind = year.card_types.first() or make_card_type(year, lines=[(offer, 5)])
    asked: dict[str, Any] = {"municipality": offer.agreement.municipality, "agency": None, "way": Way.PRINT, "by": None}
    made = issue(card_type=kind, count=count, key=uuid.uuid4(), at=noon(day), **asked)
    for one in made.cards:
        put_on_phone(one.card, one.code, at=noon(day + timedelta(days=1)))
    return [one.card for one in made.cards]


def counted(scope: Scope) -> tuple[int, int, int]:
    count = cards_of(scope).in_all
    return count.cards, count.activated, count.holders


def test_cards_handed_out_ahead_of_the_year_or_in_its_first_month_are_counted_for_ever(offer: Offer) -> None:
    hand_out(offer, OPENS - timedelta(days=40), 2)  # ahead of the year
    used = hand_out(offer, OPENS + timedelta(days=1), 3)[0]  # days of the month in which it begins
    make_use(used, offer, at=noon(OPENS + timedelta(days=3)), way="tap")
    year, at = year_of(offer), noon(OPENS + timedelta(days=4))
    whole, first = Scope.whole(year), Scope(year, None, OPENS, date(2025, 8, 31))
    second = Scope(year, None, date(2025, 9, 1), CLOSES)
    assert [counted(whole)[:2], counted(first)[:2], counted(second)[:2]] == [(5, 5), (5, 5), (0, 0)]

    count_cards_of_years(at)
    unlink(at + timedelta(days=60))  # days are months now
    assert [counted(whole), counted(first)[:2], counted(second)[:2]] == [(5, 5, 1), (5, 5), (0, 0)]

    begin_closing(year=year, by=None, at=noon(CLOSES + timedelta(days=1)))
    assert close_years(noon(CLOSES + timedelta(days=90))) == 1
    whole = Scope.whole(year_of(offer))
    assert not Card.objects.exists()
    assert counted(whole) == (5, 5, 1)


def test_crossed_figures_have_what_was_handed_out_ahead_of_the_year(offer: Offer) -> None:
    hand_out(offer, OPENS - timedelta(days=40), 40)
    year, town = year_of(offer), offer.agreement.municipality
    later = noon(OPENS + timedelta(days=60))

    assert 35 <= crossed_of(town, year, OPENS, CLOSES, later).by_agency[None].cards <= 45
    assert crossed_of(town, year, date(2025, 9, 1), CLOSES, later).by_agency == {}


def test_what_is_taken_back_after_the_year_is_taken_off_it(offer: Offer) -> None:
    card = hand_out(offer, CLOSES - timedelta(days=120))[0]
    marks = [make_use(card, offer, at=noon(CLOSES - timedelta(days=1)), way="tap").mark for _n in range(3)]
    staff = make_staff(offer.agreement.municipality)
    undo(key="back", redemption=Redemption.objects.get(mark=marks[0]), by_user=staff, at=noon(CLOSES + timedelta(days=12)))

    whole = Scope.whole(year_of(offer), offer.agreement.municipality)
    (use,) = uses_of(whole)
    months = months_of(whole)

    assert (use.tickets, use.total_ore, use.taken_back) == (2, 10000, 1)
    assert money_of(whole).in_all == 10000
    assert sum(tickets for _month, tickets, _ore in months) == 2
    assert months[-1] == (date(2026, 7, 1), -1, -5000)


def test_a_card_that_is_carried_otherwise_by_the_end_of_the_month_is_kept_once(offer: Offer) -> None:
    """The last card that nobody had used is used: its row of the day before goes."""
    hand_out(offer, date(2026, 3, 1))
    card, _code = make_card(year_of(offer).card_types.get())
    count_cards_of_years(noon(date(2026, 3, 10)))
    assert sum(row.cards for row in CardSum.objects.all()) == 2

    make_use(card, offer, at=noon(date(2026, 3, 12)))
    count_cards_of_years(noon(date(2026, 3, 20)))

    assert sorted((row.medium, row.cards) for row in CardSum.objects.all()) == [("digital", 1), ("paper", 1)]


def test_figures_stand_while_the_cards_are_being_deleted(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = hand_out(offer, date(2026, 3, 1), 3)
    make_use(cards[0], offer, at=noon(date(2026, 3, 9)), way="tap")
    year, at = year_of(offer), noon(CLOSES + timedelta(days=90))
    begin_closing(year=year, by=None, at=at)
    unlink(at)

    def killed(year: ProgrammeYear) -> Any:
        Card.objects.filter(pk=cards[2].pk).update(replaced_by=None)
        cards[2].allowances.all().delete()
        cards[2].links.all().delete()
        cards[2].delete()
        raise SystemExit
        yield

    monkeypatch.setattr(closing, "_delete_portions", killed)
    with pytest.raises(SystemExit):
        close_years(at)

    scope = Scope.whole(year_of(offer))
    (line,) = lines_of(scope, timezone.now())
    assert Card.objects.count() == 2
    assert (counted(scope), line.issued, line.used) == ((3, 3, 1), 15, 1)


def test_of_all_municipalities_together_amounts_of_money_on_cards_are_not_told() -> None:
    home = make_programme().municipality
    category = CategoryFactory(municipality=home)
    year = home.programmes.get().years.get()
    make_card(make_card_type(year, lines=[(category, 40000)], unit=Unit.ORE))
    lines = lines_of(Scope.whole(year), timezone.now())

    assert [row[1].ore for row in line_sheet(lines, own=True).rows] == [40000]
    assert line_sheet(lines, own=False).rows == []


def test_a_rounded_figure_below_nought_says_few_or_none() -> None:
    """A month in which more was taken back than used."""
    assert as_words(Told(-5)) == as_words(Told(0)) == in_file(Told(-5), "csv")
    assert as_words(Told(5)) == "5"


def test_the_report_of_a_joint_programme_is_one_municipalitys(client: Any) -> None:
    home, partner = make_programme().municipality, make_municipality("3907", "Sandefjord")
    programme = home.programmes.get()
    programme.members.create(municipality=partner)
    for town in (home, partner):
        town.features = ["cards"]
        town.save()
    client.force_login(make_staff(home))
    asked = {"year": programme.years.get().pk, "town": "all"}

    assert 'value="all"' in client.get("/cms/cards/figures/", asked).content.decode()
    page = client.get("/cms/cards/report/", asked)
    assert 'value="all"' not in page.content.decode()
    assert page.context["told"].scope.municipality == home


def test_a_card_that_replaces_one_handed_out_ahead_is_the_same_card(offer: Offer) -> None:
    (card,) = hand_out(offer, OPENS - timedelta(days=5))
    reissue(card=card, by=None, at=noon(OPENS + timedelta(days=50)), key=uuid.uuid4())
    assert counted(Scope.whole(year_of(offer)))[:2] == (1, 1)
    assert figures_of(Scope.whole(year_of(offer)), timezone.now()).figures[0].value == 1
