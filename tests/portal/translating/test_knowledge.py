"""What is known of translations follows what stands in the rows, and who wrote it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.accounts.models import User
from portal.kit.refusals import Refused
from portal.kit.wording import digest
from portal.translating.actions import Why, open_row, still_right, undo, write_texts
from portal.translating.looking import look_at_changes, look_at_everything
from portal.translating.models import Changed, Origin, Tally, Translation
from tests.factories.directory import CategoryFactory, ProviderFactory

NOW = timezone.now()


def tally(row: Any, lang: str) -> tuple[int, int, int, int]:
    one = Tally.objects.get(object_id=row.pk, content_type__model=row._meta.model_name, lang=lang)
    return one.texts, one.missing, one.stale, one.machine


def write(row: Any, by: Any = None, origin: Origin = Origin.PERSON, **columns: str) -> Any:
    texts = {(name.rpartition("_")[0], name.rpartition("_")[2]): text for name, text in columns.items()}
    return write_texts(model=type(row), pk=row.pk, texts=texts, by=by, at=NOW, origin=origin, service="Test")


def seen(row: Any, field: str, lang: str) -> dict[str, str]:
    """What somebody sees of a text now, as the board's form sends it back."""
    one = open_row(type(row), row.pk).standing(field, lang)
    return {"source": digest(one.source), "was": digest(one.text)}


@pytest.fixture
def club(larvik: Municipality) -> Provider:
    club = ProviderFactory(
        municipality=larvik, name_nb="Måken", summary_nb="Vi seiler.", summary_en="We sail.", description_nb="Hver dag."
    )
    look_at_changes()
    return club


def test_texts_are_counted_by_language_and_proper_names_lack_nothing(club: Provider) -> None:
    assert tally(club, "en") == (2, 1, 0, 0)
    assert tally(club, "ar") == (2, 2, 0, 0)
    assert not Changed.objects.exists()
    known = Translation.objects.get(field="summary", lang="en")
    assert (known.origin, known.source_lang, known.source_text) == (Origin.PERSON, "nb", "Vi seiler.")


def test_translation_is_out_of_date_when_its_source_changes_and_right_again_with_it(club: Provider) -> None:
    Provider.objects.filter(pk=club.pk).update(summary_nb="Vi ror.")
    look_at_changes()
    assert tally(club, "en") == (2, 1, 1, 0)

    Provider.objects.filter(pk=club.pk).update(summary_nb="Vi seiler.\r\n")
    look_at_changes()
    assert tally(club, "en") == (2, 1, 0, 0)


def test_text_changed_elsewhere_counts_as_a_persons_with_todays_source(club: Provider) -> None:
    write(club, origin=Origin.MACHINE, description_ar="كل يوم")
    assert tally(club, "ar") == (2, 1, 0, 1)

    Provider.objects.filter(pk=club.pk).update(description_nb="Hver kveld.", description_ar="كل مساء")
    look_at_changes()

    assert tally(club, "ar") == (2, 1, 0, 0)
    known = Translation.objects.get(field="description", lang="ar")
    assert (known.origin, known.source_text) == (Origin.PERSON, "Hver kveld.")


def test_machine_never_writes_over_a_person(club: Provider, kari: User) -> None:
    assert not write(club, origin=Origin.MACHINE, summary_en="Machine.")
    Provider.objects.filter(pk=club.pk).update(summary_nb="Vi ror.")  # out of date, and still a person's
    assert not write(club, origin=Origin.MACHINE, summary_en="Machine.")
    assert not write(club, origin=Origin.MACHINE, name_ar="نورس")  # a proper name

    club.refresh_from_db()
    assert (club.summary_en, club.name_ar) == ("We sail.", None)


def test_machine_makes_its_own_text_again_when_the_source_has_changed(club: Provider) -> None:
    assert write(club, origin=Origin.MACHINE, description_ar="كل يوم")
    assert not write(club, origin=Origin.MACHINE, description_ar="again")

    Provider.objects.filter(pk=club.pk).update(description_nb="Hver kveld.")
    look_at_changes()
    assert tally(club, "ar") == (2, 1, 1, 1)
    assert write(club, origin=Origin.MACHINE, description_ar="كل مساء")
    assert tally(club, "ar") == (2, 1, 0, 1)


def test_still_right_makes_a_text_current_and_a_persons(club: Provider, kari: User) -> None:
    write(club, origin=Origin.MACHINE, description_ar="كل يوم")
    Provider.objects.filter(pk=club.pk).update(description_nb="Hver dag!")
    still_right(model=Provider, pk=club.pk, field="description", lang="ar", **seen(club, "description", "ar"), by=kari, at=NOW)
    assert tally(club, "ar") == (2, 1, 0, 0)
    assert Translation.objects.get(field="description", lang="ar").by == kari


