"""The figures that towns report today, made again from cards and uses: to the digit, and rounded where crossed."""

from __future__ import annotations

import csv
import io
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from cards.ledger.codes import auth_hash_of, clip_key_of, new_public_id, new_secret
from cards.offers import figures
from cards.offers.figures import Scope
from cards.offers.models import Offer, Redemption
from cards.offers.settling import make_settlement
from cards.offers.staff_report import Figures, Told, figures_of, first_half, report_of
from cards.offers.states import UseWay
from cards.offers.unlinking import reconcile
from cards.programmes.actions import activate, change_line, issue, return_lapsed
from cards.programmes.models import Allowance, Batch, Card, CardSum, CardType, ProgrammeYear
from cards.programmes.states import CardState, Medium, Unit, Way, YearState
from directory.agencies.models import Agency
from portal.accounts.models import User
from portal.kit.refusals import Refused
from tests.factories.cards import (
    make_agency,
    make_agreement,
    make_card_type,
    make_offer,
    make_programme,
    make_quota,
    make_use,
    today,
)
from tests.factories.directory import ProviderFactory, default_municipality, make_staff
from tests.whole_file import rows_for_a_file

pytestmark = pytest.mark.django_db


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


# ── four hundred cards ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.second_at_night
def test_400_cards_are_1200_800_and_400_tickets_and_only_used_ones_are_paid() -> None:
    swim, cinema, climb = (make_offer(unit_ore=ore, title_nb=title) for title, ore in WORTH.items())
    year = swim.agreement.programme.years.get()
    kind = make_card_type(year, lines=[(swim, 3), (cinema, 2), (climb, 1)])
    town, at = swim.agreement.municipality, noon(today() - timedelta(days=3))
    issued = issue(card_type=kind, municipality=town, agency=None, count=400, way=Way.PRINT, key=uuid.uuid4(), by=None, at=at)

    assert lines(year) == {"Svømming": (1200, 0), "Kino": (800, 0), "Klatring": (400, 0)}

    for number in range(5):
        make_use(issued.cards[number].card, swim, at=at)
    make_use(issued.cards[0].card, cinema, at=at)
    assert lines(year) == {"Svømming": (1200, 5), "Kino": (800, 1), "Klatring": (400, 0)}
    told = {figure.key: figure.said for figure in figures_of(Scope.whole(year, town), timezone.now()).figures}
    assert (told["cards"], told["activated"], told["holders"], told["tickets"]) == ("400", "5 (1,3 %)", "5", "6")
    assert told["unused"].replace("\xa0", " ") == "2 394"
    unused_ore = 1195 * 6000 + 799 * 12000 + 400 * 8000
    assert told["worth"].replace("\xa0", " ") == f"{unused_ore // 100:,} kr".replace(",", " ")
    settlement = make_settlement(
        municipality=town,
        provider=swim.agreement.provider,
        year=year,
        first=at.date(),
        last=at.date(),
        by=None,
        at=timezone.now(),
    )
    assert (settlement.uses, settlement.total_ore) == (5, 5 * 6000), "the pool's; the film was seen elsewhere"

    change_line(line=kind.lines.get(offer=swim), quantity=4, by=None, at=timezone.now())
    assert lines(year)["Svømming"] == (1600, 5)


WORTH = {"Svømming": 6000, "Kino": 12000, "Klatring": 8000}


def lines(year: ProgrammeYear) -> dict[str, tuple[int, int]]:
    return {str(line.label): (line.issued, line.used) for line in figures.lines_of(Scope.whole(year), timezone.now())}


