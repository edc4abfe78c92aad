"""Enquiries and other associations on the desk: one's own and no others, for whoever keeps a page today."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from directory.listings.kinds import Visibility
from directory.providers.models import Membership
from portal.contact.desk import tiles, todos
from portal.contact.desk_urls import urlpatterns
from portal.contact.enquiries.actions import erase_enquiries, write_to_provider
from portal.contact.enquiries.models import KEPT, Enquiry
from portal.contact.enquiries.rules import MOST_A_DAY
from portal.contact.sharing.actions import share_list
from portal.kit.refusals import Refused
from tests.portal.contact.conftest import SECRET, People

MARK = "Zxqvmerke"


def ask(people: People, provider: Any, **fields: Any) -> Enquiry:
    values = {"text": MARK, "name": MARK, "email": "marte@example.org", "lang": "nb", "created_at": timezone.now()} | fields
    return Enquiry.objects.create(
        municipality=provider.municipality, provider=provider, kind="provider", listing_id=provider.pk,
        listing_name=str(provider), relayed_at=timezone.now(), **values,
    )  # fmt: skip


def test_unanswered_ones_stand_first_and_can_be_marked(people: People) -> None:
    first, second = ask(people, people.chess, text="Eldst"), ask(people, people.chess, text="Nyest")
    kari = people.client(people.kari)
    page = kari.get("/nb/desk/enquiries/").content.decode()
    assert page.index("Nyest") < page.index("Eldst")
    assert [todo.weight for todo in todos(people.kari, people.town, timezone.now())] == [90]
    answer = kari.post(f"/nb/desk/enquiries/{second.pk}/answered/", {"done": "1"})
    assert answer["Location"] == "/nb/desk/enquiries/"
    page = kari.get("/nb/desk/enquiries/").content.decode()
    assert page.index("Eldst") < page.index("Nyest")
    kari.post(f"/nb/desk/enquiries/{second.pk}/answered/", {"done": "0"})
    kari.post(f"/nb/desk/enquiries/{first.pk}/answered/", {"done": "1"})
    second.refresh_from_db()
    assert second.answered_at is None


def test_enquiry_shows_how_to_answer_and_no_address_of_the_provider(people: People) -> None:
    enquiry = ask(people, people.chess)
    page = people.client(people.kari).get(f"/nb/desk/enquiries/{enquiry.pk}/").content.decode()
    assert "mailto:marte@example.org" in page
    assert SECRET not in page


def test_held_back_and_thrown_away_ones_are_not_on_the_desk(people: People) -> None:
    kari = people.client(people.kari)
    for state in ("held", "thrown"):
        enquiry = ask(people, people.chess, state=state)
        assert kari.get(f"/nb/desk/enquiries/{enquiry.pk}/").status_code == 404
    assert MARK not in kari.get("/nb/desk/enquiries/").content.decode()


def test_erased_one_says_so(people: People) -> None:
    enquiry = ask(people, people.chess, created_at=timezone.now() - KEPT * 2)
    erase_enquiries(timezone.now())
    page = people.client(people.kari).get(f"/nb/desk/enquiries/{enquiry.pk}/")
    assert page.status_code == 200
    assert MARK not in page.content.decode()
    assert not list(todos(people.kari, people.town, timezone.now()))


def test_who_left_the_board_is_out_at_once(people: People) -> None:
    enquiry = ask(people, people.chess)
    kari = people.client(people.kari)
    assert kari.get(f"/nb/desk/enquiries/{enquiry.pk}/").status_code == 200
    Membership.objects.filter(user=people.kari).delete()
    for browser in (kari, people.client(people.kari)):  # with the session from before, and with a new one
        for path in (f"/nb/desk/enquiries/{enquiry.pk}/", "/nb/desk/enquiries/"):
            assert browser.get(path).status_code in (302, 404)


# ── every address of this room, for everybody it is not for ───────────────────────────────────────────────────
def addresses(people: People) -> dict[str, str]:
    """Every address of this room on the desk, with rows of the chess club or of the town in it."""
    from portal.contact.board.models import Notice

    enquiry = ask(people, people.chess)
    notice = Notice.objects.create(
        municipality=people.town, kind="looking", title=MARK, text=MARK, lang="nb", until=timezone.localdate(),
        provider=people.chess, author=people.kari, created_at=timezone.now(), changed_at=timezone.now(),
    )  # fmt: skip
    shared = share_list(
        municipality=people.town, by=people.coordinator, at=timezone.now(), whom_for=MARK, category="", district=None
    )
    pks = {"enquiry": enquiry.pk, "notice": notice.pk, "contact": shared.pk}
    found = {}
    for pattern in urlpatterns:
        name = str(pattern.name)
        kwargs: dict[str, Any] = {}
        if "<int:pk>" in str(pattern.pattern):
            kwargs["pk"] = pks[name.split("-")[1]]
        if "<slug:slug>" in str(pattern.pattern):
            kwargs["slug"] = people.chess.slug
        found[name] = reverse(name, kwargs=kwargs)
    assert get_resolver()
    return found


@pytest.mark.parametrize("method", ["get", "post"])
def test_addresses_open_for_nobody_else(people: People, method: str) -> None:
    paths = addresses(people)
    assert len(paths) == len(urlpatterns)
    before = str(list(Enquiry.objects.values()))
    for name, path in paths.items():
        anonymous = getattr(Client(), method)(path)
        assert anonymous.status_code == 302, name
        assert "sign-in" in anonymous["Location"] or "login" in anonymous["Location"]
        for who in (people.stranger, people.foreign):
            answer = getattr(people.client(who), method)(path)
            assert answer.status_code in (404, 405), (name, who)
            assert MARK not in answer.content.decode()
    assert str(list(Enquiry.objects.values())) == before


def test_another_member_sees_nothing_of_mine(people: People) -> None:
    paths = addresses(people)
    ola = people.client(people.ola)
    closed = ("desk-enquiry", "desk-enquiry-answered", "desk-notice-edit", "desk-notice-close", "desk-contact-consent",
              "desk-contact-share", "desk-contact-revoke")  # fmt: skip
    for name in closed:
        assert ola.post(paths[name]).status_code == 404, name
    assert MARK not in ola.get(paths["desk-enquiries"]).content.decode()
    assert MARK not in ola.get(paths["desk-contact-list"]).content.decode()
    assert ola.get(paths["desk-notice"]).status_code == 200  # what hangs is for all members


# ── from one association to another ───────────────────────────────────────────────────────────────────────────
def test_members_see_what_others_show_to_them_and_no_more(people: People) -> None:
    people.chess.contact_name_visibility = Visibility.STAFF
    people.chess.save()
    for path in ("/nb/desk/associations/", f"/nb/desk/associations/{people.chess.slug}/"):
        page = people.client(people.ola).get(path).content.decode()
        assert "00 00 00 11" in page
        assert SECRET not in page
        assert "Bare Kontoret" not in page
    assert "Nabolaget" not in people.client(people.ola).get("/nb/desk/associations/").content.decode()
    assert people.client(people.ola).get(f"/nb/desk/associations/{people.foreign_provider.slug}/").status_code == 404
    assert "00 00 00 11" not in Client().get(f"/nb/providers/{people.chess.slug}/").content.decode()


def test_others_can_be_found_by_name_and_category(people: People) -> None:
    ola = people.client(people.ola)
    for query, found in (("q=sjakk", True), ("category=sport", True), ("q=xyz", False), ("category=nothing", False)):
        assert (">Sjakklubben</a>" in ola.get(f"/nb/desk/associations/?{query}").content.decode()) is found, query


def test_message_to_another_association_is_relayed_with_a_copy(people: People) -> None:
    path = f"/nb/desk/associations/{people.chess.slug}/"
    ola = people.client(people.ola)
    assert ola.post(path, {"text": "Skal vi dele buss?"})["Location"] == "/nb/desk/associations/"
    (letter,) = mail.outbox
    assert (letter.to, letter.reply_to) == (["kari@example.org"], ["ola@example.org"])
    assert "Koret" in letter.body
    enquiry = Enquiry.objects.get()
    assert (enquiry.channel, enquiry.from_provider, enquiry.provider) == ("provider", people.choir, people.chess)
    sent = ola.get("/nb/desk/enquiries/?box=sent").content.decode()
    assert "Skal vi dele buss?" in sent
    assert ola.get(f"/nb/desk/enquiries/{enquiry.pk}/").status_code == 200
    copy = ola.get(f"/nb/desk/enquiries/{enquiry.pk}/").content.decode()
    assert "kari@example.org" not in copy + sent
    assert ola.post(f"/nb/desk/enquiries/{enquiry.pk}/answered/", {"done": "1"}).status_code == 404
    assert "Skal vi dele buss?" in people.client(people.kari).get("/nb/desk/enquiries/").content.decode()


def test_one_person_cannot_write_to_everybody(people: People) -> None:
    at = timezone.now()
    for n in range(MOST_A_DAY):
        write_to_provider(provider=people.quiet, by=people.ola, by_provider=None, text=f"Hei {n}", lang="nb", at=at)
    with pytest.raises(Refused, match="mange meldinger"):
        write_to_provider(provider=people.chess, by=people.ola, by_provider=None, text="Hei", lang="nb", at=at)


def test_nobody_writes_in_the_name_of_another(people: People) -> None:
    people.client(people.ola).post(
        f"/nb/desk/associations/{people.quiet.slug}/", {"text": "Hei", "on_behalf": f"provider:{people.chess.pk}"}
    )
    assert Enquiry.objects.get().from_provider == people.choir


def test_ways_on_the_desk_are_for_members_only(people: People) -> None:
    at = timezone.now()
    assert len(list(tiles(people.kari, people.town, at))) == 4
    assert len(list(tiles(people.nurse, people.town, at))) == 4
    assert not list(tiles(people.stranger, people.town, at))
    assert not list(tiles(people.foreign, people.town, at))


def test_lists_take_as_many_questions_with_thirty_rows(people: People, django_assert_max_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    kari = people.client(people.kari)
    counts = []
    for many in (1, 12):
        for n in range(many):
            ask(people, people.chess, text=f"{MARK} {n}")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            kari.get("/nb/desk/enquiries/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
