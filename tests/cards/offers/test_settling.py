"""Settlements: only what was used, each use once, and no statement below nought."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models import Sum
from django.utils import timezone

from cards.offers.actions import undo
from cards.offers.models import Offer, Redemption, Settlement
from cards.offers.settling import (
    Why,
    approve,
    close,
    make_settlement,
    make_settlements,
    object_to,
    open_of,
    send,
)
from cards.offers.statements import lines_of, pdf_of, sheet_of
from cards.offers.states import SettlementState, StockKind
from cards.offers.unlinking import reconcile
from directory.providers.models import Membership
from portal.kit.refusals import Refused
from tests.factories.cards import make_card, make_offer, make_programme, make_stock, make_till, make_use, today
from tests.factories.directory import MembershipFactory, ProviderFactory, default_municipality, make_municipality, make_staff

pytestmark = pytest.mark.django_db


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time())) + timedelta(hours=12)


def days_ago(days: int) -> datetime:
    return noon(today() - timedelta(days=days))


@pytest.fixture
def offer() -> Offer:
    return make_offer(unit_ore=5000, title_nb="Svømming")


def used(offer: Offer, days: int, times: int = 1, **asked: Any) -> list[Redemption]:
    card, _code = make_card(offer=offer, clips=10)
    uses = [make_use(card, offer, at=days_ago(days), **asked) for _n in range(times)]
    return [Redemption.objects.get(mark=use.mark) for use in uses]


def settle(offer: Offer, first: int = 20, last: int = 10, **asked: Any) -> Settlement:
    agreement = offer.agreement
    facts = {
        "municipality": agreement.municipality,
        "provider": agreement.provider,
        "year": agreement.programme.years.get(),
        "first": today() - timedelta(days=first),
        "last": today() - timedelta(days=last),
        "by": None,
        "at": timezone.now(),
    }
    return make_settlement(**facts | asked)


def refusal(deed: Any, **asked: Any) -> Any:
    with pytest.raises(Refused) as refused:
        deed(**asked)
    return refused.value.reason


def test_only_what_was_used_is_paid(offer: Offer) -> None:
    used(offer, 15, times=3)
    used(offer, 5)  # after the period
    make_card(offer=offer, clips=10)  # handed out and not used

    settlement = settle(offer)

    assert (settlement.uses, settlement.total_ore, settlement.state) == (3, 15000, SettlementState.DRAFT)
    assert Redemption.objects.filter(settlement=None).count() == 1


def test_pressed_twice_makes_one_and_takes_in_what_has_come_since(offer: Offer) -> None:
    used(offer, 15)
    first = settle(offer)
    used(offer, 14)

    again = settle(offer)

    assert again == first
    assert (again.uses, again.total_ore) == (2, 10000)
    assert Settlement.objects.count() == 1


def test_one_that_was_sent_stays_as_it_is_and_the_rest_goes_into_the_next(offer: Offer) -> None:
    used(offer, 15)
    first = settle(offer)
    send(settlement=first, total_ore=first.total_ore, by=None, at=timezone.now())
    used(offer, 14)  # told late

    assert settle(offer).total_ore == 5000
    following = settle(offer, first=9, last=1)

    assert (following.uses, following.total_ore, following.number) == (1, 5000, first.number + 1)


def test_what_is_undone_before_it_is_sent_goes_off_the_statement(offer: Offer) -> None:
    staff = make_staff(offer.agreement.municipality)
    one, _other = used(offer, 15, times=2)
    settlement = settle(offer)
    undo(key="back", redemption=one, by_user=staff, at=timezone.now())
    assert refusal(send, settlement=settlement, total_ore=10000, by=staff, at=timezone.now()) == Why.CHANGED

    settlement = settle(offer)

    assert (settlement.uses, settlement.total_ore) == (1, 5000)
    assert [(line.tickets, line.total_ore, line.taken_back) for line in lines_of(settlement, "nb")] == [(1, 5000, False)]
    assert reconcile(timezone.now()) == []


def test_of_uses_that_were_all_taken_back_no_statement_is_made(offer: Offer) -> None:
    staff = make_staff(offer.agreement.municipality)
    uses = used(offer, 15, times=2)
    for number, use in enumerate(uses):
        undo(key=f"back-{number}", redemption=use, by_user=staff, at=days_ago(14))

    assert refusal(settle, offer=offer) == Why.NOTHING
    assert Settlement.objects.count() == 0
    assert open_of([offer.agreement.municipality_id]) == []
    used(offer, 12)
    assert settle(offer).total_ore == 5000


def test_what_is_undone_later_is_a_minus_line_in_the_next(offer: Offer) -> None:
    staff = make_staff(offer.agreement.municipality)
    one, _other = used(offer, 15, times=2)
    first = settle(offer)
    send(settlement=first, total_ore=10000, by=staff, at=timezone.now())
    used(offer, 5, times=3)
    undo(key="back", redemption=one, by_user=staff, at=days_ago(4))

    following = settle(offer, first=9, last=1)

    assert (following.uses, following.total_ore) == (2, 10000)
    lines = [(line.tickets, line.total_ore, line.taken_back) for line in lines_of(following, "nb")]
    assert lines == [(3, 15000, False), (-1, -5000, True)]
    first.refresh_from_db()
    assert first.total_ore == 10000
    assert reconcile(timezone.now()) == []


def test_no_statement_is_below_nought(offer: Offer) -> None:
    """More taken back than used: nothing is made, and it is taken off when there is something to take it off."""
    staff = make_staff(offer.agreement.municipality)
    one, two = used(offer, 15, times=2)
    first = settle(offer)
    send(settlement=first, total_ore=10000, by=staff, at=timezone.now())
    for number, use in enumerate((one, two)):
        undo(key=f"back-{number}", redemption=use, by_user=staff, at=days_ago(8))
    used(offer, 7)

    assert refusal(settle, offer=offer, first=9, last=6) == Why.NEGATIVE
    assert Settlement.objects.count() == 1
    assert [one.total_ore for one in open_of([offer.agreement.municipality_id])] == [-5000]

    used(offer, 3, times=2)
    later = settle(offer, first=5, last=1)
    assert (later.uses, later.total_ore) == (1, 5000)


def test_where_nothing_more_is_used_minus_lines_go_onto_a_statement_that_is_not_paid_yet(offer: Offer) -> None:
    """The last one of a year: no next one takes off what was taken back of it."""
    staff, at = make_staff(offer.agreement.municipality), timezone.now()
    one, _other = used(offer, 15, times=2)
    settlement = settle(offer)
    send(settlement=settlement, total_ore=10000, by=staff, at=at)
    approve(settlement=settlement, by=staff, at=at)
    undo(key="back", redemption=one, by_user=staff, at=at)
    assert refusal(settle, offer=offer, first=9, last=1) in (Why.NOTHING, Why.NEGATIVE)
    assert refusal(object_to, settlement=settlement, words="Nei.", by=staff, at=at) == Why.MOVED, "the provider has said yes"

    object_to(settlement=settlement, words="En er angret.", by=staff, at=at, by_staff=True)
    settlement = settle(offer)

    assert (settlement.state, settlement.uses, settlement.total_ore) == (SettlementState.DRAFT, 1, 5000)
    assert open_of([offer.agreement.municipality_id]) == []
    for deed in (
        lambda: send(settlement=settlement, total_ore=5000, by=staff, at=at),
        lambda: approve(settlement=settlement, by=staff, at=at),
    ):
        deed()
    close(settlement=settlement, by=staff, at=at)
    assert refusal(object_to, settlement=settlement, words="x", by=staff, at=at, by_staff=True) == Why.MOVED
    assert reconcile(at) == []


def test_a_yes_is_to_the_sum_that_was_seen(offer: Offer) -> None:
    """A page that stood open while the statement was taken back, filled and sent anew."""
    staff, at = make_staff(offer.agreement.municipality), timezone.now()
    used(offer, 15)
    settlement = settle(offer)
    send(settlement=settlement, total_ore=5000, by=staff, at=at)
    object_to(settlement=settlement, words="Mer kom.", by=staff, at=at, by_staff=True)
    used(offer, 14)
    settlement = settle(offer)
    send(settlement=settlement, total_ore=10000, by=staff, at=at)

    assert refusal(approve, settlement=settlement, by=None, at=at, total_ore=5000) == Why.MOVED
    assert settlement.state == SettlementState.SENT
    approve(settlement=settlement, by=None, at=at, total_ore=10000)
    assert settlement.state == SettlementState.APPROVED


def test_stock_stands_at_nought_kroner_and_its_funder_beside_it(offer: Offer) -> None:
    make_stock(offer, quantity=2, funder="Sparebanken", kind=StockKind.DONATED, unit_ore=0)
    used(offer, 15, times=3)

    settlement = settle(offer)

    assert (settlement.uses, settlement.total_ore) == (3, 5000)
    lines = {(line.tickets, line.unit_ore, line.total_ore, line.paid_by) for line in lines_of(settlement, "nb")}
    assert {line[:3] for line in lines} == {(2, 0, 0), (1, 5000, 5000)}
    assert any("Sparebanken" in line[3] for line in lines)


def test_days_that_are_not_over_that_overlap_or_with_nothing_in_them_are_refused(offer: Offer) -> None:
    assert refusal(settle, offer=offer) == Why.NOTHING
    assert Settlement.objects.count() == 0
    used(offer, 15)
    assert refusal(settle, offer=offer, last=0) == Why.NOT_OVER
    assert refusal(settle, offer=offer, first=2, last=3) == Why.WRONG_DAYS
    settle(offer)
    assert refusal(settle, offer=offer, last=8) == Why.OVERLAPS


def test_it_goes_from_hand_to_hand_and_each_press_counts_once(offer: Offer) -> None:
    staff, at = make_staff(offer.agreement.municipality), timezone.now()
    member = MembershipFactory(provider=offer.agreement.provider, role=Membership.Role.TREASURER).user
    used(offer, 15)
    settlement = settle(offer)
    stale = Settlement.objects.get(pk=settlement.pk)

    for _press in range(2):
        send(settlement=settlement, total_ore=5000, by=staff, at=at)
    assert refusal(close, settlement=stale, by=staff, at=at) == Why.MOVED
    assert refusal(object_to, settlement=settlement, words="  ", by=member, at=at) == Why.NO_WORDS
    object_to(settlement=settlement, words="Vi hadde to.", by=member, at=at)
    assert (settlement.state, settlement.objection) == (SettlementState.DRAFT, "Vi hadde to.")
    send(settlement=settlement, total_ore=5000, by=staff, at=at)
    for _press in range(2):
        approve(settlement=settlement, by=member, at=at)
    for _press in range(2):
        close(settlement=settlement, by=staff, at=at)
    assert (settlement.state, settlement.closed_on) == (SettlementState.CLOSED, timezone.localdate(at))
    assert refusal(object_to, settlement=settlement, words="Nei.", by=member, at=at) == Why.MOVED


def test_the_provider_and_the_office_get_letters_that_name_nobody(offer: Offer, django_capture_on_commit_callbacks: Any) -> None:
    municipality = offer.agreement.municipality
    municipality.contact_email = "kultur@example.org"
    municipality.save()
    member = MembershipFactory(provider=offer.agreement.provider, role=Membership.Role.TREASURER).user
    MembershipFactory(provider=offer.agreement.provider, role=Membership.Role.TILL)
    used(offer, 15)
    settlement = settle(offer)
    with django_capture_on_commit_callbacks(execute=True):
        for _press in range(2):
            send(settlement=settlement, total_ore=5000, by=None, at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        object_to(settlement=settlement, words="Vi hadde to.", by=member, at=timezone.now())

    assert [message.to for message in mail.outbox] == [[member.email], ["kultur@example.org"]]
    assert "Vi hadde to." in mail.outbox[1].body
    assert f"/statements/{settlement.pk}/" in mail.outbox[0].body


def test_after_it_is_closed_nothing_in_it_is_undone(offer: Offer) -> None:
    staff, at = make_staff(offer.agreement.municipality), timezone.now()
    (use,) = used(offer, 15)
    settlement = settle(offer)
    send(settlement=settlement, total_ore=5000, by=staff, at=at)
    approve(settlement=settlement, by=staff, at=at)
    close(settlement=settlement, by=staff, at=at)

    assert refusal(undo, key="back", redemption=use, by_user=staff, at=at).value == "settled"


def test_each_municipality_of_a_programme_pays_for_its_own_cards() -> None:
    here, there = default_municipality(), make_municipality("3907", "Sandefjord")
    programme = make_programme(here, there)
    offer = make_offer(provider=ProviderFactory(municipality=here), unit_ore=5000)
    for town, times in ((here, 2), (there, 3)):
        card, _code = make_card(offer=offer, clips=5, municipality=town)
        for _n in range(times):
            make_use(card, offer, at=days_ago(15))
    asked = {"year": programme.years.get(), "first": today() - timedelta(days=20), "last": today() - timedelta(days=10)}

    made = {town: make_settlements(municipality=town, by=None, at=timezone.now(), **asked).rows for town in (here, there)}

    assert {town.name: [row.total_ore for row in rows] for town, rows in made.items()} == {
        "Larvik": [10000],
        "Sandefjord": [15000],
    }
    assert {row.number for rows in made.values() for row in rows} == {1}


def test_the_sum_of_all_settlements_is_the_sum_of_all_uses(offer: Offer) -> None:
    till, _token = make_till(offer.agreement.provider)
    staff = make_staff(offer.agreement.municipality)
    for days in range(1, 19, 3):
        uses = used(offer, days, times=2, device=till)
        undo(key=f"back-{days}", redemption=uses[0], by_user=staff, at=days_ago(days - 1) if days > 1 else timezone.now())
    for first, last in ((20, 13), (12, 6), (5, 1)):
        settlement = settle(offer, first=first, last=last)
        send(settlement=settlement, total_ore=settlement.total_ore, by=staff, at=timezone.now())

    settled = Redemption.objects.exclude(settlement=None)
    assert Settlement.objects.aggregate(n=Sum("total_ore"))["n"] == settled.aggregate(n=Sum("total_ore"))["n"]
    assert not Redemption.objects.filter(settlement=None, day__lt=today()).exists()
    assert reconcile(timezone.now()) == []


def test_the_statement_is_a_tagged_document_and_a_sheet(offer: Offer) -> None:
    Offer.objects.filter(pk=offer.pk).update(title_nb="=2+3 #strong[svømming] $x$")
    used(offer, 15, times=2)
    settlement = settle(offer)

    pdf, sheet = pdf_of(settlement), list(sheet_of(settlement, "nb"))

    assert pdf.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in pdf
    assert b"/Lang" in pdf
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(sheet)
    assert "100,00" in out.getvalue().splitlines()[-1]
    assert sheet[1][0] == "=2+3 #strong[svømming] $x$"
    assert [len(row) for row in sheet] == [6, 6, 6]
