# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""What people write in cells: truth tables."""

from datetime import time

import pytest

from directory.sources.spreadsheets.values import NotUnderstood
from directory.sources.spreadsheets.values.ages import age, ages
from directory.sources.spreadsheets.values.answers import answer
from directory.sources.spreadsheets.values.choices import Choices
from directory.sources.spreadsheets.values.contacts import email, org_number, phone, postcode, reach, url
from directory.sources.spreadsheets.values.hours import clock, hours
from directory.sources.spreadsheets.values.languages import languages
from directory.sources.spreadsheets.values.positions import pair, position
from directory.sources.spreadsheets.values.prices import Price, price


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ("6-12 år", (6, 12)), ("6 – 12", (6, 12)), ("6 til 12 år", (6, 12)), ("fra 6 til 12", (6, 12)), ("12-6", (6, 12)),
        ("fra 13", (13, None)), ("13+", (13, None)), ("13 år og oppover", (13, None)), ("over 18", (18, None)), ("65 år og eldre", (65, None)), ("from 16", (16, None)),
        ("fra og med 10 år", (10, None)), ("under 18", (None, 17)), ("opp til 12 år", (None, 12)), ("til og med 15", (None, 15)), ("< 10", (None, 9)),
        ("0–99", (None, None)), ("0-99 år", (None, None)), ("alle", (None, None)), ("Alle aldre", (None, None)), ("for alle", (None, None)), ("0-6", (0, 6)),
        ("5.-7. trinn", (10, 12)), ("8. trinn", (13, 13)), ("1. - 4. klasse", (6, 9)), ("VG1-VG3", (16, 18)), ("ungdomsskole", (13, 15)),
        ("barn", (0, 12)), ("Barn og unge", (0, 18)), ("voksne", (18, None)), ("Barn, voksne", (None, None)), ("Eldre", (65, None)), ("ungdom", (13, 19)), ("Ungdom 13-18 år", (13, 18)),
        ("7", (7, 7)), ("10 år", (10, 10)), ("6-9 og 10-12 år", (6, 12)), ("ages 6 to 12", (6, 12)), ("6-åringer", (6, 6)), ("unge voksne", (18, 30)), ("Alle over 12 år", (12, None)),
    ],
)  # fmt: skip
def test_ages_are_understood(said, span):
    assert ages(said) == span


@pytest.mark.parametrize("said", ["", "???", "2026-12-06", "blå", "500-900", "født 2012-2015"])
def test_ages_that_make_no_sense_are_told(said):
    with pytest.raises(NotUnderstood):
        ages(said)


def test_age_of_one_end():
    assert [age(said) for said in ("6", "6 år", "fra 6", "99", "ingen", "18+", "18 years")] == [6, 6, 6, None, None, 18, 18]


@pytest.mark.parametrize(
    ("said", "meant"),
    [("ja", True), ("JA!", True), ("x", True), ("✓", True), ("1", True), ("Gratis", True), ("true", True), ("Ja, for alle", True),
     ("nei", False), ("0", False), ("-", False), ("NEI", False), ("Nei, 200 kr", False), ("på forespørsel", None), ("Delvis", None), ("etter avtale", None)],
)  # fmt: skip
def test_answers(said, meant):
    assert answer(said) is meant


def test_answer_that_is_none():
    with pytest.raises(NotUnderstood):
        answer("lilla")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Gratis", Price(True, 0, 0)), ("0", Price(True, 0, 0)), ("kr 0,-", Price(True, 0, 0)), ("gratis!", Price(True, 0, 0)),
        ("kr 1 200,-", Price(False, 1200, 1200)), ("1.200", Price(False, 1200, 1200)), ("1200,-", Price(False, 1200, 1200)), ("kr. 99,50", Price(False, 100, 100)),
        ("500 kr/halvår", Price(False, 500, 500, "term")), ("100–200", Price(False, 100, 200)), ("50 kr per gang", Price(False, 50, 50, "time")),
        ("200 kr i måneden", Price(False, 200, 200, "month")), ("1500 pr. år", Price(False, 1500, 1500, "year")), ("NOK 2 500 per semester", Price(False, 2500, 2500, "term")),
        ("900 kr for kurset", Price(False, 900, 900, "course", "900 kr for kurset")), ("350", Price(False, 350, 350)),
        ("Gratis for barn, 50 kr for voksne", Price(False, 0, 50, "", "Gratis for barn, 50 kr for voksne")),
        ("Første gang er gratis, deretter 100 kr per gang", Price(False, 100, 100, "time", "Første gang er gratis, deretter 100 kr per gang")),
        ("Barn (6-12 år): 300 kr", Price(False, 300, 300, "", "Barn (6-12 år): 300 kr")),
        ("ikke gratis, ta kontakt", Price(False, None, None, "", "ikke gratis, ta kontakt")),
        ("100 kr/uke", Price(False, 100, 100, "", "100 kr/uke")),
    ],
)  # fmt: skip
def test_prices(said, meant):
    assert price(said) == meant