def test_of_100_tickets_50_are_activated_in_time_and_50_are_free_again() -> None:
    offer = make_offer(title_nb="Kino")
    agency, at = make_agency(), noon(today() - timedelta(days=9))
    kind = make_card_type(lines=[(offer, 1)], name="Tiende trinn", activate_by=today() - timedelta(days=2))
    quota = make_quota(agency, kind, 100)
    asked: dict[str, Any] = {
        "card_type": kind,
        "municipality": agency.municipality,
        "agency": agency,
        "way": Way.PRINT,
        "by": None,
    }
    issued = issue(count=100, key=uuid.uuid4(), at=at, **asked)
    assert {one.card.activate_by for one in issued.cards} == {kind.activate_by}
    for one in issued.cards[:50]:
        secret = new_secret()
        activate(code=one.code, auth_hash=auth_hash_of(secret), clip_key=clip_key_of(secret), at=at)

    with pytest.raises(Refused):
        activate(code=issued.cards[50].code, auth_hash=b"x" * 32, clip_key=b"y" * 32, at=timezone.now())
    assert return_lapsed(timezone.now()) == 50

    (line,) = figures.lines_of(Scope.whole(kind.year), timezone.now())
    assert (line.issued, line.activated, line.returned, line.left) == (100, 50, 50, 50)
    quota.refresh_from_db()
    assert quota.left == 50
    kind.activate_by = today() + timedelta(days=7)
    kind.save()
    with pytest.raises(Refused):
        issue(count=51, key=uuid.uuid4(), at=timezone.now(), **asked)
    issue(count=50, key=uuid.uuid4(), at=timezone.now(), **asked)
    assert reconcile(timezone.now()) == []


# ── a year of 870 cards ─────────────────────────────────────────────────────────────────────────────────────
CLOSES = date(2024, 12, 31)
#: How the cards were handed out: cards, of these first used, and how these are carried.
HANDED_OUT = {
    Way.SCREEN: (851, 590, Medium.DIGITAL),
    Way.PRINT: (3, 2, Medium.PAPER),
    Way.ASSOCIATION: (16, 12, Medium.ASSOCIATION),
}
HOLDERS, SIX_TICKETS = 385, 206  # each of the others used five: 206 · 6 + 179 · 5 = 2,131
BACK = 20  # used besides, and taken back


@dataclass(frozen=True)
class Reported:
    """A municipality's year as it is reported, with the staff who ask for it."""

    year: ProgrammeYear
    staff: User
    offers: tuple[Offer, ...]
    agencies: tuple[Agency, ...]

    @property
    def scope(self) -> Scope:
        return Scope.whole(self.year, self.year.programme.municipality)

    @property
    def at(self) -> datetime:
        return noon(CLOSES + timedelta(days=5))


@pytest.fixture(scope="module")
def reported(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Reported]:
    with rows_for_a_file(django_db_blocker):
        yield make_reported()


def make_reported() -> Reported:
    """2,131 uses are put straight into the tables: what is told of here is how they are counted."""
    town = default_municipality()
    town.features = ["cards"]
    town.save()
    programme = make_programme(town, name_nb="Fritidskortet")
    programme.years.all().delete()
    before = make_year(programme, 2023, YearState.CLOSED)
    CardSum.objects.create(
        year=before, municipality=town, month=date(2023, 12, 1), way=Way.SCREEN, medium=Medium.DIGITAL,
        cards=310, activated=232, holders=150,
    )  # fmt: skip
    year = make_year(programme, 2024, YearState.OPEN)
    agreement = make_agreement(
        programme, ProviderFactory(municipality=town, name_nb="Badet"), valid_from=year.opens, valid_to=year.closes
    )
    offers = (make_offer(agreement, title_nb="Bading", unit_ore=5000), make_offer(agreement, title_nb="Kino", unit_ore=12000))
    kinds = [make_card_type(year, lines=[(offer, 8)], name=f"For {offer.title_nb}") for offer in offers]
    agencies = tuple(make_agency(town, name=f"Kontor {letter}") for letter in "ABC")
    made = iter(range(HOLDERS + 1000))
    for way, (count, activated, medium) in HANDED_OUT.items():
        for number in range(count):
            hand_out(kinds[number % 2], agencies[number % 3], way, medium if number < activated else Medium.UNKNOWN, next(made))
    use_them(offers)
    return Reported(year, make_staff(town), offers, agencies)


def make_year(programme: Any, year: int, state: YearState) -> ProgrammeYear:
    return ProgrammeYear.objects.create(
        programme=programme, year=year, opens=date(year, 1, 1), closes=date(year, 12, 31), state=state
    )


