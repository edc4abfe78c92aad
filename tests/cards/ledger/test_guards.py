"""What the database refuses, asked by raw SQL: whoever comes past the actions comes no further."""
# ruff: noqa: S608 - table and column names are this file's own

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from cards.ledger.codes import step_of
from cards.ledger.guards import CUT, CUT_OFF, DECIDED, FIXED
from cards.ledger.models import CountChange
from cards.offers.actions import undo
from cards.offers.models import Redemption, Settlement
from cards.offers.states import UseState
from cards.programmes.models import Allowance, Card
from tests.factories.cards import make_agency, make_card, make_offer, make_stock, make_till, make_use, put_on_phone, today
from tests.factories.directory import UserFactory, make_municipality

pytestmark = pytest.mark.django_db
USES, CHANGES = "cards_redemption", "cards_countchange"


def refused(sql: str, *values: Any) -> str:
    """What the database answers; empty where it lets the statement pass (which is then taken back)."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            assert cursor.rowcount > 0, "nothing was touched"
            transaction.set_rollback(True)
    except IntegrityError as error:
        return str(error).splitlines()[0]
    return ""


def let_pass(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount == 1


@pytest.fixture
def use() -> Redemption:
    """A use by a till of a telephone's card that an agency has handed out, paid by a stock."""
    at = timezone.now()
    offer = make_offer(unit_ore=5000)
    make_stock(offer)
    card, code = make_card(offer=offer, agency=make_agency(), clips=3)
    secret = put_on_phone(card, code, at=at)
    till, _token = make_till(offer.agreement.provider)
    assert secret
    told = make_use(card, offer, at=at, way="scan", device=till, step=step_of(at))
    return Redemption.objects.get(mark=told.mark)


def settlement_of(use: Redemption, **fields: Any) -> Settlement:
    facts = {
        "municipality": use.municipality,
        "provider": use.provider,
        "year": use.year,
        "period_from": today() - timedelta(days=9),
        "period_to": today(),
        "number": Settlement.objects.count() + 1,
        "made_on": today(),
    }
    return Settlement.objects.create(**facts | fields)


OTHER = {
    "id": 999_999,
    "key": "'another'",
    "mark": "'another'",
    "year_id": "year_id + 1",
    "municipality_id": "municipality_id + 1",
    "provider_id": "provider_id + 1",
    "offer_id": "offer_id + 1",
    "way": "'tap'",
    "day": "'2020-01-01'",
    "clips": "clips + 1",
    "unit": "'ore'",
    "people": "people + 1",
    "reversal_of_id": "id",
    "stock_id": "NULL",
    "ceiling_id": "1",
    "unit_ore": "unit_ore + 1",
    "total_ore": "total_ore + 1",
    "at": "'2020-01-01 00:00:00+00:00'",
    "step": "step + 1",
    **{name: f"{name} + 1" for name in ("allowance_id", "card_type_id", "agency_id", "device_id")},
}


@pytest.mark.parametrize("column", [*FIXED, *DECIDED, *CUT, "mark"])
def test_no_column_of_a_use_can_be_edited(use: Redemption, column: str) -> None:
    assert refused(f"UPDATE {USES} SET {column} = {OTHER[column]} WHERE id = %s", use.pk)


def test_every_column_of_a_use_is_guarded() -> None:
    """A column that is added later must be thought of here."""
    columns = {field.column for field in Redemption._meta.concrete_fields}
    assert columns == {*FIXED, *DECIDED, *CUT, "mark", "settlement_id", "state", "body", "answer"}


@pytest.mark.parametrize("text", ["body = 'x'", "answer = '{\"left\": 9}'", "state = 'accepted'", "state = 'disputed'"])
def test_what_was_asked_answered_and_decided_cannot_be_edited(use: Redemption, text: str) -> None:
    assert refused(f"UPDATE {USES} SET {text} WHERE id = %s", use.pk)


def test_a_use_cannot_be_deleted(use: Redemption) -> None:
    assert "never deleted" in refused(f"DELETE FROM {USES} WHERE id = %s", use.pk)


@pytest.mark.parametrize("column", CUT)
def test_what_leads_to_a_card_can_be_cut_and_not_set_anew(use: Redemption, column: str) -> None:
    before = getattr(use, column)
    assert before is not None
    let_pass(f"UPDATE {USES} SET {column} = NULL WHERE id = %s", use.pk)
    assert "not set anew" in refused(f"UPDATE {USES} SET {column} = %s WHERE id = %s", before, use.pk)


def test_the_number_of_a_use_changes_only_when_it_is_cut_off(use: Redemption) -> None:
    assert "number" in refused(f"UPDATE {USES} SET mark = 'another' WHERE id = %s", use.pk)
    assert "number" in refused(f"UPDATE {USES} SET mark = 'another', allowance_id = NULL WHERE id = %s", use.pk)
    let_pass(f"UPDATE {USES} SET mark = 'another', at = NULL WHERE id = %s", use.pk)
    assert "number" in refused(f"UPDATE {USES} SET mark = 'a third' WHERE id = %s", use.pk)


