"""What differs between two states of a listing, field by field."""

from __future__ import annotations

from datetime import date
from datetime import time as clock
from typing import Any

import pytest

from directory.activities.models import Activity, Session
from directory.listings.differences import contents, differences, labels
from directory.listings.kinds import Visibility
from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from directory.places.models import OpeningTime, Place
from directory.providers.models import Provider
from portal.kit.wording import changes
from tests.factories.directory import ActivityFactory, CategoryFactory, PlaceFactory, ProviderFactory

OUTSIDE = {
    "lat",
    "lon",
    "precision",
    "located_for",
    "confirmed_at",
    "confirmed_by",
    "hidden_at",
    "delisted_at",
    "paused_at",
    "source",
}


def draft_of(listing: Any, **values: Any) -> Any:
    """A newer version of a listing, as a revision gives it back."""
    draft = type(listing).objects.get(pk=listing.pk)
    for name, value in values.items():
        setattr(draft, name, value)
    revision = draft.save_revision()
    return revision.as_object()


def by_name(lines: Any) -> dict[str, Any]:
    return {line.name: line for line in lines}


@pytest.mark.parametrize("model", Listing.__subclasses__())
def test_every_field_of_a_draft_is_compared(model: Any) -> None:
    """A field that is added to a listing is compared, unless it stands outside the draft."""
    compared = {content.name for content in contents(model)}
    every = {field.name for field in [*model._meta.concrete_fields, *model._meta.local_many_to_many]}
    left = every - compared
    assert not left & {"slug", "phone", "email_visibility", "image", "street", "categories", "spoken", "website"}
    assert left >= OUTSIDE
    assert {"name_nb", "description_ar", "name_de"} <= compared
    assert "name" not in compared, "the bare column holds whatever language was saved last"


def test_words_of_a_text_are_marked(town: Municipality) -> None:
    provider = ProviderFactory(municipality=town, name_nb="Lag", description_nb="Vi møtes hver tirsdag.")
    draft = draft_of(provider, description_nb="Vi møtes hver onsdag.", description_ar="نلتقي كل أربعاء")

    lines = by_name(differences(provider, draft, town.languages))

    assert set(lines) == {"description_nb", "description_ar"}
    assert [(part.how, part.text.strip()) for part in lines["description_nb"].parts] == [
        ("same", "Vi møtes hver"),
        ("gone", "tirsdag."),
        ("new", "onsdag."),
    ]
    assert (lines["description_ar"].lang, lines["description_ar"].dir, lines["description_ar"].before) == ("ar", "rtl", "")


def test_texts_stand_in_the_municipalitys_order(town: Municipality) -> None:
    provider = ProviderFactory(municipality=town, name_nb="Lag")
    draft = draft_of(provider, summary_uk="у", summary_ar="ع", summary_nb="n", name_en="Club")
    assert [line.name for line in differences(provider, draft, ["uk", "nb", "ar", "en"])] == [
        "name_en",
        "summary_uk",
        "summary_nb",
        "summary_ar",
    ]


def test_contact_tells_who_will_see_it(town: Municipality) -> None:
    provider = ProviderFactory(municipality=town, name_nb="Lag", phone="1", email="a@example.org")
    draft = draft_of(provider, phone="2", phone_visibility=Visibility.PUBLIC)

    lines = by_name(differences(provider, draft))

    assert (lines["phone"].before, lines["phone"].after) == ("1", "2")
    assert "alle" in lines["phone"].note.lower()
    assert lines["phone_visibility"].opens
    assert not lines["phone"].opens


def test_labels_places_and_lists_tell_what_came_and_went(town: Municipality) -> None:
    dance, song, chess = (CategoryFactory(municipality=town, name_nb=name) for name in ("Dans", "Sang", "Sjakk"))
    provider = ProviderFactory(municipality=town, name_nb="Lag", categories=[dance, song], spoken=["nb", "ar"])
    draft = draft_of(provider, categories=[song, chess], spoken=["nb", "uk"], social_links=["https://example.org/a"])

    lines = by_name(differences(provider, draft))

    assert (lines["categories"].gone, lines["categories"].new) == (("Dans",), ("Sjakk",))
    assert (lines["spoken"].gone, lines["spoken"].new) == (("العربية",), ("Українська",))
    assert lines["social_links"].new == ("https://example.org/a",)


