"""R12: the table of moments through the real deeds: a use is counted or refused as the rule says, and taken back again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cards.offers.actions import redeem, undo
from cards.offers.models import Redemption
from cards.offers.states import UseWay
from cards.programmes.models import Allowance, Card
from cards.programmes.states import CardState
from portal.kit.refusals import Refused
from tests.cards.offers.boundaries import CASES, FIRST, LAST, UNDOS, Case, Undo
from tests.factories.cards import (
    any_programme,
    journal_faults,
    make_agreement,
    make_card,
    make_card_type,
    make_offer,
    make_till,
)

pytestmark = pytest.mark.django_db


def made(case: Case) -> tuple[Card, dict]:
    """The case in the database: a card with three clips, and what redeem is asked."""
    year = any_programme().years.get()
    year.opens, year.closes = case.year
    year.save()
    agreement = make_agreement(valid_from=case.agreement[0], valid_to=case.agreement[1])
    offer = make_offer(agreement, valid_from=case.offer[0], valid_to=case.offer[1], conditions=case.conditions)
    kind = make_card_type(year, lines=[(offer, 3)], activate_by=case.activate_by or case.valid_to, valid_to=case.valid_to)
    card, _code = make_card(kind)
    if not case.activate_by:
        Card.objects.filter(pk=card.pk).update(state=CardState.ACTIVE, medium="paper")
    till, _token = make_till(agreement.provider)
    return card, {"card": card, "offer": offer, "way": UseWay.PAPER, "device": till}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_moment_decides_at_the_till(case: Case) -> None:
    card, asked = made(case)
    for number, moment in enumerate(case.before):
        redeem(key=f"before-{number}", at=datetime.fromisoformat(moment), **asked)
    before = len(case.before)

    if case.why is not None:
        with pytest.raises(Refused) as no:
            redeem(key="now", at=case.moment, **asked)
        assert no.value.reason == case.why
        assert Allowance.objects.get(card=card).used == Redemption.objects.count() == before
        return

    use = redeem(key="now", at=case.moment, **asked)
    assert (use.left, Allowance.objects.get(card=card).used) == (2 - before, before + 1)
    row = Redemption.objects.get(mark=use.mark)
    back = undo(key="back", redemption=row, by_device=asked["device"], at=case.moment + timedelta(minutes=10))
    assert (back.left, Allowance.objects.get(card=card).used) == (3 - before, before)
    assert journal_faults() == []


@pytest.mark.parametrize("case", UNDOS, ids=lambda case: case.name)
def test_a_moment_decides_about_taking_back(case: Undo) -> None:
    card, asked = made(Case("", case.used, None, offer=(FIRST, LAST)))
    use = redeem(key="use", at=datetime.fromisoformat(case.used), **asked)
    row = Redemption.objects.get(mark=use.mark)
    if case.why is None:
        undo(key="back", redemption=row, by_device=asked["device"], at=datetime.fromisoformat(case.at))
        assert Allowance.objects.get(card=card).used == 0
    else:
        with pytest.raises(Refused) as no:
            undo(key="back", redemption=row, by_device=asked["device"], at=datetime.fromisoformat(case.at))
        assert no.value.reason == case.why
        assert Allowance.objects.get(card=card).used == 1
    assert journal_faults() == []
