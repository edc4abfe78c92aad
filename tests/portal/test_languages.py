"""Dates, numbers and plurals in each language; which language a reader is met with."""

from __future__ import annotations

import gettext
from datetime import date, datetime
from decimal import Decimal

import pytest
from babel import Locale
from django.utils import translation
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, get_format, number_format

from directory.activities.words import date_words, hours
from portal.languages import CODES, COMPLETE, NAMES, PLURALS, best_for, direction, interface_of
from portal.templatetags.speaking import other_scripts
from tests.factories.directory import SupportSchemeFactory, default_municipality

pytestmark = pytest.mark.one_database

DAY = date(2026, 11, 1)
N = "\xa0"


@pytest.mark.parametrize(
    ("code", "whole", "without_year", "month", "weekday", "amount"),
    [
        ("nb", "1. november 2026", "1. november", "november 2026", "søndag", f"12{N}345,50"),
        ("nn", "1. november 2026", "1. november", "november 2026", "søndag", f"12{N}345,50"),
        ("se", "skábmamánu 1. b. 2026", "skábmamánu 1. b.", "skábmamánnu 2026", "sotnabeaivi", f"12{N}345,50"),
        ("en", "1 November 2026", "1 November", "November 2026", "Sunday", "12,345.50"),
        ("sv", "1 november 2026", "1 november", "november 2026", "söndag", f"12{N}345,50"),
        ("fi", "1. marraskuuta 2026", "1. marraskuuta", "marraskuu 2026", "sunnuntai", f"12{N}345,50"),
        ("pl", "1 listopada 2026", "1 listopada", "listopad 2026", "niedziela", f"12{N}345,50"),
        ("uk", "1 листопада 2026 р.", "1 листопада", "листопад 2026", "неділя", f"12{N}345,50"),
        ("ar", "1 نوفمبر 2026", "1 نوفمبر", "نوفمبر 2026", "الأحد", f"12{N}345.50"),
        ("fa", "1 نوامبر 2026", "1 نوامبر", "نوامبر 2026", "یکشنبه", f"12{N}345.50"),
        ("so", "1 Noofeembar 2026", "1 Noofeembar", "Noofeembar 2026", "Axad", f"12{N}345.50"),
        ("ti", "1 ሕዳር 2026", "1 ሕዳር", "ሕዳር 2026", "ሰንበት", f"12{N}345.50"),
        ("ru", "1. november 2026", "1. november", "november 2026", "søndag", f"12{N}345,50"),
        ("ku", "1. november 2026", "1. november", "november 2026", "søndag", f"12{N}345,50"),
    ],
)
def test_dates_and_numbers_are_written_as_readers_write_them(code, whole, without_year, month, weekday, amount):
    with translation.override(code):
        written = (
            date_format(DAY, "DATE_FORMAT"),
            date_format(DAY, "MONTH_DAY_FORMAT"),
            date_format(DAY, "YEAR_MONTH_FORMAT"),
            str(WEEKDAYS[6]),
            number_format(Decimal("12345.50"), 2, force_grouping=True),
        )
    assert written == (whole, without_year, month, weekday, amount)


@pytest.mark.parametrize("code", CODES)
def test_every_language_counts_weeks_from_monday_hours_to_24_and_has_its_own_formats(code):
    with translation.override(code):
        assert get_format("FIRST_DAY_OF_WEEK") == 1
        assert date_format(datetime(2026, 11, 1, 18, 5), "TIME_FORMAT") == "18:05"
        text = date_format(DAY, "DATE_FORMAT") + number_format(1234567, force_grouping=True)
        assert all(not c.isdigit() or c.isascii() for c in text), text


@pytest.mark.parametrize("code", COMPLETE)
def test_a_day_of_a_meeting_holds_no_word_of_another_language(code):
    with translation.override(code):
        words = date_words(date.today().replace(month=5, day=2)).split()
        span = hours(datetime(2026, 1, 1, 18).time(), datetime(2026, 1, 1, 19).time())
    with translation.override("nb"):
        norwegian = {str(day) for day in WEEKDAYS.values()} | {"mai"}
    if code not in ("nb", "nn"):
        assert not norwegian & set(words), words
    assert span.startswith("\u2066") == (direction(code) == "rtl")


