"""Questions asked often answer what their querysets answer, whatever they are asked with."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from cards.ledger.codes import hash_code, new_code
from cards.offers.finding import card_with_code
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.accounts.models import LimitUse
from portal.kit.statements import asked_often, done_often
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
