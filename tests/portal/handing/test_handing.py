"""Handing out on the desk: a minute and two pages, without script; one's own agency only; codes nowhere but in the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from cards.ledger.codes import hash_code, in_groups, new_secret
from cards.programmes import sheets
from cards.programmes.actions import add_extra, issue, revoke
from cards.programmes.models import (
    AgencyQuota,
    Allowance,
    Batch,
    Card,
    CardType,
    CardTypeLine,
    CodeSheet,
    OutgoingText,
    Programme,
)
from cards.programmes.rules import WhyNotHand
from cards.programmes.states import CardState, Medium, Way
from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import Municipality
from portal.desk.menu import tiles
from portal.desk.todo import todos
from portal.handing.texting import forget_texts, send_text
from portal.kit import texting
from tests.cards.programmes.reading import Sheets
from tests.factories.cards import make_agency, make_card_type, make_offer, make_quota, put_on_phone
from tests.factories.directory import CategoryFactory, UserFactory, default_municipality, make_municipality, make_staff

pytestmark = pytest.mark.django_db


@dataclass
class Office:
    """An agency with ten cards of a kind, somebody who works there, and their browser."""

    agency: Agency
    quota: AgencyQuota
    card_type: CardType
    user: Any
    client: Client
    offer: Any

    def path(self, room: str, lang: str = "nb") -> str:
        return f"/{lang}/desk/cards/{self.agency.pk}/{room}"

    def page(self, room: str = "", lang: str = "nb") -> str:
        return self.client.get(self.path(room, lang)).content.decode()

    def form(self, room: str = "hand-out/") -> dict[str, str]:
        return {"card_type": str(self.card_type.pk), "secret": hidden(self.page(room), "secret")}

    def hand_out(self, way: str = "screen", **more: Any) -> Any:
        return self.client.post(self.path("hand-out/"), self.form() | {"way": way} | more)

    def many(self, count: int, **more: Any) -> Any:
        said = self.form("many/") | {"count": count, "layout": "ten"} | more
        return self.client.post(self.path("many/"), said)


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html) or re.search(rf'value="([^"]*)"[^>]*name="{name}"', html)
    assert found, name
    return unescape(found[1])


@pytest.fixture
def town() -> Municipality:
    municipality = default_municipality()
    municipality.features = ["cards"]
    municipality.languages = ["nb", "en", "ar", "ti"]
    municipality.save()
    return municipality


def make_office(municipality: Municipality, name: str = "NAV Larvik", quantity: int = 10) -> Office:
    agency = make_agency(municipality, name_nb=name)
    user = UserFactory()
    AgencyRole.objects.create(user=user, agency=agency)
    offer = make_offer(title_nb="Bading")
    card_type = make_card_type(lines=[(offer, 3)], name="Sommer")
    client = Client()
    client.force_login(user)
    return Office(agency, make_quota(agency, card_type, quantity), card_type, user, client, offer)


@pytest.fixture
def office(town: Municipality) -> Office:
    return make_office(town)


def code_in(html: str) -> str:
    found = re.search(r"\b([0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3})\b", html)
    assert found, "no code on the page"
    return found[1].replace("-", "")


# ── one card ────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_desk_opens_on_handing_out(office: Office, town: Municipality) -> None:
    at = timezone.now()
    door = next(todo for todo in todos(office.user, town, at) if todo.icon == "card")
    assert door.href == office.path("hand-out/")
    assert "10" in str(door.text)
    assert reverse("desk-cards") in {tile.href for tile in tiles(office.user, town, at)}
    AgencyQuota.objects.update(used=10)
    assert not [todo for todo in todos(office.user, town, at) if todo.icon == "card"]
    town.features = []
    town.save()
    assert reverse("desk-cards") not in {tile.href for tile in tiles(office.user, town, at)}
    assert office.client.get(office.path("")).status_code == 404


def test_one_card_on_the_screen_in_two_pages(office: Office) -> None:
    html = office.page("hand-out/")
    assert "Sommer" in html
    assert html.count("checked") >= 2, "the only card and the usual way are chosen already"
    answer = office.hand_out("screen")
    assert answer.status_code == 200
    html = answer.content.decode()
    card = Card.objects.get()
    assert Card.objects.get(code_hash=hash_code(code_in(html))) == card
    assert in_groups(card.public_id) in html
    assert 'src="data:image/svg+xml' in html
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin", "with none at all, browsers send the forms of the page without origin"
    assert (card.batch.way, card.batch.agency) == (Way.SCREEN, office.agency)


def test_pressed_twice_is_one_card_and_shows_it_again(office: Office) -> None:
    said = office.form() | {"way": "code"}
    pages = [office.client.post(office.path("hand-out/"), said).content.decode() for _n in range(2)]
    assert code_in(pages[0]) == code_in(pages[1])
    assert Card.objects.count() == 1
    office.client.post(office.path("sheet/"), {"batch": Batch.objects.get().pk, "secret": said["secret"], "do": "printed"})
    third = office.client.post(office.path("hand-out/"), said)
    assert third.status_code == 422
    assert not re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", third.content.decode())
    assert Card.objects.count() == 1


def test_the_last_card_pressed_twice(office: Office) -> None:
    AgencyQuota.objects.update(used=9)
    said = office.form() | {"way": "screen"}
    assert [office.client.post(office.path("hand-out/"), said).status_code for _n in range(2)] == [200, 200]
    assert "Bare" not in office.page("hand-out/")
    assert office.client.post(office.path("hand-out/"), said | {"secret": new_secret()}).status_code == 422
    assert Card.objects.count() == 1


def test_a_link_by_text_message_holds_nothing_else_and_the_number_is_nowhere(office: Office) -> None:
    folder = Path(settings.VAR_DIR) / "sms"
    before = set(folder.glob("*")) if folder.exists() else set()
    assert office.hand_out("sms", phone="12").status_code == 422
    said = office.form() | {"way": "sms", "phone": "912 34 567"}
    for _n in range(2):
        assert office.client.post(office.path("hand-out/"), said).status_code == 200
    (written,) = set(folder.glob("*")) - before
    link = written.read_text().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/k#[0-9A-Z]{16}", link)
    assert Card.objects.get().code_hash is not None
    assert not OutgoingText.objects.exists()
    assert "91234567" not in written.name + link


def test_a_message_that_cannot_be_sent_is_kept_sealed_and_forgotten(office: Office, monkeypatch: Any, settings: Any) -> None:
    settings.SMS_URL = "https://user:secret@sms.example.org/send?from=Kortet"
    asked: list[Any] = []

    def refuse(self: Any, request: Any, timeout: float) -> Any:
        asked.append((request.full_url, request.data.decode(), request.headers["Authorization"]))
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.OpenerDirector.open", refuse)
    assert office.hand_out("sms", phone="91234567").status_code == 200
    row = OutgoingText.objects.get()
    assert b"91234567" not in bytes(row.sealed)
    with pytest.raises(texting.NotSent) as told:
        send_text.func(row.pk)
    assert "91234567" not in str(told.value)
    url, body, key = asked[-1]
    assert url == "https://sms.example.org/send"
    assert body.startswith("from=Kortet&to=%2B4791234567&text=http")
    assert key.startswith("Basic ")
    assert forget_texts(row.ends_at) == 1
    send_text.func(row.pk)


def test_without_a_gateway_nobody_is_offered_a_message(office: Office, settings: Any) -> None:
    html = office.page("hand-out/")
    assert 'value="sms"' in html
    assert 'name="phone"' in html
    settings.SMS_URL = ""
    html = office.page("hand-out/")
    assert 'value="sms"' not in html
    assert 'name="phone"' not in html
    assert office.hand_out("sms", phone="91234567").status_code == 422


def test_through_an_association_that_keeps_the_card(office: Office) -> None:
    keeper = office.offer.agreement.provider
    assert office.hand_out("association").status_code == 422
    assert office.hand_out("association", provider=keeper.pk).status_code == 200
    card = Card.objects.get()
    assert (card.medium, card.holder_provider) == (Medium.ASSOCIATION, keeper)


def test_guarded_programmes_ask_for_a_number(office: Office, settings: Any, tmp_path: Any) -> None:
    from tests.cards.programmes.test_tags import made_up

    settings.TAG_KEY_FILE = tmp_path / "tag.keys"
    assert 'name="number"' not in office.page("hand-out/")
    Programme.objects.update(privacy_level=1)
    assert 'name="number"' in office.page("hand-out/")
    assert office.hand_out().status_code == 422
    assert office.hand_out(number="123").status_code == 422
    assert office.hand_out(number=made_up(1)).status_code == 200
    refused = office.hand_out(number=made_up(1))
    assert refused.status_code == 422
    assert made_up(1) not in refused.content.decode().replace(f'value="{made_up(1)}"', "")
    assert office.hand_out(no_number="on").status_code == 200
    assert Card.objects.count() == 2
    assert 'name="card_type"' not in office.page("many/"), "each of these asks for a number"


# ── many ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_many_are_printed_once(office: Office) -> None:
    answer = office.many(7, languages=["ar"], purpose="Tiende trinn")
    assert answer.status_code == 200
    html = answer.content.decode()
    batch, secret = Batch.objects.get(), hidden(html, "secret")
    assert (batch.count, batch.purpose, batch.lang) == (7, "Tiende trinn", "ar")
    said = {"batch": batch.pk, "secret": secret, "layout": "ten", "languages": ["ar"], "do": "file"}
    for _again in range(2):
        file = office.client.post(office.path("sheet/"), said)
        assert file["Content-Type"] == "application/pdf"
        assert "no-store" in file["Cache-Control"]
        with Sheets(file.content) as found:
            codes = [code.rsplit("#", 1)[1] for code, _width in found.codes()]
            assert "ar" in found.languages()
        assert Card.objects.filter(code_hash__in=[hash_code(code) for code in codes]).count() == 7
    done = office.client.post(office.path("sheet/"), {"batch": batch.pk, "secret": secret, "do": "printed"})
    assert done["Location"] == office.path("")
    assert office.client.post(office.path("sheet/"), said).status_code == 302
    assert not CodeSheet.objects.exists()
    assert "Tiende trinn" in office.page()


def test_more_than_are_left_is_a_no_with_the_number(office: Office) -> None:
    answer = office.many(11)
    assert answer.status_code == 422
    assert not Card.objects.exists()
    assert office.many(1001).status_code == 422
    too_many_languages = office.many(2, languages=["en", "ar", "ti", "nb"])
    assert too_many_languages.status_code == 422


def test_new_codes_say_first_what_stops_working(office: Office) -> None:
    office.many(3)
    batch = Batch.objects.get()
    before = set(map(bytes, Card.objects.values_list("code_hash", flat=True)))
    asked = office.client.post(office.path("new-codes/"), {"batch": batch.pk})
    assert asked.status_code == 200
    assert set(map(bytes, Card.objects.values_list("code_hash", flat=True))) == before, "asking changes nothing"
    secret = hidden(asked.content.decode(), "secret")
    for _twice in range(2):
        made = office.client.post(office.path("new-codes/"), {"batch": batch.pk, "secret": secret, "do": "make"})
        assert made.status_code == 200
        after = set(map(bytes, Card.objects.values_list("code_hash", flat=True)))
        assert not after & before
    assert sheets.open_sheet(batch=batch, secret=secret, by=office.user, at=timezone.now())


def test_they_are_printed_is_a_yes_however_late_and_codes_are_made_anew_once(office: Office) -> None:
    answer = office.many(3)
    batch, secret = Batch.objects.get(), hidden(answer.content.decode(), "secret")
    CodeSheet.objects.all().delete()  # the quarter of an hour is over
    for _twice in range(2):
        done = office.client.post(office.path("sheet/"), {"batch": batch.pk, "secret": secret, "do": "printed"}, follow=True)
        assert str(WhyNotHand.SHEET_GONE.label) not in done.content.decode()
    batch.refresh_from_db()
    assert batch.printed_on == timezone.localdate()
    again = {"batch": batch.pk, "secret": new_secret(), "do": "make"}
    assert office.client.post(office.path("new-codes/"), again).status_code == 200
    office.client.post(office.path("sheet/"), again | {"do": "printed"})
    printed = set(map(bytes, Card.objects.values_list("code_hash", flat=True)))
    late = office.client.post(office.path("new-codes/"), again)
    assert late.status_code == 422, "the form was sent once more"
    assert set(map(bytes, Card.objects.values_list("code_hash", flat=True))) == printed, "what is on paper works"


def test_what_stands_on_each_card_is_its_own(office: Office) -> None:
    office.many(3)
    batch = Batch.objects.get()
    stopped, richer, plain = Card.objects.order_by("pk")
    revoke(card=stopped, by=office.user, at=timezone.now())
    add_extra(card=richer, offer=office.offer, quantity=7, by=office.user, at=timezone.now(), key=uuid4())
    secret = new_secret()
    made = office.client.post(office.path("new-codes/"), {"batch": batch.pk, "secret": secret, "do": "make"})
    assert made.status_code == 200
    said = {"batch": batch.pk, "secret": secret, "layout": "one", "do": "file"}
    with Sheets(office.client.post(office.path("sheet/"), said).content) as found:
        texts = {number: found.text(page) for page, number in enumerate((richer.public_id, plain.public_id))}
    assert ["7 × Bading" in texts[card.public_id] for card in (richer, plain)] == [True, False]
    assert all("3 × Bading" in text for text in texts.values())


def test_more_languages_than_have_room_are_not_left_out_without_a_word(office: Office, town: Municipality) -> None:
    town.languages = ["nb", "en", "ar", "ti", "uk"]
    town.save()
    answer = office.many(2)
    said = {"batch": Batch.objects.get().pk, "secret": hidden(answer.content.decode(), "secret"), "do": "file"}
    said["languages"] = ["en", "ar", "ti", "uk"]
    assert office.client.post(office.path("sheet/"), said | {"layout": "ten"}).status_code == 422
    assert office.client.post(office.path("sheet/"), said | {"layout": "eight"})["Content-Type"] == "application/pdf"


# ── by the stub ─────────────────────────────────────────────────────────────────────────────────────────────
def own_card(office: Office) -> Any:
    return issue(
        card_type=office.card_type,
        municipality=office.agency.municipality,
        agency=office.agency,
        count=1,
        way=Way.PRINT,
        key=sheets.deed_of(new_secret()),
        by=office.user,
        at=timezone.now(),
    ).cards[0]


def test_a_card_is_found_by_its_stub_and_helped(office: Office) -> None:
    made = own_card(office)
    card, path = made.card, office.path("card/")

    def press(deed: str, **more: Any) -> Any:
        return office.client.post(path, {"number": card.public_id, "deed": deed} | more)

    typed = in_groups(card.public_id).lower()
    html = office.client.post(path, {"number": f" {typed} "}).content.decode()
    assert in_groups(card.public_id) in html
    assert 'value="pause"' not in html, "a card never used is not paused"
    put_on_phone(card, made.code)
    assert press("pause").status_code == 200
    card.refresh_from_db()
    assert card.state == CardState.SUSPENDED
    assert press("resume").status_code == 200
    extra = hidden(office.client.post(path, {"number": card.public_id}).content.decode(), "key")
    for _twice in range(2):
        assert press("extra", offer=f"offer-{office.offer.pk}", quantity=2, key=extra).status_code == 200
    assert list(Allowance.objects.filter(card=card, line=None).values_list("quantity", flat=True)) == [2]
    secret = new_secret()
    for _twice in range(2):
        new = press("replace", secret=secret)
        assert new.status_code == 200
        assert Card.objects.filter(code_hash=hash_code(code_in(new.content.decode()))).exists()
    assert Card.objects.count() == 2
    replaced = Card.objects.get(replaces=card)
    assert sum(replaced.allowances.values_list("quantity", flat=True)) == 5
    assert press("stop", reason="lost").status_code == 422
    stopped = office.client.post(path, {"number": replaced.public_id, "deed": "stop", "reason": "lost"})
    assert stopped.status_code == 200
    replaced.refresh_from_db()
    assert replaced.state == CardState.REVOKED


def test_what_replaces_a_card_that_came_by_text_message_is_shown_and_not_said_to_be_sent(office: Office) -> None:
    sent = office.hand_out("sms", phone="912 34 567").content.decode()
    told = translated("The link is on its way to the phone. The number is not kept.")
    assert told in sent
    card = Card.objects.get()
    new = office.client.post(office.path("card/"), {"number": card.public_id, "deed": "replace", "secret": new_secret()})
    assert told not in new.content.decode()
    assert translated("Let them scan this with their phone") in new.content.decode()


def test_more_of_an_amount_is_put_on_one_card(office: Office) -> None:
    line = CardTypeLine.objects.create(
        card_type=office.card_type, category=CategoryFactory(municipality=office.agency.municipality), unit="ore", quantity=50_000
    )
    made, path = own_card(office), office.path("card/")
    page = office.client.post(path, {"number": made.card.public_id}).content.decode()
    said = {"number": made.card.public_id, "deed": "extra", "offer": f"line-{line.pk}", "key": hidden(page, "key")}
    for _twice in range(2):
        assert office.client.post(path, said | {"quantity": 250}).status_code == 200
    assert list(Allowance.objects.filter(line=None).values_list("category", "unit", "quantity")) == [
        (line.category_id, "ore", 25_000)
    ]
    assert office.client.post(path, said | {"quantity": 20_000, "key": str(uuid4())}).status_code == 422
    offer = said | {"offer": f"offer-{office.offer.pk}", "key": str(uuid4())}
    assert office.client.post(path, offer | {"quantity": 101}).status_code == 422
    assert Allowance.objects.filter(line=None).count() == 1


def translated(text: str) -> str:
    with translation.override("nb"):
        return gettext(text)


def test_another_agencys_card_is_not_there(office: Office, town: Municipality) -> None:
    other = make_office(town, "Helsestasjonen")
    far = make_municipality("3907", "Sandefjord")
    far.features = ["cards"]
    far.save()
    foreign = make_office(far, "NAV Sandefjord")
    made = own_card(office)
    batch = made.card.batch
    path = other.path("card/")
    unknown = other.client.post(path, {"number": "00000000"})
    for deed in ("", "stop", "replace", "pause", "resume", "extra"):
        answer = other.client.post(path, {"number": made.card.public_id, "deed": deed, "reason": "lost", "secret": new_secret()})
        assert answer.status_code == unknown.status_code == 404, deed
        said = answer.content.decode().replace(made.card.public_id, "00000000")
        assert strip(said) == strip(unknown.content.decode())
    for room, said in (
        ("sheet/", {"batch": batch.pk, "do": "printed"}),
        ("new-codes/", {"batch": batch.pk, "do": "make", "secret": new_secret()}),
    ):
        assert other.client.post(other.path(room), said).status_code == 404
    for client in (other.client, foreign.client, Client()):
        for room in ("", "hand-out/", "many/", "card/", "sheet/", "new-codes/"):
            assert client.post(office.path(room), {"number": made.card.public_id}).status_code in {302, 404, 405}, room
            assert client.get(office.path(room)).status_code in {302, 404, 405}, room
    assert foreign.client.get(foreign.path("")).status_code == 404, "another municipality's desk"
    made.card.refresh_from_db()
    assert made.card.state == CardState.ISSUED
    assert Card.objects.count() == 1


def strip(html: str) -> str:
    return re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", html)


def test_who_sees_the_rooms(office: Office, town: Municipality) -> None:
    rooms = [office.path(room) for room in ("", "hand-out/", "many/")]
    for user in (UserFactory(), make_staff(town, "coordinator@example.org")):
        client = Client()
        client.force_login(user)
        assert [client.get(room).status_code for room in rooms] == [404, 404, 404]
        assert client.get("/nb/desk/cards/").status_code == 404
    assert [Client().get(room).status_code for room in rooms] == [302, 302, 302]
    AgencyRole.objects.all().delete()
    assert not {office.client.get(room).status_code for room in rooms} - {302, 404}, "with the role goes the access"


def test_no_address_names_a_card_or_a_batch_and_no_page_a_person(office: Office) -> None:
    made = own_card(office)
    html = office.page() + office.client.post(office.path("card/"), {"number": made.card.public_id}).content.decode()
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', html)
    assert not [address for address in addresses if made.card.public_id in address or "batch" in address]
    assert not [name for name in re.findall(r'name="(\w+)"', html) if name in {"name", "email", "birth", "first_name"}]


def test_own_figures_are_rounded_and_others_are_not_there(office: Office, town: Municipality) -> None:
    other = make_office(town, "Helsestasjonen")
    for _n in range(3):
        own_card(office)
    html = other.page()
    assert "NAV Larvik" not in html.split("<main")[1]
    assert re.search(r"<b>7</b>", office.page())
    assert re.search(r"<b>10</b>", html)


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_in_other_languages(office: Office, lang: str) -> None:
    html = office.page("hand-out/", lang)
    assert f'lang="{lang}"' in html
    assert 'name="way"' in html
