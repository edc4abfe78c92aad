"""From use to payment on the staff screens: making the settlements of a period, sending, hearing the answer, paying."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from cards.ledger.models import CountChange
from cards.offers.dashboard import queues
from cards.offers.models import Offer, ProviderAgreement, Redemption, Settlement
from cards.offers.settling import object_to
from cards.offers.states import SettlementState
from cards.programmes.models import AgencyQuota, Batch, CardType
from directory.providers.models import Membership
from tests.cards.staff.conftest import Joint, nb, press, said, screen
from tests.factories.cards import make_card, make_use, make_year, today
from tests.factories.directory import MembershipFactory

pytestmark = pytest.mark.django_db


def use(offer: Offer, municipality: Any, times: int, days: int = 5) -> None:
    card, _code = make_card(offer=offer, clips=10, municipality=municipality)
    for _n in range(times):
        make_use(card, offer, at=timezone.now() - timedelta(days=days))


@pytest.fixture
def used(joint: Joint) -> Joint:
    """Of the lead's cards three uses at home and one at the partner's; of the partner's two at home."""
    for side in (joint.lead, joint.partner):
        side.stock.delete()  # nothing is paid beforehand
    use(joint.lead.offer, joint.lead.town, 3)
    use(joint.partner.offer, joint.lead.town, 1)
    use(joint.partner.offer, joint.partner.town, 2)
    return joint


def make(browser: Client, joint: Joint, town: Any) -> Any:
    days = {"first": (today() - timedelta(days=10)).isoformat(), "last": (today() - timedelta(days=1)).isoformat()}
    asked = {"municipality": town.pk, "year": joint.year.pk, **days}
    return browser.post(screen(Settlement, "add"), asked, follow=True)


def test_from_use_to_payment(kari: Client, used: Joint) -> None:
    waits = kari.get(screen(Settlement, "add")).content.decode()
    assert str(used.lead.offer.agreement.provider) in waits
    assert str(used.partner.offer.agreement.provider) in waits
    assert Settlement.objects.count() == 0

    for _press in range(2):
        make(kari, used, used.lead.town)
    rows = {row.provider: row for row in Settlement.objects.all()}
    assert {row.total_ore for row in rows.values()} == {3 * 4200, 4200}, "a clip at the partner's is paid by whose card it was"
    row = rows[used.lead.offer.agreement.provider]

    response = press(kari, row, "send")
    assert nb("Nobody from the provider signs in here. Give them the PDF, and say here what they answer.") in said(response)
    MembershipFactory(provider=row.provider, role=Membership.Role.TREASURER)
    press(kari, row, "take-back", words="Vi ser på det.")
    assert nb("Sent. The provider looks at it on its desk.") in said(press(kari, row, "send"))
    press(kari, row, "approve")
    assert [(queue.label, queue.count) for queue in queues(used.lead.staff) if queue.count] == [(nb("Statements to pay"), 1)]
    press(kari, row, "close")

    row.refresh_from_db()
    assert (row.state, row.closed_on, row.total_ore) == (SettlementState.CLOSED, today(), 12600)
    assert not kari.get(screen(row)).context["deeds"]
    listed = list(csv.DictReader(io.StringIO(kari.get(screen(Settlement) + "?export=csv").getvalue().decode("utf-8-sig"))))
    (column,) = [name for name in listed[0] if name.lower() == nb("sum, kroner").lower()]
    assert sorted(float(line[column]) for line in listed) == [42, 126]


def test_every_row_of_every_list_leads_to_its_page(kari: Client, used: Joint) -> None:
    make(kari, used, used.lead.town)
    make_batch = {"municipality": used.lead.town, "card_type": used.card_type, "count": 1, "made_on": today(), "key": uuid4()}
    Batch.objects.create(**make_batch)
    CountChange.objects.create(what="offer", ref=used.lead.offer.pk, kind="raise", before=1, after=2, at=timezone.now())
    for model in (Settlement, AgencyQuota, Batch, CountChange, Offer, CardType, Redemption, ProviderAgreement):
        rows = model.snippet_viewset.rows(used.lead.staff)
        page = kari.get(screen(model)).content.decode()
        assert rows.exists(), model
        assert [row for row in rows if f'href="{screen(row)}"' not in page] == [], model


def test_a_statement_that_came_back_waits_in_the_queue(kari: Client, used: Joint) -> None:
    make(kari, used, used.lead.town)
    row = Settlement.objects.get(provider=used.lead.offer.agreement.provider)
    press(kari, row, "send")
    object_to(settlement=row, words="Vi hadde fire.", by=None, at=timezone.now())

    (queue,) = [queue for queue in queues(used.lead.staff) if queue.count]

    assert (queue.label, queue.count) == (nb("Statements that came back"), 1)
    assert queue.oldest is not None
    assert "Vi hadde fire." in kari.get(queue.address).content.decode()


def test_files_are_of_ones_own_settlements_and_read_back(kari: Client, per: Client, editor: Client, used: Joint) -> None:
    make(kari, used, used.lead.town)
    row = Settlement.objects.get(provider=used.lead.offer.agreement.provider)
    assert kari.get(screen(row, "pdf")).content.startswith(b"%PDF-")
    lines = list(csv.reader(io.StringIO(kari.get(screen(row, "csv")).content.decode("utf-8-sig")), delimiter=";"))
    book = load_workbook(io.BytesIO(kari.get(screen(row, "xlsx")).content)).active
    assert [lines[1][2:5], lines[-1][3:5]] == [["42,00", "3", "126,00"], ["3", "126,00"]]
    assert [cell.value for cell in list(book.rows)[-1]][3:5] == [3, 126]

    for browser in (per, editor):
        for name in ("edit", "pdf", "csv", "xlsx", "history"):
            assert browser.get(screen(row, name)).status_code in (302, 404), name
        browser.post(screen(row), {"deed": "send", "send-total_ore": row.total_ore})
        make(browser, used, used.lead.town)
    row.refresh_from_db()
    assert (row.state, Settlement.objects.count()) == (SettlementState.DRAFT, 2)
    assert str(row.provider) not in per.get(screen(Settlement)).content.decode()


def test_the_year_that_is_proposed_is_the_one_of_the_period(kari: Client, joint: Joint) -> None:
    """In January the newest year is not the one to settle."""
    make_year(joint.programme, year=joint.year.year + 1, opens=today() + timedelta(days=1), closes=today() + timedelta(days=90))
    assert kari.get(screen(Settlement, "add")).context["form"].initial["year"] == joint.year
