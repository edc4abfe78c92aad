"""A text is translated from what a person wrote; what a person takes away stays away."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import registry as logs

from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.accounts.models import User
from portal.kit.changes import send_changed
from portal.translating import machine
from portal.translating.actions import still_right, undo
from portal.translating.apps import mark
from portal.translating.looking import look_at_changes, take_marks
from portal.translating.models import Changed, Origin, Translation
from portal.translating.tasks import follow_changes
from tests.factories.directory import ProviderFactory
from tests.portal.translating.conftest import FakeService
from tests.portal.translating.test_knowledge import seen, tally, write

NOW = timezone.now()


def change(club: Provider, **columns: str) -> None:
    """As in the club's own form: nobody tells the board what was done."""
    Provider.objects.filter(pk=club.pk).update(**columns)
    send_changed(Provider, "provider", [club.pk])
    follow_changes(NOW)
    club.refresh_from_db()


def summaries(club: Provider) -> list[str]:
    return [getattr(club, f"summary_{code}") or "" for code in ("nb", "en", "ar")]


def make_club(larvik: Municipality, **texts: str) -> Provider:
    club = ProviderFactory(municipality=larvik, name_nb="Måken", **{"summary_nb": ""} | texts)
    follow_changes(NOW)
    club.refresh_from_db()
    return club


def test_machine_text_is_no_source_though_its_language_comes_first(larvik: Municipality, service: FakeService) -> None:
    club = make_club(larvik, summary_en="We sail.")
    assert summaries(club) == ["NB: We sail.", "We sail.", "AR: We sail."]
    change(club)
    known = Translation.objects.get(object_id=club.pk, content_type__model="provider", field="summary", lang="nb")
    assert (known.origin, known.source_lang) == (Origin.MACHINE, "en")
    assert tally(club, "nb") == (1, 0, 0, 1)

    change(club, summary_en="We row.")
    assert summaries(club) == ["NB: We row.", "We row.", "AR: We row."]


def test_machine_text_that_a_person_mends_becomes_the_source(larvik: Municipality, service: FakeService) -> None:
    club = make_club(larvik, summary_en="We sail.")
    change(club, summary_nb="Vi seiler.")
    change(club, summary_nb="Vi ror.")
    assert tally(club, "en") == (1, 0, 1, 0)


def test_words_that_are_taken_away_do_not_live_on_in_machine_texts(larvik: Municipality, service: FakeService) -> None:
    club = make_club(larvik, summary_nb="Ring meg på 99 88 77 66.")
    assert summaries(club)[2] == "AR: Ring meg på 99 88 77 66."
    asked = len(service.asked)

    change(club, summary_nb="")

    assert summaries(club) == ["", "", ""]
    assert len(service.asked) == asked
    assert not Translation.objects.filter(object_id=club.pk, content_type__model="provider").exists()
    assert logs.get_logs_for_instance(club).filter(action="translating.withdraw").exists()
    change(club, summary_nb="Vi seiler.")
    assert summaries(club) == ["Vi seiler.", "EN: Vi seiler.", "AR: Vi seiler."]


def test_words_that_are_taken_away_do_not_come_back_through_a_persons_translation(
    larvik: Municipality, service: FakeService
) -> None:
    club = make_club(larvik, summary_nb="Ring meg på 99 88 77 66.", summary_en="We sail.")
    change(club, summary_nb="")
    change(club)
    assert summaries(club) == ["", "We sail.", "AR: We sail."]


def test_text_whose_source_is_switched_off_stays_and_the_board_says_so(
    larvik: Municipality, service: FakeService, kari: User, client: Client
) -> None:
    club = make_club(larvik, summary_nb="Vi seiler.")
    asked = len(service.asked)
    larvik.languages = ["en", "ar"]
    larvik.save()
    follow_changes(NOW)

    club.refresh_from_db()
    assert summaries(club) == ["Vi seiler.", "EN: Vi seiler.", "AR: Vi seiler."]
    assert len(service.asked) == asked
    assert tally(club, "en") == (1, 0, 1, 1)
    client.force_login(kari)
    body = client.get(reverse("translation-fill", args=["directory", "provider", club.pk, "en"])).content.decode()
    assert "<del>Vi seiler.</del>" in body
    assert "EN: Vi seiler." in body

    still_right(model=Provider, pk=club.pk, field="summary", lang="en", **seen(club, "summary", "en"), by=kari, at=NOW)
    change(club)
    assert tally(club, "ar") == (1, 0, 0, 1)  # made from English now
    assert summaries(club)[2] == "AR: EN: Vi seiler."


@pytest.mark.parametrize("where", ["board", "form"])
def test_machine_does_not_bring_back_what_a_person_took_away(
    larvik: Municipality, service: FakeService, kari: User, where: str
) -> None:
    club = make_club(larvik, summary_nb="Vi seiler.")
    if where == "board":
        write(club, by=kari, summary_ar="")
    change(club, summary_ar="")
    change(club, summary_nb="Vi seiler!")
    assert summaries(club) == ["Vi seiler!", "EN: Vi seiler!", ""]
    assert tally(club, "ar") == (1, 1, 0, 0)
    assert machine.wanted_of(Provider, [club.pk]) == {}

    # Written and taken back again, it is still empty because somebody wanted so.
    write(club, by=kari, summary_ar="نبحر")
    assert undo(model=Provider, pk=club.pk, field="summary", lang="ar", **seen(club, "summary", "ar"), by=kari, at=NOW)
    change(club)
    assert summaries(club)[2] == ""


# ── several workers ─────────────────────────────────────────────────────────────────────────────────────────
def test_mark_is_taken_by_one_worker_and_again_when_that_one_was_killed(larvik: Municipality) -> None:
    look_at_changes()
    ProviderFactory(municipality=larvik)
    last = Changed.objects.latest("pk").pk
    assert take_marks(NOW, last)
    assert not take_marks(NOW, last)
    look_at_changes(NOW)
    assert Changed.objects.exists()
    look_at_changes(NOW + timedelta(hours=1))
    assert not Changed.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_row_that_is_being_written_is_looked_at_afterwards(larvik: Municipality) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the tests' database in memory refuses a second thread instead of letting it wait")
    club = ProviderFactory(municipality=larvik, summary_nb="Vi seiler.")
    look_at_changes()
    written, looked, problems = threading.Event(), threading.Event(), []

    def work() -> None:
        try:
            with transaction.atomic():
                write(club, origin=Origin.MACHINE, summary_ar="نبحر")
                written.set()
                assert looked.wait(20)
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert written.wait(20)
    mark(Provider, [club.pk])
    look_at_changes()
    looked.set()
    thread.join()
    assert problems == []
    assert Changed.objects.exists()  # for the next time
    look_at_changes()
    assert not Changed.objects.exists()
    known: Any = Translation.objects.get(object_id=club.pk, content_type__model="provider", field="summary", lang="ar")
    assert known.origin == Origin.MACHINE
