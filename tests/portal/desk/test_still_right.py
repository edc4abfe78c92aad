""" "Is everything still right?" on the desk: for one's own, by one press."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from directory.freshness.bounces import record_bounce
from directory.freshness.clock import ask_providers
from directory.freshness.models import Asking, LinkCheck
from directory.listings.kinds import ConfirmedAs
from directory.municipalities.models import Municipality
from portal.desk.still_right import todos
from tests.directory.freshness.conftest import Club, a_year_ago, club, make_club, noon, town

__all__ = ["club", "town"]


@pytest.fixture
def desk(club: Club, client: Client) -> Client:
    client.force_login(club.editor)
    return client


def titles(club: Club) -> list[str]:
    with translation.override("en"):
        return [str(todo.title) for todo in todos(club.editor, club.municipality, timezone.now())]


def test_it_stands_on_the_desk_until_pressed(desk: Client, club: Club) -> None:
    ask_providers(timezone.now())
    address = reverse("desk-still-right", args=[club.provider.slug])
    assert titles(club) == ["Is everything still right?"]
    assert address in desk.get("/nb/desk/").content.decode()
    assert desk.get(address).status_code == 200

    desk.post(address, {"answer": "all"})
    rows = club.read()
    assert {(row.confirmed_as, row.confirmed_by) for row in rows} == {(ConfirmedAs.PROVIDER, club.editor)}
    assert Asking.objects.get().answer == Asking.Answer.CONFIRMED, "the letter's link is used up"
    assert titles(club) == []
    assert address not in desk.get("/nb/desk/").content.decode()


def test_chosen_pages_alone(desk: Client, club: Club) -> None:
    address = reverse("desk-still-right", args=[club.provider.slug])
    desk.post(address, {"answer": "some", "page": [f"activity:{club.activities[0].pk}"]})
    assert [row.confirmed_at == noon(a_year_ago()) for row in club.read()] == [True, False, True]
    assert desk.post(address, {"answer": "some"}, follow=True).status_code == 200


def test_nobody_elses(desk: Client, club: Club, town: Municipality) -> None:
    other = make_club(town, "Annet", confirmed=a_year_ago(), editor="annen@example.org")
    address = reverse("desk-still-right", args=[other.provider.slug])
    assert desk.get(address).status_code == 404
    assert desk.post(address, {"answer": "all"}).status_code == 404
    assert other.read()[0].confirmed_at == noon(a_year_ago())
    desk.logout()
    assert desk.post(address, {"answer": "all"}).status_code == 302


def test_dead_websites_and_bouncing_addresses_are_said(desk: Client, club: Club) -> None:
    for row in club.rows:
        row.confirm(by=None, as_=ConfirmedAs.PROVIDER)
    facts: dict[str, Any] = {"municipality": club.municipality, "asked_at": timezone.now(), "is_dead": True, "failures": 3}
    activity = club.activities[0]
    type(activity).objects.filter(pk=activity.pk).update(website="https://dead.example.org/")
    LinkCheck.objects.create(kind="activity", listing_id=activity.pk, url="https://dead.example.org/", **facts)
    LinkCheck.objects.create(kind="activity", listing_id=activity.pk, url="https://earlier.example.org/", **facts)
    record_bounce(email=club.provider.email, at=timezone.now())
    assert sorted(titles(club)) == ["A website does not answer", "Letters to you come back"]
    body = desk.get("/nb/desk/").content.decode()
    assert "dead.example.org" in body
    assert "earlier.example.org" not in body