def test_unlinking_sets_all_of_it_at_once(use: Redemption) -> None:
    assert Redemption.objects.filter(pk=use.pk).update(**CUT_OFF) == 1
    assert refused(f"UPDATE {USES} SET body = 'x' WHERE id = %s", use.pk)
    assert refused(f"UPDATE {USES} SET answer = '{{\"left\": 1}}' WHERE id = %s", use.pk)


def test_a_use_is_settled_once_and_never_taken_out(use: Redemption) -> None:
    draft, another = settlement_of(use), settlement_of(use, period_from=today() - timedelta(days=30))
    let_pass(f"UPDATE {USES} SET settlement_id = %s WHERE id = %s", draft.pk, use.pk)
    assert "settled once" in refused(f"UPDATE {USES} SET settlement_id = %s WHERE id = %s", another.pk, use.pk)
    assert "settled once" in refused(f"UPDATE {USES} SET settlement_id = NULL WHERE id = %s", use.pk)


@pytest.mark.parametrize("state", ["sent", "approved", "closed"])
def test_a_use_comes_on_no_settlement_that_was_sent(use: Redemption, state: str) -> None:
    assert refused(f"UPDATE {USES} SET settlement_id = %s WHERE id = %s", settlement_of(use, state=state).pk, use.pk)


def test_a_use_comes_on_no_settlement_of_others(use: Redemption) -> None:
    porsgrunn = make_municipality("4001", "Porsgrunn")
    other = make_offer().agreement.provider
    for foreign in (settlement_of(use, municipality=porsgrunn), settlement_of(use, provider=other)):
        assert refused(f"UPDATE {USES} SET settlement_id = %s WHERE id = %s", foreign.pk, use.pk)


def disputed(use: Redemption, **changes: Any) -> Redemption:
    """A claim beside the use, as a till tells one later."""
    names = [field.attname for field in Redemption._meta.concrete_fields if field.attname not in ("id", "reversal_of_id")]
    facts = {name: getattr(use, name) for name in names}
    facts |= {"key": f"claim-{Redemption.objects.count()}", "mark": f"m{Redemption.objects.count()}", "step": None}
    facts |= {"state": UseState.DISPUTED, "stock_id": None}
    return Redemption.objects.create(**facts | changes)


@pytest.mark.parametrize("decision", ["accepted", "turned-down"])
def test_a_claim_is_decided_once(use: Redemption, decision: str) -> None:
    claim = disputed(use)
    let_pass(f"UPDATE {USES} SET state = %s, stock_id = %s, total_ore = 0 WHERE id = %s", decision, use.stock_id, claim.pk)
    for state in ("disputed", "ok", "accepted", "turned-down"):
        if state != decision:
            assert "decided once" in refused(f"UPDATE {USES} SET state = %s WHERE id = %s", state, claim.pk)
    assert "price" in refused(f"UPDATE {USES} SET total_ore = 5000 WHERE id = %s", claim.pk)


@pytest.mark.parametrize("state", ["disputed", "turned-down"])
def test_a_claim_that_does_not_count_is_not_settled(use: Redemption, state: str) -> None:
    claim = disputed(use)
    if state == "turned-down":
        let_pass(f"UPDATE {USES} SET state = 'turned-down' WHERE id = %s", claim.pk)
    assert refused(f"UPDATE {USES} SET settlement_id = %s WHERE id = %s", settlement_of(use).pk, claim.pk)


