"""Uses that are worth a look, in the list of uses: for coordinators, of their own municipality, and nothing is stopped."""

from __future__ import annotations

import csv
import io
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from cards.offers import conditions, staff_looks
from cards.offers.actions import undo
from cards.offers.models import Device, Redemption
from cards.offers.staff_looks import Look, in_sentences, looks_of
from cards.offers.states import UseState
from cards.programmes.models import Card
from directory.places.models import OpeningTime, Place
from tests.cards.staff.conftest import Joint, browser_of, nb, screen
from tests.cards.staff.test_offers import disputed
from tests.factories.cards import make_card, make_till, make_use, today


@pytest.fixture(autouse=True)
def nobody_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_looks, "lots", lambda: lambda mark: 1)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three at a till are many: the screens are asked here, the numbers in tests/cards/offers/test_looks.py."""
    monkeypatch.setattr(staff_looks, "MANY", 3)


def noon(days_ago: int = 2) -> datetime:
    return datetime.combine(today() - timedelta(days=days_ago), time(12), tzinfo=conditions.OSLO)


def used(joint: Joint, count: int, *, at: datetime | None = None, till: Device | None = None, town: Any = None) -> list[int]:
    """Uses at the lead's pool by the cards of a town; one every half minute."""
    marks = [
        make_use(
            make_card(joint.card_type, municipality=town or joint.lead.town)[0],
            joint.lead.offer,
            at=(at or noon()) + timedelta(seconds=30 * n),
            device=till,
        ).mark
        for n in range(count)
    ]
    return list(Redemption.objects.filter(mark__in=marks).order_by("pk").values_list("pk", flat=True))


def listed(browser: Client, **asked: Any) -> list[int]:
    return sorted(row.pk for row in browser.get(screen(Redemption), asked).context["object_list"])


@pytest.mark.usefixtures("fast")
def test_coordinator_sees_what_is_worth_a_look_with_a_sentence_for_each(kari: Client, joint: Joint) -> None:
    till, _token = make_till(joint.lead.agreement.provider)
    quick = used(joint, 3, till=till)
    slow = used(joint, 2, at=noon(4), till=till)
    before = kari.get(screen(Redemption))
    assert sorted(row.pk for row in before.context["object_list"]) == sorted([*quick, *slow])
    assert str(staff_looks.SENTENCES[Look.PACE]) not in before.content.decode()
    for value in ("any", "pace"):
        assert listed(kari, look=value) == quick, value
    assert listed(kari, look="hours") == listed(kari, look="share") == []
    page = kari.get(screen(Redemption), {"look": "any"})
    assert page.content.decode().count(nb(str(staff_looks.SENTENCES[Look.PACE]))) == 3
    assert {row.state for row in Redemption.objects.all()} == {UseState.OK}, "nothing is stopped"
    for card in Card.objects.all():
        assert card.public_id not in page.content.decode()


@pytest.mark.usefixtures("fast")
def test_what_is_worth_a_look_is_exported_as_it_is_listed(kari: Client, joint: Joint) -> None:
    quick = used(joint, 3, till=make_till(joint.lead.agreement.provider)[0])
    used(joint, 1, at=noon(4))

    def sheet(**asked: str) -> list[dict[str, str]]:
        answer = kari.get(screen(Redemption), {"export": "csv", **asked})
        text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
        return list(csv.DictReader(io.StringIO(text)))

    assert len(sheet()) == 4
    rows = sheet(look="any")
    assert len(rows) == 3
    marks = set(Redemption.objects.filter(pk__in=quick).values_list("mark", flat=True))
    assert all(marks & set(row.values()) for row in rows)
    assert {list(row.values())[-1] for row in rows} == {nb(str(staff_looks.SENTENCES[Look.PACE]))}
    assert len(rows[0]) == len(sheet()[0]) + 1


@pytest.mark.usefixtures("fast")
def test_what_is_worth_a_look_comes_in_pages(kari: Client, joint: Joint, monkeypatch: pytest.MonkeyPatch) -> None:
    from cards.offers.viewsets import UseIndexView

    monkeypatch.setattr(UseIndexView, "get_paginate_by", lambda *_args: 2)
    quick = used(joint, 3, till=make_till(joint.lead.agreement.provider)[0])
    first, second = (listed(kari, look="any", p=number) for number in (1, 2))
    assert (len(first), len(second), sorted([*first, *second])) == (2, 1, quick)


