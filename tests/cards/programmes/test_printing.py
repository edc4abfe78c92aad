"""Cards on paper can be read back: every picture code, every script; tagged, and without a word of why somebody has one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import segno

from cards.ledger.codes import in_groups, new_code, new_public_id
from cards.programmes import printing
from cards.programmes.printing import Layout, PictureTable, Printed, bits_of, print_cards
from cards.programmes.sheets import Slip
from tests.cards.programmes.reading import Sheets

pytestmark = pytest.mark.one_database
HOST = "https://larvik.frittfram.example"


def slips(count: int) -> list[Slip]:
    return [Slip(new_public_id(), new_code()) for _n in range(count)]


def printed(layout: Layout = Layout.TEN, *languages: str) -> Printed:
    return Printed(
        name="Opplevelseskortet",
        host=HOST,
        activate_by=date(2026, 8, 31),
        valid_to=date(2026, 12, 31),
        languages=languages,
        help_phone="33 00 00 00",
        layout=layout,
    )


def read_back(count: int) -> None:
    made = slips(count)
    with Sheets(print_cards(slips=made, printed=printed(Layout.TEN, "ar", "ti"))) as sheets:
        assert len(sheets) == -(-count // 10)
        codes = sheets.codes()
        text = "".join(sheets.text(page) for page in range(len(sheets)))
    assert sorted(code for code, _width in codes) == sorted(f"{HOST}/k#{slip.code}" for slip in made)
    assert min(width for _code, width in codes) >= 25
    assert all(in_groups(slip.public_id) in text for slip in made)


def test_every_picture_code_of_a_print_can_be_read() -> None:
    read_back(100)


@pytest.mark.nightly
def test_every_picture_code_of_a_thousand_can_be_read() -> None:
    read_back(1_000)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("number", ["WWWWWWWW", "MMMMWWWW", "ZNVWXMMW"])
def test_the_widest_number_stands_on_one_line(layout: Layout, number: str) -> None:
    code = number * 2
    with Sheets(print_cards(slips=[Slip(number, code)], printed=printed(layout))) as sheets:
        lines = sheets.text().replace("\ufffe", "\x02").splitlines()  # a reader's sign for a hyphen at the end of a line
    assert in_groups(number) in lines
    groups = in_groups(code)
    assert (groups if layout is Layout.ONE else f"{groups[:9]}\x02{groups[10:]}") in lines


@pytest.mark.parametrize("layout", list(Layout))
def test_each_layout_is_tagged_and_holds_codes_languages_and_stub(layout: Layout) -> None:
    made = [replace(slip, holds=("3 × Bading",)) for slip in slips(2)]
    with Sheets(print_cards(slips=made, printed=printed(layout, "en", "ar", "ti"))) as sheets:
        text = "".join(sheets.text(page) for page in range(len(sheets)))
        assert (sheets.is_tagged, sheets.claims_ua) == (True, True)
        assert {"nb", "en", "ar", "ti"} <= sheets.languages()
        assert {code for code, _width in sheets.codes()} == {f"{HOST}/k#{slip.code}" for slip in made}
    flat = re.sub(r"[\s\x02\ufffe-]", "", text)  # readers take a hyphen at the end of a line for a divided word
    for slip in made:
        assert slip.code in flat
        assert slip.public_id in flat
    assert "31.august2026" in flat
    assert "أغسطس" in text
    assert "ነሓሰ" in text
    assert ("3×Bading" in flat) == (layout is Layout.ONE)


def test_words_from_the_right_begin_at_the_right(monkeypatch: Any) -> None:
    words = {"nb": "Vis kortet", "ar": "أظهر البطاقة"}
    monkeypatch.setattr(printing, "instructions", lambda _printed, lang: words[lang])
    with Sheets(print_cards(slips=slips(1), printed=printed(Layout.ONE, "ar"))) as sheets:
        page = sheets.document[0].get_textpage()
        width, text = sheets.document[0].get_width(), page.get_text_range()
        arabic = [page.get_charbox(n) for n, sign in enumerate(text) if "\u0600" <= sign <= "\u06ff"]
        norwegian = page.get_charbox(text.index("Vis kortet"))
    margin = 22 / 25.4 * 72
    assert len(arabic) >= 8
    assert max(box[2] for box in arabic) == pytest.approx(width - margin, abs=4)
    assert norwegian[0] == pytest.approx(margin, abs=4)


def test_data_are_never_markup() -> None:
    nasty = 'Kort #import "x.typ" $ \\ *fet* "]{}'
    with Sheets(print_cards(slips=slips(1), printed=replace(printed(Layout.ONE), name=nasty))) as sheets:
        assert "*fet*" in sheets.text()


def test_pictures_by_table_are_those_of_segno() -> None:
    table = PictureTable(f"{HOST}/k#")
    like = table._like
    for code in [new_code() for _n in range(60)]:
        whole = segno.make(f"{HOST}/k#{code}", micro=False, boost_error=False, **like)
        assert table.bits_of(code) == bits_of(whole)[0]


def test_few_and_many_are_drawn_alike(monkeypatch: Any) -> None:
    addresses = [f"{HOST}/k#{new_code()}" for _n in range(3)]
    plain = printing.drawn(addresses)
    monkeypatch.setattr(printing, "MANY", 1)
    assert [svg.count("<path") for svg in printing.drawn(addresses)] == [svg.count("<path") for svg in plain] == [1, 1, 1]