@pytest.mark.parametrize(
    "changes", [{"state": UseState.ACCEPTED}, {"state": UseState.TURNED_DOWN}, {"allowance_id": None}, {"at": None}]
)
def test_a_use_begins_whole_and_undecided(use: Redemption, changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        disputed(use, **changes)


def test_a_use_begins_unsettled(use: Redemption) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        disputed(use, settlement_id=settlement_of(use).pk)


def mirror(use: Redemption, **changes: Any) -> Redemption:
    """A row that takes the use back, as it should be but for `changes`."""
    facts = {"reversal_of_id": use.pk, "clips": -use.clips, "total_ore": -use.total_ore, "state": UseState.OK}
    return disputed(use, **facts | {"stock_id": use.stock_id} | changes)


def test_the_mirror_of_a_use_is_let_pass(use: Redemption) -> None:
    assert mirror(use).reversal_of == use


@pytest.mark.parametrize(
    "changes",
    [
        {"clips": -2},
        {"total_ore": -5000},
        {"stock_id": None},
        {"agency_id": None},
        {"card_type_id": None},
        {"unit_ore": 1},
        {"people": 2},
        {"unit": "ore"},
        {"state": UseState.DISPUTED},
    ],
)
def test_what_takes_a_use_back_must_be_its_mirror(use: Redemption, changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="mirror"), transaction.atomic():
        mirror(use, **changes)


def test_what_takes_a_use_back_must_be_of_the_same_allowance_and_offer(use: Redemption) -> None:
    card, _code = make_card(offer=use.offer, clips=3)
    other = make_offer()
    with pytest.raises(IntegrityError, match="mirror"), transaction.atomic():
        mirror(use, allowance_id=card.allowances.get().pk)
    with pytest.raises(IntegrityError, match="mirror"), transaction.atomic():
        mirror(use, offer_id=other.pk)


def test_a_use_is_taken_back_once_and_a_mirror_never(use: Redemption) -> None:
    first = mirror(use)
    with pytest.raises(IntegrityError), transaction.atomic():
        mirror(use)
    with pytest.raises(IntegrityError), transaction.atomic():
        mirror(first, clips=1)


def test_a_use_in_a_closed_settlement_is_not_taken_back(use: Redemption) -> None:
    settlement = settlement_of(use)
    Redemption.objects.filter(pk=use.pk).update(settlement=settlement)
    Settlement.objects.filter(pk=settlement.pk).update(state="closed")
    with pytest.raises(IntegrityError, match="mirror"), transaction.atomic():
        mirror(use)


def test_a_turned_down_claim_is_not_taken_back(use: Redemption) -> None:
    claim = disputed(use)
    Redemption.objects.filter(pk=claim.pk).update(state=UseState.TURNED_DOWN)
    with pytest.raises(IntegrityError, match="mirror"), transaction.atomic():
        mirror(claim)


def test_a_change_of_a_quantity_is_kept_and_only_who_did_it_is_forgotten() -> None:
    who, other = UserFactory(), UserFactory()
    row = CountChange.objects.create(what="offer", ref=1, kind="raise", before=1, after=2, by=who, at=timezone.now())
    for column, value in {
        "what": "stock",
        "ref": 2,
        "kind": "lower",
        "before": 0,
        "after": 9,
        "rows": 2,
        "by_id": other.pk,
        "at": timezone.now(),
    }.items():
        assert "never edited" in refused(f'UPDATE {CHANGES} SET "{column}" = %s WHERE id = %s', value, row.pk), column
    assert "never deleted" in refused(f"DELETE FROM {CHANGES} WHERE id = %s", row.pk)
    let_pass(f"UPDATE {CHANGES} SET by_id = NULL WHERE id = %s", row.pk)
    let_pass(f"UPDATE {CHANGES} SET reason = %s WHERE id = %s", "asked for by former user 7", row.pk)
    assert refused(f"UPDATE {CHANGES} SET by_id = %s WHERE id = %s", who.pk, row.pk)


def test_a_change_about_a_batch_forgets_its_day_once() -> None:
    of_batch = CountChange.objects.create(what="batch", ref=1, kind="revoke", at=timezone.now())
    of_offer = CountChange.objects.create(what="offer", ref=1, kind="raise", before=1, after=2, at=timezone.now())
    forget = f"UPDATE {CHANGES} SET id = %s, at = '2020-01-01 00:00:00+00:00' WHERE id = %s"
    let_pass(forget, -5, of_batch.pk)
    assert refused(forget, -6, -5)
    assert refused(forget, -7, of_offer.pk)
    assert refused(f"UPDATE {CHANGES} SET ref = 2 WHERE id = -5")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("cards_allowance", "used = quantity + 1"),
        ("cards_allowance", "used = -1"),
        ("cards_allowance", "quantity = used - 1"),
        ("cards_stock", "used = quantity + 1"),
        ("cards_stock", "used = -1"),
        ("cards_offer", "used = -1"),
        ("cards_offer", "released = 3, quantity = 2"),
        ("cards_offer", "quantity = 5, released = 5, used = 6"),
        ("cards_card", "state = 'lost'"),
        ("cards_card", "medium = ''"),
        ("cards_card", "code_spent = true, medium = 'paper'"),
    ],
)
def test_no_counter_passes_its_bound(use: Redemption, table: str, change: str) -> None:
    assert refused(f"UPDATE {table} SET {change}")


def test_keys_marks_codes_and_steps_are_there_once(use: Redemption) -> None:
    for same in ({"key": use.key}, {"mark": use.mark}, {"step": use.step}):
        with pytest.raises(IntegrityError), transaction.atomic():
            disputed(use, **same)
    other, _code = make_card(offer=use.offer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Card.objects.filter(pk=other.pk).update(code_hash=use.allowance.card.code_hash)


def test_the_actions_never_touch_the_guards(use: Redemption) -> None:
    """The proof that what is refused above is not what the product does."""
    till, _token = make_till(use.provider)
    undo(key="back", redemption=use, by_device=till, at=use.at + timedelta(minutes=1))
    assert Allowance.objects.get(pk=use.allowance_id).used == 0


def test_a_statement_that_is_no_sql_is_no_refusal() -> None:
    """The test's own question: an error that is none of the guards' must not be taken for one."""
    with pytest.raises(DatabaseError), transaction.atomic():
        refused("UPDATE no_such_table SET x = 1")
