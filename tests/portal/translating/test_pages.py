"""Pages of the CMS: headings like any text, and the texts inside their blocks."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.pages.models import TextPage
from portal.translating import machine
from portal.translating.actions import write_texts
from portal.translating.looking import look_at_changes
from portal.translating.models import Origin, Tally, Translation
from portal.translating.services import the_service
from tests.portal.translating.conftest import FakeService

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
