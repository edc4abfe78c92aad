"""The page "Statistics": whose figures, which figures, and that small ones stay hidden."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from directory.municipalities.actions import appoint
from directory.municipalities.models import Municipality, StaffRole
from portal.accounts.models import User
from portal.kit.small_numbers import in_words, rounded, share
from portal.usage.models import DailySum, What
from portal.usage.queries import Period
from tests.factories.directory import ActivityFactory, DistrictFactory, ProviderFactory, make_municipality, make_staff

ADDRESS = "/cms/statistics/"
YESTERDAY = timezone.localdate() - timedelta(days=1)


def count(municipality: Municipality, what: str, number: int, *, ago: int = 1, lang: str = "nb", **fields: Any) -> DailySum:
    day = timezone.localdate() - timedelta(days=ago)
    return DailySum.objects.create(municipality=municipality, day=day, what=what, count=number, lang=lang, **fields)


@pytest.fixture
def kari(larvik: Municipality, client: Client) -> Client:
    client.force_login(make_staff(larvik))
    return client


def cells(browser: Client, query: str = "") -> dict[str, list[list[str]]]:
    """The export as CSV: name of a table → its rows."""
    response = browser.get(f"{ADDRESS}?export=csv{query}")
    assert response.status_code == 200
    found: dict[str, list[list[str]]] = {}
    name = ""
    for row in csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"):
        if not row:
            name = ""
        elif not name:
            name = row[0]
            found[name] = []
        else:
            found[name].append(row)
    return found


# ── the rule ────────────────────────────────────────────────────────────────────────────────────────────────
def test_small_numbers_are_hidden_and_others_rounded() -> None:
    told = {n: rounded(n) for n in (0, 1, 4, 5, 7, 8, 12, 13, 1002)}
    assert told == {0: None, 1: None, 4: None, 5: 5, 7: 5, 8: 10, 12: 10, 13: 15, 1002: 1000}
    assert in_words(None) == "færre enn 5"
    assert (share(50, 200), share(4, 200), share(10, 3), share(12, 11)) == (25, None, None, 100)


def test_no_hidden_number_is_found_by_subtraction() -> None:
    """Every shown total leaves several answers for what is hidden beside it."""
    for total in range(5, 200):
        answers = {
            hidden
            for hidden in range(5)
            for true_total in range(total - 5, total + 6)
            if rounded(true_total) == rounded(total) and rounded(true_total - hidden) == rounded(total - 2)
        }
        assert len(answers) > 1, total


# ── whose ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_coordinator_sees_the_own_town_only(kari: Client, larvik: Municipality) -> None:
    other = make_municipality("3907", "Sandefjord")
    count(larvik, What.UNMET, 10, key="padel")
    count(other, What.UNMET, 10, key="zxqvmerke")

    body = kari.get(ADDRESS).content.decode()
    assert "padel" in body
    assert "zxqvmerke" not in body
    for asked in (f"?municipality={other.pk}", "?municipality=99999999", "?municipality=x", f"?municipality={'9' * 30}"):
        assert kari.get(ADDRESS + asked).status_code == 404, asked
        assert kari.get(f"{ADDRESS}{asked}&export=csv").status_code == 404, asked


def test_editor_gets_no_statistics(larvik: Municipality, client: Client) -> None:
    editor = User.objects.create_user("editor@example.org")
    appoint(user=editor, municipality=larvik, role=StaffRole.Role.EDITOR)
    client.force_login(editor)
    response = client.get(ADDRESS)
    assert response.status_code in {302, 403}
    assert ADDRESS not in client.get("/cms/").content.decode()


def test_menu_leads_a_coordinator_there(kari: Client) -> None:
    assert ADDRESS in kari.get("/cms/").content.decode()


def test_who_coordinates_two_towns_chooses(larvik: Municipality, kari: Client) -> None:
    other = make_municipality("3907", "Sandefjord")
    count(other, What.UNMET, 10, key="padel")
    appoint(user=User.objects.get(email="staff-3909@example.org"), municipality=other)
    assert "padel" not in kari.get(ADDRESS).content.decode()
    assert "padel" in kari.get(f"{ADDRESS}?municipality={other.pk}").content.decode()


def test_new_installation_has_an_empty_page(db: Any, client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss@example.org"))
    assert client.get(ADDRESS).status_code == 200


# ── which ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_figures_of_a_period(kari: Client, larvik: Municipality) -> None:
    DistrictFactory(municipality=larvik, slug="nanset", name_nb="Nanset")
    popular = ActivityFactory(municipality=larvik, name_nb="=Kor")
    lonely = ActivityFactory(municipality=larvik, name_nb="Ensomme sokker")
    count(larvik, What.VIEW, 101, key="page:1")
    count(larvik, What.VIEW, 12, key=f"activity:{popular.pk}", district="nanset")
    count(larvik, What.VIEW, 4, key=f"activity:{lonely.pk}", lang="ar")
    count(larvik, What.SEARCH, 33, lang="ar")
    count(larvik, What.NOTHING, 3)
    count(larvik, What.UNMET, 8, key="padel", district="nanset")
    count(larvik, What.UNMET, 4, key="hemmelig")
    count(larvik, What.VIEW, 1000, ago=0)  # today is not told
    count(larvik, What.VIEW, 1000, ago=40)

    found = cells(kari, "&time=30&step=day")

    by_title = {title: rows[1:] for title, rows in found.items()}
    assert [row[:2] for row in by_title["Tall"]] == [
        ["Sider vist", "115"], ["Søk", "35"], ["Søk uten treff", "færre enn 5"], ["På offentlige skjermer", "færre enn 5"],
    ]  # fmt: skip
    assert by_title["Språk som ble lest"][:2] == [
        ["Norsk bokmål", "115", "færre enn 5"],
        ["English", "færre enn 5", "færre enn 5"],
    ]
    assert by_title["Nærmiljøer folk så på"] == [["Nanset", "10", "færre enn 5"]]
    assert by_title["Aktiviteter som ble åpnet mest"] == [["'=Kor", "10"]]
    assert by_title["Søk som ikke ga treff"] == [["padel", "10", "Norsk bokmål 10", "Nanset 10"]]
    everything = str(found)
    assert "hemmelig" not in everything
    assert "sokker" not in everything
    assert "1000" not in everything


def test_narrowed_to_a_language(kari: Client, larvik: Municipality) -> None:
    count(larvik, What.VIEW, 100)
    count(larvik, What.VIEW, 50, lang="ar")
    assert cells(kari, "&lang=ar")["Tall"][1][1] == "50"


def test_page_shows_what_the_export_holds(kari: Client, larvik: Municipality) -> None:
    count(larvik, What.VIEW, 1240)
    body = kari.get(ADDRESS).content.decode()
    assert "<svg" in body
    assert "<desc" in body
    assert "1\u202f240" in body or "1\xa0240" in body
    assert "style=" not in body.split('class="statistics-form"')[1].split("</main>")[0]


def test_excel_file_opens(kari: Client, larvik: Municipality) -> None:
    ActivityFactory(municipality=larvik)
    count(larvik, What.VIEW, 100)
    response = kari.get(f"{ADDRESS}?export=xlsx")
    book = load_workbook(io.BytesIO(response.content))
    assert book.worksheets[0]["B2"].value == 100
    assert len(book.sheetnames) == len(set(book.sheetnames)) == 11
    assert "larvik-statistics-" in response.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "query",
    [
        "time=nonsense", "time=own", "time=own&first=2026-05-02&last=2026-05-01", "time=own&first=1900-01-01&last=2100-01-01",
        "time=own&first=2026-13-45&last=x", "step=hour", "lang=xx", "district=nowhere", "first=2026-01-01", "export=pdf",
        "time=%00", "time=own&first=2999-01-01&last=2999-02-01",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_answered(kari: Client, larvik: Municipality, query: str) -> None:
    assert kari.get(f"{ADDRESS}?{query}").status_code == 200
    assert kari.get(f"{ADDRESS}?{query}&export=csv").status_code == 200


def test_own_days_are_used(kari: Client, larvik: Municipality) -> None:
    count(larvik, What.VIEW, 10, ago=5)
    count(larvik, What.VIEW, 20, ago=9)
    day = timezone.localdate() - timedelta(days=5)
    assert cells(kari, f"&time=own&first={day}&last={day}")["Tall"][1][1] == "10"


def test_steps_of_a_period() -> None:
    sunday, wednesday = date(2026, 3, 1), date(2026, 3, 18)
    assert Period(sunday, wednesday, "week").starts() == [
        date(2026, 2, 23),
        date(2026, 3, 2),
        date(2026, 3, 9),
        date(2026, 3, 16),
    ]
    months = [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    assert Period(date(2025, 12, 31), wednesday, "month").starts() == months
    assert len(Period(sunday, wednesday, "day").starts()) == 18


def test_more_rows_take_no_more_queries(kari: Client, larvik: Municipality) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert kari.get(ADDRESS).status_code == 200
        return len(found)

    def fill(first: int, last: int) -> None:
        for n in range(first, last):
            provider = ProviderFactory(municipality=larvik)
            DistrictFactory(municipality=larvik, slug=f"d{n}")
            count(larvik, What.VIEW, 10, key=f"provider:{provider.pk}", district=f"d{n}")
            count(larvik, What.UNMET, 10, key=f"ord {n}", district=f"d{n}")

    fill(0, 1)
    queries()
    few = queries()
    fill(1, 9)
    assert queries() == few


# ── the panel ───────────────────────────────────────────────────────────────────────────────────────────────
def test_panel_shows_what_was_not_found(kari: Client, larvik: Municipality) -> None:
    other = make_municipality("3907", "Sandefjord")
    count(larvik, What.UNMET, 8, key="padel")
    count(larvik, What.UNMET, 4, key="hemmelig")
    count(larvik, What.UNMET, 80, key="gammelt", ago=40)
    count(larvik, What.WORDS, 80, key="fotball")
    count(other, What.UNMET, 80, key="zxqvmerke")
    body = kari.get("/cms/").content.decode()
    assert "padel" in body
    for hidden in ("hemmelig", "gammelt", "fotball", "zxqvmerke"):
        assert hidden not in body


def test_panel_without_anything_says_so(kari: Client) -> None:
    assert "found-nothing" in kari.get("/cms/").content.decode()