@pytest.mark.usefixtures("fast")
def test_uses_of_other_municipalities_are_never_told_nor_counted(kari: Client, per: Client, editor: Client, joint: Joint) -> None:
    till, _token = make_till(joint.lead.agreement.provider)
    theirs = used(joint, 3, till=till, town=joint.partner.town)
    mine = used(joint, 2, till=till)
    assert looks_of(joint.lead.staff, today()) == {}, "two of one's own are not many, whoever else was there"
    assert set(looks_of(joint.partner.staff, today())) == set(theirs)
    assert listed(kari, look="any") == []
    assert listed(per, look="any") == theirs
    assert not {*mine} & {*listed(per), *listed(per, look="any")}
    assert editor.get(screen(Redemption), {"look": "any"}).status_code in {302, 403, 404}
    mine += used(joint, 1, at=noon() + timedelta(seconds=90), till=till)
    assert listed(kari, look="any") == mine


def test_place_that_was_closed(kari: Client, joint: Joint) -> None:
    place = Place.objects.create(municipality=joint.lead.town, provider=joint.lead.agreement.provider, name_nb="Bad", slug="bad")
    OpeningTime.objects.bulk_create(OpeningTime(place=place, weekday=day, opens=time(10), closes=time(16)) for day in range(1, 8))
    joint.lead.offer.place = place
    joint.lead.offer.save()
    open_ = used(joint, 1)
    closed = used(joint, 1, at=noon() + timedelta(hours=5))
    assert listed(kari, look="any") == listed(kari, look="hours") == closed
    assert listed(kari) == sorted([*open_, *closed])


def test_provider_where_many_cards_stay(kari: Client, joint: Joint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_looks, "STAYS", 2)
    monkeypatch.setattr(staff_looks, "FEWEST_DRAWN", 3)
    cards = [make_card(joint.card_type)[0] for _n in range(5)]
    for n, card in enumerate(cards):
        make_use(card, joint.lead.offer, at=noon() + timedelta(hours=n))
        make_use(card, joint.lead.offer, at=noon(3) + timedelta(hours=n))
    assert len(listed(kari, look="share")) == 3
    for card in cards:
        make_use(card, joint.partner.offer, at=noon(4))
    assert listed(kari, look="any") == []


@pytest.mark.usefixtures("fast")
def test_what_is_taken_back_or_cut_from_its_card_is_looked_at_no_more(kari: Client, joint: Joint) -> None:
    from cards.offers.unlinking import cut_uses

    till, _token = make_till(joint.lead.agreement.provider)
    quick = used(joint, 4, till=till)
    assert listed(kari, look="any") == quick
    for n, pk in enumerate(quick[:2]):
        undo(key=f"back-{n}", redemption=Redemption.objects.get(pk=pk), by_user=joint.lead.staff, at=timezone.now())
        assert listed(kari, look="any") == (quick[1:] if n == 0 else [])
    old = used(joint, 3, at=noon(40), till=till)
    assert listed(kari, look="any") == old
    cut_uses(timezone.now())
    assert listed(kari, look="any") == []


@pytest.mark.usefixtures("fast")
def test_list_asks_no_more_for_many_than_for_few(joint: Joint) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    till, _token = make_till(joint.lead.agreement.provider)

    def queries() -> int:
        browser = browser_of(joint.lead.staff)
        browser.get(screen(Redemption), {"look": "any"})
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(screen(Redemption), {"look": "any"}).status_code == 200
        return len(caught)

    used(joint, 3, till=till)
    few = queries()
    used(joint, 4, at=noon(3), till=till)
    assert queries() <= few


@pytest.mark.usefixtures("fast")
def test_what_waits_for_a_decision_is_looked_at_until_it_is_turned_down(kari: Client, joint: Joint) -> None:
    waiting = [use.pk for use in disputed(joint, 3)]
    slow = used(joint, 1, at=noon(4))
    narrowed = f"{screen(Redemption)}?look=pace"
    assert listed(kari, look="pace") == waiting
    kari.post("/cms/bulk/cards/redemption/turn-down/", {}, QUERY_STRING=urlencode({"id": "all", "next": narrowed}))
    assert set(Redemption.objects.filter(pk__in=waiting).values_list("state", flat=True)) == {UseState.TURNED_DOWN}
    assert Redemption.objects.get(pk=slow[0]).state == UseState.OK
    assert listed(kari, look="any") == []


def test_each_reason_is_one_sentence() -> None:
    for look in Look:
        assert in_sentences([look]).endswith(".")
    assert in_sentences(Look).count(".") == len(Look) + 1
