"""The notice board: for members of the municipality, in their own words, for half a year at most."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from directory.agencies.models import AgencyRole
from directory.municipalities.models import TenantLogEntry
from directory.providers.models import Membership
from portal.contact.board.actions import KEPT, close_notice, forget_notices, put_back, remove_notice, report_notice
from portal.contact.board.models import Notice, NoticeReport
from portal.contact.board.rules import LONGEST, MOST_UP, NoticeRefusal, why_not_until
from portal.contact.enquiries.actions import erase_enquiries
from portal.contact.enquiries.models import KEPT as ENQUIRY_KEPT
from portal.contact.enquiries.models import Enquiry
from portal.contact.enquiries.receivers import receivers_of
from tests.factories.directory import UserFactory, make_staff
from tests.portal.contact.conftest import SECRET, People


def words(**said: Any) -> dict[str, Any]:
    until = timezone.localdate() + timedelta(days=30)
    return {"kind": "lending", "title": "Stort telt", "text": "Seks ganger ni meter.", "until": str(until), **said}


def put_up(people: People, user: Any, **said: Any) -> Notice:
    answer = people.client(user).post("/nb/desk/board/new/", words(**said))
    assert answer.status_code == 302, answer.content.decode()
    return Notice.objects.latest("pk")


@pytest.mark.parametrize(("days", "reason"), [(-1, NoticeRefusal.PAST), (0, None), (183, None), (184, NoticeRefusal.LONG)])
def test_how_long_a_notice_hangs(days: int, reason: NoticeRefusal | None) -> None:
    today = timezone.localdate()
    assert why_not_until(today + timedelta(days=days), today) == reason
    assert timedelta(days=183) == LONGEST


def test_notice_hangs_for_all_members_and_names_the_association(people: People) -> None:
    notice = put_up(people, people.kari, district="stavern")
    assert (notice.provider, notice.agency, notice.lang, notice.author) == (people.chess, None, "nb", people.kari)
    assert notice.district.slug == "stavern"  # type: ignore[union-attr]
    for user in (people.ola, people.nurse, people.coordinator):
        page = people.client(user).get("/nb/desk/board/").content.decode()
        assert "Stort telt" in page
        assert "Sjakklubben" in page
        assert "Kari" not in page
        assert SECRET not in page


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "nothing"}, {"title": " "}, {"text": ""}, {"until": ""}, {"until": "2020-01-01"}, {"until": "2099-01-01"},
        {"until": "tull"}, {"district": "nowhere"}, {"text": "01011812345"}, {"title": "x" * 101},
    ],
)  # fmt: skip
def test_bad_input_is_said_and_nothing_is_lost(people: People, said: dict[str, str]) -> None:
    answer = people.client(people.kari).post("/nb/desk/board/new/", words(**said))
    assert answer.status_code == 422
    assert not Notice.objects.exists()
    if "text" not in said:
        assert "Seks ganger ni meter." in answer.content.decode()


def test_hostile_words_stay_words(people: People) -> None:
    bad = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    notice = put_up(people, people.kari, title=bad, text=bad)
    for path in ("/nb/desk/board/", f"/nb/desk/board/{notice.pk}/", f"/nb/desk/board/{notice.pk}/edit/"):
        page = people.client(people.kari).get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_filters_and_search(people: People) -> None:
    put_up(people, people.kari, district="stavern")
    put_up(people, people.ola, kind="looking", title="Trommer", text="Helst gratis")
    client = people.client(people.nurse)

    def found(query: str) -> set[str]:
        page = client.get(f"/nb/desk/board/?{query}").content.decode()
        return {title for title in ("Stort telt", "Trommer") if title in page}

    assert found("") == {"Stort telt", "Trommer"}
    assert found("kind=looking") == {"Trommer"}
    assert found("kind=nonsense") == {"Stort telt", "Trommer"}
    assert found("district=stavern") == {"Stort telt", "Trommer"}  # what is for the whole town is for Stavern too
    assert found("q=gratis") == {"Trommer"}
    assert found("q=%00&page=99") == {"Stort telt", "Trommer"}
    assert found("own=1") == set()


def test_notice_comes_down_by_itself(people: People) -> None:
    notice = put_up(people, people.kari)
    Notice.objects.filter(pk=notice.pk).update(until=timezone.localdate() - timedelta(days=1))
    ola = people.client(people.ola)
    assert "Stort telt" not in ola.get("/nb/desk/board/").content.decode()
    assert ola.get(f"/nb/desk/board/{notice.pk}/").status_code == 404
    assert ola.post(f"/nb/desk/board/{notice.pk}/", {"text": "Hei"}).status_code == 404
    kari = people.client(people.kari)
    assert "Stort telt" in kari.get("/nb/desk/board/?own=1").content.decode()
    assert kari.get(f"/nb/desk/board/{notice.pk}/").status_code == 200


def test_own_notice_is_changed_and_taken_down_by_its_own_only(people: People) -> None:
    notice = put_up(people, people.kari)
    for who in (people.ola, people.nurse, people.coordinator):
        assert people.client(who).get(f"/nb/desk/board/{notice.pk}/edit/").status_code == 404
        assert people.client(who).post(f"/nb/desk/board/{notice.pk}/close/").status_code == 404
    kari = people.client(people.kari)
    kari.post(f"/nb/desk/board/{notice.pk}/edit/", words(title="Lite telt"))
    notice.refresh_from_db()
    assert (notice.title, notice.provider) == ("Lite telt", people.chess)
    kari.post(f"/nb/desk/board/{notice.pk}/close/")
    notice.refresh_from_db()
    assert notice.closed_at is not None
    assert close_notice(notice=notice, by=people.kari, at=timezone.now()) is False
    kari.post(f"/nb/desk/board/{notice.pk}/edit/", words())  # changed, it hangs again
    notice.refresh_from_db()
    assert notice.is_up


def test_who_left_the_association_keeps_no_hold_of_its_notice(people: People) -> None:
    notice = put_up(people, people.kari)
    Membership.objects.create(user=people.ola, provider=people.chess, role="editor")
    assert people.client(people.ola).get(f"/nb/desk/board/{notice.pk}/edit/").status_code == 200
    Membership.objects.filter(user=people.kari).delete()
    Membership.objects.create(user=people.kari, provider=people.quiet, role="editor")
    assert people.client(people.kari).get(f"/nb/desk/board/{notice.pk}/edit/").status_code == 404


def test_answer_goes_to_who_put_it_up_and_shows_no_address(people: People) -> None:
    notice = put_up(people, people.kari)
    mail.outbox.clear()
    ola = people.client(people.ola)
    assert ola.post(f"/nb/desk/board/{notice.pk}/", {"text": "Kan vi låne det i mai?"})["Location"] == "/nb/desk/board/"
    (letter,) = mail.outbox
    assert (letter.to, letter.reply_to) == (["kari@example.org"], ["ola@example.org"])
    assert "Kan vi låne det i mai?" in people.client(people.kari).get("/nb/desk/enquiries/").content.decode()
    assert "kari@example.org" not in ola.get(f"/nb/desk/board/{notice.pk}/").content.decode()
    # nobody answers themselves
    people.client(people.kari).post(f"/nb/desk/board/{notice.pk}/", {"text": "Hei"})
    assert Enquiry.objects.count() == 1


def test_answer_to_an_agency_goes_to_its_worker_as_long_as_they_work_there(people: People) -> None:
    notice = put_up(people, people.nurse)
    assert notice.agency is not None
    people.client(people.ola).post(f"/nb/desk/board/{notice.pk}/", {"text": "En"})
    assert mail.outbox[-1].to == ["nurse@example.org"]
    assert "En" in people.client(people.nurse).get("/nb/desk/enquiries/").content.decode()
    AgencyRole.objects.all().delete()
    notice.agency.email = "stasjonen@example.org"
    notice.agency.save()
    people.client(people.ola).post(f"/nb/desk/board/{notice.pk}/", {"text": "To"})
    assert mail.outbox[-1].to == ["stasjonen@example.org"]


def write_answer(people: People, notice: Notice, text: str) -> Enquiry:
    assert people.client(people.ola).post(f"/nb/desk/board/{notice.pk}/", {"text": text}).status_code == 302
    return Enquiry.objects.get()


def test_answers_are_read_by_who_works_there_now(people: People) -> None:
    notice = put_up(people, people.nurse)
    found = write_answer(people, notice, "Vi kommer gjerne")
    path = f"/nb/desk/enquiries/{found.pk}/"
    new = UserFactory(email="ny@example.org")
    AgencyRole.objects.create(user=new, agency=notice.agency)
    AgencyRole.objects.filter(user=people.nurse).delete()
    Membership.objects.create(user=people.nurse, provider=people.quiet, role="editor")
    for who, status in ((people.nurse, 404), (new, 200), (people.kari, 404), (people.coordinator, 404)):
        assert people.client(who).get(path).status_code == status, who
        listed = people.client(who).get("/nb/desk/enquiries/").content.decode()
        assert ("Vi kommer gjerne" in listed) is (status == 200), who
    assert "nurse@example.org" not in {receiver.email for receiver in receivers_of(found)}


def test_answers_to_the_municipality_are_read_by_its_staff(people: People) -> None:
    notice = put_up(people, people.coordinator)
    path = f"/nb/desk/enquiries/{write_answer(people, notice, 'Vi låner gjerne').pk}/"
    colleague = make_staff(people.town, "kollega@example.org")
    for who, status in ((people.coordinator, 200), (colleague, 200), (people.kari, 404), (people.nurse, 404)):
        assert people.client(who).get(path).status_code == status, who


def test_heading_of_a_notice_goes_with_the_words_of_its_answers(people: People) -> None:
    found = write_answer(people, put_up(people, people.kari, title="Telt hos Marte Hemmelig"), "Ja takk")
    assert erase_enquiries(timezone.now() + ENQUIRY_KEPT + timedelta(minutes=1)) == 1
    assert "Hemmelig" not in str(Enquiry.objects.values().get())
    page = people.client(people.kari).get("/nb/desk/enquiries/").content.decode()
    assert str(found.get_channel_display())[1:] in page.partition("<h2>")[2].partition("</h2>")[0], "it still has a name"


def test_log_holds_no_words_of_a_notice(people: People) -> None:
    notice = put_up(people, people.kari, title="Telt hos Marte Hemmelig")
    remove_notice(notice=notice, by=people.coordinator, reason="Hemmelig grunn", at=timezone.now())
    rows = str(list(TenantLogEntry.objects.values("label", "data", "action")))
    assert "notice.remove" in rows
    assert "Hemmelig" not in rows


def test_report_reaches_staff_once_and_the_notice_is_taken_down_with_a_reason(people: People) -> None:
    notice = put_up(people, people.kari)
    mail.outbox.clear()
    ola = people.client(people.ola)
    ola.post(f"/nb/desk/board/{notice.pk}/report/", {"text": "Dette er reklame"})
    assert report_notice(notice=notice, by=people.ola, text="igjen", at=timezone.now()) is False
    assert [letter.to for letter in mail.outbox] == [["kontoret@example.org"]]
    assert NoticeReport.objects.count() == 1
    assert ola.post(f"/nb/desk/board/{notice.pk}/report/", {"text": ""}).status_code == 422
    at = timezone.now()
    assert remove_notice(notice=notice, by=people.coordinator, reason="Reklame hører ikke hjemme her.", at=at) is True
    assert remove_notice(notice=notice, by=people.coordinator, reason="x", at=at) is False
    assert ola.get(f"/nb/desk/board/{notice.pk}/").status_code == 404
    kari = people.client(people.kari)
    assert "Reklame hører ikke hjemme her." in kari.get(f"/nb/desk/board/{notice.pk}/").content.decode()
    assert kari.post(f"/nb/desk/board/{notice.pk}/edit/", words()).status_code == 422
    notice.refresh_from_db()
    assert notice.removed_at
    assert put_back(notice=notice, by=people.coordinator) is True
    assert TenantLogEntry.objects.filter(action="notice.remove", user=people.coordinator).count() == 1


def test_nobody_fills_the_board(people: People) -> None:
    for n in range(MOST_UP):
        put_up(people, people.kari, title=f"Nr. {n}")
    assert people.client(people.kari).post("/nb/desk/board/new/", words()).status_code == 422
    assert Notice.objects.count() == MOST_UP


def test_what_has_been_down_for_long_is_gone(people: People) -> None:
    at = timezone.now()
    over, closed, removed, up = (put_up(people, people.kari, title=f"Nr. {n}") for n in range(4))
    for notice in (over, closed, removed):
        report_notice(notice=notice, by=people.ola, text="x", at=at)
    long_ago = at - KEPT - timedelta(days=1)
    Notice.objects.filter(pk=over.pk).update(until=timezone.localdate(long_ago))
    Notice.objects.filter(pk=closed.pk).update(closed_at=long_ago)
    Notice.objects.filter(pk=removed.pk).update(removed_at=long_ago)
    assert forget_notices(at) == 3
    assert forget_notices(at) == 0
    assert list(Notice.objects.all()) == [up]
    assert not NoticeReport.objects.exists()
