"""A provider's offers on its desk: written step by step, sent, released, copied; nobody else's; on the public pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.offers import offering
from cards.offers.models import Offer, ProviderAgreement
from cards.offers.states import AgreementState, OfferState
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from tests.factories.cards import make_agreement, make_offer, make_programme, today
from tests.portal.desk.conftest import fresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(desk):
    Municipality.objects.filter(pk=desk.municipality.pk).update(languages=["nb", "en", "ar"])
    desk.programme = make_programme(desk.municipality, name_nb="Opplevelseskortet", slug="kortet", intro_nb="Alle kan spørre.")
    desk.root = f"/nb/desk/p/{desk.provider.slug}/offers/"
    return desk


@pytest.fixture
def agreement(town):
    return make_agreement(town.programme, town.provider)


def new_offer(town, title="Fire uker turn"):
    client = town.client()
    key = client.get(f"{town.root}new/").context["form"].initial["key"]
    agreement = ProviderAgreement.objects.get(provider=town.provider)
    answers = {"title": title, "key": key, "agreement": agreement.pk}
    for _ in range(2):
        answer = client.post(f"{town.root}new/", answers)
    assert answer.status_code == 302
    return client, Offer.objects.get()


def keep(client, town, offer, word, answers):
    path = f"{town.root}{offer.pk}/{word}/"
    seen = client.get(path).context["seen"]
    return client.post(path, {"seen": seen, **answers})


def test_the_provider_asks_for_an_agreement_and_takes_the_question_back(town):
    client = town.client()
    page = client.get(town.root)
    assert [row[0] for row in page.context["proposable"]] == [town.programme]
    form = client.get(f"{town.root}propose/kortet/").context["form"]
    answers = {name: form.initial[name].isoformat() for name in ("valid_from", "valid_to")} | {
        "renewal": "ask",
        "terms": "Ti plasser",
    }
    assert client.post(f"{town.root}propose/kortet/", answers).status_code == 302
    agreement = ProviderAgreement.objects.get()
    assert (agreement.state, agreement.terms) == (AgreementState.PROPOSED, "Ti plasser")
    assert [letter.to for letter in mail.outbox] == [["kontoret@example.org"]]
    client.post(f"{town.root}agreements/{agreement.pk}/take-back/")
    assert fresh(agreement).state == AgreementState.ENDED
    assert client.get(f"{town.root}propose/finnes-ikke/").status_code == 404


def test_an_offer_is_written_step_by_step_and_sent(town, agreement):
    client, offer = new_offer(town)
    first = today() + timedelta(days=3)
    steps = {
        "what": {"title": "Fire uker turn", "note": "Ta med vannflaske."},
        "where": {"activity_id": town.activity.pk, "place_id": town.place.pk},
        "days": {"valid_from": first.isoformat(), "valid_to": (first + timedelta(days=90)).isoformat()},
        "hours": {"weekdays": ["1", "2", "3", "4"], "hours": "10-16", "hours_4": "10–20", "never": "24.12–26.12"},
        "limits": {"most_per_day": "1", "age_from": "6", "age_to": "12"},
        "many": {"limit": "yes", "quantity": "40", "released": "10"},
        "companions": {"companions": "1", "companion_clips": "0"},
        "price": {"paid": "price", "unit_ore": "125,50"},
        "counter": {"let_in": "Slipp inn én, og gi trikot."},
    }
    words = list(steps)
    for word, answers in steps.items():
        answer = keep(client, town, offer, word, answers)
        assert answer.status_code == 302, (word, answer.context and answer.context["form"].errors)
        after = words[words.index(word) + 1] if word != words[-1] else "languages"
        assert answer.headers["Location"].endswith(f"/{after}/")
    keep(client, town, offer, "languages/en", {"title": "Four weeks of gymnastics", "note": "", "let_in": ""})
    offer.refresh_from_db()
    assert offer.conditions == {
        "hours": {"1": [["10:00", "16:00"]], "2": [["10:00", "16:00"]], "3": [["10:00", "16:00"]], "4": [["10:00", "20:00"]]},
        "never": [["12-24", "12-26"]],
        "most_per_day": 1,
        "age_from": 6,
        "age_to": 12,
    }
    assert (offer.activity, offer.place, offer.valid_from) == (town.activity, town.place, first)
    assert (offer.quantity, offer.released, offer.companions, offer.unit_ore) == (40, 10, 1, 12_550)
    assert (offer.title_en, offer.let_in_nb) == ("Four weeks of gymnastics", "Slipp inn én, og gi trikot.")
    assert not offer.note_en
    page = client.get(f"{town.root}{offer.pk}/").content.decode()
    assert "125,50" in page
    for _ in range(2):
        client.post(f"{town.root}{offer.pk}/deeds/send/")
    assert fresh(offer).state == OfferState.OFFERED
    assert len([letter for letter in mail.outbox if letter.to == ["kontoret@example.org"]]) == 1
    assert client.get(f"{town.root}{offer.pk}/price/").status_code == 302


def test_the_script_keeps_while_one_writes_and_two_do_not_write_over_each_other(town, agreement):
    client, offer = new_offer(town)
    path = f"{town.root}{offer.pk}/what/"
    seen = client.get(path).context["seen"]
    said = client.post(path, {"seen": seen, "title": "Turn"}, headers={"Accept": "application/json"})
    assert said.status_code == 200
    assert fresh(offer).title_nb == "Turn"
    late = client.post(path, {"seen": seen, "title": "Noe annet"})
    assert late.status_code == 422
    assert fresh(offer).title_nb == "Turn"
    again = client.post(path, {"seen": said.json()["seen"], "title": "Turn for alle"}, headers={"Accept": "application/json"})
    assert (again.status_code, fresh(offer).title_nb) == (200, "Turn for alle")


@pytest.mark.parametrize(
    ("word", "answers", "field"),
    [
        ("what", {"title": ""}, "title"),
        ("days", {"valid_from": "2027-05-02", "valid_to": "2027-05-01"}, "valid_to"),
        ("hours", {"hours": "16-10"}, "hours"),
        ("hours", {"never": "32.12"}, "never"),
        ("limits", {"age_from": "12", "age_to": "6"}, "age_to"),
        ("many", {"limit": "yes", "quantity": "5", "released": "6"}, "released"),
        ("many", {"limit": "yes"}, "quantity"),
        ("price", {"paid": "price", "unit_ore": "-4"}, "unit_ore"),
        ("price", {"paid": "price"}, "unit_ore"),
        ("companions", {"companions": "21", "companion_clips": "0"}, "companions"),
    ],
)
def test_nonsense_is_told_at_the_question(town, agreement, word, answers, field):
    client, offer = new_offer(town)
    before = offering.values_of(fresh(offer))
    answer = keep(client, town, offer, word, answers)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert offering.values_of(fresh(offer)) == before


def test_only_own_pages_that_were_public_can_be_chosen(town, agreement):
    client, offer = new_offer(town)
    foreign = make_offer(make_agreement(town.programme, town.others))
    type(town.activity).objects.filter(pk=town.activity.pk).update(live=False, first_published_at=None)
    for answers in ({"activity_id": town.activity.pk}, {"place_id": "999999"}, {"activity_id": foreign.pk + 1000}):
        assert keep(client, town, offer, "where", answers).status_code == 422


def test_other_providers_offers_are_not_there(town, agreement):
    offer = make_offer(agreement)
    paths = ["", "close/", "copy/", "what/", "languages/en/"]
    for who in (town.stranger, town.newcomer, town.staff):
        client = town.client(who)
        assert client.get(town.root).status_code == 404
        for path in paths:
            assert client.get(f"{town.root}{offer.pk}/{path}").status_code == 404
        for path in ("deeds/unpublish/", "release/", "close/"):
            assert client.post(f"{town.root}{offer.pk}/{path}", {"released": 1}).status_code == 404
        assert client.post(f"{town.root}agreements/{agreement.pk}/renewal/", {"answer": "yes"}).status_code == 404
    own = f"/nb/desk/p/{town.others.slug}/offers/{offer.pk}/"
    assert town.client(town.stranger).get(own).status_code == 404
    assert fresh(offer).state == OfferState.PUBLISHED


def test_there_is_no_deed_that_approves(town, agreement):
    client, offer = new_offer(town)
    client.post(f"{town.root}{offer.pk}/deeds/send/")
    for word in ("approve", "approve_offer", "send_back"):
        assert client.post(f"{town.root}{offer.pk}/deeds/{word}/").status_code == 404
    client.post(f"{town.root}{offer.pk}/deeds/publish/")
    assert fresh(offer).state == OfferState.OFFERED


def test_what_came_back_stands_first_with_its_reason(town, agreement):
    client, offer = new_offer(town)
    client.post(f"{town.root}{offer.pk}/deeds/send/")
    offering.send_back(offer=offer, reason="Si hvor mange.", by=town.staff, at=timezone.now())
    first = client.get("/nb/desk/").context["todos"][0]
    assert first.href == f"{town.root}{offer.pk}/"
    assert "Si hvor mange." in client.get(f"{town.root}{offer.pk}/").content.decode()


def test_in_use_it_is_changed_only_after_it_was_taken_out_of_use(town, agreement):
    offer = make_offer(agreement, activity=town.activity)
    client = town.client()
    assert client.get(f"{town.root}{offer.pk}/price/").status_code == 302
    assert client.post(f"{town.root}{offer.pk}/price/", {"paid": "gift"}).status_code == 302
    assert fresh(offer).unit_ore == 5000
    client.post(f"{town.root}{offer.pk}/deeds/change/")
    assert fresh(offer).state == OfferState.DRAFT
    assert keep(client, town, offer, "price", {"paid": "gift"}).status_code == 302
    assert fresh(offer).unit_ore == 0


def test_a_trusted_provider_mends_words_in_use(town, agreement):
    Provider.objects.filter(pk=town.provider.pk).update(publishes_at_once=True)
    offer = make_offer(agreement, title_nb="Ett bad")
    client = town.client()
    assert keep(client, town, offer, "what", {"title": "Ett bad med badstue"}).status_code == 302
    assert (fresh(offer).title_nb, fresh(offer).state) == ("Ett bad med badstue", OfferState.PUBLISHED)
    assert client.get(f"{town.root}{offer.pk}/price/").status_code == 302


def test_more_is_let_out_and_never_less_than_is_used(town, agreement):
    offer = make_offer(agreement, quantity=50, released=10)
    Offer.objects.filter(pk=offer.pk).update(used=8)
    client = town.client()
    for number, then in (("20", 20), ("7", 20), ("51", 20), ("x", 20), ("50", 50)):
        client.post(f"{town.root}{offer.pk}/release/", {"released": number})
        assert fresh(offer).released == then


def test_last_season_is_taken_along(town, agreement):
    offer = make_offer(agreement, title_nb="Ett bad", state=OfferState.CLOSED)
    client = town.client()
    form = client.get(f"{town.root}{offer.pk}/copy/").context["form"]
    answers = {"key": form.initial["key"], **{n: form.initial[n].isoformat() for n in ("valid_from", "valid_to")}}
    for _ in range(2):
        assert client.post(f"{town.root}{offer.pk}/copy/", answers).status_code == 302
    assert [(row.title_nb, row.state) for row in Offer.objects.exclude(pk=offer.pk)] == [("Ett bad", OfferState.DRAFT)]


def test_going_on_is_answered_with_one_press(town, agreement):
    ProviderAgreement.objects.filter(pk=agreement.pk).update(valid_to=today() + timedelta(days=30))
    client = town.client()
    assert any(todo.href == town.root for todo in client.get("/nb/desk/").context["todos"])
    client.post(f"{town.root}agreements/{agreement.pk}/renewal/", {"answer": "yes"})
    assert fresh(agreement).wished_to > today() + timedelta(days=380)
    assert not any(todo.href == town.root for todo in client.get("/nb/desk/").context["todos"])


@pytest.mark.parametrize(("renewal", "yes", "no"), [("ask", True, True), ("renew", False, True), ("none", True, False)])
def test_what_was_said_about_going_on_can_be_said_otherwise_in_time(town, agreement, renewal, yes, no):
    ProviderAgreement.objects.filter(pk=agreement.pk).update(valid_to=today() + timedelta(days=30), renewal=renewal)
    client = town.client()
    html = client.get(town.root).content.decode()
    assert [f'name="answer" value="{word}"' in html for word in ("yes", "no")] == [yes, no]
    client.post(f"{town.root}agreements/{agreement.pk}/renewal/", {"answer": "no"})
    assert fresh(agreement).renewal == "none"
    ProviderAgreement.objects.filter(pk=agreement.pk).update(valid_to=today() + timedelta(days=90))
    assert 'name="answer"' not in client.get(town.root).content.decode()


def test_what_is_not_used_can_be_held_back(town, agreement):
    offer = make_offer(agreement, quantity=50, released=50)
    client = town.client()
    assert 'id="id_released"' in client.get(f"{town.root}{offer.pk}/").content.decode()
    client.post(f"{town.root}{offer.pk}/release/", {"released": "20"})
    assert fresh(offer).released == 20


# ── what everybody sees ─────────────────────────────────────────────────────────────────────────────────────


def test_offers_stand_on_the_public_pages_in_words(town, agreement, client):
    make_offer(
        agreement,
        activity=town.activity,
        place=town.place,
        title_nb="Fire uker turn",
        title_en="Four weeks",
        note_nb="Ta med vann.",
        conditions={"hours": {"1": [["10:00", "16:00"]]}, "most_per_day": 1},
        companions=1,
        quantity=1234,
        released=1234,
        used=1230,
    )
    make_offer(agreement, title_nb="Hemmelig utkast", state=OfferState.OFFERED, activity=town.activity)
    pages = [f"/nb/activities/{town.activity.slug}/", f"/nb/places/{town.place.slug}/", f"/nb/providers/{town.provider.slug}/"]
    for path in pages:
        html = client.get(path).content.decode()
        assert 'href="#card-offers"' in html
        assert 'id="card-offers"' in html
        for words in ("Fire uker turn", "Opplevelseskortet", "Ta med vann.", "Alle kan spørre."):
            assert words in html, (path, words)
        assert "Hemmelig utkast" not in html
        assert not re.search(r"123[04]|5000|\b50\s*kr", html), path
    english = client.get(pages[0].replace("/nb/", "/en/")).content.decode()
    assert "Four weeks" in english
    assert re.search(r'lang="nb"[^>]*>\s*<p>Ta med vann\.', english)
    other = client.get(f"/nb/providers/{town.others.slug}/").content.decode()
    assert "card-offers" not in other


def test_a_page_without_offers_costs_one_question_more(town, agreement, client):
    path = f"/nb/activities/{town.activity.slug}/"
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    assert sum("cards_offer" in query["sql"] for query in asked.captured_queries) == 1
