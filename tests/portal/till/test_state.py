"""What a till is told of itself: its own provider's offers and its own last uses; no card, no cookie."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cards.offers.models import Redemption
from tests.factories.cards import make_offer, make_till, make_use
from tests.factories.directory import make_municipality
from tests.portal.till.conftest import Hall


def test_the_offers_of_today_of_the_own_provider(hall: Hall) -> None:
    over = timezone.localdate() - timedelta(days=1)
    make_offer(hall.agreement, title_nb="Forbi", valid_to=over)
    make_offer(hall.agreement, title_nb="Kladd", state="draft")
    told = hall.state().json()
    assert [offer["title"]["text"] for offer in told["offers"]] == ["Badstue", "Svømming"]
    swim = told["offers"][1]
    assert (swim["let_in"]["text"], swim["most_people"], swim["offline"]) == ("Slipp inn i svømmehallen", 2, False)
    assert told["offers"][0]["let_in"]["text"].endswith("Badstue")
    assert (told["till"], told["provider"]["text"]) == ("Luka", "Farrishallen")


def test_the_last_uses_of_this_till_and_nothing_of_the_card(hall: Hall) -> None:
    at = timezone.now()
    old = make_use(hall.card, hall.swim, at=at - timedelta(minutes=11), device=hall.device)
    mine = make_use(hall.card, hall.swim, at=at - timedelta(minutes=2), device=hall.device, people=2)
    other, _token = make_till(hall.provider)
    theirs = make_use(hall.card, hall.swim, at=at, device=other)
    answer = hall.state()
    uses = answer.json()["uses"]
    assert [(use["mark"], use["people"][0], use["undone"]) for use in uses] == [(mine.mark, "2", False)]
    text = answer.content.decode()
    assert not any(secret in text for secret in (old.mark, theirs.mark, hall.card.public_id, hall.code))
    assert Redemption.objects.count() == 3


def test_a_use_taken_back_is_shown_as_such(hall: Hall) -> None:
    use = make_use(hall.card, hall.swim, device=hall.device)
    assert hall.post("/api/v1/till/undo", {"key": f"undo-{use.mark}", "redemption": use.mark}).status_code == 200
    assert [one["undone"] for one in hall.state().json()["uses"]] == [True]


@pytest.mark.parametrize(
    ("quantity", "clips", "warned"), [(100, 1, False), (10, 1, False), (4, 1, True), (1, 1, True), (None, 1, False)]
)
def test_what_runs_out_is_said_before(hall: Hall, quantity: int | None, clips: int, warned: bool) -> None:
    type(hall.swim).objects.filter(pk=hall.swim.pk).update(quantity=quantity, released=quantity)
    make_use(hall.card, hall.swim, device=hall.device, clips=clips)
    warnings = hall.state().json()["warnings"]
    assert [one["title"]["text"] for one in warnings] == (["Svømming"] if warned else [])
    desk = hall.client().get(hall.path())
    assert (len(desk.context["scarce"]) == 1) is warned


def test_a_months_ceiling_is_said_in_kroner(hall: Hall) -> None:
    type(hall.agreement).objects.filter(pk=hall.agreement.pk).update(ceiling_ore=5500)
    make_use(hall.card, hall.swim, device=hall.device)
    (warning,) = hall.state().json()["warnings"]
    assert "5" in warning["text"]
    assert "55" in warning["text"]
    assert "kr" in warning["text"]


def test_a_page_without_a_cookie(hall: Hall) -> None:
    page = Client().get("/nb/till/")
    assert page.status_code == 200
    assert not page.cookies
    assert not hall.state().cookies
    assert "wasm-unsafe-eval" in page["Content-Security-Policy"]
    assert "unsafe-eval'" not in page["Content-Security-Policy"].replace("wasm-unsafe-eval", "")
    assert "wasm-unsafe-eval" not in Client().get("/nb/find/")["Content-Security-Policy"]


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer fft_x", "Basic abc", f"Bearer fft_{'a' * 43}"])
def test_who_proves_nothing_is_told_nothing(hall: Hall, header: str) -> None:
    answer = Client().get("/nb/till/state", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()) == (401, {"reason": "device"})


def test_at_another_municipalitys_address_a_till_is_unknown(hall: Hall) -> None:
    make_municipality("3907", "Sandefjord")
    assert hall.state(Host="sandefjord.localhost").status_code == 401


def test_the_questions_do_not_grow_with_the_offers(hall: Hall, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number in range(6):
        make_offer(hall.agreement, title_nb=f"Mer {number}")
    with django_assert_max_num_queries(12):
        assert len(hall.state().json()["offers"]) == 8
