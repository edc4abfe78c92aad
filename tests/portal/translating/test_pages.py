"""Pages of the CMS: headings like any text, and the texts inside their blocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.documents.models import Document
from wagtail.models import Collection, Revision

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.kit.refusals import Refused
from portal.our_site.actions import Entry, look_for, write_menu
from portal.pages.look import SiteLook
from portal.pages.menu import Spot
from portal.pages.models import TextPage
from portal.pages.navigation import navigation
from portal.translating import machine
from portal.translating.actions import Why, write_texts
from portal.translating.looking import look_at_changes
from portal.translating.models import Origin, Tally, Translation
from portal.translating.services import the_service
from portal.translating.tasks import follow_changes
from tests.factories.directory import make_municipality
from tests.portal.translating.conftest import FakeService
from tests.portal.translating.test_knowledge import write

NOW = timezone.now()
BODY = [
    {"type": "text", "id": "b1", "value": "<p>Hei <b>du</b></p>"},
    {
        "type": "questions",
        "id": "b2",
        "value": {
            "heading": "Spørsmål",
            "questions": [{"type": "item", "id": "q1", "value": {"question": "Hva koster det?", "answer": "<p>Ingenting.</p>"}}],
        },
    },
    {
        "type": "contact",
        "id": "b3",
        "value": {"name": "Servicetorget", "role": "", "phone": "00 00 00 00", "email": "", "hours": "", "where": ""},
    },
]


@pytest.fixture
def about(larvik: Municipality) -> TextPage:
    page = TextPage(title="Om oss", slug="om-oss", heading_nb="Om oss", intro_nb="Hvem vi er.")
    page.body_nb = TextPage._meta.get_field("body_nb").stream_block.to_python(BODY)
    larvik.site.root_page.specific.add_child(instance=page)
    look_at_changes()
    return TextPage.objects.get(pk=page.pk)


def tally(page: Any, lang: str) -> tuple[int, int, int, int]:
    one = Tally.objects.get(object_id=page.pk, content_type__model="textpage", lang=lang)
    return one.texts, one.missing, one.stale, one.machine


def test_every_text_of_the_blocks_is_counted(about: TextPage) -> None:
    # heading, intro, text, heading of the questions, question, answer; the office's name may stay as it is
    assert tally(about, "ar") == (6, 6, 0, 0)


def test_blocks_appear_when_all_of_their_texts_are_there(about: TextPage, kari: User) -> None:
    first = {("body/b1", "ar"): "<p>مرحبا</p><script>x()</script>", ("heading", "ar"): "من نحن"}
    done = write_texts(model=TextPage, pk=about.pk, texts=first, by=kari, at=NOW)
    assert done.waiting == (("body/b1", "ar"),)
    about = TextPage.objects.get(pk=about.pk)
    assert about.heading_ar == "من نحن"
    assert not about.body_ar
    assert tally(about, "ar") == (6, 4, 0, 0)

    rest = {
        ("body/b2/heading", "ar"): "أسئلة",
        ("body/b2/questions/q1/question", "ar"): "كم؟",
        ("body/b2/questions/q1/answer", "ar"): "<p>لا شيء</p>",
    }
    assert not write_texts(model=TextPage, pk=about.pk, texts=rest, by=kari, at=NOW).waiting
    about = TextPage.objects.get(pk=about.pk)
    raw = list(about.body_ar.get_prep_value())
    assert [block["id"] for block in raw] == ["b1", "b2", "b3"]
    assert raw[0]["value"] == "<p>مرحبا</p>x()"
    assert raw[1]["value"]["questions"][0]["value"]["question"] == "كم؟"
    assert raw[2]["value"]["name"] == "Servicetorget"
    assert raw[2]["value"]["phone"] == "00 00 00 00"
    assert tally(about, "ar") == (7, 1, 0, 0)  # the office's name counts now that it is there; the introduction is missing
    assert not Translation.objects.exclude(pending="").exists()
    assert next(iter(about.body_nb.get_prep_value()))["value"] == BODY[0]["value"]


def test_changed_block_makes_its_translation_stale_and_new_block_is_missing(about: TextPage, service: FakeService) -> None:
    translator = the_service()
    assert translator is not None
    machine.translate_row(TextPage, about.pk, by=translator, at=NOW)
    about = TextPage.objects.get(pk=about.pk)
    assert list(about.body_ar.get_prep_value())[1]["value"]["heading"] == "AR: Spørsmål"
    assert {asked["format"] for asked in service.asked} == {"text", "html"}
    assert tally(about, "ar")[1:3] == (0, 0)

    changed = [dict(block) for block in BODY]
    changed[0] = {**changed[0], "value": "<p>Hei dere</p>"}
    changed.append({"type": "text", "id": "b9", "value": "<p>Nytt</p>"})
    about.body_nb = TextPage._meta.get_field("body_nb").stream_block.to_python(changed)
    about.save()
    look_at_changes()
    assert tally(about, "ar")[1:3] == (1, 1)

    machine.translate_row(TextPage, about.pk, by=translator, at=NOW)
    about = TextPage.objects.get(pk=about.pk)
    assert [block["id"] for block in about.body_ar.get_prep_value()] == ["b1", "b2", "b3", "b9"]
    assert tally(about, "ar")[1:3] == (0, 0)


def test_body_written_separately_is_left_alone(about: TextPage, service: FakeService) -> None:
    about.body_ar = TextPage._meta.get_field("body_ar").stream_block.to_python(
        [{"type": "text", "id": "own", "value": "<p>خاص</p>"}]
    )
    about.save()
    look_at_changes()
    translator = the_service()
    assert translator is not None
    machine.translate_row(TextPage, about.pk, by=translator, at=NOW)
    about = TextPage.objects.get(pk=about.pk)
    assert [block["id"] for block in about.body_ar.get_prep_value()] == ["own"]
    assert (
        Translation.objects.get(object_id=about.pk, content_type__model="textpage", field="body", lang="ar").origin
        == Origin.PERSON
    )


def raw(page: TextPage, lang: str) -> list[Any]:
    """The blocks of a page in one language, as they stand in the database."""
    value = getattr(TextPage.objects.get(pk=page.pk), f"body_{lang}")
    return list(value.get_prep_value()) if value else []


def put_blocks(page: TextPage, lang: str, blocks: list[Any]) -> None:
    """As in the page's own form; then the worker looks, and the machine writes."""
    page = TextPage.objects.get(pk=page.pk)
    setattr(page, f"body_{lang}", TextPage._meta.get_field(f"body_{lang}").stream_block.to_python(blocks))
    page.save()
    follow_changes(NOW)


