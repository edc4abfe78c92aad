"""A browser becomes a till by a code that works once; a till that was stopped is none any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cards.ledger.codes import in_groups, new_code
from cards.offers.models import Device, DeviceInvitation
from cards.offers.tills import GOOD_FOR, MOST_TILLS, WhyNotTill, enrol, find_till, invite, rename, revoke
from portal.kit.refusals import Refused
from tests.factories.cards import make_agreement, make_till
from tests.factories.directory import ProviderFactory, make_municipality
from tests.portal.till.conftest import Hall


def sent(code: str, **headers: str) -> Any:
    return Client().post("/nb/till/enrol", {"code": code}, content_type="application/json", headers=headers)


def made(hall: Hall, name: str = "Nettbrettet") -> str:
    return invite(provider=hall.provider, name=name, by=hall.cashier, at=timezone.now()).code


def test_a_code_makes_one_till(hall: Hall) -> None:
    code = made(hall)

    first, second = sent(in_groups(code).lower()), sent(code)

    assert first.status_code == 200
    assert (first.json()["till"], first.json()["provider"]["text"]) == ("Nettbrettet", "Farrishallen")
    device = find_till(first.json()["token"])
    assert device is not None
    assert (device.provider, device.name) == (hall.provider, "Nettbrettet")
    assert (second.status_code, second.json()["reason"]) == (409, "invitation")
    assert Device.objects.count() == 2  # with the one that was there


def test_nothing_that_opens_anything_is_kept(hall: Hall) -> None:
    code = made(hall)
    token = sent(code).json()["token"]
    held = [bytes(row) for model in (Device, DeviceInvitation) for row in model.objects.values_list("token_hash", flat=True)]
    assert token.encode() not in held
    assert code.encode() not in held
    assert {len(row) for row in held} == {32}


@pytest.mark.parametrize("minutes", [15, 60])
def test_a_code_is_good_for_a_quarter_of_an_hour(hall: Hall, minutes: int) -> None:
    at = timezone.now()
    made_now = invite(provider=hall.provider, name="Sen", by=None, at=at)
    with pytest.raises(Refused) as refused:
        enrol(invitation_token=made_now.code, at=at + timedelta(minutes=minutes))
    assert refused.value.reason == WhyNotTill.INVITATION
    assert enrol(invitation_token=made_now.code, at=at + GOOD_FOR - timedelta(seconds=1)).device.name == "Sen"


@pytest.mark.parametrize("code", ["", "x", "of a card", "0" * 300])
def test_what_is_no_code_gets_the_same_answer(hall: Hall, code: str) -> None:
    answer = sent(new_code() if code == "of a card" else code)
    assert (answer.status_code, answer.json()["reason"]) == (409, "invitation")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"code": 7}', b"\xff"])
def test_nonsense_is_refused(hall: Hall, body: bytes) -> None:
    assert Client().post("/nb/till/enrol", body, content_type="application/json").status_code == 409


def test_another_site_cannot_enrol(hall: Hall) -> None:
    code = made(hall)
    assert sent(code, Origin="https://elsewhere.example").status_code == 403
    assert sent(code).status_code == 200


def test_a_code_of_another_municipality_does_not_work_here(hall: Hall) -> None:
    far = ProviderFactory(municipality=make_municipality("3907", "Sandefjord"), name_nb="Fjern")
    make_agreement(provider=far)
    code = invite(provider=far, name="Fjern", by=None, at=timezone.now()).code
    assert sent(code).status_code == 409
    assert sent(code, Host="sandefjord.localhost").status_code == 200


def test_too_many_tries_from_one_network_are_stopped(hall: Hall) -> None:
    answers = {sent("x").status_code for _try in range(31)}
    assert answers == {409, 429}


def test_a_stopped_till_is_refused_everywhere_at_once(hall: Hall) -> None:
    assert hall.state().status_code == 200
    revoke(device=hall.device, by=hall.editor, at=timezone.now())
    use = {"key": "a-key-of-a-till", "code": hall.code, "offer": hall.swim.pk}
    assert hall.state().status_code == 401
    assert hall.post("/api/v1/till/redeem", use).status_code == 401
    with pytest.raises(Refused):
        rename(device=hall.device, name="Ny", by=hall.editor)


def test_a_till_stops_itself_and_no_other(hall: Hall) -> None:
    other, token = make_till(hall.provider)
    assert hall.post("/nb/till/leave", {}).status_code == 200
    assert hall.post("/nb/till/leave", {}).status_code == 401
    assert hall.state().status_code == 401
    assert find_till(token) == other


def test_a_provider_has_not_endlessly_many(hall: Hall) -> None:
    for _till in range(MOST_TILLS - 1):
        make_till(hall.provider)
    with pytest.raises(Refused) as refused:
        made(hall)
    assert refused.value.reason == WhyNotTill.MANY


def test_without_an_agreement_there_is_no_till(hall: Hall) -> None:
    lonely = ProviderFactory(municipality=hall.municipality, name_nb="Uten avtale")
    with pytest.raises(Refused) as refused:
        invite(provider=lonely, name="Kasse", by=None, at=timezone.now())
    assert refused.value.reason == WhyNotTill.NO_AGREEMENT


def test_the_desk_shows_the_code_once_and_stops_a_till(hall: Hall) -> None:
    client = hall.client()
    shown = client.post(hall.path("new/"), {"name": "  Kari   sin mobil "})
    page = shown.content.decode()
    assert shown["Cache-Control"].startswith("max-age=0")
    assert "Kari sin mobil" in page
    assert sent(shown.context["code"]).status_code == 200
    assert shown.context["code"] not in client.get(hall.path()).content.decode()

    assert client.post(hall.path(f"{hall.device.pk}/"), {"name": "Skranken"}).status_code == 302
    hall.device.refresh_from_db()
    assert hall.device.name == "Skranken"
    assert client.post(hall.path(f"{hall.device.pk}/"), {"deed": "stop"}).status_code == 302
    assert find_till(hall.token) is None


def test_others_see_nothing_of_a_providers_tills(hall: Hall) -> None:
    foreign, _token = make_till(hall.cinema, name="Kinoluka")
    for rest in ("", "new/", f"{hall.device.pk}/", "counter/", "guide/", "practice/", "words/", "attendance/"):
        assert hall.client(hall.stranger).get(hall.path(rest)).status_code == 404, rest
        assert Client().get(hall.path(rest)).status_code == 302, rest
    assert hall.client(hall.editor).get(hall.path(f"{foreign.pk}/")).status_code == 404
    assert hall.client().post(hall.path(f"{foreign.pk}/"), {"deed": "stop"}).status_code == 404
