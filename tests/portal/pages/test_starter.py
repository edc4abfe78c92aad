"""A new site begins with pages in all its languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.languages import COMPLETE
from portal.pages.actions import make_starter_pages, publish_what_is_due, starter_texts
from portal.pages.models import PrivacyPage, TextPage
from tests.factories.directory import default_municipality
from tests.factories.pages import add, home_of

pytestmark = pytest.mark.django_db


def test_starter_pages_are_made_once_in_the_languages_offered() -> None:
    larvik = default_municipality(languages=["nn", "en", "ar"])

    made = make_starter_pages(home_of(larvik), larvik)

    assert [page.slug for page in made] == ["om", "hjelp", "nyheter", "tilgjengelighet", "personvern"]
    privacy = PrivacyPage.objects.get()
    assert (privacy.heading_nn, privacy.heading_ar, privacy.heading_uk) == ("Personvern", "الخصوصية", None)
    assert privacy.title == "Personvern"
    assert make_starter_pages(home_of(larvik), larvik) == []
    for page in made:
        for lang in larvik.languages:
            assert Client().get(f"/{lang}/{page.slug}/").status_code == 200


def test_starter_page_that_staff_have_changed_is_left_alone() -> None:
    larvik = default_municipality()
    make_starter_pages(home_of(larvik), larvik)
    PrivacyPage.objects.update(heading_nb="Vårt personvern")

    make_starter_pages(home_of(larvik), larvik)

    assert PrivacyPage.objects.get().heading_nb == "Vårt personvern"


@pytest.mark.parametrize("lang", COMPLETE)
def test_starter_texts_are_complete(lang: str) -> None:
    for name, entry in starter_texts().items():
        assert set(entry[lang]) == set(entry["nb"]), (name, lang)


def test_privacy_in_another_language_shows_the_norwegian_text_that_counts() -> None:
    larvik = default_municipality()
    make_starter_pages(home_of(larvik), larvik)

    arabic = Client().get("/ar/personvern/").content.decode()
    norwegian = Client().get("/nb/personvern/").content.decode()

    assert "عندما تتصفح" in arabic
    assert '<div class="block prose" lang="nb" dir="ltr"><h2>Når du ser deg rundt</h2>' in arabic
    assert "عندما تتصفح" not in norwegian


def test_page_appears_and_goes_on_the_days_it_was_given() -> None:
    larvik = default_municipality()
    now = timezone.now()
    page = add(home_of(larvik), TextPage, heading_nb="Snart", live=False)
    page.go_live_at = now - timedelta(minutes=1)
    TextPage.objects.filter(pk=page.pk).update(go_live_at=page.go_live_at)
    revision = page.save_revision(approved_go_live_at=page.go_live_at)
    assert revision.approved_go_live_at
    assert Client().get("/nb/snart/").status_code == 404

    publish_what_is_due(now)
    assert Client().get("/nb/snart/").status_code == 200

    TextPage.objects.filter(pk=page.pk).update(expire_at=now - timedelta(seconds=1))
    publish_what_is_due(now)
    assert Client().get("/nb/snart/").status_code == 404
