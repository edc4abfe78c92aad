"""Each page type shows what it should, in the reader's language or marked with its own."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.portal.pages.conftest import Pages


def get(path: str, status: int = 200) -> str:
    response = Client().get(path)
    assert response.status_code == status, path
    return response.content.decode()


def test_every_page_answers_in_every_language(site_pages: Pages) -> None:
    for name in site_pages.pages:
        for lang in ("nb", "en", "ar"):
            assert "<h1" in get(site_pages.path(name, lang)), (name, lang)


def test_every_block_is_shown(site_pages: Pages) -> None:
    page = get(site_pages.path("text page"))
    for words in (
        "<h2>Om dette</h2>",
        'alt="En grønn flate"',
        "Vil du være med?",
        'href="/nb/find/?free=1"',
        "<summary>Hva koster det?</summary>",
        'href="tel:00000003"',
        "<li><span>Ring oss.</span></li>",
        "Åpen hall",
        "data-points=",
        "category=c-art",
        "<video",
        "Noen sier hei.",
    ):
        assert words in page, words


def test_text_in_another_language_is_marked(site_pages: Pages) -> None:
    page = get(site_pages.path("text page", "ar"))
    assert "<h1>حول</h1>" in page
    assert '<div class="block prose" lang="nb" dir="ltr">' in page
    assert 'lang="nb"' not in get(site_pages.path("text page")).split("<h1", 1)[1].split("</main>")[0].replace(
        '<bdi lang="nb">', ""
    ).replace('srclang="nb"', "")