def ids(page: TextPage, lang: str) -> list[str]:
    return [block["id"] for block in raw(page, lang)]


NEW = {"type": "text", "id": "b9", "value": "<p>Nytt</p>"}


def test_body_that_a_machine_made_is_no_source(larvik: Municipality, service: FakeService) -> None:
    page = TextPage(title="About us", slug="about", heading_en="About us")
    larvik.site.root_page.specific.add_child(instance=page)
    put_blocks(page, "en", BODY)
    assert raw(page, "nb")[0]["value"] == "NB: <p>Hei <b>du</b></p>"
    follow_changes(NOW)
    assert raw(page, "ar")[0]["value"] == "AR: <p>Hei <b>du</b></p>"
    known = Translation.objects.get(object_id=page.pk, content_type__model="textpage", field="body/b1", lang="nb")
    assert (known.origin, known.source_lang) == (Origin.MACHINE, "en")

    put_blocks(page, "en", [{**BODY[0], "value": "<p>Hei</p>"}, *BODY[1:]])
    assert raw(page, "nb")[0]["value"] == "NB: <p>Hei</p>"


def test_body_and_blocks_that_are_taken_away_do_not_live_on_in_machine_texts(about: TextPage, service: FakeService) -> None:
    put_blocks(about, "nb", BODY)
    assert ids(about, "ar") == ["b1", "b2", "b3"]
    put_blocks(about, "nb", BODY[:2])  # the contact with its telephone number
    assert ids(about, "ar") == ["b1", "b2"]
    asked = len(service.asked)
    put_blocks(about, "nb", [])
    assert (raw(about, "nb"), raw(about, "en"), raw(about, "ar")) == ([], [], [])
    assert len(service.asked) == asked


