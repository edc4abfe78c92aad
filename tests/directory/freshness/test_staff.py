"""The staff screens of freshness: own rows only, done to what is marked, and what they do."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from directory.freshness.answers import SAID_CLOSED, say_changed, say_closed
from directory.freshness.bounces import record_bounce
from directory.freshness.clock import ask_providers
from directory.freshness.models import Asking, LinkCheck, UndeliverableAddress
from directory.freshness.rules import months_after
from directory.freshness.staff_reports import SCREENS
from directory.listings.kinds import ConfirmedAs
from directory.municipalities.models import Municipality, TenantLogEntry
from directory.sources.brreg.records import Closed
from tests.directory.freshness.conftest import Club, a_year_ago, confirm_on, make_club, noon
from tests.factories.directory import PlaceFactory, make_municipality, make_staff

pytestmark = pytest.mark.one_database

MARK = "Zxqvmerke"


@pytest.fixture
def kari(town: Municipality, client: Client) -> Client:
    client.force_login(make_staff(town, "kari@example.org"))
    return client


@pytest.fixture
def foreign(town: Municipality) -> Club:
    """Another municipality's association, in every state."""
    there = make_municipality("3907", "Sandefjord")
    club = make_club(there, MARK, confirmed=a_year_ago())
    ask_providers(timezone.now())
    say_closed(provider=club.provider, at=timezone.now())
    record_bounce(email=club.provider.email, at=timezone.now(), said=MARK)
    LinkCheck.objects.create(
        municipality=there, kind="provider", listing_id=club.provider.pk, url=f"https://{MARK.lower()}.example.org/",
        status="404", failures=3, is_dead=True, asked_at=timezone.now(),
    )  # fmt: skip
    return club


@pytest.mark.parametrize("view", SCREENS, ids=lambda view: view.name)
def test_screens_open_and_show_own_rows_only(kari: Client, club: Club, foreign: Club, view: Any) -> None:
    for query in ("", "?export=csv", "?export=xlsx", "?show=all&sort=0&q=a", "?sort=-1&p=99", "?show=%00&kind=x&sort=77"):
        answer = kari.get(reverse(view.name) + query)
        assert answer.status_code == 200, query
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert MARK.lower() not in body.decode(errors="replace").lower(), query

    elsewhere = f"{reverse(view.name)}?municipality={foreign.municipality.pk}"
    assert kari.get(elsewhere).status_code == 404
    assert kari.post(elsewhere, {"deed": "confirm", "row": "1"}).status_code in (404, 405)


def test_nobody_without_a_role_comes_in(club: Club, client: Client) -> None:
    for view in SCREENS:
        assert client.get(reverse(view.name)).status_code == 302
    client.force_login(club.editor)
    for view in SCREENS:
        assert client.get(reverse(view.name)).status_code in (302, 403, 404), view.name


def test_foreign_rows_are_not_done_anything_to(kari: Client, club: Club, foreign: Club) -> None:
    before = [row.confirmed_at for row in foreign.read()]
    bounced, dead = UndeliverableAddress.objects.get(), LinkCheck.objects.get()
    provider = str(foreign.provider.pk)
    for name, deed, row in (
        ("freshness-nobody", "confirm", f"provider:{provider}"),
        ("freshness-asked", "confirm", provider),
        ("freshness-closed", "delist", provider),
        ("freshness-closed", "keep", provider),
        ("freshness-addresses", "correct", str(bounced.pk)),
        ("freshness-links", "ask", str(dead.pk)),
        ("freshness-off", "back", provider),
    ):
        assert kari.post(reverse(name), {"deed": deed, "row": row}).status_code == 302
    foreign.provider.refresh_from_db()
    assert [row.confirmed_at for row in foreign.read()] == before
    assert foreign.provider.delisted_at is None
    assert Asking.objects.filter(provider=foreign.provider, answer="closed").exists()
    assert UndeliverableAddress.objects.filter(pk=bounced.pk).exists()
    assert LinkCheck.objects.get().asked_at == dead.asked_at


def test_confirming_after_a_phone_call(kari: Client, town: Municipality) -> None:
    place = PlaceFactory(municipality=town, name_nb="Hallen")
    club = make_club(town, "Kor", confirmed=a_year_ago())
    confirm_on(Club(town, place, [], None), a_year_ago())  # type: ignore[arg-type]
    record_bounce(email=club.provider.email, at=timezone.now())
    body = kari.get(reverse("freshness-nobody")).content.decode()
    assert "Hallen" in body
    assert "Kor 1" in body
    assert "00 00 00 01" in body, "whom to telephone"

    kari.post(reverse("freshness-nobody"), {"deed": "confirm", "row": [f"place:{place.pk}", f"activity:{club.activities[0].pk}"]})

    place.refresh_from_db()
    assert (place.confirmed_as, place.confirmed_by.email) == (ConfirmedAs.STAFF, "kari@example.org")
    assert [row.confirmed_as for row in club.read()] == [ConfirmedAs.PROVIDER, ConfirmedAs.STAFF, ConfirmedAs.PROVIDER]
    assert "Hallen" not in kari.get(reverse("freshness-nobody")).content.decode()


def test_confirming_everything_of_one_that_was_asked(kari: Client, club: Club) -> None:
    ask_providers(timezone.now())
    assert "Turnforeningen" in kari.get(reverse("freshness-asked")).content.decode()
    kari.post(reverse("freshness-asked"), {"deed": "confirm", "row": club.provider.pk})
    assert {row.confirmed_as for row in club.read()} == {ConfirmedAs.STAFF}
    assert "Turnforeningen" not in kari.get(reverse("freshness-asked")).content.decode()
    assert "Turnforeningen" in kari.get(reverse("freshness-asked") + "?show=confirmed").content.decode()