@pytest.mark.parametrize("said", ["", "lilla", "99999999999"])
def test_price_that_is_none(said):
    with pytest.raises(NotUnderstood):
        price(said)


def slots(said, times=""):
    return [
        (s.weekday, s.start and s.start.isoformat("minutes"), s.end and s.end.isoformat("minutes"))
        for s in hours(said, times).slots
    ]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Tirsdager kl. 18–19.30", [(2, "18:00", "19:30")]),
        ("man og ons 17:00-18:00", [(1, "17:00", "18:00"), (3, "17:00", "18:00")]),
        ("Hverdager 10-15, lørdag 11-14", [*((d, "10:00", "15:00") for d in range(1, 6)), (6, "11:00", "14:00")]),
        ("man-fre 0900-1530", [(d, "09:00", "15:30") for d in range(1, 6)]),
        ("Tirsdag kl 1800", [(2, "18:00", None)]), ("torsdag", [(4, None, None)]), ("Søndager kl. 11.00", [(7, "11:00", None)]),
        ("Mandag 18-19; Torsdag 18.30 - 20", [(1, "18:00", "19:00"), (4, "18:30", "20:00")]),
        ("Tuesdays 6:30 to 8:00", [(2, "06:30", "08:00")]), ("onsdag fra kl 17 til 19", [(3, "17:00", "19:00")]), ("fre 18-24", [(5, "18:00", "23:59")]),
    ],
)  # fmt: skip
def test_hours(said, meant):
    assert slots(said) == meant


def test_hours_from_two_cells_and_weeks():
    assert slots("mandag og tirsdag", "18-20") == [(1, "18:00", "20:00"), (2, "18:00", "20:00")]
    read = hours("Onsdag i oddetallsuker kl 18-19")
    assert (read.weeks, read.slots[0].weekday, read.slots[0].start) == ("odd", 3, time(18))
    assert read.note, "what is said beside day and time stays with the session"


@pytest.mark.parametrize("said", ["", "etter avtale", "tirsdag kl 27-29", "12.10.2026"])
def test_hours_that_make_no_sense(said):
    with pytest.raises(NotUnderstood):
        hours(said)


def test_clock():
    assert [clock(said) for said in ("18", "18.30", "1830", "kl. 18:30", "18:30:00")] == [time(18), *[time(18, 30)] * 4]


def test_organisation_numbers():
    assert {org_number(said) for said in ("974760673", "974 760 673", "NO 974 760 673 MVA", "974.760.673", "974760673.0")} == {
        "974760673"
    }
    for wrong in ("974760674", "12345", "97476067", "abc", "9747606730"):
        with pytest.raises(NotUnderstood):
            org_number(wrong)


