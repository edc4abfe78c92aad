"""From the municipality's spreadsheet to a resident's first useful result, and back again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from portal.accounts.models import User
from tests.journeys.conftest import sign_in
from tests.pages.conftest import Look, Site

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

# As such lists are: a title on top, headings of their own, a row that cannot be read.
SHEET = """Oversikt over lag og foreninger;;;;;;;
;;;;;;;
Hvem står bak;Aktivitet;Kategori;Adresse;Postnr;Gratis;Når;Hemmelig kolonne
Sluken fiskelag;Isfiske for alle;Kategori nature;Havnegata 3;3290;ja;Lørdag 10-12;x
Stavern strikkekafé;Strikk og prat;Kategori art;Havnegata 5;3290;ja;Torsdag 18:00-20:00;
;;;;3290;ja;;
"""


def figures(page: Any) -> dict[str, int]:
    """The summary: the label of each figure and its number."""
    return {
        link.locator("span").inner_text(): int(link.locator("strong").inner_text())
        for link in page.locator(".import-figures a").all()
    }


def hits(page: Any, words: str) -> list[str]:
    page.goto(f"/nb/find/?q={words}")
    return page.locator(".results .card h2").all_inner_texts()


def test_a_sheet_goes_in_is_found_and_is_undone(site: Site, look: Look, coordinator: User, tmp_path: Path) -> None:
    sheet = tmp_path / "foreninger.csv"
    sheet.write_bytes(SHEET.encode("cp1252"))
    resident = look(390, 844)
    assert hits(resident, "isfiske") == []

    desk = look(watched=False)
    sign_in(desk, coordinator)
    desk.goto("/cms/snippets/directory/importrun/add/")
    desk.locator("input[type=file]").set_input_files(sheet)
    desk.locator("[name=source_name]").fill("Kulturkontoret")
    desk.locator("[name=source_date]").fill("2026-11-01")
    desk.locator(".import-form button[type=submit]").click()
    desk.wait_for_url("**/importrun/edit/**")

    # One heading is their own word for it; staff say what it is.
    who = desk.locator("select[aria-label='Hvem står bak']")
    who.select_option("provider_name")
    assert desk.locator("select[aria-label='Aktivitet']").input_value() == "activity_name"
    assert desk.locator("select[aria-label='Hemmelig kolonne']").input_value() == ""
    desk.locator(".import-columns button[type=submit]").click()
    expect(desk.locator(".import-rows tbody tr").first).to_be_visible()
    preview = figures(desk)
    assert preview["lest" if "lest" in preview else next(iter(preview))] == 3
    assert sorted(preview.values()) == [0, 0, 0, 1, 2, 3], "every row stands in one of the figures"
    assert hits(resident, "isfiske") == [], "looking is not doing"

    desk.locator(".import-deeds form button").click()
    undo = desk.locator(".import-deeds a[href*='/undo/']")
    expect(undo).to_be_visible()
    assert figures(desk) == preview
    assert "Isfiske for alle" in hits(resident, "isfiske")
    resident.locator(".results .card h2 a").filter(has_text="Isfiske for alle").click()
    words = resident.locator("main").inner_text()
    for said in ("Isfiske for alle", "Sluken fiskelag", "Havnegata 3", "Gratis", "10:00", "Kulturkontoret"):
        assert said in words

    undo.click()
    desk.locator("form button.serious").click()
    desk.wait_for_url("**/importrun/edit/**")
    assert hits(resident, "isfiske") == []
    assert hits(resident, "sluken") == []
    assert "Turn for nybegynnere" in hits(resident, "nybegynnere"), "what was there before stays"
