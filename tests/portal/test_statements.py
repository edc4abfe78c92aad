"""Questions asked often answer what their querysets answer, whatever they are asked with."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from wagtail.images.models import Image

from cards.ledger.codes import hash_code, new_code
from cards.offers.finding import card_with_code
from cards.offers.models import Offer, Redemption
from cards.offers.states import UseWay
from cards.programmes.states import Unit
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.accounts.models import LimitUse
from portal.kit.statements import Addition, Asking, asked_often, done_often
from tests.factories.cards import make_card, make_offer
from tests.factories.directory import ProviderFactory, default_municipality, make_municipality

pytestmark = pytest.mark.django_db


@asked_often(pk=int, number=str)
def providers(pk: int, number: str) -> QuerySet[Provider]:
    rows = Provider.objects.filter(pk__lte=pk, municipality__number=number).select_related("municipality")
    return rows.annotate(of=F("municipality__name")).order_by("pk")


def test_the_answer_is_the_querysets_whatever_is_asked() -> None:
    town, other = default_municipality(), make_municipality("4001", "Porsgrunn")
    made = [ProviderFactory(municipality=one) for one in (town, other, town)]
    for pk in (made[0].pk, made[2].pk, 0):
        for number in (town.number, other.number, "' OR 1=1 --"):
            expected = list(providers.build(pk, number))
            found = providers(pk=pk, number=number)
            assert found == expected
            for one, like in zip(found, expected, strict=True):
                assert (one.name_nb, one.of, one.municipality.languages) == (like.name_nb, like.of, like.municipality.languages)
    assert providers.first(pk=0, number=town.number) is None


def test_bytes_find_what_they_are_of() -> None:
    offer = make_offer()
    cards = [make_card(offer=offer) for _number in range(3)]
    for card, code in cards:
        assert card_with_code.first(code_hash=hash_code(code)) == card
    assert card_with_code(code_hash=hash_code(new_code())) == []


def test_the_sql_is_made_once(django_assert_num_queries: Any) -> None:
    built = []

    @asked_often(pk=int)
    def towns(pk: int) -> QuerySet[Municipality]:
        built.append(pk)
        return Municipality.objects.filter(pk=pk)

    town = default_municipality()
    with django_assert_num_queries(3):
        assert [towns(pk=pk) for pk in (town.pk, 0, town.pk)] == [[town], [], [town]]
    assert len(built) == 1


def test_a_row_changed_meanwhile_is_read_anew() -> None:
    provider = ProviderFactory(municipality=default_municipality(), name_nb="Før")
    asked = {"pk": provider.pk, "number": provider.municipality.number}
    assert providers.first(**asked).name_nb == "Før"
    Provider.objects.filter(pk=provider.pk).update(name_nb="Etter")
    assert providers.first(**asked).name_nb == "Etter"


def test_single_values() -> None:
    @asked_often(first=str, second=str)
    def places(first: str, second: str) -> QuerySet[Any, Any]:
        return LimitUse.objects.filter(key__in=[first, second]).values_list("key", flat=True).order_by("key")

    for key in "abc":
        LimitUse.objects.create(key=key, at=timezone.now())
    assert places(first="c", second="a") == ["a", "c"]
    assert places(first="x", second="x") == []


def test_what_only_sorts_is_no_part_of_the_answer() -> None:
    @asked_often(pk=int)
    def towns(pk: int) -> QuerySet[Any, Any]:
        return Provider.objects.filter(pk__lte=pk).values_list("municipality").order_by("-pk").distinct()

    town = default_municipality()
    ProviderFactory(municipality=town)
    ProviderFactory(municipality=town)
    assert towns(pk=2**40) == list(towns.build(2**40)) == [(town.pk,), (town.pk,)]


def test_what_does_not_stand_in_the_sql_as_a_value_is_said() -> None:
    @asked_often(pk=int, unused=int)
    def towns(pk: int, unused: int) -> QuerySet[Municipality]:
        return Municipality.objects.filter(pk=pk)

    with pytest.raises(TypeError, match="unused"):
        towns(pk=1, unused=2)
    with pytest.raises(TypeError, match="asked with"):
        providers(pk=1)


def test_a_change_tells_how_many_rows_it_changed() -> None:
    @done_often(pk=int, name=str)
    def renamed(pk: int, name: str) -> tuple[QuerySet[Any], dict[str, Any]]:
        return Municipality.objects.filter(pk=pk), {"name": name}

    town, other = default_municipality(), make_municipality("4001", "Porsgrunn")
    assert [renamed(pk=pk, name=name) for pk, name in ((town.pk, "Én"), (0, "Ingen"), (other.pk, "To"))] == [1, 0, 1]
    assert set(Municipality.objects.values_list("name", flat=True)) == {"Én", "To"}


@asked_often(pk=int)
def locked(pk: int) -> QuerySet[Municipality]:
    return Municipality.objects.filter(pk=pk).order_by("pk").select_for_update(of=("self",), no_key=True)


def test_rows_are_locked() -> None:
    town = default_municipality()
    seen: list[str] = []
    with transaction.atomic(), connection.execute_wrapper(lambda run, sql, *more: seen.append(sql) or run(sql, *more)):
        assert locked(pk=town.pk) == [town]
        assert locked(pk=town.pk) == [town]
    asked = [sql for sql in seen if sql.startswith("SELECT")]
    assert ["FOR NO KEY UPDATE" in sql for sql in asked] == [connection.vendor == "postgresql"] * 2


@pytest.mark.django_db(transaction=True)
def test_locking_outside_of_a_transaction_is_refused_the_second_time_too() -> None:
    with transaction.atomic():
        locked(pk=1)
    if connection.features.has_select_for_update:
        with pytest.raises(transaction.TransactionManagementError):
            locked(pk=1)


def test_what_one_thread_asks_is_not_what_another_asks() -> None:
    others: list[Any] = []
    thread = threading.Thread(target=lambda: others.append(providers.made({"pk": 7, "number": "x"})))
    mine = providers.made({"pk": 5, "number": "y"})
    thread.start()
    thread.join()
    assert (5 in mine.params, 7 in mine.params, others[0] is mine) == (True, False, False)


def use_facts(**more: Any) -> dict[str, Any]:
    """A use, told by column."""
    offer = make_offer()
    card, _code = make_card(offer=offer)
    allowance = card.allowances.get()
    return {
        "key": "k1",
        "body": b"\x00\xff" * 16,
        "mark": "m1",
        "year_id": card.batch.card_type.year_id,
        "municipality_id": card.batch.municipality_id,
        "provider_id": offer.agreement.provider_id,
        "offer_id": offer.pk,
        "stock_id": None,
        "allowance_id": allowance.pk,
        "card_type_id": card.batch.card_type_id,
        "way": UseWay.PAPER,
        "day": date(2026, 3, 1),
        "at": timezone.now(),
        "clips": 2,
        "unit": Unit.CLIP,
        "unit_ore": 2**40,
        "total_ore": 2**41,
        "answer": {"left": 3, "unit": "clip", "ሰላም": [None, 1.5]},
    } | more


def test_an_addition_writes_what_the_framework_writes() -> None:
    facts = use_facts()
    plain = Redemption(**facts)
    with transaction.atomic():
        plain.save(force_insert=True)
        written = values_of(plain.pk)
        transaction.set_rollback(True)
    added = Addition(Redemption)(**facts)
    assert values_of(added.pk) == written | {"id": added.pk}
    assert Redemption.objects.get() == added
    assert (added.state, added.people, added.settlement_id, added.offer.pk) == ("ok", 1, None, facts["offer_id"])


def values_of(pk: int) -> dict[str, Any]:
    names = [field.attname for field in Redemption._meta.concrete_fields]
    return {
        name: bytes(value) if name == "body" else value for name, value in Redemption.objects.values(*names).get(pk=pk).items()
    }


def test_an_addition_takes_objects_and_texts_too() -> None:
    facts = use_facts()
    offer = Offer.objects.get(pk=facts.pop("offer_id"))
    added = Addition(Redemption)(offer=offer, **facts | {"way": "paper", "unit_ore": "7"})
    assert values_of(added.pk)["unit_ore"] == 7
    assert values_of(added.pk)["offer_id"] == offer.pk


def test_an_addition_that_the_table_refuses_leaves_the_transaction_to_be_taken_back() -> None:
    facts = use_facts()
    add = Addition(Redemption)
    add(**facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        add(**facts | {"mark": "m2"})
    assert Redemption.objects.count() == 1
    assert add(**facts | {"key": "k2", "mark": "m3"}).pk


def test_a_table_that_makes_values_itself_is_no_addition() -> None:
    with pytest.raises(TypeError, match="created_at"):
        Addition(Image)()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Any]:
    """A connection of its own that can be lost: one in memory never closes."""
    other = connections["default"].copy()
    if other.vendor == "sqlite":
        other.settings_dict["NAME"] = str(tmp_path / "other.sqlite3")
    yield other
    other.close()


def test_what_was_kept_of_a_closed_connection_is_made_anew(other: Any) -> None:
    asking = Asking(other)
    assert asking.rows("SELECT 1", ()) == [(1,)]
    other.close()
    assert asking.rows("SELECT 2", ()) == [(2,)]


def test_a_connection_that_the_server_ended_is_made_anew(other: Any) -> None:
    """As after a restart of the database; on SQLite the driver's connection is closed behind Django's back."""
    asking = Asking(other)
    assert asking.rows("SELECT 1", ()) == [(1,)]
    if other.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [other.connection.info.backend_pid])
    else:
        other.connection.close()
        other.is_usable = lambda: False  # a file is not asked; what it would answer
    other.health_check_enabled, other.health_check_done = True, False  # as a request begins
    assert asking.rows("SELECT 2", ()) == [(2,)]


def test_an_answer_that_cannot_be_read_to_its_end_holds_nobody_up(other: Any) -> None:
    """On SQLite it would keep the file as it was then, and this thread could not write once another had."""
    with other.cursor() as cursor:
        cursor.execute(f"CREATE {'' if other.vendor == 'sqlite' else 'TEMPORARY'} TABLE kept_words (word text)")
        cursor.execute("INSERT INTO kept_words VALUES ('a'), ('b'), ('c')")
    asking = Asking(other)
    with pytest.raises(UnicodeError), asking.read_through():
        unread(asking)
    if other.vendor == "sqlite":
        with sqlite3.connect(other.settings_dict["NAME"]) as beside:
            beside.execute("INSERT INTO kept_words VALUES ('d')")
        beside.close()
    with other.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE" if other.vendor == "sqlite" else "BEGIN")
        cursor.execute("ROLLBACK")
    assert asking.rows("SELECT count(*) FROM kept_words WHERE word < 'd'", ()) == [(3,)]


def unread(asking: Asking) -> None:
    cursor = asking.cursor()
    cursor.execute("SELECT word FROM kept_words", ())
    assert cursor.fetchone() == ("a",)
    raise UnicodeError


def test_a_row_that_the_driver_cannot_read_is_let_go_of(other: Any) -> None:
    if other.vendor != "sqlite":
        pytest.skip("PostgreSQL takes no text that it could not give back")
    asking = Asking(other)
    with other.cursor() as cursor:
        cursor.execute("CREATE TABLE kept_words (word text)")
        cursor.execute("INSERT INTO kept_words VALUES ('a'), (CAST(X'ff' AS TEXT)), ('c')")
    with pytest.raises(OperationalError):
        asking.rows("SELECT word FROM kept_words", ())
    with sqlite3.connect(other.settings_dict["NAME"]) as beside:
        beside.execute("DELETE FROM kept_words WHERE word > 'c'")
    beside.close()
    with other.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("ROLLBACK")


def test_a_lost_connection_is_the_frameworks_fault_when_first_asked_too(other: Any) -> None:
    other.connect()
    other.connection.close()
    with pytest.raises(DatabaseError):  # of the framework, not of the driver
        Asking(other).rows("SELECT 1", ())
