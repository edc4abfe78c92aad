"""The guard against two cards for one child: no number anywhere, so many askings an hour, and nothing left after the year."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from cards.ledger.keys import KeyDestroyed
from cards.programmes.actions import issue
from cards.programmes.models import Card, DuplicateTag, Programme
from cards.programmes.rules import WhyNotHand, national_id_in
from cards.programmes.states import Way
from cards.programmes.tags import MOST_A_DAY, MOST_AN_HOUR, HmacOracle, forget_tags
from directory.municipalities.models import TenantLogEntry
from portal.kit.refusals import Refused
from tests.factories.cards import any_programme, make_agency, make_card_type, make_offer, make_quota
from tests.factories.directory import UserFactory

pytestmark = pytest.mark.django_db
WEIGHTS_1, WEIGHTS_2 = (3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def made_up(number: int) -> str:
    """A number of the register's made-up people (month + 80), with a right second check digit."""
    for more in range(number * 7, 900):
        digits = [int(sign) for sign in f"018115{more:03d}"]
        first = -sum(w * d for w, d in zip(WEIGHTS_1, digits, strict=True)) % 11
        second = -sum(w * d for w, d in zip(WEIGHTS_2, [*digits, first], strict=True)) % 11
        if first < 10 and second < 10:
            return "".join(map(str, [*digits, first, second]))
    raise AssertionError


@pytest.fixture
def ask(settings: Any, tmp_path: Any) -> Any:
    settings.TAG_KEY_FILE = tmp_path / "tag.keys"
    programme = any_programme()
    Programme.objects.filter(pk=programme.pk).update(privacy_level=Programme.Privacy.TAG)
    card_type = make_card_type(lines=[(make_offer(), 3)])
    nav, nurse = make_agency(), make_agency()
    for agency in (nav, nurse):
        make_quota(agency, card_type, 200)
    workers = {nav.pk: UserFactory(), nurse.pk: UserFactory()}

    def asked(number: str | None, agency: Any = None, at: Any = None, of_coordinator: bool = False) -> Any:
        agency = agency or nav
        said: dict[str, Any] = {
            "card_type": card_type,
            "municipality": agency.municipality,
            "agency": None if of_coordinator else agency,
            "count": 1,
            "way": Way.SCREEN,
            "key": uuid.uuid4(),
            "by": workers[agency.pk],
            "at": at or timezone.now(),
            "national_ids": None if number is None else [number],
        }
        return issue(**said)

    asked.nav, asked.nurse, asked.year = nav, nurse, card_type.year  # type: ignore[attr-defined]
    return asked


def reason_of(deed: Any, *args: Any, **asked: Any) -> Any:
    with pytest.raises(Refused) as refused:
        deed(*args, **asked)
    return refused.value


def test_the_order_of_marks_is_not_that_of_the_cards(ask: Any) -> None:
    """The first mark would be the first card's, the second the second's …"""
    for number in range(9):
        ask(made_up(number))
    numbers = list(DuplicateTag.objects.values_list("pk", "tag"))
    at_issue = [bytes(HmacOracle(ask.year).tag(made_up(number))) for number in range(9)]
    by_number = [bytes(tag) for _pk, tag in sorted(numbers)]

    assert set(by_number) == set(at_issue)
    assert max(pk for pk, _tag in numbers) < 0
    assert by_number not in (at_issue, at_issue[::-1])


def test_one_card_a_child_whoever_asks_and_nobody_is_named(ask: Any) -> None:
    number = made_up(1)
    ask(number)
    refused = reason_of(ask, number, ask.nurse)
    assert refused.reason == WhyNotHand.CANNOT
    assert "NAV" not in str(refused)
    assert Card.objects.count() == 1
    entry = TenantLogEntry.objects.get(action="cards.refused")
    assert refused.facts["reference"] == entry.data["reference"]
    assert TenantLogEntry.objects.filter(action="cards.check").count() == 2
    ask(made_up(2), ask.nurse)
    assert Card.objects.count() == 2
    quota = ask.nurse.card_quotas.get()
    assert quota.used == 1, "what was refused takes no slot"


def test_no_number_stands_anywhere(ask: Any) -> None:
    number = made_up(3)
    ask(number)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            for row in cursor.fetchall():
                assert number not in json.dumps([str(cell) for cell in row]), table
    tag = DuplicateTag.objects.get()
    assert bytes(tag.tag) == HmacOracle(ask.year).tag(number)
    assert tag.month.day == 1


def test_a_child_without_a_number_and_one_that_was_forgotten(ask: Any) -> None:
    ask("")
    ask("")
    assert not TenantLogEntry.objects.filter(action="cards.check").exists()
    assert reason_of(ask, None).reason == WhyNotHand.NUMBER_MISSING
    assert reason_of(ask, "12345678901").reason == WhyNotHand.NUMBER
    ask(None, of_coordinator=True)
    assert Card.objects.count() == 3


def test_off_by_default_no_number_is_taken(ask: Any) -> None:
    Programme.objects.update(privacy_level=Programme.Privacy.ANONYMOUS)
    ask.year.programme.refresh_from_db()
    with pytest.raises(ValueError, match="takes no national numbers"):
        ask(made_up(1))


def test_so_many_an_hour_and_so_many_a_day(ask: Any) -> None:
    at = timezone.now().replace(hour=12)
    for number in range(MOST_AN_HOUR):
        ask(made_up(number), at=at)
    assert reason_of(ask, made_up(50), at=at).reason == WhyNotHand.TRIED_MANY
    ask(made_up(50), ask.nurse, at=at)
    for hour in (1.1, 2.2):
        for number in range(MOST_AN_HOUR):
            # An asking that is refused counts too.
            assert reason_of(ask, made_up(number), at=at + timedelta(hours=hour)).reason == WhyNotHand.CANNOT
    assert reason_of(ask, made_up(60), at=at + timedelta(hours=3.3)).reason == WhyNotHand.TRIED_MANY
    asked = TenantLogEntry.objects.filter(action="cards.check").exclude(object_id=str(ask.nurse.pk))
    assert asked.count() == MOST_A_DAY


def test_after_the_year_the_key_goes_and_marks_of_a_backup_say_nothing(ask: Any) -> None:
    number = made_up(4)
    ask(number)
    kept = bytes(DuplicateTag.objects.get().tag)
    at = timezone.now() + (ask.year.closes - timezone.localdate())
    assert forget_tags(at + timedelta(days=60)) == 0
    assert forget_tags(at + timedelta(days=61)) == 1
    assert not DuplicateTag.objects.exists()
    assert kept, "last night's backup has it"
    with pytest.raises(KeyDestroyed):
        HmacOracle(ask.year).tag(number)
    assert forget_tags(at + timedelta(days=62)) == 0
    assert reason_of(ask, number).reason == WhyNotHand.YEAR_CLOSED


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (made_up(1), True),
        (f"{made_up(1)[:6]} {made_up(1)[6:]}", True),
        (made_up(1)[:-1] + str((int(made_up(1)[-1]) + 1) % 10), False),
        ("1234567890", False),
        ("99999999999", False),
        ("", False),
        ("٠١٨١١٥٠٠٠٠٠", False),
    ],
)
def test_what_can_be_a_national_number(text: str, is_one: bool) -> None:
    assert (national_id_in(text) is not None) == is_one