def test_body_keeps_its_own_blocks_pictures_and_words_when_a_text_is_translated(about: TextPage, service: FakeService) -> None:
    put_blocks(about, "nb", BODY)
    machine_made = raw(about, "ar")
    contact = {**machine_made[2], "value": {**machine_made[2]["value"], "phone": "11 11 11 11"}}
    own = {"type": "text", "id": "own", "value": "<p>خاص</p>"}
    put_blocks(about, "ar", [own, machine_made[0], machine_made[1], contact])

    put_blocks(about, "nb", [NEW, *BODY])

    assert ids(about, "ar") == ["b9", "own", "b1", "b2", "b3"]
    after = {block["id"]: block["value"] for block in raw(about, "ar")}
    assert after["own"] == "<p>خاص</p>"
    assert after["b9"] == "AR: <p>Nytt</p>"
    assert after["b3"]["phone"] == "11 11 11 11"
    assert ids(about, "en") == ["b9", "b1", "b2", "b3"]


def test_new_question_is_added_to_a_list_that_is_there(about: TextPage, service: FakeService) -> None:
    put_blocks(about, "nb", BODY)
    second = {"type": "item", "id": "q2", "value": {"question": "Når?", "answer": "<p>Nå.</p>"}}
    block = {**BODY[1], "value": {**BODY[1]["value"], "questions": [*BODY[1]["value"]["questions"], second]}}
    put_blocks(about, "nb", [BODY[0], block, BODY[2]])
    questions = raw(about, "ar")[1]["value"]["questions"]
    assert [(one["id"], one["value"]["question"]) for one in questions] == [("q1", "AR: Hva koster det?"), ("q2", "AR: Når?")]


def test_block_that_somebody_took_out_stays_out(about: TextPage, service: FakeService, kari: User) -> None:
    put_blocks(about, "nb", BODY)
    machine_made = raw(about, "ar")
    put_blocks(about, "ar", [machine_made[0], machine_made[2]])
    put_blocks(about, "nb", [*BODY, NEW])
    assert ids(about, "ar") == ["b1", "b3", "b9"]

    # Somebody begins to translate it again: it comes when all of it is there, and not before.
    texts = {"body/b2/heading": "أسئلة", "body/b2/questions/q1/question": "كم؟", "body/b2/questions/q1/answer": "<p>لا شيء</p>"}
    for number, (field, text) in enumerate(texts.items()):
        assert ids(about, "ar") == ["b1", "b3", "b9"], number
        write_texts(model=TextPage, pk=about.pk, texts={(field, "ar"): text}, by=kari, at=NOW)
    assert ids(about, "ar") == ["b1", "b2", "b3", "b9"]
    assert raw(about, "ar")[1]["value"]["heading"] == "أسئلة"


def test_captions_stay_with_the_language_they_are_in(about: TextPage, service: FakeService) -> None:
    root = Collection.get_first_root_node() or Collection.add_root(name="Root")
    captions = Document.objects.create(title="Tekster", file=ContentFile(b"WEBVTT", name="t.vtt"), collection=root)
    film = {"title": "Film", "document": None, "captions": captions.pk, "address": "https://a.no/f", "transcript": "<p>Hei</p>"}
    put_blocks(about, "nb", [{"type": "film", "id": "f1", "value": film}])
    assert raw(about, "nb")[0]["value"]["captions"] == captions.pk
    assert raw(about, "ar")[0]["value"]["title"] == "AR: Film"
    assert raw(about, "ar")[0]["value"]["captions"] is None


def test_scheduled_publishing_keeps_what_was_translated_since(about: TextPage, kari: User, service: FakeService) -> None:
    write(about, by=kari, heading_ar="من")
    about = TextPage.objects.get(pk=about.pk)
    about.heading_nb = "Hvem vi er"
    scheduled = about.save_revision(approved_go_live_at=NOW + timedelta(days=1))

    write(about, by=kari, heading_ar="من نحن")
    translator = the_service()
    assert translator is not None
    machine.translate_row(TextPage, about.pk, by=translator, at=NOW)

    Revision.objects.get(pk=scheduled.pk).publish()
    about = TextPage.objects.get(pk=about.pk)
    assert (about.heading_nb, about.heading_ar, about.intro_ar) == ("Hvem vi er", "من نحن", "AR: Hvem vi er.")
    assert ids(about, "ar") == ["b1", "b2", "b3"]


