"""Thirty days after a use: which card it was is gone, the sums are not."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.db.models import Sum
from django.utils import timezone
from wagtail.log_actions import log

from cards.ledger.models import CountChange
from cards.offers.actions import count_refusal, redeem, undo
from cards.offers.closing import close_years, count_cards_of_years
from cards.offers.crossing import crossed_of
from cards.offers.figures import Scope, refusals_of
from cards.offers.models import Redemption, Refusal, UseSum
from cards.offers.rules import WhyNot
from cards.offers.unlinking import Unlinked, cut_dates, cut_entries, cut_uses, due_by, reconcile, unlink
from cards.programmes.actions import issue, reissue, revoke
from cards.programmes.models import TRACE_DAYS, Allowance, Batch, Card
from directory.municipalities.models import TenantLogEntry
from portal.kit.refusals import Refused
from portal.leaving.scope import installed
from tests.factories.cards import (
    make_agency,
    make_card,
    make_card_type,
    make_offer,
    make_quota,
    make_till,
    make_use,
    put_on_phone,
    today,
)
from tests.factories.directory import make_staff

pytestmark = pytest.mark.django_db


def noon(days_ago: int) -> datetime:
    day = today() - timedelta(days=days_ago)
    return timezone.make_aware(datetime.combine(day, datetime.min.time())) + timedelta(hours=12)


def test_a_use_is_cut_from_its_card_on_the_thirtieth_day_and_not_before() -> None:
    offer = make_offer()
    till, _token = make_till(offer.agreement.provider)
    card, _code = make_card(offer=offer, clips=5, agency=make_agency())
    old = Redemption.objects.get(mark=make_use(card, offer, at=noon(TRACE_DAYS), device=till).mark)
    young = Redemption.objects.get(mark=make_use(card, offer, at=noon(TRACE_DAYS - 1), device=till).mark)

    assert cut_uses(timezone.now()) == 1

    old.refresh_from_db()
    young.refresh_from_db()
    pointers = (old.allowance_id, old.card_type_id, old.agency_id, old.device_id, old.at, old.step)
    assert pointers == (None,) * 6
    assert (bytes(old.body), old.answer) == (b"", {})
    assert old.day == due_by(timezone.now())
    assert young.allowance_id is not None
    allowance = Allowance.objects.get()
    assert (allowance.used, allowance.cut) == (2, 1)
    assert [(row.tickets, row.month) for row in UseSum.objects.all()] == [(1, old.day.replace(day=1))]
    assert reconcile(timezone.now()) == []
    assert cut_uses(timezone.now()) == 0


def test_a_key_that_was_cut_is_not_free_again() -> None:
    offer = make_offer()
    card, _code = make_card(offer=offer, clips=5)
    make_use(card, offer, at=noon(40), key="k-1")
    cut_uses(timezone.now())

    with pytest.raises(Refused) as refused:
        redeem(key="k-1", card=card, offer=offer, way="paper", at=timezone.now())

    assert refused.value.reason.value == "known_key"
    assert Allowance.objects.get().used == 1


def test_what_the_outside_knows_a_use_by_is_gone_too() -> None:
    """A ticketing system keeps the number beside its customer: each row gets another that nobody was told."""
    offer = make_offer()
    till, _token = make_till(offer.agreement.provider)
    card, _code = make_card(offer=offer, clips=5)
    told = {make_use(card, offer, at=noon(40), device=till).mark for _n in range(3)}
    young = make_use(card, offer, at=noon(1), device=till).mark

    cut_uses(timezone.now())

    marks = set(Redemption.objects.values_list("mark", flat=True))
    assert (len(marks), marks & (told | {young})) == (4, {young})
    assert cut_uses(timezone.now()) == 0


def test_what_was_taken_back_is_added_up_with_its_sign() -> None:
    offer = make_offer()
    staff = make_staff(offer.agreement.municipality)
    card, _code = make_card(offer=offer, clips=5)
    uses = [make_use(card, offer, at=noon(45)) for _n in range(3)]
    undo(key="u", redemption=Redemption.objects.get(mark=uses[0].mark), by_user=staff, at=noon(44))

    cut_uses(timezone.now())

    assert UseSum.objects.aggregate(n=Sum("tickets"))["n"] == 2
    assert (Allowance.objects.get().used, Allowance.objects.get().cut) == (2, 2)
    assert reconcile(timezone.now()) == []


def test_what_takes_an_old_use_back_is_cut_with_it() -> None:
    """Taken back days later: younger than the use, and still a way from there to the card."""
    offer = make_offer()
    staff = make_staff(offer.agreement.municipality)
    card, _code = make_card(offer=offer, clips=5)
    use = make_use(card, offer, at=noon(TRACE_DAYS))
    undo(key="u", redemption=Redemption.objects.get(mark=use.mark), by_user=staff, at=noon(TRACE_DAYS - 9))

    assert cut_uses(timezone.now()) == 2

    assert not Redemption.objects.filter(allowance__isnull=False).exists()
    assert (Allowance.objects.get().used, Allowance.objects.get().cut) == (0, 0)
    assert reconcile(timezone.now()) == []


def test_dates_and_entries_about_batches_become_months() -> None:
    offer = make_offer()
    staff = make_staff(offer.agreement.municipality)
    agency = make_agency()
    card_type = make_card_type(lines=[(offer, 3)])
    make_quota(agency, card_type, 10)
    long_ago = noon(50)
    asked = {"card_type": card_type, "municipality": agency.municipality, "agency": agency, "way": "screen", "by": staff}
    for number in range(3):
        card = issue(count=1, key=uuid_of(number), at=long_ago, **asked).cards[0].card
    reissue(card=card, by=staff, at=long_ago, key=uuid_of(9))
    revoke(card=Card.objects.order_by("pk").first(), by=staff, at=long_ago)
    issue(count=1, key=uuid_of(10), at=timezone.now(), **asked)
    of_batches = {"content_type": ContentType.objects.get_for_model(Batch)}
    TenantLogEntry.objects.filter(**of_batches).exclude(object_id=str(Batch.objects.latest("pk").pk)).update(timestamp=long_ago)
    entries = TenantLogEntry.objects.filter(**of_batches).count()

    unlink(timezone.now())

    month = timezone.localdate(long_ago).replace(day=1)
    newest = Batch.objects.latest("pk")
    assert set(Batch.objects.exclude(pk=newest.pk).values_list("made_on", flat=True)) == {month}
    assert newest.made_on == today()
    old = TenantLogEntry.objects.filter(**of_batches).exclude(object_id=str(newest.pk))
    assert TenantLogEntry.objects.filter(**of_batches).count() == entries
    assert {(row.object_id, timezone.localdate(row.timestamp)) for row in old} == {("", month)}
    assert all(row.pk < 0 for row in old)
    changes = CountChange.objects.filter(what="batch")
    assert changes
    assert {timezone.localdate(row.at) for row in changes} == {month}
    assert all(row.pk < 0 for row in changes)
    assert unlink(timezone.now()).entries == 0


def test_no_gap_in_the_log_tells_when_a_card_was_handed_out() -> None:
    """Entries about batches were never numbered among the others: what was cut has left no place between its neighbours."""
    offer = make_offer()
    town = offer.agreement.municipality
    kind = make_card_type(lines=[(offer, 3)])
    asked = {"card_type": kind, "municipality": town, "agency": None, "way": "screen", "by": make_staff(town)}
    for number in range(9):
        log(town, "wagtail.edit", user=None)
        card = issue(count=1, key=uuid_of(number), at=timezone.now(), **asked).cards[0].card
    revoke(card=card, by=None, at=timezone.now())

    others = sorted(TenantLogEntry.objects.filter(action="wagtail.edit").values_list("pk", flat=True))

    assert others == list(range(others[0], others[0] + 9))
    of_batches = TenantLogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Batch))
    numbers = list(of_batches.order_by("timestamp").values_list("pk", flat=True))
    assert len(numbers) == 10
    assert max(numbers) < 0
    assert numbers not in (sorted(numbers), sorted(numbers, reverse=True))
    unlink(timezone.now() + timedelta(days=TRACE_DAYS + 1))
    assert set(of_batches.values_list("object_id", "uuid")) == {("", None)}


def test_what_comes_back_to_a_stopped_card_is_journalled_as_its_batch_and_cut() -> None:
    offer = make_offer()
    staff = make_staff(offer.agreement.municipality)
    card, _code = make_card(offer=offer, clips=5)
    use = Redemption.objects.get(mark=make_use(card, offer, at=noon(2)).mark)
    revoke(card=card, by=staff, at=noon(1))
    undo(key="u", redemption=use, by_user=staff, at=noon(0))
    assert set(CountChange.objects.values_list("what", "kind")) == {("batch", "revoke"), ("batch", "return")}

    unlink(timezone.now() + timedelta(days=TRACE_DAYS + 1))

    assert all(row.pk < 0 and timezone.localtime(row.at).day == 1 for row in CountChange.objects.all())


def test_what_tills_turned_away_is_added_up_by_month() -> None:
    offer = make_offer()
    till, _token = make_till(offer.agreement.provider)
    provider = offer.agreement.provider
    month = noon(70).replace(day=1)
    for days, device in ((0, till), (0, None), (9, till), (27, None)):
        at = month + timedelta(days=days)
        for _time in range(2):
            count_refusal(reason=WhyNot.EXHAUSTED, provider=provider, offer=offer, device=device, at=at)
    count_refusal(reason=WhyNot.AGE, provider=provider, offer=None, device=till, at=month)
    count_refusal(reason=WhyNot.AGE, provider=provider, offer=None, device=till, at=timezone.now())
    whole = Scope.whole(offer.agreement.programme.years.get())
    before = refusals_of(whole)
    assert before == [("exhausted", 8), ("age", 2)]

    for _run in range(2):
        unlink(timezone.now())

    old = Refusal.objects.filter(hour__lt=noon(TRACE_DAYS))
    assert sorted(old.values_list("reason", "offer", "device", "count")) == [
        ("age", None, None, 1),
        ("exhausted", offer.pk, None, 8),
    ]
    assert {(timezone.localtime(row.hour).day, timezone.localtime(row.hour).hour) for row in old} == {(1, 0)}
    assert Refusal.objects.filter(device=till).count() == 1, "what is young stands as it was"
    assert refusals_of(whole) == before


def uuid_of(number: int) -> Any:
    from uuid import UUID

    return UUID(int=number + 1)


def test_a_difference_is_told_and_no_card_is_named(caplog: Any) -> None:
    offer = make_offer()
    card, _code = make_card(offer=offer, clips=5)
    make_use(card, offer, at=noon(40))
    Allowance.objects.update(used=3)

    (difference,) = reconcile(timezone.now())
    unlink(timezone.now())

    assert (difference.told, difference.counted) == (3, 1)
    assert "Allowance" in caplog.text
    assert card.public_id not in caplog.text
    assert str(difference).split(":")[0] == "Allowance"
    assert Redemption.objects.get().allowance is None  # what is promised is kept all the same


def test_the_worker_cuts_and_closes_by_the_clock() -> None:
    from portal.timetable import JOBS

    assert {unlink, count_cards_of_years, close_years} <= {job for _interval, job in JOBS}
    assert min(interval for interval, job in JOBS if job is unlink) <= timedelta(hours=12)


# ── who did what cannot be put together ─────────────────────────────────────────────────────────────────────


def _paths_to_cards(model: type[models.Model], seen: tuple[type[models.Model], ...] = ()) -> bool:
    """Whether a row of a model leads to a single card, over any number of its own pointers."""
    if model in (Card, Batch):
        return True
    return any(
        isinstance(field, models.ForeignKey)
        and field.related_model not in (*seen, model)
        and field.related_model._meta.app_label == "cards"
        and _paths_to_cards(field.related_model, (*seen, model))
        for field in model._meta.concrete_fields
    )


#: Columns with a day or a time, in rows that lead to a card, which say nothing of when it was handed out or used, and why.
HARMLESS = {
    ("Card", "activate_by"): "of its card type",
    ("Card", "valid_to"): "of its card type",
    ("CodeSheet", "ends_at"): "gone after fifteen minutes",
    ("Transfer", "ends_at"): "gone after five minutes",
}


def _dated(model: type[models.Model]) -> list[str]:
    kinds = (models.DateField, models.DateTimeField)
    return [field.name for field in model._meta.concrete_fields if isinstance(field, kinds)]


def test_every_way_from_a_day_to_a_card_is_known() -> None:
    """A model that is added later, and leads to cards and holds a day, must be thought of in unlinking."""
    found = {
        (model.__name__, name)
        for model in installed()
        if model._meta.app_label in ("cards", "till", "wallet", "handing") and _paths_to_cards(model)
        for name in _dated(model)
    }
    cut = {("Batch", "made_on"), ("Batch", "printed_on"), ("Card", "activated_on"), ("Redemption", "day"), ("Redemption", "at")}
    through_uses = {(model, name) for model, name in found if model in ("ExternalCode",)}
    assert found - set(HARMLESS) - cut - through_uses == set()


def test_after_thirty_days_no_join_leads_from_a_use_to_a_card() -> None:
    offer = make_offer()
    till, _token = make_till(offer.agreement.provider)
    cards = [make_card(offer=offer, clips=3, agency=make_agency())[0] for _n in range(6)]
    for number, card in enumerate(cards):
        make_use(card, offer, at=noon(60 - number), device=till)
    assert _joined(cards) == set(cards)  # the same questions find every card as long as nothing is cut

    unlink(timezone.now())

    assert _joined(cards) == set()


def _joined(cards: list[Card]) -> set[Card]:
    """The cards that some question over all tables ties to a use: by pointers, or by a value that both hold."""
    plain = {"id", "municipality_id", "year_id", "provider_id", "offer_id", "card_type_id", "agency_id"}
    in_uses = {
        _plain(value)
        for row in Redemption.objects.values()
        for name, value in row.items()
        if name not in plain and name.removesuffix("_id") != "unit" and value not in (None, "", 0, 1)
    }
    found = set()
    for card in cards:
        rows = Redemption.objects.filter(allowance__card=card)
        own = {_plain(value) for value in (card.public_id, card.code_hash, card.batch.key)}
        if rows.exists() or own & in_uses:
            found.add(card)
    return found


def _plain(value: object) -> str:
    return str(bytes(value)) if isinstance(value, memoryview | bytes) else str(value)


def test_the_order_of_rows_tells_nothing_either() -> None:
    """Uses are numbered in the order in which they were told; what leads to a card has no day to stand beside."""
    offer = make_offer()
    for days in (80, 70, 60):
        card, _code = make_card(offer=offer, clips=3)
        make_use(card, offer, at=noon(days))
    Batch.objects.update(made_on=today() - timedelta(days=55), printed_on=today() - timedelta(days=54))
    unlink(timezone.now())
    days = {*Batch.objects.values_list("made_on", flat=True), *Batch.objects.values_list("printed_on", flat=True)}
    days |= set(Card.objects.values_list("activated_on", flat=True))
    assert {day.day for day in days} == {1}


@pytest.mark.django_db(transaction=True)
def test_nor_does_the_order_in_which_the_database_wrote_them() -> None:
    """PostgreSQL tells of each row the transaction that wrote it last; what was written together belongs together."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps no such number")
    offer = make_offer()
    agency = make_agency()
    for days in (80, 70, 60, 50):
        card, code = make_card(offer=offer, clips=3, agency=agency)
        put_on_phone(card, code, at=noon(days))
        make_use(card, offer, at=noon(days), way="tap")
    about_cards = ("cards_batch", "cards_card", "cards_allowance", "cards_wallet", "cards_walletcard", "cards_usesum")

    def writers(table: str) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT xmin::text FROM {table}")  # noqa: S608 - names of our own
            return {writer for (writer,) in cursor.fetchall()}

    assert writers("cards_allowance") == writers("cards_redemption"), "as long as nothing is cut each use shows its card"
    assert len(writers("cards_card")) == 4
    for cut in (cut_uses, cut_dates, cut_entries):
        cut(timezone.now())
    assert writers("cards_allowance") & writers("cards_redemption"), "the cut itself still does"

    assert unlink(timezone.now()) == Unlinked(0, 0, 0), "as after a worker that was killed at this moment"

    assert not writers("cards_redemption") & set().union(*map(writers, about_cards))
    assert [len(writers(table)) for table in about_cards] == [1] * 6


