"""A resident on a phone: from the front page to a free activity near home, into the calendar and onto paper."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import expect

from tests.pages.conftest import Look, Site

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

NAMES = {"nb": "Turn for nybegynnere", "ar": "الجمباز للمبتدئين"}


def printed_pages(page: Any, path: Path) -> int:
    """How many sheets of A4 the page takes."""
    page.pdf(path=path, format="A4", margin={"top": "12mm", "bottom": "12mm", "left": "12mm", "right": "12mm"})
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", path.read_bytes()))


@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_a_free_activity_near_home(lang: str, site: Site, look: Look, tmp_path: Path) -> None:
    page = look(390, 844, has_touch=True, is_mobile=True, accept_downloads=True)
    # The front page in somebody else's language; their own stands there by its name.
    page.goto("/en/")
    page.locator(f"main a[hreflang={lang}]").first.tap()
    page.wait_for_url(f"**/{lang}/")
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if lang == "ar" else "ltr")

    page.locator(f".quick a[href='/{lang}/find/?free=1']").tap()
    page.wait_for_url(f"**/{lang}/find/?free=1")
    page.locator(".filters > summary").tap()
    near = page.locator("#filter-near > summary")
    near.tap()
    page.locator("#near").fill("3290")
    page.locator(".filters__in button[type=submit]").tap()
    page.wait_for_url("**/find/?*near=3290*")
    assert "free=1" in page.url

    first = page.locator(".results .card h2 a").first
    expect(first).to_have_text(NAMES[lang])
    assert page.locator(".results .card").first.locator(".card__facts li").count() >= 3
    first.tap()
    page.wait_for_url(f"**/{lang}/activities/{site.town.activity.slug}/")
    expect(page.locator("h1")).to_have_text(NAMES[lang])
    assert page.locator("a[href='tel:00000002']").is_visible()

    with page.expect_download() as download:
        page.locator("a[href$='calendar.ics']").tap()
    kept = tmp_path / download.value.suggested_filename
    download.value.save_as(kept)
    assert kept.suffix == ".ics"
    events = Calendar.from_ical(kept.read_bytes()).walk("VEVENT")
    assert len(events) == 3
    assert {str(event["SUMMARY"]) for event in events} == {NAMES[lang]}

    page.emulate_media(media="print")
    code = page.locator("img.qr")
    expect(code).to_be_visible()
    code.evaluate("image => { image.loading = 'eager'; return image.decode(); }")
    assert code.evaluate("image => image.naturalWidth") > 0
    assert not page.locator(".site-header__nav, .share, .map").filter(visible=True).count()
    assert printed_pages(page, tmp_path / "page.pdf") == 1
