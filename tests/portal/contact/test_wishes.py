"""The wish box: counted without a name, in figures that tell nobody apart; words are read by staff first."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.listings.models import Category
from directory.municipalities.models import TenantLogEntry
from directory.reports import tokens
from directory.reports.models import FormUse
from portal.contact.wishes.actions import decide_words, forget_words
from portal.contact.wishes.models import KEPT, Wish
from portal.contact.wishes.queries import Told, last_day, words_shown
from portal.contact.wishes.rules import MOST_AN_HOUR, WishRefusal, why_not_words
from tests.portal.contact.conftest import People

PATH = "/nb/wishes/"


def token_from(path: str = PATH) -> str:
    return re.search(r'name="token" value="([^"]+)"', Client().get(path).content.decode())[1]  # type: ignore[index]


def send(**said: Any) -> Any:
    path = said.pop("path", PATH)
    headers = {"origin": "http://testserver", **said.pop("headers", {})}
    data = {"category": "sport", "age_band": "10-12", "token": said.pop("token", None) or token_from(path), **said}
    return Client(enforce_csrf_checks=True).post(path, data, headers=headers)


def test_wish_is_counted_without_a_name_or_an_hour(people: People) -> None:
    answer = send(text="Et sted å skate", postcode="3290")
    assert (answer.status_code, answer["Location"]) == (302, f"{PATH}?sent=1")
    assert not answer.cookies
    (row,) = Wish.objects.values()
    category, district = Category.objects.get(slug="sport"), people.town.districts.get(slug="stavern")
    row.pop("id")
    assert row == {
        "municipality_id": people.town.pk, "category_id": category.pk, "text": "Et sted å skate", "lang": "nb",
        "age_band": "10-12", "district_id": district.pk, "day": timezone.localdate(), "words": "waiting",
        "decided_by_id": None, "decided_at": None,
    }  # fmt: skip
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Et sted å skate når det regner", None), ("Klubb for oss på 12", None), ("Åpent til 23.00 på fredager 2026", None),
        ("مكان للتزلج", None), ("Ring meg på 91 23 45 67", WishRefusal.PHONE), ("+4791234567", WishRefusal.PHONE),
        ("9123-4567", WishRefusal.PHONE), ("٩١٢٣٤٥٦٧", WishRefusal.PHONE), ("per@example.org", WishRefusal.MAIL),
        ("per (at) example", WishRefusal.MAIL), ("01011812345", WishRefusal.PERSONAL_NUMBER),
        ("se example.com", WishRefusal.LINK), ("https://x", WishRefusal.LINK), ("snap.no/per", WishRefusal.LINK),
    ],
)  # fmt: skip
def test_words_that_tell_who_wished(text: str, reason: WishRefusal | None) -> None:
    assert why_not_words(text) == reason


@pytest.mark.parametrize(
    "said",
    [
        {"category": ""}, {"category": "nothing"}, {"category": "other"}, {"text": "ring 91234567"}, {"text": "a@b.no"},
        {"postcode": "32"}, {"age_band": "99"}, {"district": "nowhere"}, {"text": "x" * 201},
    ],
)  # fmt: skip
def test_bad_input_is_said_gently(people: People, said: dict[str, str]) -> None:
    answer = send(**said)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Wish.objects.exists()


def test_own_words_alone_are_a_wish(people: People) -> None:
    assert send(category="other", text="Dyreklubb", age_band="").status_code == 302
    wish = Wish.objects.get()
    assert (wish.category, wish.age_band, wish.district) == (None, "", None)


def test_tokens_origin_and_honey(people: People) -> None:
    token = token_from()
    assert send(token=token).status_code == 302
    assert send(token=token).status_code == 422
    assert send(token="nonsense").status_code == 422
    assert send(token=tokens.new_token("wish", "999")).status_code == 422
    assert send(headers={"origin": "https://evil.example"}).status_code == 422
    assert send(more="buy").status_code == 302
    assert Wish.objects.count() == 1


def test_a_school_class_can_wish_and_a_flood_cannot(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [send().status_code for _n in range(MOST_AN_HOUR + 1)]
    assert answers == [302] * MOST_AN_HOUR + [422]
    assert "127.0.0.1" not in "".join(FormUse.objects.values_list("key", flat=True))
    # … and does not take from what the same network may send by other forms.
    path = f"/nb/activities/{people.activity.slug}/report/"
    sent = Client().post(path, {"topic": "time", "text": "x", "token": token_from(path)})
    assert sent.status_code == 302
    FormUse.objects.filter(key__startswith="from:wish").delete()
    monkeypatch.setattr("portal.contact.wishes.actions.MOST_OF_TOWN", MOST_AN_HOUR)
    assert send().status_code == 422


def test_kiosk_can_wish_and_keeps_its_mode(people: People) -> None:
    path = f"{PATH}?kiosk=1"
    page = Client().get(path).content.decode()
    form = re.search(r"<form[^>]*wishes__form[^>]*>", page)[0]  # type: ignore[index]
    assert 'method="post"' in form
    assert "kiosk=1" in form
    assert "hidden" not in form
    assert 'autocomplete="off"' in form
    answer = send(path=path)
    assert answer["Location"] == f"{PATH}?sent=1&kiosk=1"
    assert Wish.objects.count() == 1


def many(people: People, n: int, **fields: Any) -> None:
    values = {"lang": "nb", "age_band": "10-12", "day": last_day()} | fields
    Wish.objects.bulk_create(Wish(municipality=people.town, **values) for _n in range(n))


def test_figures_are_sums_of_rounded_cells(people: People) -> None:
    sport = Category.objects.get(slug="sport")
    stavern = people.town.districts.get(slug="stavern")
    many(people, 23, category=sport, district=stavern)
    many(people, 3, category=sport, age_band="13-15")
    many(people, 1, category=None, age_band="16-19", district=stavern)
    told = Told(people.town)
    assert all(cell.count % 5 == 0 for cell in told.cells)
    assert {cell.count for cell in told.cells if cell.age_band == "10-12"} <= {20, 25}
    for columns in (("category",), ("age_band",), ("district",), ("category", "district")):
        assert sum(told.by(*columns).values()) == told.total()
    assert Told(people.town).cells == told.cells  # the lot is the same every time


def test_this_weeks_wishes_are_not_told_while_they_come_in(people: People) -> None:
    many(people, 40, day=timezone.localdate())
    assert Told(people.town).cells == []
    many(people, 40)
    assert Told(people.town).total() >= 40


def test_nobody_reads_words_before_staff_has(people: People) -> None:
    send(text="Ukjente ord")
    wish = Wish.objects.get()
    assert "Ukjente ord" not in Client().get(PATH).content.decode()
    assert decide_words(wish=wish, shown=False, by=people.coordinator, at=timezone.now()) is True
    assert "Ukjente ord" not in Client().get(PATH).content.decode()
    assert decide_words(wish=wish, shown=True, by=people.coordinator, at=timezone.now()) is True
    assert decide_words(wish=wish, shown=True, by=people.coordinator, at=timezone.now()) is False
    assert "Ukjente ord" in Client().get(PATH).content.decode()
    assert [row.text for row in words_shown(people.town)] == ["Ukjente ord"]
    log = str(list(TenantLogEntry.objects.values()))
    assert "wish.decide" in log
    assert "Ukjente ord" not in log


def test_hostile_words_stay_words(people: People) -> None:
    send(text="<script>alert(1)</script>")
    decide_words(wish=Wish.objects.get(), shown=True, by=people.coordinator, at=timezone.now())
    assert "<script>alert" not in Client().get(PATH).content.decode()


def test_words_are_erased_after_a_year_and_counted_on(people: People) -> None:
    at = timezone.now()
    many(people, 1, text="Gammelt", words="shown", day=timezone.localdate(at - KEPT) - timedelta(days=1))
    many(people, 1, text="Nytt", words="shown", day=timezone.localdate(at - KEPT) + timedelta(days=1))
    assert forget_words(at) == 1
    assert forget_words(at) == 0
    assert sorted(Wish.objects.values_list("text", "words")) == [("", "none"), ("Nytt", "shown")]


def test_the_box_is_found_from_home_districts_and_where_nothing_was_found(people: People) -> None:
    for path in ("/nb/", "/nb/districts/stavern/", "/nb/find/?q=xyzzyqq"):
        assert 'href="/nb/wishes/' in Client().get(path).content.decode(), path
