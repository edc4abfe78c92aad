"""The list of contacts: of those who said yes, as they are seen by others; behind a link for somebody outside."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from directory.municipalities.models import TenantLogEntry
from portal.contact.sharing.actions import forget_sharing, give_consent, revoke_list, share_list, withdraw_consent
from portal.contact.sharing.models import GOOD_FOR, ContactConsent, SharedList
from portal.contact.sharing.queries import Narrowed, consented
from portal.contact.sharing.views import signer
from tests.portal.contact.conftest import SECRET, People


def names(people: People, **asked: str) -> list[str]:
    return [str(row.name) for row in consented(people.town, Narrowed.of(asked))]


def test_only_who_said_yes_stands_in_the_list(people: People) -> None:
    at = timezone.now()
    assert names(people) == []
    kari = people.client(people.kari)
    path = f"/nb/desk/contact-list/consent/{people.chess.slug}/"
    page = kari.get(path).content.decode()
    assert "00 00 00 11" in page
    assert SECRET not in page
    assert kari.post(path, {"say": "yes"})["Location"] == "/nb/desk/contact-list/"
    consent = ContactConsent.objects.get()
    assert (consent.given_by, consent.withdrawn_at) == (people.kari, None)
    assert give_consent(provider=people.chess, by=people.ola, at=at + timedelta(days=1)).given_by == people.kari
    for user in (people.ola, people.nurse, people.coordinator):
        listed = people.client(user).get("/nb/desk/contact-list/").content.decode()
        assert "00 00 00 11" in listed
        assert SECRET not in listed
        assert "Bare Kontoret" not in listed
        assert "Stille lag" not in listed
    kari.post(path, {"say": "no"})
    assert names(people) == []
    assert withdraw_consent(provider=people.chess, by=people.kari, at=at) is False


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, True), ({"category": "sport"}, True), ({"category": "art"}, False), ({"district": "stavern"}, True),
        ({"district": "nowhere"}, False), ({"q": "sjakk"}, True), ({"q": "kor"}, False), ({"q": "\x00"}, True),
    ],
)  # fmt: skip
def test_list_is_narrowed(people: People, asked: dict[str, str], found: bool) -> None:
    give_consent(provider=people.chess, by=people.kari, at=timezone.now())
    assert bool(names(people, **asked)) is found


def test_hidden_or_foreign_ones_are_not_in_it(people: People) -> None:
    for provider in (people.chess, people.foreign_provider):
        give_consent(provider=provider, by=None, at=timezone.now())
    assert names(people) == ["Sjakklubben"]
    people.chess.hidden_at = timezone.now()
    people.chess.save()
    assert names(people) == []


def test_files_hold_the_same_and_nothing_that_runs(people: People) -> None:
    people.chess.name_nb = "=HYPERLINK(1)"
    people.chess.save()
    give_consent(provider=people.chess, by=people.kari, at=timezone.now())
    ola = people.client(people.ola)
    text = ola.get("/nb/desk/contact-list/?export=csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert "00 00 00 11" in text
    assert SECRET not in text
    book = load_workbook(io.BytesIO(ola.get("/nb/desk/contact-list/?export=xlsx").content))
    cells = [cell for row in book.worksheets[0].iter_rows(values_only=True) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert ola.get("/nb/desk/contact-list/?export=nonsense")["Content-Type"].startswith("text/html")


def share(people: People, **said: str) -> SharedList:
    people.client(people.coordinator).post("/nb/desk/contact-list/share/", {"whom_for": "Fylket", **said})
    return SharedList.objects.get(municipality=people.town)


def test_link_shows_the_list_to_whoever_has_it_and_to_no_search_engine(people: People) -> None:
    give_consent(provider=people.chess, by=people.kari, at=timezone.now())
    shared = share(people, category="sport")
    assert shared.category == "sport"
    path = f"/nb/contact-list/{signer.sign(str(shared.pk))}/"
    assert path in people.client(people.coordinator).get("/nb/desk/contact-list/").content.decode()
    answer = Client().get(path)
    page = answer.content.decode()
    assert "00 00 00 11" in page
    assert SECRET not in page
    assert not answer.cookies
    assert 'content="noindex' in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [({"q": "sjakk"}, True), ({"q": "kor"}, False), ({"category": "no-such"}, False), ({"category": "x" * 100}, False)],
)
def test_link_shows_no_more_than_the_list_it_was_made_from(people: People, asked: dict[str, str], found: bool) -> None:
    give_consent(provider=people.chess, by=people.kari, at=timezone.now())
    page = people.client(people.coordinator).get("/nb/desk/contact-list/", asked).content.decode()
    for name, value in asked.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    shared = share(people, **asked)
    assert ("00 00 00 11" in Client().get(f"/nb/contact-list/{signer.sign(str(shared.pk))}/").content.decode()) is found


def test_link_of_a_part_of_town_ends_with_it_and_is_made_for_none_that_is_not_there(people: People) -> None:
    give_consent(provider=people.chess, by=people.kari, at=timezone.now())
    made = {"whom_for": "Fylket", "district": "nowhere"}
    assert people.client(people.coordinator).post("/nb/desk/contact-list/share/", made).status_code == 404
    shared = share(people, district="stavern")
    path = f"/nb/contact-list/{signer.sign(str(shared.pk))}/"
    assert "00 00 00 11" in Client().get(path).content.decode()
    people.town.districts.filter(slug="stavern").delete()
    assert Client().get(path).status_code == 404


def test_log_does_not_say_for_whom_a_link_is(people: People) -> None:
    revoke_list(shared=share(people, whom_for="Marte Hemmelig"), by=people.coordinator, at=timezone.now())
    rows = list(TenantLogEntry.objects.filter(action__startswith="contact_list").values_list("action", "label", "data"))
    assert {row[0] for row in rows} == {"contact_list.revoke", "contact_list.share"}
    assert "Hemmelig" not in str(rows)


def test_link_ends_and_can_be_taken_back(people: People) -> None:
    shared = share(people)
    path = f"/nb/contact-list/{signer.sign(str(shared.pk))}/"
    assert Client().get(path).status_code == 200
    people.client(people.coordinator).post(f"/nb/desk/contact-list/share/{shared.pk}/revoke/")
    assert Client().get(path).status_code == 410
    shared.refresh_from_db()
    assert revoke_list(shared=shared, by=people.coordinator, at=timezone.now()) is False
    SharedList.objects.update(revoked_at=None, expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(path).status_code == 410


def test_made_up_and_foreign_links_lead_nowhere(people: People) -> None:
    foreign = share_list(
        municipality=people.foreign_provider.municipality, by=None, at=timezone.now(), whom_for="x", category="", district=None
    )
    own = share(people)
    assert own.municipality == people.town
    unsigned = [str(own.pk), f"{own.pk}:abc", f"{own.pk}:{signer.sign(str(foreign.pk)).split(':')[1]}"]
    signed = [signer.sign(str(foreign.pk)), signer.sign("999999"), signer.sign("x")]
    for token in (*unsigned, *signed, "%00"):
        assert Client().get(f"/nb/contact-list/{token}/").status_code == 404, token


def test_members_who_are_not_staff_make_no_links(people: People) -> None:
    assert people.client(people.kari).post("/nb/desk/contact-list/share/", {"whom_for": "x"}).status_code == 404
    assert not SharedList.objects.exists()


def test_old_links_and_old_consents_are_forgotten(people: People) -> None:
    at = timezone.now()
    share(people)
    give_consent(provider=people.chess, by=people.kari, at=at)
    withdraw_consent(provider=people.chess, by=people.kari, at=at)
    assert forget_sharing(at) == 0
    assert forget_sharing(at + 2 * GOOD_FOR + timedelta(days=1)) == 1
    assert forget_sharing(at + timedelta(days=366)) == 1
