"""Telling of uses taken without network, over HTTP."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import jsonschema
import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from cards.ledger.codes import new_code
from cards.offers.models import ProviderAgreement, Redemption
from cards.programmes.models import Allowance
from portal.accounts.limits import CARD_CODE_AT
from portal.till import telling_api
from search.api_description import describe_api
from tests.factories.cards import journal_faults, make_card, make_till, put_on_phone, shown
from tests.portal.till.conftest import Hall

pytestmark = pytest.mark.django_db
DESCRIPTION = describe_api("")


@pytest.fixture
def at() -> datetime:
    return timezone.now() - timedelta(hours=1)


@pytest.fixture(autouse=True)
def _allowed(hall: Hall) -> None:
    ProviderAgreement.objects.update(offline_allowed=True)


def claim(hall: Hall, at: datetime, number: int = 1, **asked: Any) -> dict[str, Any]:
    facts = {"code": hall.code, "offer": hall.swim.pk, "knew": (at - timedelta(minutes=5)).isoformat()}
    return {"key": uuid.uuid4().hex, "number": number, "at": at.isoformat(), **facts, **asked}


def tell(hall: Hall, claims: Any, token: str = "", language: str = "en") -> tuple[int, dict[str, Any]]:
    """The answer to a telling, which is one that the description knows."""
    headers = {"Authorization": f"Bearer {token or hall.token}", "Accept-Language": language}
    body = claims if isinstance(claims, str) else json.dumps({"claims": claims})
    response = Client().post("/api/v1/till/tell", body, content_type="application/json", headers=headers)
    answer = response.json()
    responses = DESCRIPTION["paths"]["/till/tell"]["post"]["responses"]
    schema = responses[str(response.status_code)]["content"]["application/json"]["schema"]
    jsonschema.validate(answer, schema | {"components": DESCRIPTION["components"]})
    return response.status_code, answer


def states(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["status"], one["reason"]) for one in answer["results"]]


def test_each_claim_has_its_answer_and_the_same_again(hall: Hall, at: datetime) -> None:
    phone, code = make_card(hall.card.batch.card_type)
    secret = put_on_phone(phone, code, at=at - timedelta(days=1))
    Allowance.objects.filter(card=phone).update(quantity=0)
    picture = shown(phone, secret, at)
    claims = [claim(hall, at), claim(hall, at, 2, code=picture), claim(hall, at, 3, code=new_code()), claim(hall, at, 4, code=42)]

    status, answer = tell(hall, claims)

    assert status == 200
    assert states(answer) == [("ok", None), ("disputed", "exhausted"), ("refused", "unknown"), ("refused", "body")]
    assert [one["key"] for one in answer["results"]] == [one["key"] for one in claims]
    assert answer["results"][1]["message"].startswith("Nothing is left")
    assert datetime.fromisoformat(answer["at"]) > at
    assert tell(hall, claims)[1]["results"] == answer["results"]
    assert Redemption.objects.count() == 2
    assert journal_faults() == []


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"claims": 1}', '{"claims": [1]}', '{"claims": [{}]}', '{"claims": [{"key": "short"}]}']
)
def test_a_question_that_cannot_be_read(hall: Hall, body: str) -> None:
    assert tell(hall, body)[1]["reason"] == "body"


@pytest.mark.parametrize(
    "changed", [{"number": 0}, {"number": True}, {"at": "now"}, {"at": "2027-01-01T10:00:00"}, {"count": 0}, {"knew": 5}]
)
def test_a_claim_that_makes_no_sense_stops_no_other(hall: Hall, at: datetime, changed: dict[str, Any]) -> None:
    status, answer = tell(hall, [claim(hall, at) | changed, claim(hall, at, 2)])
    assert (status, states(answer)) == (200, [("refused", "body"), ("ok", None)])


def test_only_a_till_that_is_in_use_tells(hall: Hall, at: datetime) -> None:
    assert tell(hall, [claim(hall, at)], token="fft_" + "x" * 43)[0] == 401
    type(hall.device).objects.update(revoked_at=at)
    assert tell(hall, [claim(hall, at)])[0] == 401
    assert not Redemption.objects.exists()


def test_telling_is_no_way_to_guess_codes(hall: Hall, at: datetime) -> None:
    claims = [claim(hall, at, number, code=new_code()) for number in range(1, 15)] + [claim(hall, at, 15)]
    status, answer = tell(hall, claims)
    assert (status, len(answer["results"])) == (200, CARD_CODE_AT.most)
    assert {one["reason"] for one in answer["results"]} == {"unknown"}
    assert tell(hall, claims)[0] == 429
    assert not Redemption.objects.exists()


def test_another_tills_key_is_not_answered(hall: Hall, at: datetime) -> None:
    one = claim(hall, at)
    tell(hall, [one])
    _device, token = make_till(hall.provider)
    _status, answer = tell(hall, [one], token=token)
    assert states(answer) == [("refused", "known_key")]
    assert answer["results"][0]["left"] is None


def test_what_could_not_be_looked_at_is_told_again(hall: Hall, at: datetime) -> None:
    claims = [claim(hall, at), claim(hall, at, 2, knew=(at + timedelta(hours=1)).isoformat())]
    real, calls = telling_api.tell, []

    def failing(**asked: Any) -> Any:
        calls.append(asked)
        if len(calls) == 2:
            raise OperationalError("database is locked")
        return real(**asked)

    with mock.patch.object(telling_api, "tell", failing):
        assert tell(hall, claims)[0] == 503
    _status, answer = tell(hall, claims)
    assert states(answer)[0] == ("ok", None)
    assert Redemption.objects.count() == 2
    assert journal_faults() == []