def test_scheduled_publishing_keeps_its_own_newer_words(about: TextPage, kari: User) -> None:
    about.heading_ar = "من هم"
    scheduled = about.save_revision(approved_go_live_at=NOW + timedelta(days=1))
    write(about, by=kari, heading_ar="من نحن")
    Revision.objects.get(pk=scheduled.pk).publish()
    assert TextPage.objects.get(pk=about.pk).heading_ar == "من هم"


def test_rich_text_leads_to_nobody_elses_pages(about: TextPage, kari: User) -> None:
    there = make_municipality("3907", "Sandefjord")
    foreign = TextPage(title="Fremmed", slug="fremmed", heading_nb="Fremmed")
    there.site.root_page.specific.add_child(instance=foreign)
    link = '<p><a linktype="page" id="{}">مرحبا</a></p>'
    with pytest.raises(Refused) as refused:
        write_texts(model=TextPage, pk=about.pk, texts={("body/b1", "ar"): link.format(foreign.pk)}, by=kari, at=NOW)
    assert refused.value.reason == Why.FOREIGN
    assert write_texts(model=TextPage, pk=about.pk, texts={("body/b1", "ar"): link.format(about.pk)}, by=kari, at=NOW)


# ── header and footer ───────────────────────────────────────────────────────────────────────────────────────
def header(larvik: Municipality) -> list[str]:
    """What stands at the top and the foot for readers of Arabic; what is kept of it is used."""
    found = navigation(Municipality.objects.get(pk=larvik.pk), "ar")
    return [*(entry.label.value for entry in found.top), found.footer.value if found.footer else ""]


@pytest.mark.parametrize("kind", ["label", "page", "look"])
def test_header_and_footer_change_when_the_board_saves(larvik: Municipality, about: TextPage, kari: User, kind: str) -> None:
    look = look_for(larvik)
    SiteLook.objects.filter(pk=look.pk).update(footer_nb="Alt på ett sted")
    entries = [Entry(Spot.TOP, address="/find/", labels={"nb": "Finn"}), Entry(Spot.TOP, page=about.pk)]
    (item, _page) = write_menu(municipality=larvik, entries=entries, by=None)
    assert header(larvik) == ["Finn", "Om oss", "Alt på ett sted"]
    if kind == "label":
        write(item, by=kari, label_ar="ابحث")
        assert header(larvik)[0] == "ابحث"
    elif kind == "page":
        write(about, origin=Origin.MACHINE, heading_ar="من نحن")
        assert header(larvik)[1] == "من نحن"
    else:
        write(look, by=kari, footer_ar="كل شيء")
        assert header(larvik)[2] == "كل شيء"


def test_labels_of_the_menu_are_missed_and_what_is_known_of_them_outlives_the_menu(larvik: Municipality, about: TextPage) -> None:
    entries = [Entry(Spot.TOP, address="/find/", labels={"nb": "Finn"}), Entry(Spot.TOP, page=about.pk)]
    (item, page) = write_menu(municipality=larvik, entries=entries, by=None)
    look_at_changes()
    assert list(Tally.objects.filter(content_type__model="menuitem", lang="ar").values_list("object_id", "missing")) == [
        (item.pk, 1)
    ]  # the other entry shows its page's heading
    write(item, origin=Origin.MACHINE, label_ar="ابحث")

    again = [
        Entry(Spot.FOOT, page=about.pk, pk=page.pk),
        Entry(Spot.TOP, address="/find/?free=1", labels={"nb": "Finn", "ar": "ابحث"}, pk=item.pk),
        Entry(Spot.TOP, fixed="find", pk=10**6),
    ]
    written = write_menu(municipality=larvik, entries=again, by=None)
    look_at_changes()
    assert [one.pk for one in written][:2] == [page.pk, item.pk]
    assert Translation.objects.get(content_type__model="menuitem", object_id=item.pk, lang="ar").origin == Origin.MACHINE

    there = make_municipality("3907", "Sandefjord")
    (foreign,) = write_menu(municipality=there, entries=[Entry(Spot.TOP, fixed="find", pk=item.pk)], by=None)
    assert foreign.pk != item.pk
    item.refresh_from_db()
    assert item.municipality_id == larvik.pk
