"""Cards to try and to measure with: valid at the till, with as many clips as asked for; only in a demo town."""

from __future__ import annotations

import json
import uuid
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from cards.offers.models import Redemption
from cards.programmes.models import Card
from directory.municipalities.models import Municipality
from tests.factories.cards import journal_faults
from tests.factories.directory import ProviderFactory, default_municipality

pytestmark = pytest.mark.django_db


def made(**options: Any) -> str:
    told = StringIO()
    call_command("demo_cards", stdout=told, **options)
    return told.getvalue()


@pytest.fixture
def demo(db: None) -> Municipality:
    town = default_municipality()
    Municipality.objects.filter(pk=town.pk).update(is_demo=True)
    ProviderFactory(municipality=town)
    return town


def test_where_no_demo_town_is_loaded_nothing_is_made() -> None:
    ProviderFactory(municipality=default_municipality())
    with pytest.raises(CommandError, match="demo"):
        made(count=2, clips=1, json=True)
    assert not Card.objects.exists()


@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": -1}, {"clips": 0}, {"count": 10**9}])
def test_too_few_and_too_many_are_refused(demo: Municipality, wrong: dict[str, int]) -> None:
    with pytest.raises(CommandError, match="--c"):
        made(**{"count": 2, "clips": 1, "json": True} | wrong)


def test_every_code_is_good_for_its_clips_at_the_till(demo: Municipality, client: Client) -> None:
    facts = json.loads(made(count=5, clips=2, json=True))
    assert set(facts) == {"till_token", "offer", "codes"}
    assert len(set(facts["codes"])) == 5

    def ask(code: str) -> tuple[int, dict[str, Any]]:
        body = {"key": str(uuid.uuid4()), "code": code, "offer": facts["offer"]}
        headers = {"Authorization": f"Bearer {facts['till_token']}"}
        answer = client.post("/api/v1/till/redeem", json.dumps(body), content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    for code in facts["codes"]:
        answers = [ask(code) for _time in range(3)]
        assert [(status, answer.get("left", answer.get("reason"))) for status, answer in answers] == [
            (200, 1),
            (200, 0),
            (409, "exhausted"),
        ]
    assert Redemption.objects.count() == 10
    assert journal_faults() == []


def test_it_may_be_run_again_and_is_read_by_people_too(demo: Municipality) -> None:
    first, second = made(count=1, clips=1), made(count=1, clips=1)
    assert first != second
    assert "Codes:" in first
