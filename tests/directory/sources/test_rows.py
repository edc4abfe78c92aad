# ruff: noqa: E501  (rows of lists read better on one line each)
"""What one row says: prices under headings that name their period, ages, postcodes, and what gets a remark."""

import pytest

from directory.sources.spreadsheets import headers
from directory.sources.spreadsheets.rows import RowReader
from directory.sources.spreadsheets.tables import Line, Table
from directory.sources.spreadsheets.vocabulary import Vocabulary


def row(cells):
    """One row, by heading."""
    names = list(cells)
    table = Table("Ark", names, 1, [], [Line(2, list(cells.values()))])
    return RowReader(table, headers.recognise(names), Vocabulary()).read(table.lines[0])


def codes(read):
    return {p.code for p in read.problems}


def activity(**cells):
    return row({"Forening": "Turlaget", "Aktivitet": "Tur", **cells})


def provider(**cells):
    return row({"Forening": "Turlaget", **cells})


@pytest.mark.parametrize(
    "heading",
    ["Pris pr. halvår", "Pris per år", "Pris pr. semester", "Pris per gang", "Pris pr måned", "Pris pr sesong", "Price per month", "Pris (kr)", "Kontingent per år", "Kostnad",
     "Pris per halvår (kr)", "Pris pr. uke", "Hva koster det per halvår?", "Pris/halvår"],
)  # fmt: skip
def test_a_heading_of_price_with_a_period_is_the_price(heading):
    assert headers.meaning(heading)[0].key == "price"


@pytest.mark.parametrize("heading", ["Pris per", "Pris pr.", "Prisperiode", "Price period"])
def test_a_heading_of_the_period_alone_is_the_period(heading):
    assert headers.meaning(heading)[0].key == "price_period"


@pytest.mark.parametrize(
    ("heading", "key"),
    [("Hvem kan være med?", "target"), ("Besøksadr", "address"), ("Besøksadr.", "address"), ("Dag og kl.", "sessions"), ("Sist oppdatert", "source_date")],
)  # fmt: skip
def test_headings_of_whom_where_and_when(heading, key):
    assert headers.meaning(heading)[0].key == key


@pytest.mark.parametrize(
    "heading", ["Sist oppdatert av", "Endret av", "Sist endret av:", "Last updated by", "Oppdatert av (navn)"]
)
def test_who_updated_the_list_is_no_date(heading):
    assert headers.meaning(heading) is None


@pytest.mark.parametrize(
    ("heading", "said", "values"),
    [
        ("Pris pr. halvår", "Gratis", {"is_free": True, "price": 0, "price_per": "term"}),
        ("Pris pr. halvår", "kr 150,-", {"is_free": False, "price": 150, "price_per": "term"}),
        ("Pris per år", "1 200", {"is_free": False, "price": 1200, "price_per": "year"}),
        ("Price per month", "200-400 kr", {"is_free": False, "price": 200, "price_per": "month", "price_note_nb": "200-400 kr"}),
        ("Pris per år", "50 kr per gang", {"is_free": False, "price": 50, "price_per": "time"}),
        ("Pris pr sesong", "900", {"is_free": False, "price": 900, "price_note_nb": "Pris pr sesong: 900"}),
        ("Pris per", "500", {"is_free": False, "price": 500}),
        ("Prisperiode", "gratis", {"is_free": True, "price": 0}),
        ("Prisperiode", "200 kr per måned", {"is_free": False, "price": 200, "price_per": "month"}),
        ("Prisperiode", "2 mnd", {"price_note_nb": "2 mnd"}),
    ],
)  # fmt: skip
def test_prices_of_activities(heading, said, values):
    read = activity(**{heading: said})
    assert {k: v for k, v in read.activity.values.items() if "price" in k or k == "is_free"} == values
    assert not read.problems