@pytest.mark.parametrize("code", CODES)
def test_plural_rules_agree_with_cldr(code):
    """Numbers that CLDR tells apart have forms of their own, and numbers it does not have the same."""
    ours = gettext.c2py(PLURALS[code].split("plural=", 1)[1].rstrip(";"))
    theirs = Locale.parse(code).plural_form
    pairs = {(ours(n), theirs(n)) for n in range(1_000)}
    forms = int(PLURALS[code].split("nplurals=", 1)[1].split(";", 1)[0])
    assert len(pairs) == len({mine for mine, _theirs in pairs}) == len({theirs for _mine, theirs in pairs}) == forms


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_says_the_plural_rule_of_its_language(code):
    from portal.messages import po_of

    assert f'"Plural-Forms: {PLURALS[code]}\\n"' in po_of(code).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", "nb"),
        ("nonsense;;q=,,", "nb"),
        ("de, fr;q=0.9", "nb"),
        ("ar", "ar"),
        ("en;q=0.3, ar;q=0.8, nb;q=0.5", "ar"),
        ("en-GB,en;q=0.9", "en"),
        ("no", "nb"),
        ("nn-NO, en;q=0.5", "nb"),
        ("da, en;q=0.5", "nb"),
        ("fa-AF", "fa"),
        ("prs-AF, en;q=0.2", "fa"),
        ("sme, fi;q=0.8", "se"),
        ("se-NO", "se"),
        ("ti-ER", "ti"),
        ("de, *;q=0.5", "nb"),
        ("ar;q=0, en;q=0.1", "en"),
        ("uk" + ",x" * 3000, "nb"),
    ],
)
def test_the_door_opens_in_the_language_the_browser_asks_for(header, found):
    assert best_for(header, ["nb", "se", "en", "ar", "fa", "ti"]) == found


def test_a_municipality_that_writes_nynorsk_meets_bokmal_readers_in_nynorsk():
    assert best_for("nb", ["nn", "en"]) == "nn"
    assert best_for("nb, en", ["en", "nn"]) == "nn"


def test_every_language_has_its_own_name_and_direction():
    assert set(PLURALS) == set(NAMES)
    assert [code for code in CODES if direction(code) == "rtl"] == ["ar", "fa"]
    for code in CODES:
        info = translation.get_language_info(code)
        assert (info["name_local"], info["bidi"]) == (NAMES[code], code in ("ar", "fa"))


@pytest.mark.parametrize(
    ("page", "offered", "shown"),
    [
        ("nb", "nb en uk ar so ti pl", "uk ar ti"),
        ("nb", "nb en ar fa", "ar en"),
        ("en", "nb en pl", "nb"),
        ("ar", "nb en uk ar fa ti", "nb uk ti"),
        ("ti", "nb ti", "nb"),
        ("nb", "nb", ""),
    ],
)
def test_the_closed_menu_shows_words_to_readers_of_other_scripts(page, offered, shown):
    languages = [(code, NAMES[code], direction(code)) for code in offered.split()]
    assert [code for code, _name, _dir in other_scripts(languages, page)] == shown.split()


def test_a_language_with_content_only_is_met_in_norwegian_all_through():
    for code in set(CODES) - set(COMPLETE):
        for text in ("Monday", "Search", "Month", "News", "Price"):
            with translation.override("nb"):
                norwegian = translation.gettext(text)
            with translation.override(code):
                assert (translation.gettext(text), code) == (norwegian, code)
        with translation.override(code):
            assert translation.ngettext("%(age)s year", "%(age)s years", 1) == "%(age)s år"
    assert {code: interface_of(code) for code in ("ar", "ru", "nn")} == {"ar": "ar", "ru": "nb", "nn": "nn"}


@pytest.mark.django_db
def test_a_page_says_which_words_are_content_in_a_language_without_interface(client):
    municipality = default_municipality(languages=["nb", "ru"])
    SupportSchemeFactory(municipality=municipality, name_nb="Kontingentkassa", name_ru="Касса взносов")
    html = client.get("/ru/support/").content.decode()
    assert '<html lang="nb" dir="ltr"' in html
    assert "Касса" in html, html[html.index("<main") :][:1500]
    assert '<h2 lang="ru" dir="ltr"><a href="/ru/support/' in html
    assert "Hjelp til å delta" in html
