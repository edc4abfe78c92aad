"""Machine translation against a service that really answers over HTTP, well and badly."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.translating import machine
from portal.translating.answers import Unsound, sound
from portal.translating.looking import look_at_changes
from portal.translating.models import Offered, Origin, Spent, Tally, Translation
from portal.translating.services import Busy, NoService, service_at, the_service
from portal.translating.tasks import follow_changes, translate_rows
from tests.factories.directory import ActivityFactory, ProviderFactory
from tests.portal.translating.conftest import FakeService
from tests.portal.translating.test_knowledge import write

NOW = timezone.now()


@pytest.fixture
def club(larvik: Municipality) -> Provider:
    club = ProviderFactory(
        municipality=larvik, name_nb="Måken", summary_nb="Vi seiler.", summary_en="We sail.", description_nb="Hver dag."
    )
    look_at_changes()
    return club


def translate(club: Provider) -> Any:
    service = the_service()
    assert service is not None
    return machine.translate_row(type(club), club.pk, by=service, at=NOW)


def test_published_text_is_translated_from_the_queue_and_marked(larvik: Municipality, service: FakeService) -> None:
    club = ProviderFactory(municipality=larvik, name_nb="Måken", summary_nb="Vi seiler.", summary_en="We sail.")

    follow_changes(NOW)

    club.refresh_from_db()
    assert (club.summary_ar, club.summary_en, club.name_ar) == ("AR: Vi seiler.", "We sail.", None)
    known = Translation.objects.get(field="summary", lang="ar")
    assert (known.origin, known.service, known.source_lang) == (Origin.MACHINE, "LibreTranslate", "nb")
    assert {"q": ["Vi seiler."], "source": "nb", "target": "ar", "format": "text", "api_key": "secret"} in service.asked


def test_made_again_when_the_source_changes_but_never_over_a_person(club: Provider, service: FakeService) -> None:
    translate(club)
    write(club, summary_ar="نبحر")  # a person mends it
    Provider.objects.filter(pk=club.pk).update(summary_nb="Vi ror.", description_nb="Hver kveld.")
    from portal.kit.changes import send_changed

    send_changed(Provider, "provider", [club.pk])
    follow_changes(NOW)

    club.refresh_from_db()
    assert (club.summary_ar, club.description_ar) == ("نبحر", "AR: Hver kveld.")
    assert Tally.objects.get(object_id=club.pk, content_type__model="provider", lang="ar").stale == 1  # the person's


def test_name_of_an_activity_is_translated_that_of_a_provider_not(club: Provider, service: FakeService) -> None:
    activity = ActivityFactory(municipality=club.municipality, provider=club, name_nb="Seiling for barn")
    follow_changes(NOW)
    activity.refresh_from_db()
    assert activity.name_ar == "AR: Seiling for barn"
    assert not any("Måken" in text for asked in service.asked for text in asked["q"])


def test_drafts_are_asked_nothing_about(larvik: Municipality, service: FakeService) -> None:
    ProviderFactory(municipality=larvik, name_nb="Kladd", summary_nb="Hemmelig", live=False)
    follow_changes(NOW)
    assert not any("Hemmelig" in text for asked in service.asked for text in asked["q"])


def test_switched_off_asks_nobody(club: Provider, settings: Any) -> None:
    assert settings.TRANSLATE_URL == ""
    assert the_service() is None
    follow_changes(NOW)
    assert translate_rows.func("directory.provider", [club.pk]) == 0


@pytest.mark.parametrize(
    ("status", "error"), [(429, Busy), (500, Busy), (503, Busy), (400, NoService), (403, NoService), (413, NoService)]
)
def test_no_of_the_service_is_told_apart(club: Provider, service: FakeService, status: int, error: type[Exception]) -> None:
    service.status = status
    with pytest.raises(error, match=str(status)):
        translate(club)
    club.refresh_from_db()
    assert not club.summary_ar


def test_slow_service_is_given_up(club: Provider, service: FakeService, settings: Any) -> None:
    settings.TRANSLATE_TIMEOUT = 0.5
    service.wait = 2
    with pytest.raises(Busy):
        translate(club)


def test_service_that_drips_is_given_up(club: Provider, service: FakeService, settings: Any) -> None:
    settings.TRANSLATE_TIMEOUT = 0.5
    service.drip = True
    with pytest.raises(Busy):
        translate(club)


def test_service_that_is_gone_is_tried_again_later(club: Provider, service: FakeService) -> None:
    service.server.shutdown()
    service.server.server_close()
    with pytest.raises(Busy):
        translate(club)


@pytest.mark.parametrize(
    "raw", [b"<html>", b"[1, 2]", b"{}", b'{"translatedText": "one"}', b'{"translatedText": [1, 2]}', b"\xff\xfe"]
)
def test_answer_that_is_none_is_not_taken(club: Provider, service: FakeService, raw: bytes) -> None:
    translator = the_service()
    assert translator is not None
    translator.offers("nb", ["ar"])
    service.raw = raw
    with pytest.raises(NoService):
        translator.translate(["a", "b"], source="nb", target="ar", html=False)


def test_redirect_does_not_carry_the_key_away(club: Provider, service: FakeService) -> None:
    other = FakeService()
    service.location = f"{other.address}/translate"
    with pytest.raises(NoService):
        translate(club)
    assert other.asked == []
    assert other.headers == []
    other.server.shutdown()


def test_huge_answer_is_not_read_to_its_end(club: Provider, service: FakeService) -> None:
    service.raw = b'["' + b"x" * 3_000_000 + b'"]'
    with pytest.raises(NoService, match="too large"):
        translate(club)


def test_hostile_answers_are_made_harmless_or_not_taken(club: Provider, service: FakeService) -> None:
    service.answer = lambda text, target: f"<script>alert(1)</script>{text}" if "seiler" in text else "Se https://evil.example/"
    done = translate(club)
    club.refresh_from_db()
    assert "<" not in club.summary_ar
    assert not club.description_ar
    assert (done.written, done.refused) == (1, 2)  # the description into both languages


@pytest.mark.parametrize(
    ("source", "answer", "html", "expected"),
    [
        ("Vi seiler.", "We sail.\u202e\x00", False, "We sail."),
        ("a < b", "a < b!", False, "a < b!"),
        (
            '<p>Se <a href="https://a.no">her</a></p>',
            '<p>See <a href="https://a.no" onclick="x()">here</a></p>',
            True,
            '<p>See <a href="https://a.no">here</a></p>',
        ),
        ("<p>Hei</p>", "<p>Hi<img src=x onerror=alert(1)></p><script>x</script>", True, "<p>Hi</p>"),
    ],
)
def test_sound_answers(source: str, answer: str, html: bool, expected: str) -> None:
    assert sound(source, answer, html=html) == expected


@pytest.mark.parametrize(
    ("source", "answer", "html"),
    [
        ("Hei", "", False),
        ("Hei", "<b></b>", False),
        ("Hei", "x" * 500, False),
        ("Hei", "Write to me@evil.example", False),
        ("Hei", "www.evil.example", False),
        ("<p>Hei</p>", '<p><a href="https://evil.example">Hi</a></p>', True),
        ("<p>Hei</p>", '<p><a linktype="page" id="7">Hi</a></p>', True),
    ],
)
def test_unsound_answers(source: str, answer: str, html: bool) -> None:
    with pytest.raises(Unsound):
        sound(source, answer, html=html)


def test_languages_the_service_lacks_are_known_and_kept(larvik: Municipality, service: FakeService) -> None:
    larvik.languages = ["nb", "ar", "ti"]
    larvik.save()
    club = ProviderFactory(municipality=larvik, name_nb="Måken", summary_nb="Vi seiler.")
    assert machine.unoffered("nb", larvik.languages) is None
    follow_changes(NOW)
    assert machine.unoffered("nb", larvik.languages) == ["ti"]
    club.refresh_from_db()
    assert (club.summary_ar, club.summary_ti) == ("AR: Vi seiler.", None)
    assert Offered.objects.count() == 1


def test_norwegian_under_its_old_code(service: FakeService) -> None:
    service.languages = [{"code": "no", "name": "Norwegian"}, {"code": "ar", "name": "Arabic"}]
    translator = the_service()
    assert translator is not None
    assert translator.offers("nb", ["ar", "ti", "nb"]) == {"ar"}
    assert translator.translate(["Hei"], source="nb", target="ar", html=True) == ["AR: Hei"]
    assert service.asked[-1]["source"] == "no"
    assert service.asked[-1]["format"] == "html"


def test_budget_of_the_day_is_kept(club: Provider, service: FakeService, settings: Any) -> None:
    settings.TRANSLATE_DAILY_BUDGET = 25
    with pytest.raises(machine.OverBudget):
        translate(club)
    assert Spent.objects.get().characters <= 25
    club.refresh_from_db()
    assert bool(club.summary_ar) != bool(club.description_en)  # what was answered before is kept


def test_deepl_speaks_with_its_key_in_the_header(service: FakeService, settings: Any) -> None:
    translator = service_at(f"deepl+{service.address}/?auth_key=k1")
    assert translator.offers("nb", ["ar", "en", "ti"]) == {"ar", "en"}
    assert translator.translate(["Hei", "Du"], source="nb", target="en", html=False) == ["EN-GB: Hei", "EN-GB: Du"]
    assert service.asked[-1] == {"text": ["Hei", "Du"], "source_lang": "NB", "target_lang": "EN-GB"}
    assert all(headers["Authorization"] == "DeepL-Auth-Key k1" for headers in service.headers)


def test_command_counts_translates_and_says_what_is_lacking(club: Provider, service: FakeService, settings: Any) -> None:
    out = io.StringIO()
    call_command("translate", dry_run=True, municipality="3909", stdout=out)
    assert service.asked == []
    assert "would be asked for" in out.getvalue()
    call_command("translate", lang=["ar"], stdout=out)
    club.refresh_from_db()
    assert (club.summary_ar, club.description_en) == ("AR: Vi seiler.", None)
    with pytest.raises(CommandError, match="no municipality 9999"):
        call_command("translate", municipality="9999")
    settings.TRANSLATE_URL = ""
    with pytest.raises(CommandError, match="TRANSLATE_URL"):
        call_command("translate")