def test_sessions_that_came_went_and_changed(town: Municipality) -> None:
    activity = ActivityFactory(
        municipality=town,
        name_nb="Turn",
        sessions=[Session(weekday=2, starts="18:00", ends="19:00"), Session(weekday=4, starts="17:00")],
    )
    activity = Activity.objects.get(pk=activity.pk)
    draft = Activity.objects.get(pk=activity.pk).save_revision().as_object()
    first, _second = draft.sessions.all()
    first.ends = first.ends.replace(hour=20)
    draft.sessions = [first, Session(date=date(2031, 12, 24), starts=clock(11), note="Julelunsj")]

    rows = {row.how: row for row in by_name(differences(activity, draft))["sessions"].rows}

    assert set(rows) == {"changed", "gone", "new"}
    assert "19:00" in rows["changed"].before.replace("\u2060", "")
    assert "20:00" in rows["changed"].after.replace("\u2060", "")
    assert "torsdag" in rows["gone"].before.lower()
    assert "Julelunsj" in rows["new"].after


def test_rows_written_anew_with_the_same_facts_are_no_change(town: Municipality) -> None:
    place = PlaceFactory(
        municipality=town, name_nb="Huset", opening_times=[OpeningTime(weekday=1, opens="10:00", closes="12:00")]
    )
    place = Place.objects.get(pk=place.pk)
    draft = Place.objects.get(pk=place.pk)
    time = draft.opening_times.all()[0]
    draft.opening_times = [OpeningTime(weekday=1, opens=time.opens, closes=time.closes)]
    assert differences(place, draft) == []


def test_nothing_differs_after_a_round_through_a_revision(town: Municipality) -> None:
    category = CategoryFactory(municipality=town)
    place = PlaceFactory(municipality=town)
    activity = ActivityFactory(
        municipality=town, categories=[category], places=[place], sessions=[Session(weekday=2, starts="18:00", place=place)]
    )
    activity = Activity.objects.get(pk=activity.pk)
    assert differences(activity, draft_of(activity, description_nb=" \r\n")) == []


def test_something_new_shows_all_it_says_and_no_empty_field(town: Municipality) -> None:
    provider = ProviderFactory(municipality=town, name_nb="Nytt lag", live=False)
    draft = draft_of(provider, phone="1")
    lines = by_name(differences(None, draft, town.languages))
    assert {"name_nb", "phone", "phone_visibility", "slug", "kind"} <= set(lines)
    assert not {"email", "email_visibility", "street", "sessions", "contact_name_visibility"} & set(lines)


def test_titles_name_the_language(town: Municipality) -> None:
    assert labels(Provider, ["summary_ar", "phone", "gone-by-now"]) == {
        "summary_ar": "I én setning (العربية)",
        "phone": "Telefon",
        "gone-by-now": "gone-by-now",
    }


def test_a_very_long_text_is_compared_as_a_whole() -> None:
    words = " ".join(f"ord{n % 7}" for n in range(30_000))
    assert [(part.how, part.text.strip()) for part in changes(words, words + " til")] == [
        ("gone", words),
        ("new", words + " til"),
    ]


def test_a_text_with_hardly_a_word_in_common_stands_below_the_old_one() -> None:
    before, now = "Kom og prøv, det binder deg ikke til noe.", "De tre første gangene er gratis, det lover vi."
    assert [(part.how, part.text) for part in changes(before, now)] == [("gone", before + "\n"), ("new", now)]
    mended = changes("Vi møtes hver mandag.", "Vi møtes hver tirsdag.")
    assert [part.how for part in mended] == ["same", "gone", "new"]
