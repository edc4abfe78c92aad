"""A new site begins with pages in all its languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from wagtail.models import Revision

from directory.municipalities.models import Municipality
from portal.languages import COMPLETE
from portal.pages.actions import fill_starter_pages, make_starter_pages, publish_what_is_due, starter_texts
from portal.pages.models import AccessibilityStatementPage, NewsIndexPage, PrivacyPage, SectionPage, TextPage
from portal.usage import rules
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
        for field in entry["nb"]:
            for mark in ("<p>", "<li>", "<h2>"):
                assert entry[lang][field].count(mark) == entry["nb"][field].count(mark), (name, lang, field, mark)


@pytest.mark.parametrize("lang", COMPLETE)
def test_privacy_tells_how_long_figures_are_kept(lang: str) -> None:
    """The figures are the code's."""
    assert (rules.HELD_DAYS, rules.KEPT_DAYS) == (60, 3 * 366)
    text = starter_texts()["privacy"][lang]["text"]
    assert text.count("60") == 1
    assert text.index("<ul>") < text.index("60") < text.index("</ul>")


# ── a language that comes later ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def larvik() -> Municipality:
    """With starter pages in Norwegian and English, and Somali switched on since."""
    larvik = default_municipality(languages=["nb", "en"])
    make_starter_pages(home_of(larvik), larvik)
    Municipality.objects.filter(pk=larvik.pk).update(languages=["nb", "en", "so"])
    return Municipality.objects.get(pk=larvik.pk)


def fill(larvik: Municipality) -> list[str]:
    return [page.slug for page in fill_starter_pages(home_of(larvik), larvik)]


def test_language_that_comes_later_is_filled_in_once(larvik: Municipality) -> None:
    assert fill(larvik) == ["om", "hjelp", "nyheter", "tilgjengelighet", "personvern"]
    page = PrivacyPage.objects.get()
    assert page.heading_so == "Asturnaanta"
    assert "Marka aad wax eegayso" in page.body_so[0].value.source
    assert "{name}" not in page.body_so[0].value.source
    assert AccessibilityStatementPage.objects.get().known_faults_so
    assert page.heading_ar is None
    draft = page.get_latest_revision_as_object()
    assert (draft.heading_so, draft.body_so[0].value.source) == (page.heading_so, page.body_so[0].value.source)
    assert fill(larvik) == []


def test_what_somebody_wrote_is_left_and_nothing_that_differs_is_put_beside_it(larvik: Municipality) -> None:
    PrivacyPage.objects.update(heading_nb="Vårt personvern", intro_so="Qof baa qoray")
    page = TextPage.objects.get()
    page.body_nb = [("text", "<p>Vårt eget</p>")]
    page.save()
    NewsIndexPage.objects.update(slug="nytt")
    SectionPage.objects.get().delete()

    assert fill(larvik) == ["om", "tilgjengelighet", "personvern"]

    privacy, about = PrivacyPage.objects.get(), TextPage.objects.get()
    assert (privacy.heading_so, privacy.intro_so) == (None, "Qof baa qoray")
    assert privacy.body_so
    assert (bool(about.heading_so), bool(about.body_so)) == (True, False)
    assert NewsIndexPage.objects.get().heading_so is None, "at another address it is no starter page any more"
    assert not SectionPage.objects.exists(), "what staff took away stays away"


def test_page_that_was_only_opened_and_saved_counts_as_the_starters(larvik: Municipality) -> None:
    page = PrivacyPage.objects.get()
    source = page.body_nb[0].value.source.replace("<p>", '<p data-block-key="a1b2c">')
    page.body_nb = [("text", source)]
    page.save()
    assert "personvern" in fill(larvik)
    assert PrivacyPage.objects.get().body_so


def test_drafts_get_the_language_too_and_stay_drafts(larvik: Municipality) -> None:
    page = PrivacyPage.objects.get()
    page.intro_en = "A draft of somebody's"
    page.heading_so = "Qabyo"
    page.save_revision()
    later = TextPage.objects.get()
    later.intro_en = "For next week"
    scheduled = later.save_revision(approved_go_live_at=timezone.now() + timedelta(days=7))
    later.save_revision()

    fill(larvik)

    live = PrivacyPage.objects.get()
    draft = live.get_latest_revision_as_object()
    assert (live.intro_en, live.heading_so, bool(live.intro_so)) == (starter_texts()["privacy"]["en"]["intro"], None, True)
    assert (draft.intro_en, draft.heading_so, draft.intro_so) == ("A draft of somebody's", "Qabyo", live.intro_so)
    assert draft.body_so[0].value.source == live.body_so[0].value.source
    waiting = Revision.objects.get(pk=scheduled.pk).as_object()
    assert (waiting.intro_en, waiting.intro_so) == ("For next week", TextPage.objects.get().intro_so)
    Revision.objects.get(pk=scheduled.pk).publish()
    assert TextPage.objects.get().body_so[0].value.source


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