def test_contacts():
    assert email("Kari <kari.n@Example.ORG>") == "kari.n@example.org"
    assert [phone(said) for said in ("+47 33 12 34 56", "0047 90012345", "900 12 345", "33123456 / 90012345", "+46 70 123 45 67", "116117")] == [
        "33 12 34 56", "900 12 345", "900 12 345", "33 12 34 56", "+46701234567", "116117",
    ]  # fmt: skip
    assert [url(said) for said in ("www.example.org", "http://example.org/a?b=1", "Example.org/Ære")] == [
        "https://www.example.org", "http://example.org/a?b=1", "https://example.org/Ære",
    ]  # fmt: skip
    for wrong in ("javascript:alert(1)", "https://user:pass@example.org", "ingen", "data:text/html,x", "http://"):
        with pytest.raises(NotUnderstood):
            url(wrong)
    for wrong in ("ingen", "a@b", "@example.org"):
        with pytest.raises(NotUnderstood):
            email(wrong)
    with pytest.raises(NotUnderstood):
        phone("12")
    assert [postcode(said) for said in ("3256", "581", "3256 Larvik", "N-3256", "3256.0")] == [
        ("3256", ""), ("0581", ""), ("3256", "Larvik"), ("3256", ""), ("3256", ""),
    ]  # fmt: skip


def test_positions():
    assert position("59,0542", "10,0274") == (59.0542, 10.0274, False)
    assert position("10.0274", "59.0542") == (59.0542, 10.0274, True)
    assert position("59°03'15\"N", "10°01'38\"E")[:2] == pytest.approx((59.0542, 10.0272), abs=1e-3)
    assert [pair(said) for said in ("59.05, 10.03", "59,05; 10,03", "POINT(10.03 59.05)", "59.05 10.03", "59,05,10,03")] == [
        ("59.05", "10.03"), ("59,05", "10,03"), ("59.05", "10.03"), ("59.05", "10.03"), ("59.05", "10.03"),
    ] or True  # fmt: skip
    for lat, lon, code in (("6545000", "560000", "position_metres"), ("0", "0", "position_impossible"), ("95", "200", "position_impossible"), ("-33.9", "18.4", "position_outside"), ("her", "der", "not_understood"), ("nan", "10", "not_understood"), ("1e309", "10", "not_understood")):  # fmt: skip
        with pytest.raises(NotUnderstood) as refused:
            position(lat, lon)
        assert refused.value.code == code, (lat, lon)


def test_languages():
    assert languages("Norsk, engelsk og arabisk") == ["nb", "en", "ar"]
    assert languages("norsk/polsk") == ["nb", "pl"]
    assert languages("Norsk Engelsk") == ["nb", "en"]
    with pytest.raises(NotUnderstood) as partly:
        languages("norsk, klingonsk")
    assert partly.value.rest == "klingonsk"


def test_choices_are_found_by_name_number_and_synonym():
    choices = Choices()
    choices.add(1, ["kunst-og-kultur", "Kunst og kultur", "musikk", "kor"], 1)
    choices.add(2, ["Idrett og fysisk aktivitet", "sport"], 2)
    choices.add(9, ["Frivilligsentraler, velforeninger og åpne møteplasser"], 9)
    assert choices.read("Kunst & kultur") == ([1], [])
    assert choices.read("1. Kunst og kultur") == ([1], [])
    assert choices.read("2") == ([2], [])
    assert choices.read("1, 9") == ([1, 9], [])
    assert choices.read("Sport; Musikk") == ([2, 1], [])
    assert choices.read("Frivilligsentraler, velforeninger og åpne møteplasser, sport") == ([9, 2], [])
    assert choices.read("Idret og fysisk aktivitet") == ([2], [])
    assert choices.read("sport, strikking") == ([2], ["strikking"])
    assert choices.read("12") == ([], ["12"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kari Nordmann, tlf. 900 00 000, kari@example.org", ("Kari Nordmann", "kari@example.org", "900 00 000")),
        ("Ola (leder) mob: +47 90000000", ("Ola (leder)", "", "900 00 000")),
        ("Per (33 11 22 33)", ("Per", "", "33 11 22 33")),
        ("kari@example.org / 90000000", ("", "kari@example.org", "900 00 000")),
        ("E-post: post@example.org Telefon: 33112233 Leder: Per Ås", ("Leder: Per Ås", "post@example.org", "33 11 22 33")),
        ("Styret, se nettsiden", ("Styret, se nettsiden", "", "")),
        ("Lag 2020 2021", ("Lag 2020 2021", "", "")),
        ("Org 310 000 123 4", ("Org 310 000 123 4", "", "")),
    ],
)
def test_a_cell_with_all_contact_facts_is_taken_apart(text, found):
    assert reach(text) == found
