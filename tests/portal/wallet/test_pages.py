"""`/k` and `/w` as they are served: the same for everybody, with nothing of a card in them, for nobody else."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from cards.ledger.codes import in_groups, new_code
from tests.factories.cards import make_card, make_programme, make_use
from tests.factories.directory import default_municipality, make_municipality
from tests.portal.wallet.conftest import Phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db):
    town = default_municipality()
    make_programme(town)
    return town


def type_code(client, code, **extra):
    page = client.get("/k?lang=nb").content.decode()
    token = page.split('name="token" value="')[1].split('"')[0]
    return client.post("/k?lang=nb", {"code": code, "token": token}, **extra)


def test_the_pages_tell_nobody_anything_and_keep_no_cookie(client, town):
    for path in ("/k", "/w", "/w/manifest.webmanifest", "/w/sw.js"):
        response = client.get(path)
        assert response.status_code == 200, path
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Frame-Options"] == "DENY"
        assert not response.cookies
        policy = response["Content-Security-Policy"]
        for wanted in ("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert wanted in policy
        assert "unsafe" not in policy
        assert "http" not in policy
    assert "no-store" in client.get("/k")["Cache-Control"]


def test_a_municipality_without_a_programme_has_no_cards(client, town):
    make_municipality("3907", "Sandefjord")
    for path in ("/k", "/w", "/w/sw.js", "/api/v1/wallet/cards"):
        assert client.get(path, headers={"host": "sandefjord.localhost"}).status_code == 404


def test_the_language_is_asked_for_or_the_browsers_and_never_one_the_municipality_lacks(client, town):
    def lang(path, accept=""):
        response = client.get(path, headers={"accept-language": accept})
        return response.content.decode().split('<html lang="')[1].split('"')[0]

    assert lang("/w?lang=ar") == "ar"
    assert lang("/w", "ar,en;q=0.5") == "ar"
    assert lang("/w?lang=xx") == lang("/w?lang=../x") == "nb"
    town.languages = ["nb", "en"]
    town.save()
    assert lang("/w?lang=ar") == "nb"
    assert 'dir="rtl"' not in client.get("/w?lang=ar").content.decode()


def test_a_typed_code_shows_what_is_left_and_stands_in_no_address(client, town):
    card, code = make_card(clips=3)
    make_use(card, card.allowances.get().offer)
    response = type_code(client, in_groups(code).lower(), headers={"origin": "null"})
    page = response.content.decode()
    assert response.status_code == 200
    assert card.allowances.get().offer.title_nb in page
    assert page.count('class="dot"') == 2
    assert page.count("dot--used") == 1
    assert code not in page
    assert "data-show-code" not in page, "paper shows no picture"
    assert response["Cache-Control"] == "no-store"


def test_a_code_that_is_on_a_phone_shows_nothing_without_script_either(client, town):
    _card, code = make_card()
    Phone().add(code)
    response = type_code(client, code)
    assert response.status_code == 422
    assert 'class="dot' not in response.content.decode()


def test_guesses_are_counted_together_however_they_come(client, town):
    _card, code = make_card()
    for _ in range(5):
        assert type_code(client, new_code()).status_code == 422
    phone = Phone()
    assert [phone.ask("look", {"code": new_code()}).status_code for _ in range(6)] == [404] * 5 + [429]
    assert 'class="dot' not in type_code(client, code).content.decode()


def test_a_form_without_our_token_is_not_answered(client, town):
    _card, code = make_card()
    response = client.post("/k?lang=nb", {"code": code, "token": "x"})
    assert response.status_code == 422
    assert 'class="dot' not in response.content.decode()


def test_the_manifest_holds_no_secret_and_opens_the_wallet(client, town):
    facts = json.loads(client.get("/w/manifest.webmanifest?lang=ar").content)
    assert (facts["id"], facts["scope"], facts["start_url"], facts["lang"], facts["dir"]) == (
        "/w",
        "/w",
        "/w?lang=ar",
        "ar",
        "rtl",
    )
    assert {icon["purpose"] for icon in facts["icons"]} == {"any", "maskable"}


def test_the_worker_is_for_the_wallet_alone(client, town):
    response = client.get("/w/sw.js")
    assert response["Service-Worker-Allowed"] == "/w"
    assert response["Content-Type"].startswith("text/javascript")
    facts = json.loads(response.content.decode().split("const WALLET=")[1].split(";\n")[0])
    assert facts["shell"] == "/w"
    for file in facts["files"]:
        assert client.get(file).status_code == 200, file


def test_what_is_shown_of_a_card_that_runs_out(phone):
    def soon(days):
        card.valid_to = timezone.localdate() + timedelta(days=days)
        card.save()
        page = phone.ask("cards").json()["html"]
        return "data-soon hidden" not in page, "data-show-code" in page

    card, code = make_card()
    phone.add(code)
    assert soon(31) == (False, True)
    assert soon(30) == (True, True)
    assert soon(0) == (True, True)
    assert soon(-1) == (False, False)
