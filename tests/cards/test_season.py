"""A season of the card through the real deeds, two towns with one card: every invariant holds, on the way and at its end."""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import F, Sum
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from cards.ledger.models import CountChange
from cards.offers import figures
from cards.offers.closing import begin_closing, close_years
from cards.offers.figures import Scope
from cards.offers.models import Ceiling, ExternalCode, Offer, Redemption, Refusal, Settlement, Stock
from cards.offers.settling import COUNTED, make_settlements
from cards.offers.unlinking import reconcile, unlink
from cards.programmes.models import (
    TRACE_DAYS,
    AgencyQuota,
    Allowance,
    Batch,
    Card,
    CodeSheet,
    LineChange,
    ProgrammeYear,
    Transfer,
    Wallet,
    WalletCard,
)
from cards.programmes.states import CardState, YearState
from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import TenantLogEntry
from portal.demo.cards import Season, Stage
from portal.leaving.scope import every, installed
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    ProviderFactory,
    UserFactory,
    default_municipality,
    make_municipality,
    make_staff,
)
from tests.portal.handing.test_handing import hidden
from tests.portal.wallet.conftest import Phone
from tests.whole_file import rows_for_a_file

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
    season = Season([stage(here, KEYS), stage(there, KEYS[:2])], today=TODAY, size=size, coordinator=make_staff(here))
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
    """Played once for the file."""
    with rows_for_a_file(django_db_blocker):
        yield a_season(40)


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


def test_the_season_closes_with_every_invariant_true(played: Season) -> None:
    year, at = played.year, timezone.make_aware(datetime.combine(played.last_day + timedelta(days=62), time(3)))
    whole = Scope.whole(year)
    before = (figures.cards_of(whole), [use.tickets for use in figures.uses_of(whole)])
    for place in played.stages:
        make_settlements(municipality=place.municipality, year=year, first=TODAY.replace(day=1), last=year.closes, by=None, at=at)
    begin_closing(year=year, by=None, at=at)

    assert close_years(at) == 1

    whole = Scope.whole(ProgrammeYear.objects.get(pk=year.pk))
    assert faults(at) == []
    assert (figures.cards_of(whole), [use.tickets for use in figures.uses_of(whole)]) == before
    for model in (Card, Allowance, Batch, Wallet):
        assert model.objects.count() == 0
    open_uses = Redemption.objects.filter(settlement=None, state__in=COUNTED)
    assert sum(use.total_ore for use in open_uses) <= 0, "only what is to be taken off a next settlement may be left"


# ── nobody's name ───────────────────────────────────────────────────────────────────────────────────────────
HOLDER = {
    "name": "Solfrid Haugnes",
    "email": "solfrid.haugnes@nowhere.example",
    "phone": "91355729",
    "national number": "15051249379",
    "address on the net": "203.0.113.77",
    "browser": "SolfridsOwnBrowser",
}


def told_of(holder: dict[str, str]) -> list[str]:
    """Where in the database something of the holder stands: every column of every table."""
    found = set()
    for model in installed():
        fields = [field.attname for field in model._meta.local_concrete_fields]
        for values in every(model).values_list(*fields):
            for name, value in zip(fields, values, strict=True):
                text = told(value)
                close = re.sub(r"[\s.\-]", "", text)
                found |= {f"{model._meta.label}.{name}: {what}" for what, word in holder.items() if word in text or word in close}
    return sorted(found)


def told(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)


