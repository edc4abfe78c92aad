"""The link of a letter: what it opens, what it refuses, and that looking at it writes nothing."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.freshness.clock import ask_providers
from directory.freshness.links import GOOD_FOR, token_for
from directory.freshness.models import Asking
from directory.freshness.rules import months_after
from directory.listings.kinds import ConfirmedAs
from directory.municipalities.models import Municipality, TenantLogEntry
from directory.providers.models import Provider
from tests.directory.freshness.conftest import Club, a_year_ago, make_club, noon
from tests.factories.directory import make_municipality


@pytest.fixture
def link(club: Club) -> str:
    """The path of the big link in the letter that went out today."""
    assert ask_providers(timezone.now()) == 1
    return path_in(mail.outbox[-1].body)


def path_in(body: str) -> str:
    found = re.search(r"https?://[^/\s]+(/nb/still-right/[^/\s]+/)\s", body)
    assert found, body
    return found[1]


def everything() -> dict[str, Any]:
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_app_config("directory").get_models()
    }


def test_a_get_shows_the_facts_and_one_button_and_writes_nothing(club: Club, link: str, client: Client) -> None:
    before = everything()
    for method in (client.get, client.head, client.get):
        assert method(link).status_code == 200
    body = client.get(link).content.decode()
    client.get(f"{link}closed/")
    assert everything() == before, "programs that look through mail open every link"

    assert "Turnforeningen 1" in body
    assert body.count('name="answer" value="all"') == 1
    assert "noindex" in body
    assert not client.cookies
    assert client.get(link).headers["Cache-Control"].startswith("max-age=0")


def test_one_press_confirms_everything_and_a_second_does_nothing(club: Club, link: str, client: Client) -> None:
    answer = client.post(link, {"answer": "all"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{link}?done=all")
    rows = club.read()
    assert {row.confirmed_as for row in rows} == {ConfirmedAs.PROVIDER}
    assert all(timezone.now() - row.confirmed_at < timedelta(minutes=1) for row in rows)
    assert TenantLogEntry.objects.filter(action="directory.confirm").count() == 3
    before = everything()

    again = client.post(link, {"answer": "all"}, follow=True)
    client.post(link, {"answer": "some", "page": [f"provider:{club.provider.pk}"]})
    client.post(link, {"answer": "closed"})
    client.post(link, {"answer": "changed"})
    assert everything() == before
    assert "bekreftet" in again.content.decode() or "confirmed already" in again.content.decode()
    assert 'value="all"' not in again.content.decode(), "there is nothing more to press"


def test_chosen_pages_alone(club: Club, link: str, client: Client) -> None:
    before = club.read()
    other = make_club(club.municipality, "Annet", confirmed=a_year_ago())
    named = [f"activity:{club.activities[0].pk}", f"activity:{other.activities[0].pk}", "activity:x", "nonsense"]
    assert client.post(link, {"answer": "some", "page": named}).headers["Location"] == f"{link}?done=some"

    after = club.read()
    assert [one.confirmed_at == two.confirmed_at for one, two in zip(before, after, strict=True)] == [True, False, True]
    assert other.read()[1].confirmed_at == noon(a_year_ago())
    assert client.post(link, {"answer": "some"}).headers["Location"].endswith("?done=none#some")
    assert client.get(f"{link}?done=none").status_code == 200


def test_closed_goes_to_staff_and_nothing_else_happens(club: Club, link: str, client: Client) -> None:
    assert client.post(link, {"answer": "closed"}).status_code == 302
    assert Asking.objects.get().answer == Asking.Answer.CLOSED
    assert all(row.is_public for row in club.read())
    assert client.get(link).status_code == 200
    assert client.get(f"{link}closed/").status_code == 302, "told already"


def test_changed_leads_to_the_desk(club: Club, link: str, client: Client) -> None:
    answer = client.post(link, {"answer": "changed"})
    assert answer.headers["Location"] == f"/nb/desk/p/{club.provider.slug}/"
    assert Asking.objects.get().answer == Asking.Answer.CHANGED
    assert client.post(link, {"answer": "all"}).headers["Location"].endswith("done=all"), "and may still be confirmed"


def test_nonsense_is_no_answer(club: Club, link: str, client: Client) -> None:
    before = everything()
    assert client.post(link, {"answer": "what"}).status_code == 302
    assert client.post(link).status_code == 302
    assert client.post(link, {"answer": "all"}, headers={"Origin": "https://elsewhere.example"}).status_code == 422
    assert everything() == before


def test_a_tampered_link_is_refused(club: Club, link: str, client: Client) -> None:
    token = link.split("/")[3]
    value, rest = token.split(":", 1)
    number, day = value.split(".")
    other = make_club(club.municipality, "Annet")
    before = everything()
    for wrong in (
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        f"{other.provider.pk}.{day}:{rest}",
        f"{number}.20200101:{rest}",
        token.replace(":", ""),
        "x",
        "%00",
        f"{token}{token}",
        "9" * 400,
    ):
        for answer in (client.get(f"/nb/still-right/{wrong}/"), client.post(f"/nb/still-right/{wrong}/", {"answer": "all"})):
            assert answer.status_code == 404, wrong
    assert everything() == before


def test_a_link_of_a_provider_that_was_never_asked_is_refused(club: Club, client: Client) -> None:
    """Even a right signature opens nothing without its letter."""
    token = token_for(club.provider.pk, timezone.localdate())
    assert client.post(f"/nb/still-right/{token}/", {"answer": "all"}).status_code == 404
    assert club.read()[0].confirmed_at == noon(a_year_ago())


def test_a_link_works_at_its_own_municipality_only(club: Club, link: str, client: Client) -> None:
    make_municipality("3907", "Sandefjord")
    assert client.post(link, {"answer": "all"}, headers={"Host": "sandefjord.localhost"}).status_code == 404
    assert club.read()[0].confirmed_at == noon(a_year_ago())


def test_an_old_link_is_refused(club: Club, link: str, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import django.core.signing as signing

    class Later:
        def time(self) -> float:
            return (datetime.now() + GOOD_FOR + timedelta(minutes=1)).timestamp()

    monkeypatch.setattr(signing, "time", Later())
    assert client.get(link).status_code == 410
    assert client.post(link, {"answer": "all"}).status_code == 410
    assert club.read()[0].confirmed_at == noon(a_year_ago())


def test_a_link_of_an_earlier_round_is_refused(club: Club, link: str, client: Client) -> None:
    later = months_after(timezone.localdate(), 7)
    assert ask_providers(noon(later)) == 1
    answer = client.post(link, {"answer": "all"})
    assert answer.status_code == 410
    assert club.read()[0].confirmed_at == noon(a_year_ago())


def test_a_link_of_what_was_taken_off_is_refused(club: Club, link: str, client: Client) -> None:
    Provider.objects.filter(pk=club.provider.pk).update(delisted_at=timezone.now())
    assert client.get(link).status_code == 410


def test_the_link_names_nobody(club: Club, link: str) -> None:
    token = link.split("/")[3]
    value = token.split(":")[0]
    assert value == f"{club.provider.pk}.{timezone.localdate():%Y%m%d}"
    assert "leder" not in link


def test_the_page_is_the_same_in_every_language(club: Club, link: str, client: Client) -> None:
    for lang in ("en", "ar"):
        body = client.get(link.replace("/nb/", f"/{lang}/")).content.decode()
        assert f'lang="{lang}"' in body
        assert "Turnforeningen 1" in body


def test_hidden_pages_come_back_by_the_link(club: Club, link: str, client: Client, town: Municipality) -> None:
    for row in club.rows:
        type(row).objects.filter(pk=row.pk).update(hidden_at=timezone.now())
    path = club.activities[0].get_absolute_url()
    assert client.get(path).status_code == 410
    assert path not in client.get(link).content.decode(), "no link to a page that is not there"
    client.post(link, {"answer": "all"})
    assert client.get(path).status_code == 200


def test_a_hostile_name_is_text(town: Municipality, client: Client) -> None:
    make_club(town, "<script>alert(1)</script>\nBcc: x@example.org", confirmed=a_year_ago(), editor="leder@example.org")
    ask_providers(timezone.now())
    letter = mail.outbox[-1]
    assert "\n" not in letter.subject
    assert "<script>" not in letter.alternatives[0][0]
    assert "<script>alert" not in client.get(path_in(letter.body)).content.decode()
