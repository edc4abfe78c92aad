"""Each page type shows what it should, in the reader's language or marked with its own."""

from __future__ import annotations

import json
import re
from datetime import timedelta

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.activities.models import Session
from portal.pages.models import NewsPage
from tests.factories.directory import ActivityFactory
from tests.factories.pages import add
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


def headings(page: str, level: int = 2) -> list[str]:
    return re.findall(rf"<h{level}[^>]*><a[^>]*>([^<]+)", page.split("<main", 1)[1])


def test_news_puts_open_grants_first_and_marks_closed_ones(site_pages: Pages) -> None:
    today = timezone.localdate()
    index = site_pages.pages["news"]
    add(index, NewsPage, heading_nb="Nyest", date=today)
    add(index, NewsPage, heading_nb="Haster", date=today - timedelta(days=90), deadline=today)

    page = get(site_pages.path("news"))

    assert headings(page) == ["Haster", "Søk om penger", "Nyest", "Stengt"]
    assert page.count("Stengte ") == 1
    assert page.count("Søk innen ") == 2
    closed = get(site_pages.path("news, closed"))
    assert "fristen har gått ut" in closed
    assert "Gå til søknaden" not in closed


def test_front_page_shows_the_latest_news(site_pages: Pages) -> None:
    page = get("/nb/")
    assert "Søk om penger" in page
    assert "/nb/nyheter/" in page
    assert "<li><span>Møt opp.</span></li>" in page, "blocks of its own"
    assert f'href="{site_pages.path("holiday programme")}"' in page
    site_pages.pages["holiday programme"].unpublish()
    assert f"/nb/find/?season={site_pages.town.season.slug}" in get("/nb/"), "without a page of its own, the search"


def test_news_tells_search_engines_what_it_is(site_pages: Pages) -> None:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', get(site_pages.path("news, grant")), re.S)
    facts = json.loads(found[1])  # type: ignore[index]
    assert (facts["@type"], facts["headline"], facts["inLanguage"]) == ("NewsArticle", "Søk om penger", "nb")


def test_breadcrumbs_name_every_page_above(site_pages: Pages) -> None:
    crumbs = get(site_pages.path("text page")).split('<nav class="crumbs"', 1)[1].split("</nav>")[0]
    assert re.findall(r"<a[^>]*>([^<]+)", crumbs) == ["Forsiden", "Hjelp"]


def test_guide_and_scheme_lead_to_each_other(site_pages: Pages) -> None:
    scheme = f"/nb/support/{site_pages.town.support.slug}/"
    assert f'href="{scheme}"' in get(site_pages.path("guide"))
    assert site_pages.path("guide") in get(scheme)
    site_pages.town.support.delete()
    assert "/nb/support/" in get(site_pages.path("guide")), "a guide whose scheme is gone leads to the others"


def test_holiday_programme_stands_by_day_and_is_narrowed_by_age_and_price(site_pages: Pages) -> None:
    town, today = site_pages.town, timezone.localdate()
    common = {"municipality": town.municipality, "provider": town.provider, "seasons": [town.season]}
    day = today + timedelta(days=1)
    ActivityFactory(**common, name_nb="Dyr leir", is_free=False, price=900, age_from=10, age_to=16, sessions=[Session(date=day)])
    ActivityFactory(**common, name_nb="Utenfor", sessions=[Session(date=town.season.ends + timedelta(days=1))])
    path = site_pages.path("holiday programme")

    whole = get(path)
    assert "Dyr leir" in whole
    assert "Turn for nybegynnere" in whole
    assert "Utenfor" not in whole
    days = re.findall(r'<h2 id="day-([\d-]+)"', whole)
    assert days == sorted(days)
    assert day.isoformat() in days
    assert "Dyr leir" not in get(f"{path}?free=1")
    assert "Dyr leir" not in get(f"{path}?age=8")
    assert "Turn for nybegynnere" in get(f"{path}?age=8&free=1")
    assert "Vis hele programmet" in get(f"{path}?age=99")
    for nonsense in ("?age=tusen", "?from=i+morgen", "?age=%00&free=2", "?from=9999-99-99", "?age=99999999999"):
        get(path + nonsense)


def test_number_of_questions_to_the_database_does_not_grow_with_the_pages(site_pages: Pages) -> None:
    def asked(path: str) -> int:
        get(path)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            get(path)
        return len(seen)

    paths = ["/nb/", site_pages.path("news"), site_pages.path("section")]
    before = [asked(path) for path in paths]
    for n in range(5):
        add(site_pages.pages["news"], NewsPage, heading_nb=f"Nytt {n}")
        add(site_pages.pages["section"], type(site_pages.pages["text page"]), heading_nb=f"Side {n}")
    after = [asked(path) for path in paths]
    assert [now - then for then, now in zip(before, after, strict=True)] == [0, 0, 0]


def test_pages_of_a_whole_tree_are_in_order(site_pages: Pages) -> None:
    call_command("check_pages")