def test_after_the_season_nothing_of_a_holder_stands_anywhere(
    played: Season, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A holder tells all about themselves wherever they meet the card; so does who hands it out."""
    monkeypatch.setattr(timezone, "now", now)  # pages ask the clock; the season's day is its own
    caplog.set_level(logging.DEBUG)
    here = played.stages[0]
    worker = Client()
    user = UserFactory()
    AgencyRole.objects.create(user=user, agency=here.agencies[0])
    worker.force_login(user)
    path = f"/nb/desk/cards/{here.agencies[0].pk}/hand-out/"
    secret = hidden(worker.get(path).content.decode(), "secret")
    said = {
        "card_type": str(played.types[here.municipality.pk][0].pk),
        "secret": secret,
        "way": "sms",
        "phone": HOLDER["phone"],
        **{name.replace(" ", "_"): word for name, word in HOLDER.items() if name != "phone"},
        "national_id": HOLDER["national number"],
    }
    cards = Card.objects.count()
    assert worker.post(path, said).status_code == 200
    assert Card.objects.count() == cards + 1
    phone = Phone(client=Client(REMOTE_ADDR=HOLDER["address on the net"], HTTP_USER_AGENT=HOLDER["browser"]), host="testserver")
    on_paper = next(held for held in played.held[here.municipality.pk] if not held.secret and not held.card.code_spent)
    assert phone.add(on_paper.code).status_code in (200, 409, 422)
    for page in (f"/k?name={HOLDER['name']}", f"/w?email={HOLDER['email']}", "/nb/"):
        phone.client.get(page)

    assert told_of(HOLDER) == []
    logged = caplog.text + re.sub(r"[\s.\-]", "", caplog.text)
    assert [what for what, word in HOLDER.items() if word in logged] == []

    Batch.objects.filter(pk=Batch.objects.latest("pk").pk).update(purpose="for Solfrid Haugnes, 913 55 729")
    assert told_of(HOLDER) == ["cards.Batch.purpose: name", "cards.Batch.purpose: phone"], "the walk sees what is there"


# ── who did what ────────────────────────────────────────────────────────────────────────────────────────────
#: Whoever has the database can go from row to row of these. What many share (offers, agencies, card types …) leads nowhere.
WALKED = (
    *(Redemption, Card, Allowance, Batch, Wallet, WalletCard, CodeSheet, Transfer, ExternalCode),
    *(CountChange, LineChange, TenantLogEntry, DBTaskResult, Refusal),
)
Node = tuple[str, Any]


def ways() -> dict[Node, set[Node]]:
    """Every step from row to row: pointers, names of rows in logs, and values that only very few rows share."""
    steps: dict[Node, set[Node]] = defaultdict(set)
    shared: dict[str, set[Node]] = defaultdict(set)

    def tie(one: Node, other: Node) -> None:
        steps[one].add(other)
        steps[other].add(one)

    labels = {model._meta.label for model in WALKED}
    kinds = {kind.pk: f"{kind.model_class()._meta.label}" for kind in ContentType.objects.all() if kind.model_class()}
    for model in WALKED:
        for row in every(model):
            node = (model._meta.label, row.pk)
            for field in model._meta.local_concrete_fields:
                value = getattr(row, field.attname)
                if field.is_relation and field.related_model._meta.label in labels and value:
                    tie(node, (field.related_model._meta.label, value))
                elif not field.is_relation and not field.choices:
                    for leaf in leaves(value):
                        shared[leaf].add(node)
            if isinstance(row, TenantLogEntry) and kinds.get(row.content_type_id) in labels and row.object_id:
                tie(node, (kinds[row.content_type_id], int(row.object_id)))
            if isinstance(row, CountChange) and row.what == "batch":
                tie(node, (Batch._meta.label, row.ref))
    for nodes in shared.values():
        if 1 < len(nodes) <= 3:
            first, *others = nodes
            for other in others:
                tie(first, other)
    return steps


def leaves(value: Any) -> Iterator[str]:
    """What is rare enough to tell a row: long texts and bytes, and moments."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    elif isinstance(value, datetime):
        if timezone.localtime(value).time() != time(0):
            yield value.isoformat()
    elif isinstance(value, str | UUID | bytes | memoryview) and len(told(value)) >= 8:
        yield told(value)


def leads_to_a_card(start: Node, steps: dict[Node, set[Node]]) -> bool:
    seen, ahead = {start}, [start]
    while ahead:
        for node in steps[ahead.pop()] - seen:
            if node[0] in ("cards.Card", "cards.Allowance", "cards.Batch", "cards.Wallet"):
                return True
            seen.add(node)
            ahead.append(node)
    return False


def test_thirty_days_later_no_way_leads_from_a_use_to_a_card(played: Season) -> None:
    steps = ways()
    border = TODAY - timedelta(days=TRACE_DAYS)
    old = Redemption.objects.filter(day__lte=border, year=played.year)
    young = Redemption.objects.filter(day__gt=border).exclude(reversal_of__day__lte=border)  # that is cut with the old one
    assert min(old.count(), young.count()) > 5
    assert [use.pk for use in young if not leads_to_a_card(("cards.Redemption", use.pk), steps)] == [], "it finds what is there"
    assert [use.pk for use in old if leads_to_a_card(("cards.Redemption", use.pk), steps)] == []
    days = [*Batch.objects.filter(made_on__lte=border).values_list("made_on", flat=True)]
    days += Card.objects.filter(activated_on__lte=border).values_list("activated_on", flat=True)
    assert {day.day for day in days} == {1}, "days are months by then"


def test_a_log_that_named_a_card_would_be_found(played: Season) -> None:
    """The same walk, with what somebody might add tomorrow: an entry that holds the number of a use and of a card."""
    use = Redemption.objects.filter(day__lt=TODAY - timedelta(days=TRACE_DAYS), year=played.year).first()
    card = Card.objects.filter(batch__card_type__year=played.year).first()
    assert use
    assert card
    TenantLogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(Offer),
        object_id=str(use.offer_id),
        label="x",
        action="offer.undo",
        timestamp=now(),
        data={"use": use.mark, "card": card.public_id},
        municipality=use.municipality,
    )
    assert leads_to_a_card(("cards.Redemption", use.pk), ways())


def test_logs_name_no_card(caplog: pytest.LogCaptureFixture, played: Season) -> None:
    caplog.set_level(logging.DEBUG)
    season = Season(played.stages, today=TODAY, size=8)
    season.programme, season.year, season.types = played.programme, played.year, played.types
    season.offers, season.tills, season.held = played.offers, played.tills, played.held
    for number in range(3):
        season.use_some(played.stages[0], TODAY - timedelta(days=number), 6)
    season.clock(TODAY)
    card, numbers = list(Card.objects.all()), caplog.text
    assert [one.public_id for one in card if one.public_id in numbers] == []
    assert [use for use in Redemption.objects.values_list("mark", flat=True) if use in numbers] == []


def test_what_was_cut_is_gone_from_the_file_too(played: Season) -> None:
    """A copy of the database holds no more than its tables: SQLite overwrites what is taken out."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's copies are made from the tables")
    use = Redemption.objects.filter(day__gt=TODAY - timedelta(days=TRACE_DAYS)).first()
    assert use
    asked = bytes(use.body)
    assert asked in connection.connection.serialize()
    unlink(now() + timedelta(days=TRACE_DAYS))
    assert asked not in connection.connection.serialize()


@pytest.mark.nightly
def test_a_large_season_holds_every_invariant(db: None, played: Season) -> None:
    """Beside the small one, in towns of its own."""
    here, there = make_municipality("0301", "Oslo"), make_municipality("4601", "Bergen")
    towns = [stage(here, KEYS), stage(there, KEYS[:2])]
    season = Season(towns, today=TODAY, size=1300, coordinator=make_staff(here), slug="large")
    season.play()
    assert faults(now()) == []
    assert season.played.tickets > 1500