# ── crossed figures ─────────────────────────────────────────────────────────────────────────────────────────


def test_crossed_figures_do_not_change_when_uses_are_cut() -> None:
    offer = make_offer()
    agency = make_agency()
    for days in (40, 45, 50, 65, 70, 75):
        card, _code = make_card(offer=offer, clips=3, agency=agency)
        for _n in range(3):
            make_use(card, offer, at=noon(days))
    year = offer.agreement.programme.years.get()
    asked = (offer.agreement.municipality, year, year.opens, year.closes, timezone.now())
    before = crossed_of(*asked)

    unlink(timezone.now())

    assert crossed_of(*asked) == before
    assert before.by_agency[agency.pk].tickets % 5 == 0


def test_a_month_that_is_cut_is_kept_rounded_in_the_database_too() -> None:
    offer = make_offer()
    card, _code = make_card(offer=offer, clips=30, agency=make_agency())
    at = timezone.make_aware(datetime.combine((today().replace(day=1) - timedelta(days=70)).replace(day=10), datetime.min.time()))
    for hour in range(13):
        make_use(card, offer, at=at + timedelta(hours=hour))

    unlink(timezone.now())

    assert UseSum.objects.get().tickets in (10, 15)
    again = UseSum.objects.get().tickets
    unlink(timezone.now() + timedelta(days=1))
    assert UseSum.objects.get().tickets == again


