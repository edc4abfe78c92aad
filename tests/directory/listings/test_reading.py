"""What a reader meets in a language that a listing is not written in, and the page of a listing's code."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from directory.listings.kinds import SPOKEN
from directory.listings.words import kroner, spoken_in_words
from directory.municipalities.models import Municipality
from portal.languages import COMPLETE
from search.presenters import distance_in_words
from tests.factories.directory import ProviderFactory, default_municipality

pytestmark = pytest.mark.django_db
IN_NORWEGIAN = "هذا النص باللغة النرويجية."


@pytest.fixture
def larvik() -> Municipality:
    return default_municipality(languages=["nb", "nn", "en", "ar"])


def test_a_passage_in_another_language_says_which(client: Client, larvik: Municipality) -> None:
    turn = ProviderFactory(
        municipality=larvik, name_nb="Turn", summary_nb="Turn", summary_ar="جمباز", description_nb="Vi turner."
    )
    page = client.get(f"/ar/providers/{turn.slug}/").content.decode()
    assert page.count(IN_NORWEGIAN) == 1
    assert re.search(rf'{re.escape(IN_NORWEGIAN)}</span></p><div class="prose" lang="nb" dir="ltr">', page), (
        "right before the passage"
    )
    for norwegian in ("nb", "nn"):
        assert "written-in" not in client.get(f"/{norwegian}/providers/{turn.slug}/").content.decode()
    assert "This text is in Norwegian." in client.get(f"/en/providers/{turn.slug}/").content.decode()


def test_a_passage_in_a_third_language_is_named_in_the_readers(client: Client, larvik: Municipality) -> None:
    turn = ProviderFactory(municipality=larvik, name_nb="Turn", description_nb="", description_en="We do gymnastics.")
    page = client.get(f"/ar/providers/{turn.slug}/").content.decode()
    assert "هذا النص بلغة أخرى: الإنجليزية" in page
    assert "Denne teksten er på et annet språk: engelsk" in client.get(f"/nb/providers/{turn.slug}/").content.decode()


def test_the_code_of_a_page_is_a_page_in_each_language(client: Client, larvik: Municipality) -> None:
    turn = ProviderFactory(municipality=larvik, name_nb="Turn & <b>")
    path = f"/providers/{turn.slug}/"
    assert f'href="/nb{path}qr/"' in client.get(f"/nb{path}").content.decode()
    page = client.get(f"/nb{path}qr/")
    html = page.content.decode()
    assert page.status_code == 200
    assert "Turn &amp; &lt;b&gt;" in html
    assert f'src="/nb{path}qr.svg"' in html
    assert f'href="/nb{path}"' in html
    assert f'href="/ar{path}qr/"' in html
    assert f'src="/ar{path}qr.svg"' in client.get(f"/ar{path}qr/").content.decode()
    assert '<meta name="robots" content="noindex' in html
    assert client.get("/nb/providers/nothing/qr/").status_code == 404


def test_spoken_languages_are_called_what_the_reader_calls_them() -> None:
    for lang in COMPLETE:
        with translation.override(lang):
            assert all(spoken_in_words(code, lang) for code in SPOKEN)
    with translation.override("ar"):
        assert [str(spoken_in_words(code, "ar")) for code in ("nb", "nsl", "ar")] == [
            "النرويجية",
            "لغة الإشارة النرويجية",
            "العربية",
        ]
    with translation.override("se"):
        somali = spoken_in_words("so", "se")
    assert (somali.value, somali.lang) == ("Soomaali", "so"), "by its own name where Sami has none"


def test_units_are_the_readers_and_stay_with_their_number() -> None:
    with translation.override("ar"):
        assert [distance_in_words(metres) for metres in (620, 1_240)] == ["\u2066620\u2069\u00a0م", "\u20661.2\u2069\u00a0كم"]
    with translation.override("nb"):
        assert distance_in_words(1_240) == "1,2\u00a0km"
        assert kroner(Decimal(4000)) == "4\u00a0000\u00a0kr"
