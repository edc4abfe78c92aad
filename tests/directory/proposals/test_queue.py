"""The queue: what stands in it, in which order, for whom, and at what price."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook
from wagtail.models import TaskState

from directory.municipalities.models import Municipality
from directory.proposals.queries import Question, in_order, items, next_after
from directory.providers.models import AccessRequest, Provider
from portal.accounts.models import User
from tests.directory.proposals.conftest import ask, propose
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    PlaceFactory,
    ProviderFactory,
    SupportSchemeFactory,
    make_municipality,
    make_staff,
)


def aged(listing: Any, days: int) -> Any:
    """The proposal of a listing has waited for so many days."""
    TaskState.objects.filter(workflow_state__object_id=str(listing.pk)).filter(
        workflow_state__base_content_type__model=listing._meta.model_name
    ).update(started_at=timezone.now() - timedelta(days=days))
    return listing


@pytest.fixture
def waiting(town: Municipality, provider: Provider, member: User) -> dict[str, Any]:
    """One of each kind, the request the oldest."""
    song = CategoryFactory(municipality=town, name_nb="Sang", slug="sang")
    choir = CategoryFactory(municipality=town, name_nb="Kor", slug="kor", parent=song)
    found = {
        "provider": aged(propose(provider, member, name_nb="Turn og idrett"), 1),
        "activity": ActivityFactory(municipality=town, provider=provider, name_nb="Barnekor", categories=[choir]),
        "place": PlaceFactory(municipality=town, name_nb="Åpent hus"),
        "support": SupportSchemeFactory(municipality=town, name_nb="Utstyr"),
        "request": ask(town, User.objects.create_user("ny@example.org", name="Ny Demo"), name="Nytt lag", kind="informal"),
    }
    for days, kind in ((2, "activity"), (3, "place"), (4, "support")):
        found[kind] = aged(propose(found[kind], member, summary_nb="Ny"), days)
    AccessRequest.objects.update(created_at=timezone.now() - timedelta(days=9))
    return found


def kinds(staff: User, **asked: Any) -> list[str]:
    return [key[0] for key, _since in in_order(staff, Question(**asked))]


def test_the_oldest_stands_first(waiting: Any, staff: User) -> None:
    assert kinds(staff) == ["request", "support", "place", "activity", "provider"]
    assert kinds(staff, sort="newest") == ["provider", "activity", "place", "support", "request"]


def test_sorted_by_name_and_provider(waiting: Any, staff: User) -> None:
    assert kinds(staff, sort="name") == ["activity", "request", "provider", "support", "place"], "Å comes last"
    assert kinds(staff, sort="provider")[-2:] == ["activity", "provider"]


def test_narrowed(waiting: Any, staff: User) -> None:
    provider = waiting["provider"]
    assert kinds(staff, kinds=("place", "request")) == ["request", "place"]
    assert kinds(staff, provider=provider.pk) == ["activity", "provider"]
    assert kinds(staff, category="sang") == ["activity"], "a parent includes its children"
    assert kinds(staff, category="unknown") == []
    assert kinds(staff, words="turn") == ["activity", "provider"]
    assert kinds(staff, words="turn og idrett") == ["provider"], "by its new name too"
    assert kinds(staff, words="ny@example") == ["request"]
    assert kinds(staff, words="%") == []


def test_something_new_is_found_by_the_categories_of_its_draft(town: Municipality, staff: User, member: User) -> None:
    category = CategoryFactory(municipality=town, slug="dans")
    other = CategoryFactory(municipality=town, slug="annet")
    provider = ProviderFactory(municipality=town, live=False)
    propose(provider, member, categories=[category])
    assert kinds(staff, category="dans") == ["provider"]
    assert kinds(staff, category="annet") == []
    assert other.pk != category.pk


def test_lines_say_what_is_known(waiting: Any, staff: User) -> None:
    lines = {item.kind: item for item in items(staff, in_order(staff, Question()))}
    assert (lines["provider"].name, lines["provider"].becomes, lines["provider"].sender) == (
        "Turnlaget",
        "Turn og idrett",
        "Medlem Demo",
    )
    assert (lines["activity"].provider, lines["activity"].is_new) == ("Turnlaget", False)
    assert (lines["request"].name, lines["request"].sender, lines["request"].is_new) == ("Nytt lag", "Ny Demo", True)


def test_what_was_decided_or_taken_back_waits_no_longer(waiting: Any, staff: User, member: User) -> None:
    waiting["place"].current_workflow_state.cancel(user=member)
    waiting["support"].current_workflow_state.current_task_state.reject(user=staff, comment="Mer")
    AccessRequest.objects.update(state=AccessRequest.State.WITHDRAWN)
    assert kinds(staff) == ["activity", "provider"]


def test_next_one_also_when_the_one_at_hand_is_decided(waiting: Any, staff: User) -> None:
    place = ("place", waiting["place"].pk)
    assert next_after(staff, Question(), place) == ("activity", waiting["activity"].pk)
    assert next_after(staff, Question(), ("provider", waiting["provider"].pk)) == ("request", waiting["request"].pk)
    assert (
        next_after(staff, Question(kinds=("place",)), place) is None
        or next_after(staff, Question(kinds=("place",)), place) == place
    )
    assert next_after(staff, Question(), ("place", 10**9)) == ("request", waiting["request"].pk)


def test_other_towns_wait_in_their_own_queue(waiting: Any, staff: User, member: User) -> None:
    there = make_municipality("3907", "Sandefjord")
    propose(ProviderFactory(municipality=there, name_nb="Fremmed"), member, summary_nb="Ny")
    ask(there, member, name="Fremmed to", kind="informal")
    CategoryFactory(municipality=there, name_nb="Fremmed kategori", slug="sang")

    assert len(in_order(staff, Question())) == 5
    assert len(in_order(make_staff(there), Question())) == 2
    assert len(in_order(User.objects.create_superuser("boss@example.org"), Question())) == 7


def test_page_shows_and_links(kari: Client, waiting: Any) -> None:
    body = kari.get("/cms/proposals/?sort=name&kind=place&kind=activity").content.decode()
    assert "Barnekor" in body
    assert "Åpent hus" in body
    assert "Utstyr" not in body
    assert f"/cms/proposals/place/{waiting['place'].pk}/?kind=place&amp;kind=activity&amp;sort=name" in body
    assert "/cms/proposals/" in kari.get("/cms/").content.decode()


@pytest.mark.parametrize(
    "asked", ["kind=%00", "provider=²", "provider=" + "9" * 30, "p=x", "sort=x&category=%27", "q=" + "x" * 500]
)
def test_senseless_questions_are_answered(kari: Client, waiting: Any, asked: str) -> None:
    assert kari.get(f"/cms/proposals/?{asked}").status_code == 200


def test_empty_queue_says_so(kari: Client) -> None:
    assert "Ingenting venter" in kari.get("/cms/proposals/").content.decode()
    assert "Vis alt som venter" in kari.get("/cms/proposals/?kind=place").content.decode()


def test_files_hold_all_and_no_formula(kari: Client, town: Municipality, waiting: Any, member: User) -> None:
    propose(ProviderFactory(municipality=town, name_nb='=HYPERLINK("x")'), member, summary_nb="Ny")
    sheet = kari.get("/cms/proposals/?export=csv")
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 7
    assert "'=HYPERLINK" in sheet.content.decode()
    assert sheet.headers["Content-Disposition"].endswith('.csv"')
    book = load_workbook(io.BytesIO(kari.get("/cms/proposals/?export=xlsx").content))
    assert [row[0].value for row in book.active.rows][1:3] == ["Nytt lag", "Utstyr"]


@pytest.mark.parametrize("asked", ["", "?sort=name", "?category=sang&q=lag"])
def test_queries_do_not_grow_with_what_waits(kari: Client, town: Municipality, waiting: Any, member: User, asked: str) -> None:
    address = f"/cms/proposals/{asked}"
    kari.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        kari.get(address)
    for n in range(2):
        category = CategoryFactory(municipality=town, parent=None)
        provider = ProviderFactory(municipality=town, name_nb=f"Et lag {n}", categories=[category])
        for listing in (
            provider,
            ActivityFactory(municipality=town, provider=provider),
            PlaceFactory(municipality=town),
            SupportSchemeFactory(municipality=town),
        ):
            propose(listing, member, summary_nb="Ny")
        ask(town, User.objects.create_user(f"ny{n}@example.org"), provider=provider)
    with CaptureQueriesContext(connection) as many:
        kari.get(address)
    assert len(many) == len(few)
    assert len(few) < 40