def test_a_period_of_its_own_goes_with_the_price_beside_it():
    read = activity(Pris="500", Prisperiode="halvår")
    assert (read.activity.values["price"], read.activity.values["price_per"]) == (500, "term")
    read = activity(Pris="500", Prisperiode="700 per år")
    assert (read.activity.values["price"], codes(read)) == (500, {"period_unread"})
    assert read.activity.values["price_note_nb"] == "Prisperiode: 700 per år"


@pytest.mark.parametrize("heading", ["Pris", "Pris per år", "Prisperiode", "Gratis"])
@pytest.mark.parametrize("said", ["-50", "kr -50,-", "−50"])
def test_a_price_below_nothing_gets_a_remark(heading, said):
    for read in (activity(**{heading: said}), provider(**{heading: said})):
        assert codes(read) == {"price_negative"}
        draft = read.activity or read.provider
        assert not {"price", "is_free", "membership_fee"} & draft.values.keys()


def test_a_list_of_prices_with_hyphens_is_not_below_nothing():
    read = activity(Pris="- 100 kr for barn\n- 200 kr for voksne")
    assert (read.activity.values["price"], read.problems) == (100, [])


@pytest.mark.parametrize(
    ("heading", "said", "fee", "note"),
    [
        ("Pris", "gratis", 0, None), ("Pris per måned", "gratis", 0, None), ("Prisperiode", "gratis", 0, None), ("Kontingent per år", "250", 250, None),
        ("Pris per måned", "250", None, "Pris per måned: 250"), ("Pris", "250 kr per gang", None, "250 kr per gang"), ("Prisperiode", "300", 300, None),
    ],
)  # fmt: skip
def test_the_price_of_a_provider_is_its_membership_fee(heading, said, fee, note):
    read = provider(**{heading: said})
    assert (read.provider.values.get("membership_fee"), read.provider.values.get("membership_note_nb")) == (fee, note)
    assert not read.problems


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"Postnr": "9999"}, True), ({"Postnr/sted": "9999 Larvik"}, True), ({"Adresse": "Storgata 1, 9999 Larvik"}, True),
        ({"Postnr": "3256"}, False), ({"Adresse": "Storgata 1, 3256 Larvik"}, False), ({"Postnr": ""}, False),
    ],
)  # fmt: skip
def test_a_postcode_nobody_knows_gets_a_remark_and_is_kept(cells, told):
    read = provider(**cells)
    assert codes(read) == ({"postcode_unknown"} if told else set())
    if told:
        assert read.provider.values["postcode"] == "9999"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"Alder": "15-8"}, True), ({"Alder": "15 til 8 år"}, True), ({"Alder fra": "15", "Alder til": "8"}, True), ({"Alder fra": "15-8"}, True), ({"Hvem kan være med?": "15–8 år"}, True),
        ({"Alder": "8-15"}, False), ({"Alder": "10-15 og 8-9"}, False), ({"Alder fra": "8", "Alder til": "15"}, False), ({"Hvem kan være med?": "8-15 år"}, False),
    ],
)  # fmt: skip
def test_ages_written_backwards_are_turned_with_a_remark(cells, told):
    read = activity(**cells)
    assert (read.activity.values["age_from"], read.activity.values["age_to"]) == (8, 15)
    assert codes(read) == ({"ages_turned"} if told else set())


def test_contact_info_in_one_cell_is_taken_apart_unless_it_has_columns_of_its_own():
    read = provider(Kontaktinfo="Kari Nordmann, 900 00 000, kari@example.org").provider.values
    assert (read["contact_name"], read["phone"], read["email"]) == ("Kari Nordmann", "900 00 000", "kari@example.org")
    beside = provider(**{"Kontaktinfo": "Kari, kari@example.org", "E-post": "post@example.org"}).provider.values
    assert (beside["contact_name"], beside["email"]) == ("Kari, kari@example.org", "post@example.org")
    only = provider(Kontaktinfo="kari@example.org").provider.values
    assert (only.get("contact_name"), only["email"]) == (None, "kari@example.org")