def hand_out(kind: CardType, agency: Agency, way: Way, medium: Medium, number: int) -> None:
    """One card of the year; one batch a month, agency, card type and way."""
    month = date(2024, 1 + number % 12, 1)
    batch, _made = Batch.objects.get_or_create(
        municipality=agency.municipality, card_type=kind, agency=agency, way=way, made_on=month,
        defaults={"count": 1, "key": uuid.uuid4()},
    )  # fmt: skip
    keeper = ProviderFactory._meta.model.objects.first() if way == Way.ASSOCIATION else None
    card = Card(
        batch=batch,
        public_id=new_public_id(),
        activate_by=kind.activate_by,
        valid_to=kind.valid_to,
        medium=Medium.ASSOCIATION if keeper else medium,
        state=CardState.ACTIVE if medium else CardState.ISSUED,
        activated_on=month if medium else None,
        holder_provider=keeper,
    )
    card.save()
    line = kind.lines.get()
    Allowance.objects.create(card=card, line=line, offer=line.offer, quantity=8)


def use_them(offers: tuple[Offer, ...]) -> None:
    chosen = list(
        Allowance.objects.filter(card__activated_on__isnull=False)
        .select_related("card__batch", "offer__agreement")
        .order_by("pk")[:HOLDERS]
    )
    uses = [use_of(row, n) for number, row in enumerate(chosen) for n in range(6 if number < SIX_TICKETS else 5)]
    undone = [use_of(row, 7) for row in chosen[:BACK]]
    Redemption.objects.bulk_create([*uses, *undone])
    kept = Redemption.objects.filter(key__in=[use.key for use in undone])
    Redemption.objects.bulk_create([use_of(use.allowance, 7, mirror_of=use) for use in kept.select_related("allowance")])
    for number, row in enumerate(chosen):
        row.used = 6 if number < SIX_TICKETS else 5
    Allowance.objects.bulk_update(chosen, ["used"])
    for offer in offers:
        Offer.objects.filter(pk=offer.pk).update(used=sum(row.used for row in chosen if row.offer_id == offer.pk))


def use_of(row: Allowance, number: int, mirror_of: Redemption | None = None) -> Redemption:
    """A use as the journal holds it, in one of the twelve months."""
    batch, offer = row.card.batch, row.offer
    assert offer is not None
    day, sign = date(2024, 1 + (row.pk + number) % 12, 10), -1 if mirror_of else 1
    return Redemption(
        key=secrets.token_hex(12), body=b"x" * 32, mark=secrets.token_hex(10), year_id=batch.card_type.year_id,
        municipality_id=batch.municipality_id, provider_id=offer.agreement.provider_id, offer=offer, allowance=row,
        card_type_id=batch.card_type_id, agency_id=batch.agency_id, way=UseWay.PAPER, day=day, at=noon(day), clips=sign,
        unit=Unit.CLIP, unit_ore=offer.unit_ore, total_ore=sign * offer.unit_ore, reversal_of=mirror_of,
    )  # fmt: skip


def test_the_year_report_says_851_3_16_604_836_2131_and_385(reported: Reported) -> None:
    assert reconcile(reported.at) == []
    told = report_of(reported.scope, reported.at)

    values = {figure.key: figure.value for figure in told.figures}
    assert [values[key] for key in ("cards", "activated", "holders", "since", "tickets")] == [870, 604, 385, 836, 2131]
    assert next(figure.said for figure in told.figures if figure.key == "activated") == "604 (69,4 %)"
    ways = [row[1] for row in sheet(told, "ways")]
    assert ways == [851, 3, 16, 870]
    assert sum(row[2] for row in sheet(told, "offers")) == 2131
    assert sum(row[5] for row in sheet(told, "offers")) == BACK
    assert told.months is not None
    assert sum(told.months.series[0].values) == 2131  # type: ignore[arg-type]


def sheet(told: Figures, key: str) -> list[tuple[Any, ...]]:
    return next(one.rows for one in told.sheets if one.key == key)