def test_the_answer_that_counts_is_listed(kari: Client, club: Club) -> None:
    day = months_after(a_year_ago(), 12)
    ask_providers(noon(day))
    say_changed(provider=club.provider, at=noon(day))
    ask_providers(noon(months_after(day, 1)))
    say_closed(provider=club.provider, at=noon(months_after(day, 1)))
    assert "Turnforeningen" in kari.get(reverse("freshness-asked") + "?show=closed").content.decode()
    assert "Turnforeningen" not in kari.get(reverse("freshness-asked") + "?show=changed").content.decode()


def test_what_says_it_has_closed_is_taken_off_and_put_back(kari: Client, club: Club) -> None:
    ask_providers(timezone.now())
    say_closed(provider=club.provider, at=timezone.now())
    front = kari.get("/cms/").content.decode()
    assert reverse("freshness-closed") in front, "it waits on the first screen"
    assert "Turnforeningen" in kari.get(reverse("freshness-closed")).content.decode()

    kari.post(reverse("freshness-closed"), {"deed": "delist", "row": club.provider.pk})
    rows = club.read()
    assert rows[0].delisted_reason == SAID_CLOSED
    assert not any(row.is_public for row in rows), "with what it offers"
    assert "Turnforeningen" not in kari.get(reverse("freshness-closed")).content.decode()
    assert "Turnforeningen" in kari.get(reverse("freshness-off") + "?show=other").content.decode()

    kari.post(reverse("freshness-off"), {"deed": "back", "row": club.provider.pk})
    assert all(row.is_public for row in club.read())
    assert "Turnforeningen" not in kari.get(reverse("freshness-closed")).content.decode()
    done = list(TenantLogEntry.objects.filter(action__startswith="freshness").order_by("pk").values_list("action", flat=True))
    assert done == ["freshness.closed", "freshness.delist", "freshness.relist"]


def test_what_has_not_closed_is_asked_again(kari: Client, club: Club) -> None:
    ask_providers(timezone.now())
    say_closed(provider=club.provider, at=timezone.now())
    kari.post(reverse("freshness-closed"), {"deed": "keep", "row": club.provider.pk})
    assert Asking.objects.get().answer == ""
    assert all(row.is_public for row in club.read())


def test_a_corrected_address_is_used_again(kari: Client, club: Club) -> None:
    record_bounce(email="leder@example.org", at=timezone.now(), said="550 unknown user")
    body = kari.get(reverse("freshness-addresses")).content.decode()
    assert "550 unknown user" in body
    assert "turnforeningen@example.org" in body, "who is asked instead"
    edit = reverse("wagtailsnippets_directory_provider:edit", args=[club.provider.pk])
    assert "leder@example.org" in kari.get(edit).content.decode(), "said at the provider"

    kari.post(reverse("freshness-addresses"), {"deed": "correct", "row": UndeliverableAddress.objects.get().pk})
    assert not UndeliverableAddress.objects.exists()


def test_dead_websites_are_listed_filtered_and_exported(kari: Client, club: Club, town: Municipality) -> None:
    facts: dict[str, Any] = {"municipality": town, "kind": "provider", "listing_id": club.provider.pk, "asked_at": timezone.now()}
    LinkCheck.objects.create(url="https://dead.example.org/", status="no-host", failures=3, is_dead=True, **facts)
    LinkCheck.objects.create(url="https://shaky.example.org/", status="503", failures=1, **facts)
    LinkCheck.objects.create(url="https://fine.example.org/", status="200", **facts)
    seen = {}
    for show in ("dead", "doubt", "fine", "all"):
        body = kari.get(reverse("freshness-links"), {"show": show}).content.decode()
        seen[show] = {word for word in ("dead", "shaky", "fine") if f"https://{word}.example.org" in body}
    assert seen == {"dead": {"dead"}, "doubt": {"shaky"}, "fine": {"fine"}, "all": {"dead", "shaky", "fine"}}
    assert "https://dead" not in kari.get(reverse("freshness-links"), {"kind": "place"}).content.decode()
    sheet = kari.get(reverse("freshness-links"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "https://dead.example.org/" in sheet
    assert "shaky" not in sheet


def test_what_the_register_closed_is_seen(kari: Client, club: Club) -> None:
    type(club.provider).objects.filter(pk=club.provider.pk).update(delisted_at=timezone.now(), delisted_reason=Closed.BANKRUPT)
    assert "Turnforeningen" in kari.get(reverse("freshness-off")).content.decode()


def test_a_list_says_what_to_do_when_nothing_is_marked(kari: Client, club: Club) -> None:
    assert kari.post(reverse("freshness-asked"), {"deed": "confirm"}, follow=True).status_code == 200
    assert kari.post(reverse("freshness-asked"), {"deed": "delete", "row": "1"}).status_code == 404
    assert kari.post(reverse("freshness-asked"), {"deed": "confirm", "row": ["x", "9" * 40, "-1"]}).status_code == 302


def test_cells_of_exports_do_not_run(kari: Client, town: Municipality) -> None:
    make_club(town, "=HYPERLINK(1)", confirmed=a_year_ago())
    ask_providers(timezone.now())
    sheet = kari.get(reverse("freshness-asked"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in sheet


def test_who_runs_the_installation_chooses_a_municipality(club: Club, foreign: Club, client: Client) -> None:
    from portal.accounts.models import User

    client.force_login(User.objects.create_superuser("boss@example.org"))
    for view in SCREENS:
        assert client.get(reverse(view.name)).status_code == 200
    body = client.get(f"{reverse('freshness-closed')}?municipality={foreign.municipality.pk}").content.decode()
    assert MARK in body
    assert client.get("/cms/").status_code == 200
