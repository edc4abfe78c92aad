"""Newsletters and other letters are valid HTML, readable in light and dark, on a phone, in Norwegian and Arabic."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone, translation

from directory.municipalities.models import Municipality
from portal.newsletters import subscriptions
from portal.newsletters.writing import TOKEN, edition_of
from tests.factories.directory import ActivityFactory, ProviderFactory
from tests.factories.newsletters import blocks, make_letter
from tests.factories.pages import add, home_of, picture
from tests.pages.conftest import AXE
from tests.portal.test_letters import BLOCKS

FRONTEND = Path(__file__).resolve().parents[3] / "portal" / "frontend"
pytestmark = pytest.mark.one_database


def faults_of(folder: Path) -> str:
    """What the validator says about the letters in a folder; empty when they are valid."""
    words = ["node_modules/html-validate/bin/html-validate.mjs", "--config", "letters.htmlvalidate.json", "--formatter", "text"]
    letters = map(str, sorted(folder.glob("*.html")))
    done = subprocess.run(
        [sys.executable, str(FRONTEND / "node.py"), *words, *letters], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout[-4000:] + done.stderr[-2000:]


def every_kind(larvik: Municipality) -> str:
    """One block of each kind."""
    from portal.pages.models import NewsIndexPage, NewsPage

    index = add(home_of(larvik), NewsIndexPage, title="Nytt", slug="nytt", heading_nb="Nytt")
    day = timezone.localdate() + timezone.timedelta(days=9)
    grant = add(index, NewsPage, title="Tilskudd", slug="tilskudd", heading_nb="Søk <nå> & her", intro_nb="Penger", deadline=day)
    provider = ProviderFactory(municipality=larvik, name_nb="Koret", name_ar="الجوقة")
    activity = ActivityFactory(municipality=larvik, name_nb="Øvelse", provider=provider)
    line = {"day": "2030-01-31", "text": "Send <inn>", "address": ""}
    return blocks(
        ("heading", "Overskrift <1>"),
        ("text", f'<p>Tekst <b>her</b> <a linktype="page" id="{grant.pk}">side</a></p><h3>Mer</h3><ol><li>En</li></ol>'),
        ("image", {"image": picture(larvik).pk, "alt": 'En "båt"', "caption": "Bildetekst"}),
        ("action", {"text": "Les", "label": "Trykk", "page": grant.pk, "address": ""}),
        ("action", {"text": "", "label": "Søk", "page": None, "address": "/find/?free=1&q=kor"}),
        ("listings", {"heading": "Ting å gjøre", "question": "", "limit": "3"}),
        ("chosen", {"heading": "Valgt", "activities": [activity.pk], "providers": [provider.pk], "places": []}),
        ("news", {"heading": "Nytt", "pages": [], "latest": "3"}),
        ("deadlines", {"heading": "", "with_grants": True, "lines": [line]}),
    )


@pytest.fixture
def letters(larvik: Municipality, tmp_path: Path) -> Path:
    """A newsletter in each language with blocks of every kind, the letters to subscribers, and one of all parts."""
    from portal.kit.letters import write_letter

    body = every_kind(larvik)
    letter = make_letter(larvik, body_nb=body, body_ar=body, in_archive=True, glance_nb="Kort sagt")
    for lang in ("nb", "ar", "uk"):
        (tmp_path / f"newsletter-{lang}.html").write_text(edition_of(letter, lang).html)
    for lang in ("nb", "ar"):
        (tmp_path / f"parts-{lang}.html").write_text(write_letter(BLOCKS, lang, sender="Larvik", foot=BLOCKS[1:2])[1])
        subscriptions.ask(
            municipality=larvik, email=f"{lang}@example.org", lang=lang, about="search", query="free=1", at=timezone.now()
        )
        (tmp_path / f"confirm-{lang}.html").write_text(str(mail.outbox[-1].alternatives[0].content))
    return tmp_path


def test_letters_are_valid(letters: Path) -> None:
    assert len(list(letters.glob("*.html"))) == 7
    assert faults_of(letters) == ""


def test_the_validator_would_say_so(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text('<!doctype html><html lang="nb"><head><title>x</title></head><body><img src="x"><p><div>')

    assert "wcag/h37" in faults_of(tmp_path)


def test_a_letter_says_what_its_blocks_say_in_html_and_in_text(larvik: Municipality) -> None:
    with translation.override("en"):  # whoever presses the button speaks another language
        written = edition_of(make_letter(larvik, body_nb=every_kind(larvik)), "nb")

    for word in ("Overskrift <1>", "Søk <nå> & her", "Koret", "Øvelse", "Send <inn>", "Bildetekst", "31. januar 2030"):
        assert word in written.text, word
    assert "Søk &lt;nå&gt; &amp; her" in written.html
    assert "http://127.0.0.1:8000/nb/find/?free=1&amp;q=kor" in written.html
    assert 'href="/' not in written.html
    assert 'src="/' not in written.html
    assert written.text.count(TOKEN) == written.html.count(TOKEN) == 1
    assert "<script" not in written.html


def test_links_lead_where_the_reader_reads(larvik: Municipality) -> None:
    written = edition_of(make_letter(larvik, body_nb=every_kind(larvik)), "uk")

    assert (written.lang, written.text_lang) == ("uk", "nb")
    assert "/uk/find/" in written.html
    assert "/nb/" not in written.html


@pytest.mark.browser
def test_letters_can_be_read_on_a_phone_in_light_and_in_dark(letters: Path, browser: Any) -> None:
    faults = []
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 320, "height": 700}, color_scheme=scheme)
        page = context.new_page()
        for letter in sorted(letters.glob("*.html")):
            page.set_content(letter.read_text())
            page.evaluate(AXE.read_text())
            found = page.evaluate(
                "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations']})"
            )
            faults += [f"{letter.name} {scheme}: {fault['id']}" for fault in found["violations"]]
            if page.evaluate("document.documentElement.scrollWidth") > 320:
                faults.append(f"{letter.name}: wider than the window")
        context.close()
    assert faults == []
