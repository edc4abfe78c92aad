"""Staff screens of this room: what was held back, the board, words of wishes, figures. Own municipality only."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from portal.contact.models import Enquiry, Notice, Wish
from portal.contact.wishes.queries import last_day
from tests.factories.directory import make_staff
from tests.portal.contact.conftest import People

pytestmark = pytest.mark.one_database

MARK = "Zxqvmerke"
ROOM = "/cms/snippets/contact"


@pytest.fixture
def staff(people: People) -> Client:
    return people.client(people.coordinator)


def held(people: People, **fields: Any) -> Enquiry:
    values = {
        "state": "held",
        "suspicions": ["links"],
        "text": f"{MARK} https://x.example",
        "email": "marte@example.org",
    } | fields
    return Enquiry.objects.create(
        municipality=people.town, provider=people.chess, kind="provider", listing_id=people.chess.pk,
        listing_name="Sjakklubben", name="Marte", lang="nb", created_at=timezone.now(), **values,
    )  # fmt: skip


def test_what_is_held_back_is_read_without_who_asks_and_passed_on(people: People, staff: Client) -> None:
    enquiry = held(people)
    listed = staff.get(f"{ROOM}/enquiry/").content.decode()
    assert MARK in listed
    form = staff.get(f"{ROOM}/enquiry/edit/{enquiry.pk}/").content.decode()
    assert MARK in form
    assert "marte@example.org" not in listed + form
    answer = staff.post(f"{ROOM}/enquiry/edit/{enquiry.pk}/", {"decision": "release"})
    assert answer.status_code == 302
    assert [letter.to for letter in mail.outbox] == [["kari@example.org"]]
    assert staff.get(f"{ROOM}/enquiry/edit/{enquiry.pk}/").status_code == 404
    assert MARK not in staff.get(f"{ROOM}/enquiry/", follow=True).content.decode()


def test_other_enquiries_are_not_staffs_to_read(people: People, staff: Client) -> None:
    enquiry = held(people, state="open")
    assert staff.get(f"{ROOM}/enquiry/edit/{enquiry.pk}/").status_code == 404
    assert MARK not in staff.get(f"{ROOM}/enquiry/").content.decode()
    assert MARK not in staff.get(f"{ROOM}/enquiry/?export=csv").getvalue().decode()  # type: ignore[attr-defined]
    assert MARK not in staff.get("/cms/contact/figures/").content.decode()


def test_many_are_thrown_away_at_once(people: People, staff: Client) -> None:
    rows = [held(people, text=f"{MARK} {n}") for n in range(3)]
    ids = "&".join(f"id={row.pk}" for row in rows)
    assert MARK not in staff.get(f"/cms/bulk/contact/enquiry/throw/?{ids}").content.decode()
    assert staff.post(f"/cms/bulk/contact/enquiry/throw/?{ids}").status_code == 302
    assert set(Enquiry.objects.values_list("state", "text")) == {("thrown", "")}
    assert mail.outbox == []


def test_enquiries_are_neither_made_nor_deleted_here(people: People, staff: Client) -> None:
    enquiry = held(people)
    assert staff.get(f"{ROOM}/enquiry/add/").status_code in (302, 403, 404)
    staff.post(f"{ROOM}/enquiry/delete/{enquiry.pk}/")
    staff.post(f"/cms/bulk/contact/enquiry/delete/?id={enquiry.pk}")
    assert Enquiry.objects.filter(pk=enquiry.pk).exists()


def notice(people: People) -> Notice:
    at = timezone.now()
    return Notice.objects.create(
        municipality=people.town, kind="looking", title=MARK, text=MARK, lang="nb", provider=people.chess, author=people.kari,
        until=timezone.localdate() + timedelta(days=9), created_at=at, changed_at=at,
    )  # fmt: skip


def test_notice_is_taken_down_with_a_reason_only(people: People, staff: Client) -> None:
    row = notice(people)
    path = f"{ROOM}/notice/edit/{row.pk}/"
    assert staff.get(path).status_code == 200
    assert staff.post(path, {"down": "on", "reason": " "}).status_code == 200
    row.refresh_from_db()
    assert row.removed_at is None
    assert staff.post(path, {"down": "on", "reason": "Reklame"}).status_code == 302
    row.refresh_from_db()
    assert (row.removed_reason, row.removed_by) == ("Reklame", people.coordinator)
    staff.post(path, {"reason": ""})
    row.refresh_from_db()
    assert row.is_up


def test_notices_are_filtered(people: People, staff: Client) -> None:
    row = notice(people)
    for query, found in (("", True), ("?up=yes", True), ("?up=no", False), ("?reported=yes", False), ("?kind=looking", True)):
        listed = staff.get(f"{ROOM}/notice/results/{query}").content.decode()
        assert (f"/{row.pk}/" in listed) is found, query


def test_words_of_wishes_are_decided_apart_from_age_and_place(people: People, staff: Client) -> None:
    stavern = people.town.districts.get(slug="stavern")
    wish = Wish.objects.create(
        municipality=people.town, text=MARK, lang="nb", age_band="13-15", district=stavern, day=timezone.localdate(),
        words="waiting",
    )  # fmt: skip
    pages = [staff.get(path).content.decode() for path in (f"{ROOM}/wish/", f"{ROOM}/wish/edit/{wish.pk}/")]
    pages.append(staff.get(f"{ROOM}/wish/?export=csv").getvalue().decode())  # type: ignore[attr-defined]
    for page in pages:
        assert MARK in page
        assert "13–15" not in page
        assert "13-15" not in page
        assert "Stavern" not in page
    assert staff.post(f"{ROOM}/wish/edit/{wish.pk}/", {"decision": "show"}).status_code == 302
    wish.refresh_from_db()
    assert (wish.words, wish.decided_by) == ("shown", people.coordinator)
    staff.post(f"/cms/bulk/contact/wish/hide/?id={wish.pk}")
    wish.refresh_from_db()
    assert wish.words == "hidden"


def test_figures_show_and_export_the_same(people: People, staff: Client) -> None:
    sport = people.chess.categories.all()[0]
    Wish.objects.bulk_create(
        Wish(municipality=people.town, category=sport, lang="nb", age_band="10-12", day=last_day()) for _n in range(25)
    )
    held(people, state="open")
    page = staff.get("/cms/contact/figures/").content.decode()
    assert "25" in page
    assert "<svg" in page
    text = staff.get("/cms/contact/figures/?export=csv").content.decode("utf-8-sig")
    assert "Idrett;25" in text
    book = load_workbook(io.BytesIO(staff.get("/cms/contact/figures/?export=xlsx").content))
    assert len(book.worksheets) == 6
    half = f"{last_day().year}-{1 if last_day().month < 7 else 2}"
    assert "Idrett;25" in staff.get(f"/cms/contact/figures/?half={half}&export=csv").content.decode("utf-8-sig")
    # A half-year that nobody wished in is no half-year to choose: all times are shown.
    assert "Idrett;25" in staff.get("/cms/contact/figures/?half=2020-1&export=csv").content.decode("utf-8-sig")


def test_figures_of_another_municipality_are_not_there(people: People, staff: Client) -> None:
    other = people.foreign_provider.municipality
    assert staff.get(f"/cms/contact/figures/?municipality={other.pk}").status_code == 404
    assert staff.get(f"/cms/contact/figures/?municipality={people.town.pk}").status_code == 200
    for path in ("/cms/contact/figures/", f"{ROOM}/enquiry/", f"{ROOM}/wish/", f"{ROOM}/notice/"):
        assert Client().get(path).status_code == 302
        assert people.client(people.kari).get(path).status_code in (302, 403, 404), path


def test_what_waits_stands_on_the_first_screen_of_its_own_staff(people: People, staff: Client) -> None:
    held(people)
    Wish.objects.create(municipality=people.town, text=MARK, lang="nb", day=timezone.localdate(), words="waiting")
    link = f'href="{ROOM}/enquiry/"'
    assert link in staff.get("/cms/").content.decode()
    assert f"{ROOM}/wish/?words=waiting" in staff.get("/cms/").content.decode()
    neighbour = make_staff(people.foreign_provider.municipality, "nabo-stab@example.org")
    other = people.client(neighbour).get("/cms/").content.decode()
    assert f"{ROOM}/wish/?words=waiting" not in other
