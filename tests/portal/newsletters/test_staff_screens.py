"""Staff write a letter, look at it, see who gets it, send it, and decide what is in doubt; always their own."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.images.models import Image
from wagtail.log_actions import registry as log_registry

from directory.municipalities.models import Municipality
from portal.newsletters.models import Delivery, Newsletter, Receiver, Sender
from portal.newsletters.states import DeliveryState, LetterState
from tests.factories.directory import CategoryFactory, ProviderFactory, make_municipality, make_staff
from tests.factories.newsletters import blocks, make_letter, make_sender
from tests.factories.pages import picture

pytestmark = pytest.mark.one_database


@pytest.fixture
def desk(larvik: Municipality) -> Client:
    browser = Client()
    browser.force_login(make_staff(larvik))
    return browser


def address(name: str, *args: Any) -> str:
    return reverse(Newsletter.snippet_viewset.get_url_name(name), args=args)  # type: ignore[attr-defined]


def form(larvik: Municipality, sender: Sender, **values: Any) -> dict[str, Any]:
    """What the form of a letter sends."""
    sent: dict[str, Any] = {"sender": sender.pk, "audience": "providers", "slug": "", "confirmed": ""}
    for code in larvik.languages:
        sent |= {f"subject_{code}": "", f"glance_{code}": "", f"body_{code}-count": "0"}
    return sent | {"subject_nb": "Høstbrev"} | values


def one_block(code: str, kind: str, **values: Any) -> dict[str, Any]:
    stem = f"body_{code}-0"
    return {
        f"body_{code}-count": "1",
        f"{stem}-deleted": "",
        f"{stem}-order": "0",
        f"{stem}-type": kind,
        f"{stem}-id": "",
        **{f"{stem}-value{'-' + name if name else ''}": value for name, value in values.items()},
    }


def test_a_letter_is_written_and_leads_on_to_sending(larvik: Municipality, desk: Client) -> None:
    sport = CategoryFactory(municipality=larvik)
    sent = form(larvik, make_sender(larvik), categories=[sport.pk], kinds=["association"], roles=["editor"])

    response = desk.post(address("add"), sent | one_block("nb", "heading", **{"": "Hei"}))

    letter = Newsletter.objects.get()
    assert response["Location"] == address("send", letter.pk)
    assert (letter.subject_nb, letter.municipality, letter.kinds, letter.roles) == (
        "Høstbrev",
        larvik,
        ["association"],
        ["editor"],
    )
    assert list(letter.categories.all()) == [sport]
    assert letter.slug == f"hostbrev-{timezone.localdate():%Y}"
    assert desk.get(response["Location"]).status_code == 200


def test_categories_stand_below_their_parents(larvik: Municipality, desk: Client) -> None:
    sport = CategoryFactory(municipality=larvik, name_nb="Idrett", position=2)
    CategoryFactory(municipality=larvik, name_nb="Kultur", position=1)
    CategoryFactory(municipality=larvik, name_nb="Fotball", position=0, parent=sport)

    field = desk.get(address("add")).context["form"].fields["categories"]

    assert [label for _value, label in field.choices] == ["Kultur", "Idrett", "› Fotball"]


def test_nothing_of_another_municipality_can_stand_in_a_letter(larvik: Municipality, desk: Client) -> None:
    there = make_municipality("3907", "Sandefjord")
    foreign = CategoryFactory(municipality=there)
    image: Image = picture(there)

    for values in (
        {"categories": [foreign.pk]},
        {"sender": make_sender(there).pk},
        one_block("nb", "image", image=image.pk, alt="x", caption=""),
        one_block("nb", "chosen", **{"heading": "", "activities-count": "0", "providers-count": "0", "places-count": "0"}),
        one_block("nb", "listings", heading="", question="https://other.example/x", limit="3"),
    ):
        response = desk.post(address("add"), form(larvik, make_sender(larvik)) | values)
        assert response.status_code == 200, values
    assert not Newsletter.objects.exists()


def test_the_screen_says_how_many_and_in_which_language(larvik: Municipality, desk: Client) -> None:
    for n in range(3):
        ProviderFactory(municipality=larvik, name_nb=f"Lag {n}", email=f"p{n}@example.org")
    ProviderFactory(municipality=larvik, name_nb="Uten adresse", email="")
    letter = make_letter(larvik)

    page = desk.get(address("send", letter.pk)).content.decode()
    assert "Norsk bokmål: 3" in page
    assert address("release", letter.pk) in page

    page = desk.get(address("receivers", letter.pk)).content.decode()
    assert "p1@example.org" in page
    assert "Uten adresse" in page

    sheet = b"".join(desk.get(address("receivers", letter.pk) + "?export=csv").streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(sheet), delimiter=";"))
    assert [row[0] for row in rows[1:]] == ["p0@example.org", "p1@example.org", "p2@example.org", ""]
    entry = log_registry.get_logs_for_instance(letter).get(action="newsletter.export")
    assert (entry.user.email, entry.data) == ("staff-3909@example.org", {"rows": 4})


def test_sending_asks_once_more_and_says_how_many_get_it(larvik: Municipality, desk: Client, quiet: None) -> None:
    """On a page of its own, so that it does so without JavaScript too."""
    for n in range(2):
        ProviderFactory(municipality=larvik, email=f"p{n}@example.org")
    letter = make_letter(larvik)
    there = address("release", letter.pk)

    page = desk.get(address("send", letter.pk)).content.decode()
    assert f'href="{there}"' in page
    assert f'action="{there}"' not in page, "nothing goes out from the first page"
    asked = desk.get(there).content.decode()
    assert "Send det nå til 2 mottakere" in asked
    assert 'name="seen" value="2"' in asked
    for unsure in ({}, {"seen": "1"}, {"seen": "x"}):
        answer = desk.post(there, unsure)
        letter.refresh_from_db()
        assert (answer.status_code, letter.state) == (200, LetterState.DRAFT), unsure
        assert 'name="seen" value="2"' in answer.content.decode()
    ProviderFactory(municipality=larvik, email="p9@example.org")
    desk.post(there, {"seen": "2"})
    letter.refresh_from_db()
    assert letter.state == LetterState.DRAFT, "others than were told of would have got it"
    assert desk.post(there, {"seen": "3"}).status_code == 302
    letter.refresh_from_db()
    assert (letter.state, letter.deliveries.count()) == (LetterState.SENDING, 3)


def test_a_letter_that_cannot_go_is_not_asked_about(larvik: Municipality, desk: Client) -> None:
    letter = make_letter(larvik)  # nobody would get it
    assert desk.get(address("release", letter.pk))["Location"] == address("send", letter.pk)


def test_residents_stand_in_no_list(larvik: Municipality, desk: Client) -> None:
    letter = make_letter(larvik, audience="residents")

    assert desk.get(address("receivers", letter.pk)).status_code == 302


def test_a_test_letter_comes_to_oneself(larvik: Municipality, desk: Client) -> None:
    letter = make_letter(larvik)

    desk.post(address("test", letter.pk), {"lang": ["nb", "ar", "xx"]})

    assert [message.to for message in mail.outbox] == [["staff-3909@example.org"]] * 2


def test_a_letter_goes_through_all_its_buttons(larvik: Municipality, desk: Client, quiet: None) -> None:
    for n in range(3):
        ProviderFactory(municipality=larvik, email=f"p{n}@example.org")
    letter = make_letter(larvik)

    def press(name: str, **values: Any) -> str:
        assert desk.get(address(name, letter.pk)).status_code == 302  # looking does nothing
        desk.post(address(name, letter.pk), values)
        letter.refresh_from_db()
        return letter.state

    assert press("schedule", when="2020-01-01T10:00") == LetterState.DRAFT
    assert press("schedule", when="nonsense") == LetterState.DRAFT
    assert press("schedule", when="2999-01-01T10:00") == LetterState.SCHEDULED
    assert press("unschedule") == LetterState.DRAFT
    assert desk.get(address("release", letter.pk)).status_code == 200  # it asks once more
    for _twice in range(2):
        desk.post(address("release", letter.pk), {"seen": "3"})
        letter.refresh_from_db()
        assert letter.state == LetterState.SENDING
    assert desk.get(address("release", letter.pk)).status_code == 302
    assert letter.deliveries.count() == 3
    response = desk.get(address("send", letter.pk))
    assert response["Refresh"]
    assert press("pause") == LetterState.PAUSED
    assert press("resume") == LetterState.SENDING
    first = letter.deliveries.order_by("pk").first()
    Delivery.objects.filter(pk=first.pk).update(state=DeliveryState.DOUBT, taken_at=timezone.now())
    assert "p0@example.org" in desk.get(address("send", letter.pk)).content.decode()
    press("decide", message=[str(first.pk), "x", "9" * 30], decision="leave")
    assert letter.deliveries.get(pk=first.pk).state == DeliveryState.LEFT
    assert press("archive", shown="1")
    assert letter.in_archive
    assert press("cancel") == LetterState.CANCELLED
    assert press("resume") == LetterState.CANCELLED


def test_what_has_gone_out_is_not_changed_and_not_removed(larvik: Municipality, desk: Client) -> None:
    letter = make_letter(larvik)
    Newsletter.objects.filter(pk=letter.pk).update(state=LetterState.SENT, released_at=timezone.now())

    response = desk.post(address("edit", letter.pk), form(larvik, letter.sender, subject_nb="Noe annet"))
    assert response["Location"] == address("send", letter.pk)
    assert desk.post(address("delete", letter.pk)).status_code in (302, 403)

    letter.refresh_from_db()
    assert letter.subject_nb == "Nytt fra kulturen"


def test_a_preview_shows_each_language_and_runs_nothing(larvik: Municipality, desk: Client) -> None:
    letter = make_letter(larvik, body_ar=blocks(("heading", "عنوان")))

    for mode, words, direction in (("nb", "Hei alle sammen", "ltr"), ("ar", "عنوان", "rtl")):
        path = address("preview_on_edit", letter.pk) + f"?mode={mode}"
        sent = form(larvik, letter.sender, subject_ar="أخبار") | one_block("nb", "heading", **{"": "Hei alle sammen"})
        sent |= one_block("ar", "heading", **{"": "عنوان"})
        assert desk.post(path, sent).json()["is_valid"]
        response = desk.get(path)
        page = response.content.decode()
        assert words in page
        assert f'dir="{direction}"' in page
        assert "script-src 'none'" in response["Content-Security-Policy"]


def test_a_sender_must_be_of_an_allowed_domain(larvik: Municipality, desk: Client, settings: Any) -> None:
    settings.NEWSLETTER_DOMAINS = ["3909:larvik.example", "3907:sandefjord.example"]
    path = reverse(Sender.snippet_viewset.get_url_name("add"))  # type: ignore[attr-defined]

    for mail_address in ("kultur@evil.example", "kultur@sandefjord.example"):
        desk.post(path, {"name": "Kultur", "address": mail_address, "reply_to": "kultur@larvik.example"})
    assert not Sender.objects.exists()
    desk.post(path, {"name": "Kultur", "address": "kultur@larvik.example", "reply_to": "kultur@larvik.example"})
    assert Sender.objects.get().municipality == larvik


def test_staff_of_another_municipality_find_nothing(larvik: Municipality) -> None:
    there = make_municipality("3907", "Sandefjord", features=["newsletters"])
    browser = Client()
    browser.force_login(make_staff(there))
    letter = make_letter(larvik)
    Receiver.objects.create(municipality=larvik, email="post@example.org")

    for name in ("edit", "send", "receivers", "delete", "preview_on_edit", "test", "release", "pause", "decide", "archive"):
        for method in (browser.get, browser.post):
            assert method(address(name, letter.pk)).status_code == 404, name
    assert "Nytt fra kulturen" not in browser.get(address("list")).content.decode()


def test_where_newsletters_are_off_staff_have_no_screens(larvik: Municipality, desk: Client) -> None:
    letter = make_letter(larvik)
    assert desk.get(address("list")).status_code == 200
    larvik.features = []
    larvik.save()

    assert desk.get(address("list")).status_code in (302, 403)
    assert desk.post(address("release", letter.pk)).status_code in (302, 403)
    letter.refresh_from_db()
    assert letter.state == LetterState.DRAFT


@pytest.mark.parametrize(("decision", "state"), [("again", DeliveryState.WAITING), ("leave", DeliveryState.LEFT)])
def test_staff_decide_about_all_of_them_at_once(
    larvik: Municipality, desk: Client, quiet: None, monkeypatch: pytest.MonkeyPatch, decision: str, state: str
) -> None:
    monkeypatch.setattr("portal.newsletters.staff_views.LISTED", 2)
    letter = in_doubt(larvik, "providers")

    desk.post(address("decide", letter.pk), {"decision": decision})  # nothing is marked
    assert set(letter.deliveries.values_list("state", flat=True)) == {DeliveryState.DOUBT}
    assert 'name="all"' in desk.get(address("send", letter.pk)).content.decode()
    desk.post(address("decide", letter.pk), {"decision": decision, "all": "1"})

    assert set(letter.deliveries.values_list("state", flat=True)) == {state}


def test_residents_stand_by_number_among_the_doubts(larvik: Municipality, desk: Client) -> None:
    residents, providers = in_doubt(larvik, "residents"), in_doubt(larvik, "providers")

    page = desk.get(address("send", residents.pk)).content.decode()
    assert "kari0@example.org" not in page
    assert f'value="{residents.deliveries.order_by("pk")[0].pk}"' in page
    assert "kari0@example.org" in desk.get(address("send", providers.pk)).content.decode()


def test_the_first_screen_shows_what_is_paused_or_asks_and_nothing_else(larvik: Municipality, desk: Client) -> None:
    def on_its_way(subject: str, state: LetterState, delivery: DeliveryState) -> Newsletter:
        letter = make_letter(larvik, subject_nb=subject)
        Newsletter.objects.filter(pk=letter.pk).update(state=state, released_at=timezone.now())
        Delivery.objects.create(newsletter=letter, lang="nb", state=delivery)
        return letter

    paused = on_its_way("Brev som står", LetterState.PAUSED, DeliveryState.WAITING)
    asks = on_its_way("Brev i tvil", LetterState.SENT, DeliveryState.STUCK)
    on_its_way("Brev som er sendt", LetterState.SENT, DeliveryState.SENT)
    make_letter(make_municipality("3907", "Sandefjord"), subject_nb="Andres brev")

    page = desk.get("/cms/").content.decode()

    assert f'<a href="{address("send", paused.pk)}">Brev som står</a>' in page
    assert f'<a href="{address("send", asks.pk)}#decide">Brev i tvil</a>' in page
    assert "Brev som er sendt" not in page
    assert "Andres brev" not in page


def in_doubt(larvik: Municipality, audience: str) -> Newsletter:
    """A letter that was paused with three messages in doubt."""
    letter = make_letter(larvik, audience=audience)
    Newsletter.objects.filter(pk=letter.pk).update(state=LetterState.PAUSED, released_at=timezone.now())
    for n in range(3):
        row = Receiver.objects.get_or_create(municipality=larvik, email=f"kari{n}@example.org")[0]
        Delivery.objects.create(newsletter=letter, receiver=row, lang="nb", state=DeliveryState.DOUBT, taken_at=timezone.now())
    return letter