@pytest.mark.parametrize(("changed", "why"), [("description_nb", Why.SOURCE_CHANGED), ("description_ar", Why.CHANGED)])
def test_deeds_are_refused_on_what_the_person_has_not_seen(club: Provider, kari: User, changed: str, why: Why) -> None:
    write(club, by=kari, description_ar="كل يوم")
    facts = {"model": Provider, "pk": club.pk, "field": "description", "lang": "ar", **seen(club, "description", "ar")}
    Provider.objects.filter(pk=club.pk).update(**{changed: "Hver kveld."})
    for deed in (still_right, undo):
        with pytest.raises(Refused) as refused:
            deed(**facts, by=kari, at=NOW)
        assert refused.value.reason == why


def test_undo_goes_back_to_text_and_origin(club: Provider, kari: User) -> None:
    write(club, origin=Origin.MACHINE, description_ar="كل يوم")
    write(club, by=kari, description_ar="يوميا")
    assert undo(model=Provider, pk=club.pk, field="description", lang="ar", **seen(club, "description", "ar"), by=kari, at=NOW)
    club.refresh_from_db()
    assert club.description_ar == "كل يوم"
    assert tally(club, "ar") == (2, 1, 0, 1)
    assert not undo(
        model=Provider, pk=club.pk, field="description", lang="ar", **seen(club, "description", "ar"), by=kari, at=NOW
    )

    write(club, by=kari, summary_en="")  # taken away by hand
    assert tally(club, "en") == (2, 2, 0, 0)
    assert undo(model=Provider, pk=club.pk, field="summary", lang="en", **seen(club, "summary", "en"), by=kari, at=NOW)
    club.refresh_from_db()
    assert club.summary_en == "We sail."


def test_write_makes_a_revision_a_log_line_and_keeps_the_draft(club: Provider, kari: User) -> None:
    write(club, by=kari, summary_ar="نبحر")
    club.refresh_from_db()
    assert club.live
    assert not club.has_unpublished_changes
    assert club.get_latest_revision_as_object().summary_ar == "نبحر"

    draft = club.get_latest_revision_as_object()
    draft.summary_nb, draft.description_ar = "Kladd.", "مسودة"
    draft.save_revision(user=kari)
    write(club, by=kari, summary_ar="نبحر معا", description_ar="كل يوم")

    club = Provider.objects.get(pk=club.pk)
    assert (club.summary_nb, club.summary_ar, club.description_ar) == ("Vi seiler.", "نبحر معا", "كل يوم")
    assert club.has_unpublished_changes
    draft = club.get_latest_revision_as_object()
    assert (draft.summary_nb, draft.summary_ar) == ("Kladd.", "نبحر معا")
    assert draft.description_ar == "مسودة"  # the draft's own newer words


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"summary_fi": "x"}, Why.NOT_OFFERED),
        ({"summary_nb": "x"}, Why.NO_SOURCE),
        ({"slug_ar": "x"}, Why.UNKNOWN),
        ({"bring_ar": "x"}, Why.UNKNOWN),
        ({"easy_ar": "x"}, Why.NO_SOURCE),
        ({"summary_ar": "x" * 5000}, Why.TOO_LONG),
    ],
)
def test_write_is_refused(club: Provider, kari: User, columns: dict[str, str], why: Why) -> None:
    with pytest.raises(Refused) as refused:
        write(club, by=kari, **columns)
    assert refused.value.reason == why


def test_labels_written_in_bulk_and_languages_switched_on_are_found(larvik: Municipality) -> None:
    category = CategoryFactory(municipality=larvik, name_nb="Idrett")
    type(category).objects.bulk_create([type(category)(municipality=larvik, slug="x", name_nb="Natur")])
    look_at_everything()
    assert Tally.objects.filter(content_type__model="category", lang="ar", missing=1).count() == 2

    larvik.languages = ["nb", "fi"]
    larvik.save()
    look_at_changes()
    assert set(Tally.objects.values_list("lang", flat=True)) == {"fi"}


def test_row_that_goes_leaves_nothing_behind(club: Provider) -> None:
    club.delete()
    look_at_changes()
    assert not Tally.objects.filter(content_type__model="provider").exists()
    assert not Translation.objects.exists()


def test_looking_costs_the_same_for_few_and_many(larvik: Municipality) -> None:
    look_at_changes()
    counts = []
    for many in (1, 30):
        ProviderFactory.create_batch(many, municipality=larvik, summary_nb="Hei", summary_en="Hi")
        with CaptureQueriesContext(connection) as queries:
            look_at_changes()
        counts.append(len(queries))
    assert counts[0] == counts[1] < 25
