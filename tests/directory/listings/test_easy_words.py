"""A listing told in easy words: where it stands, who meets it, how it is found and brought in."""

from __future__ import annotations

import pytest
from django.test import Client

from directory.sources.spreadsheets.headers import meaning
from search.documents import documents
from tests.factories.directory import ActivityFactory, default_municipality

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]


def page(activity, lang):
    return Client().get(f"/{lang}/activities/{activity.slug}/").content.decode()


def test_easy_words_stand_before_the_sentence_and_are_marked():
    activity = ActivityFactory(
        municipality=default_municipality(), summary_nb="Vi prater.", easy_nb="Kom og snakk.\nDet er <gratis>."
    )
    html = page(activity, "nb")
    assert (
        html.index("Lett å lese")
        < html.index("Kom og snakk.<br>Det er &lt;gratis&gt;.")
        < html.index('<p class="lead">Vi prater.')
    )
    assert "Lett å lese" not in page(ActivityFactory(municipality=activity.municipality), "nb")


def test_easy_words_in_another_language_do_not_push_aside_the_readers_own():
    municipality = default_municipality(languages=["nb", "en", "ar"])
    both = ActivityFactory(municipality=municipality, summary_nb="Vi prater.", summary_ar="نتحدث.", easy_nb="Kom og snakk.")
    only = ActivityFactory(municipality=municipality, summary_nb="Vi prater.", easy_nb="Kom og snakk.")
    assert "Kom og snakk." not in page(both, "ar")
    assert '<div class="prose" lang="nb" dir="ltr"><p>Kom og snakk.' in page(only, "ar")


def test_easy_words_are_searched():
    activity = ActivityFactory(municipality=default_municipality(), easy_nb="Vi har gyngestoler.")
    assert "gyngestoler" in documents("activity", [activity.pk])[0].body


@pytest.mark.parametrize(
    ("heading", "lang"),
    [("Lettlest", ""), ("Easy to read", ""), ("Lettlest (engelsk)", "en"), ("easy_ar", "ar"), ("Med enkle ord", "")],
)
def test_a_spreadsheet_brings_them(heading, lang):
    found, _sure = meaning(heading)
    assert (found.name, found.language) == ("easy", lang)
