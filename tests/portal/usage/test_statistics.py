"""The page "Statistics": whose figures, which figures, and that small ones stay hidden."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from itertools import product
from random import Random
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
from portal.kit.small_numbers import in_words, lots, protected, share
from portal.usage.models import DailySum, What
from portal.usage.queries import Period, Scope, last_day, last_weeks
from tests.factories.directory import ActivityFactory, DistrictFactory, ProviderFactory, make_municipality, make_staff

ADDRESS = "/cms/statistics/"


def count(municipality: Municipality, what: str, number: int, *, ago: int = 0, lang: str = "nb", **fields: Any) -> DailySum:
    """A sum of a day, so many days before the last that is told."""
    day = last_day() - timedelta(days=ago)
    return DailySum.objects.create(municipality=municipality, day=day, what=what, count=number, lang=lang, **fields)


@pytest.fixture
def kari(larvik: Municipality, client: Client) -> Client:
    client.force_login(make_staff(larvik))
    return client


@pytest.fixture
def downwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """All lots fall the same way, so that figures can be foretold."""
    monkeypatch.setattr("portal.usage.queries.lots", lambda: lambda name: 0)


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
def test_a_cell_is_rounded_up_or_down_and_right_on_average() -> None:
    assert [protected(n, 0) for n in (0, 1, 4, 5, 9, 1002)] == [0, 0, 0, 5, 5, 1000]
    assert [protected(n, 4) for n in (0, 1, 4, 5, 9, 1002)] == [0, 5, 5, 5, 10, 1005]
    for n in range(40):
        assert sum(protected(n, lot) for lot in range(5)) == 5 * n
    assert (in_words(0), in_words(None)) == ("få eller ingen", "få eller ingen")
    assert (share(50, 200), share(0, 200), share(10, 3), share(15, 10)) == (25, None, None, 100)


def test_lots_stay_and_belong_to_the_key(settings: Any) -> None:
    names = [f"cell {n}" for n in range(500)]
    drawn = [lots()(name) for name in names]
    assert drawn == [lots()(name) for name in names]
    assert all(drawn.count(lot) > 60 for lot in range(5))
    settings.SECRET_KEY = "another-" + "x" * 40
    assert drawn != [lots()(name) for name in names]


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 3, 9), date(2026, 3, 1)),  # a Monday: the week before is not told yet
        (date(2026, 3, 10), date(2026, 3, 8)),
        (date(2026, 3, 15), date(2026, 3, 8)),
        (date(2026, 3, 16), date(2026, 3, 8)),
    ],
)
def test_last_week_is_told_from_tuesday(today: date, last: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *args: today)
    assert last_day() == last
    assert last_weeks(2) == Period(last - timedelta(days=13), last)


# ── somebody who wants to know more ─────────────────────────────────────────────────────────────────────────
def own_times(days: int) -> list[str]:
    """Every time "from … to …" in the last days, those that end in a week that is not told yet too."""
    every = [last_day() + timedelta(days=5 - n) for n in range(days)]
    return [f"&time=own&first={first}&last={last}" for first in every for last in every if first <= min(last, last_day())]


def figures_of(browser: Client) -> str:
    return browser.get(ADDRESS).content.decode().split('class="statistics-scope"')[1].split('class="statistics-rule"')[0]


def few_visits(larvik: Municipality) -> list[DailySum]:
    """Three weeks in two languages and two parts of town, mostly small numbers, some on every day."""
    chance = Random(7)
    for slug in ("nanset", "stavern"):
        DistrictFactory(municipality=larvik, slug=slug, name_nb=slug.title())
    listing = ActivityFactory(municipality=larvik, name_nb="Kor")
    return [
        count(larvik, what, chance.randint(1, 9), ago=ago, lang=lang, district=district, key=key)
        for ago, lang, district in product(range(-4, 21), ("nb", "ar"), ("", "nanset", "stavern"))
        for what, key in ((What.VIEW, f"activity:{listing.pk}"), (What.SEARCH, ""), (What.UNMET, "padel"))
        if chance.random() < 0.4
    ]


@pytest.mark.second_at_night
def test_every_figure_is_a_sum_of_the_same_cells(kari: Client, larvik: Municipality, thorough: bool) -> None:
    """Times that overlap, narrowed or not, say no more than the weeks of each language and part of town say themselves."""
    few_visits(larvik)
    narrowed = {(lang, part): f"&lang={lang}&district={part}" for lang in ("", "nb", "ar") for part in ("", "nanset", "stavern")}

    def shown(query: str) -> int:
        return sum(int(row[1]) for row in cells(kari, query)["Tall"][1:3] if row[1].isdigit())

    mondays = [last_day() - timedelta(days=6 + 7 * n) for n in range(3)]
    week = {(m, key): shown(f"&time=own&first={m}&last={m}{query}") for m in mondays for key, query in narrowed.items()}
    for m in mondays:
        for part in ("nanset", "stavern", ""):
            assert week[m, ("", part)] == week[m, ("nb", part)] + week[m, ("ar", part)]
    times = own_times(18)
    for time in Random(3).sample(times, 40 if thorough else 12):
        first, last = (date.fromisoformat(value.partition("=")[2]) for value in time.split("&")[2:])
        inside = [m for m in mondays if m + timedelta(days=6) >= first and m <= last]
        for key, query in narrowed.items():
            if key in {("", ""), ("ar", ""), ("", "nanset"), ("ar", "stavern")}:
                assert shown(time + query) == sum(week[m, key] for m in inside), (time, key)


@pytest.mark.second_at_night
def test_no_comparing_of_figures_tells_counts_apart(kari: Client, larvik: Municipality, thorough: bool) -> None:
    """Every cell could have been another number, and nothing anybody can ask for would look different."""
    rows = few_visits(larvik)
    asked = [
        *(
            time + narrowed
            for time in own_times(9 if thorough else 5)
            for narrowed in ("", "&lang=ar", "&district=nanset&lang=nb")
        ),
        *(f"&time={time}&step={step}" for time in ("4", "13", "52") for step in ("week", "month")),
    ]

    def everything() -> list[dict[str, list[list[str]]]]:
        return [cells(kari, query) for query in asked]

    def told() -> Any:
        return Scope(larvik, last_weeks(3)).told

    before, cells_before = everything(), told()
    moved = 0
    # Of smaller numbers some of the five that look alike would be below nothing: how many depends on the lot of the week.
    for row in Random(5).sample([row for row in rows if row.count >= 5], 12):
        was, same = row.count, []
        for number in range(1, was + 6):
            DailySum.objects.filter(pk=row.pk).update(count=number)
            if told() == cells_before:
                same.append(number)
        assert len(same) >= 5, "so many numbers look alike"
        other = next(number for number in same if number != was)
        DailySum.objects.filter(pk=row.pk).update(count=other)
        moved += 1
    assert moved == 12
    assert told() == cells_before
    assert everything() == before
    page = figures_of(kari)
    DailySum.objects.filter(day__gt=last_day()).update(count=77)  # the week that goes on
    assert everything() == before
    assert figures_of(kari) == page


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
def test_figures_of_a_period(kari: Client, larvik: Municipality, downwards: None) -> None:
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
    count(larvik, What.VIEW, 1000, ago=-1)  # a week that goes on is not told
    count(larvik, What.VIEW, 1000, ago=28)

    found = cells(kari, "&time=4&step=week")

    by_title = {title: rows[1:] for title, rows in found.items()}
    assert [row[:2] for row in by_title["Tall"]] == [
        ["Sider vist", "110"], ["Søk", "30"], ["Søk uten treff", "få eller ingen"], ["På offentlige skjermer", "få eller ingen"],
    ]  # fmt: skip
    assert by_title["Språk som ble lest"][:2] == [
        ["Norsk bokmål", "110", "få eller ingen"],
        ["English", "få eller ingen", "få eller ingen"],
    ]
    assert by_title["Nærmiljøer folk så på"] == [["Nanset", "10", "få eller ingen"]]
    assert by_title["Aktiviteter som ble åpnet mest"] == [["'=Kor", "10"]]
    assert by_title["Søk som ikke ga treff"] == [["padel", "5", "Norsk bokmål 5", "Nanset 5"]]
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
        "time=%00", "time=own&first=0001-01-01&last=0001-01-02", "step=day", "time=own&first=2999-01-01&last=2999-02-01",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_answered(kari: Client, larvik: Municipality, query: str) -> None:
    assert kari.get(f"{ADDRESS}?{query}").status_code == 200
    assert kari.get(f"{ADDRESS}?{query}&export=csv").status_code == 200


def test_own_days_are_used_as_whole_weeks(kari: Client, larvik: Municipality) -> None:
    count(larvik, What.VIEW, 10, ago=5)
    count(larvik, What.VIEW, 20, ago=9)
    day = last_day() - timedelta(days=4)
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
    assert Period(wednesday, wednesday) == Period(date(2026, 3, 16), date(2026, 3, 22))
    assert Period(date(2026, 2, 25), sunday, "month").starts() == [date(2026, 2, 1)], "a week is of the month it begins in"


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
def test_panel_shows_what_was_not_found(kari: Client, larvik: Municipality, downwards: None) -> None:
    other = make_municipality("3907", "Sandefjord")
    count(larvik, What.UNMET, 8, key="padel")
    count(larvik, What.UNMET, 4, key="hemmelig")
    count(larvik, What.UNMET, 80, key="gammelt", ago=28)
    count(larvik, What.WORDS, 80, key="fotball")
    count(other, What.UNMET, 80, key="zxqvmerke")
    body = kari.get("/cms/").content.decode()
    assert "padel" in body
    for hidden in ("hemmelig", "gammelt", "fotball", "zxqvmerke"):
        assert hidden not in body


def test_panel_without_anything_says_so(kari: Client) -> None:
    assert "found-nothing" in kari.get("/cms/").content.decode()