def test_the_half_year_report_says_658_643_and_473_with_one_rule_for_shares(reported: Reported) -> None:
    """Of 643 on telephones 473 were first used: 73.6 per cent. Fifteen more went other ways."""
    year = make_year(reported.year.programme, 2025, YearState.OPEN)
    town, agency = reported.scope.municipality, reported.agencies[0]
    kind = make_card_type(year, lines=[(reported.offers[0], 1)])
    for way, cards, activated in ((Way.SCREEN, 643, 473), (Way.PRINT, 15, 9)):
        batch = Batch.objects.create(
            municipality=town, card_type=kind, agency=agency, way=way, count=cards, key=uuid.uuid4(), made_on=date(2025, 3, 1)
        )
        Card.objects.bulk_create(
            Card(
                batch=batch, public_id=new_public_id(), activate_by=kind.activate_by, valid_to=kind.valid_to,
                medium=Medium.PAPER if number < activated else Medium.UNKNOWN,
                state=CardState.ACTIVE if number < activated else CardState.ISSUED,
                activated_on=date(2025, 5, 1) if number < activated else None,
            )
            for number in range(cards)
        )  # fmt: skip
    late = Batch.objects.create(
        municipality=town, card_type=kind, agency=agency, way=Way.SCREEN, count=1, key=uuid.uuid4(), made_on=date(2025, 8, 1)
    )
    Card.objects.create(batch=late, public_id=new_public_id(), activate_by=kind.activate_by, valid_to=kind.valid_to)

    half = Scope(year, town, year.opens, first_half(year))
    said = next(one.said for one in report_of(half, noon(date(2025, 7, 1))).sheets if one.key == "ways")

    assert [cell for cell, _number in said[0]][1:4] == ["643", "473", "73,6 %"]
    assert [row[1][0] for row in said] == ["643", "15", "0", "658"]


def test_what_is_crossed_is_never_exact_on_screen_or_in_files(reported: Reported) -> None:
    told = figures_of(reported.scope, reported.at)
    for key in ("agencies", "card-types"):
        cells = [cell for row in sheet(told, key) for cell in row if isinstance(cell, Told)]
        assert cells
        assert {cell.count % 5 for cell in cells} == {0}
    true = figures.cards_of(reported.scope).in_all.cards / 3
    near = [row[1].count for row in sheet(told, "agencies")]
    assert all(abs(count - true) < 60 for count in near), "rounded by lot, and about right"
    assert any(Card.objects.filter(batch__agency=agency).count() % 5 for agency in reported.agencies), "it could have leaked"


def test_of_all_municipalities_together_neither_kroner_nor_agencies_are_told(reported: Reported) -> None:
    told = figures_of(Scope.whole(reported.year), reported.at)
    assert {one.key for one in told.sheets} == {"ways", "mediums", "lines", "offers", "refusals"}
    assert not [one for one in told.figures if "kr" in str(one.said)]
    assert told.months is not None
    assert told.months.beside == ()


@pytest.mark.second_at_night
def test_pages_show_charts_with_tables_and_files_read_back(reported: Reported, client: Client) -> None:
    client.force_login(reported.staff)
    where = {"year": reported.year.pk, "town": reported.scope.municipality.pk}  # type: ignore[union-attr]

    page = client.get("/cms/cards/figures/", where).content.decode()
    assert page.count("<svg") >= 2
    assert page.count("<table") >= 8
    assert "2 131" in page.replace("\xa0", " ")
    report = client.get("/cms/cards/report/", where | {"half": "year"}).content.decode()
    assert f"?year={reported.year.pk}&amp;town={where['town']}" in report

    text = client.get("/cms/cards/report/", where | {"export": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    book = load_workbook(io.BytesIO(client.get("/cms/cards/report/", where | {"export": "xlsx"}).content))
    cells = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows()}
    in_csv = {row[0]: row[1] for row in rows if len(row) > 2}
    assert {870, 604, 385, 836, 2131} <= {value for value in cells.values() if isinstance(value, int)}
    assert {"870", "604", "385", "836", "2131"} <= set(in_csv.values())


def test_figures_are_for_coordinators_of_the_municipality(reported: Reported, client: Client) -> None:
    from tests.factories.directory import make_municipality

    other = make_municipality("3907", "Sandefjord")
    other.features = ["cards"]
    other.save()
    client.force_login(make_staff(other))
    for page in ("figures", "report"):
        assert client.get(f"/cms/cards/{page}/", {"year": reported.year.pk}).status_code == 404
        assert "870" not in client.get(f"/cms/cards/{page}/").content.decode()