def test_two_reports_that_differ_by_one_use_are_mostly_the_same_and_never_differ_by_one() -> None:
    """What somebody sees who looks before and after: nothing, or five more. Whether it was one use cannot be told."""
    offer = make_offer()
    agency = make_agency()
    card, _code = make_card(offer=offer, clips=60, agency=agency)
    first = today().replace(day=1) - timedelta(days=20)
    at = timezone.make_aware(datetime.combine(first, datetime.min.time())) + timedelta(hours=8)
    year = offer.agreement.programme.years.get()
    seen = []
    for number in range(25):
        make_use(card, offer, at=at + timedelta(minutes=number))
        crossed = crossed_of(offer.agreement.municipality, year, year.opens, year.closes, timezone.now())
        seen.append(crossed.by_agency[agency.pk].tickets)
    steps = [after - before for before, after in itertools.pairwise(seen)]
    assert set(steps) == {0, 5}
    assert steps.count(0) == 20 - (0 if steps.count(5) == 4 else 1)


def test_this_month_is_not_told() -> None:
    offer = make_offer()
    card, _code = make_card(offer=offer, clips=30, agency=make_agency())
    for _n in range(20):
        make_use(card, offer)
    year = offer.agreement.programme.years.get()

    crossed = crossed_of(offer.agreement.municipality, year, year.opens, year.closes, timezone.now())

    assert crossed.by_agency == {}
