# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""Files as people save them, and files that mean harm."""

import csv
import io
import time
import tracemalloc
import zipfile

import openpyxl
import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from directory.sources.spreadsheets import headers, tables
from directory.sources.spreadsheets.problems import SENTENCES, Unreadable

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LIST = [
    ["Navn", "Postnr", "E-post"],
    ["Ærlig Ørn og Åkerbær", "3256", "a@example.org"],
    ['Blåbær; "Bjørka"', "0581", "b@example.org"],
]


def as_csv(rows, delimiter=";", encoding="utf-8"):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_ods(rows):
    book = OpenDocumentSpreadsheet()
    table = Table(name="Liste")
    for row in rows:
        line = TableRow()
        for value in row:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=value))
            line.addElement(cell)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    out = io.BytesIO()
    book.write(out)
    return out.getvalue()


@pytest.fixture
def read(tmp_path):
    def read(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return tables.read(path)

    return read


def cells(table):
    return [table.headers, *([*line.cells, *[""] * (len(table.headers) - len(line.cells))] for line in table.lines)]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac-roman", "cp850"])
def test_csv_in_any_usual_encoding_and_delimiter(read, encoding, delimiter):
    assert cells(read(as_csv(LIST, delimiter, encoding)).table()) == LIST


@pytest.mark.parametrize(("make", "name"), [(as_xlsx, "list.xlsx"), (as_ods, "list.ods")])
def test_workbooks(read, make, name):
    assert cells(read(make(LIST), name).table()) == LIST


@pytest.mark.parametrize("make", [as_csv, as_xlsx, as_ods])
def test_title_lines_and_empty_lines_above_the_headings(read, make):
    above = [["Foreninger i kommunen", "", ""], ["", "", ""], ["Skrevet ut 1.2.2026", "", ""], ["", "", ""]]
    table = read(make(above + LIST + [["", "", ""], ["Nederst", "3257", ""]]), "x").table()
    assert cells(table) == [*LIST, ["Nederst", "3257", ""]]
    assert table.above == ["Foreninger i kommunen", "Skrevet ut 1.2.2026"]
    assert [line.number for line in table.lines] == [6, 7, 9], "as the spreadsheet program numbers them"


def test_excel_separator_line_and_blank_columns(read):
    table = read(b"sep=,\nNavn,,Postnr\nA,x,3256\n").table()
    assert table.headers == ["Navn", "(B)", "Postnr"]
    assert [(line.number, line.cells) for line in table.lines] == [(3, ["A", "x", "3256"])]


def test_numbers_dates_and_truth_in_a_workbook_read_as_people_see_them(read):
    book = openpyxl.Workbook()
    import datetime

    for row in (
        ["Navn", "Postnr", "Gratis", "Start", "Dato", "=1+1"],
        ["A", 3256, True, datetime.time(18, 30), datetime.date(2026, 1, 2), "=HYPERLINK(1)"],
    ):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    # A formula that was never calculated has no value, and nobody calculates it here.
    assert read(out.getvalue(), "x.xlsx").table().lines[0].cells == ["A", "3256", "true", "18:30", "2026-01-02"]


def test_cells_merged_downwards_count_for_every_row(read):
    book = openpyxl.Workbook()
    for row in (
        ["Forening", "Aktivitet", "Postnr"],
        ["Laget", "Fotball", "3256"],
        ["", "Håndball", "3256"],
        ["Andre", "Sjakk", "3256"],
    ):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    out = io.BytesIO()
    book.save(out)
    assert [line.cells[0] for line in read(out.getvalue(), "x.xlsx").table().lines] == ["Laget", "Laget", "Andre"]


def test_the_sheet_that_looks_like_a_list_is_taken(read):
    book = openpyxl.Workbook()
    book.active.append(["Bare tull"])
    book.active.append(["Mer tull"])
    other = book.create_sheet("Listen")
    for row in LIST:
        other.append(row)
    out = io.BytesIO()
    book.save(out)
    got = read(out.getvalue(), "x.xlsx")
    assert got.table().sheet == "Listen"
    assert got.table("Sheet").sheet == "Sheet"
    with pytest.raises(Unreadable, match="Listen"):
        got.table("Borte")


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            for _ in range(500):
                file.write(b" " * 1024 * 1024)
    return out.getvalue()


def lying_bomb():
    """Declares a kilobyte, unpacks to half a gigabyte."""
    data = bytearray(bomb())
    size = (500 * 1024 * 1024).to_bytes(4, "little")
    at = data.rfind(b"PK\x01\x02")
    found = data.find(size, at)
    data[found : found + 4] = (1024).to_bytes(4, "little")
    return bytes(data)


def far_cell():
    """One cell in each far corner: a dense reader would ask for four hundred gigabytes."""
    book = openpyxl.Workbook()
    book.active["A1"] = "Navn"
    book.active["XFD1048576"] = "x"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repeated_text(text="x" * 30_000, rows=4_000, columns=10):
    """Some kilobytes with one long text that stands in every cell: more than a gigabyte of rows."""
    texts = f'<sst xmlns="{MAIN}"><si><t>Navn</t></si><si><t>{text}</t></si></sst>'
    letters = [chr(65 + n) for n in range(columns)]
    lines = []
    for n in range(1, rows + 1):
        cells = "".join(f'<c r="{letter}{n}" t="s"><v>{int(n > 1)}</v></c>' for letter in letters)
        lines.append(f'<row r="{n}">{cells}</row>')
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = "Navn"
    book.save(out)
    with zipfile.ZipFile(out) as made, zipfile.ZipFile(again := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in made.namelist():
            content = made.read(entry)
            if entry == "xl/worksheets/sheet1.xml":
                content = f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'.encode()
            if entry != "xl/sharedStrings.xml":
                archive.writestr(entry, content)
        archive.writestr("xl/sharedStrings.xml", texts)
    return again.getvalue()


def test_one_long_text_in_every_cell_is_refused_before_it_fills_the_memory(read):
    content = repeated_text()
    assert len(content) < 150_000
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable) as refused:
            read(content, "x.xlsx")
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.problem.code == "file_bomb"
    assert most < 150 * 1000**2


def test_a_text_that_stands_in_many_cells_is_no_harm_in_itself(read):
    assert len(read(repeated_text("Stavern kor", 3_000), "x.xlsx").table().lines) == 2_999


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('while True: print(\'["row", 1, ["x"]]\')', "file_bomb"),
        ('while True: print("x" * 100_000, end="")', "file_bomb"),
        ("import time; time.sleep(60)", "file_too_slow"),
        ("import os; os.kill(os.getpid(), 9)", "file_bomb"),
    ],
)
def test_a_child_that_keeps_no_limit_is_ended(read, tmp_path, monkeypatch, script, code):
    child = tmp_path / "child.py"
    child.write_text(script)
    monkeypatch.setattr(tables, "_CHILD", child)
    monkeypatch.setattr(tables, "_CHILD_SECONDS", 2 if code == "file_too_slow" else 600)
    monkeypatch.setattr(tables, "_CHILD_BYTES", 1_000_000)
    with pytest.raises(Unreadable) as refused:
        read(as_xlsx(LIST), "x.xlsx")
    assert refused.value.problem.code == code


LAUGHS = (
    "<!DOCTYPE x ["
    + "".join(f'<!ENTITY {letter} "{f"&{before};" * 10}">' for before, letter in zip("abcdefgh", "bcdefghi", strict=True))
    + '<!ENTITY a "aaaaaaaaaa">]>'
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/hostname">]>'


def with_sheet(before="", cell="Laget", after="", last="B2"):
    """A workbook whose sheet is written by hand: what stands before it, in its name cell, and after its rows."""
    book = openpyxl.Workbook()
    book.active.append(["Navn", "Postnr"])
    out, again = io.BytesIO(), io.BytesIO()
    book.save(out)
    row = last.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    sheet = (
        f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Navn</t></is></c><c r="B1" t="inlineStr"><is><t>Postnr</t></is></c></row>'
        f'<row r="2"><c r="A2" t="inlineStr"><is><t>{cell}</t></is></c></row>'
        f'<row r="{row}"><c r="{last}"><v>3256</v></c></row></sheetData>{after}</worksheet>'
    )
    with zipfile.ZipFile(out) as made, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in made.namelist():
            archive.writestr(entry, sheet if entry == "xl/worksheets/sheet1.xml" else made.read(entry))
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 a macro, which nobody runs")
    return again.getvalue()


def raw_ods(rows, before="", name="Ark"):
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?>{before}<office:document-content {spaces}><office:body><office:spreadsheet>'
            f'<table:table table:name="{name}">{rows}</table:table></office:spreadsheet></office:body></office:document-content>',
        )
    return out.getvalue()


def ods_row(*cells, row="", cell=""):
    texts = "".join(f'<table:table-cell office:value-type="string" {cell}><text:p>{c}</text:p></table:table-cell>' for c in cells)
    return f"<table:table-row {row}>{texts}</table:table-row>"


ODS_HEAD = ods_row("Navn", "Postnr")
MERGED = "<mergeCells>" + '<mergeCell ref="A1:A20000"/>' * 4_000 + "</mergeCells>"


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (with_sheet(LAUGHS, "&i;"), {"file_broken"}),
        (with_sheet(OUTSIDE, "&i;"), {"file_broken"}),
        (with_sheet("", "Lag &that; x"), {"file_broken"}),
        (with_sheet("", after=MERGED), {"file_bomb"}),
        (with_sheet("", last="P1048576"), {"file_bomb"}),
        (with_sheet("", last="ZZ1048576"), {"file_bomb"}),
        (raw_ods(ODS_HEAD + ods_row("&i;"), LAUGHS), {"file_broken"}),
        (raw_ods(ODS_HEAD + ods_row("&i;"), OUTSIDE), {"file_broken"}),
        (raw_ods(ODS_HEAD + ods_row("Lag", row='table:number-rows-repeated="2000000000"')), {"too_many_rows"}),
        (raw_ods(ODS_HEAD + ods_row("Lag", cell='table:number-columns-repeated="2000000000"')), {"too_many_columns"}),
        (raw_ods(ODS_HEAD + ods_row("Lag", cell='table:number-columns-repeated="-5"')), {"file_broken"}),
    ],
)
def test_workbooks_that_grow_or_reach_out_are_refused_soon(read, content, codes):
    begun = time.monotonic()
    with pytest.raises(Unreadable) as refused:
        read(content, "x.ods" if b"opendocument" in content else "x.xlsx")
    assert refused.value.problem.code in codes
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    "content",
    [
        with_sheet(),
        with_sheet(last="B1048576"),
        raw_ods(ODS_HEAD + ods_row("Laget") + '<table:table-row table:number-rows-repeated="1048574"><table:table-cell '
               'table:number-columns-repeated="16384"/></table:table-row>'),
    ],
)  # fmt: skip
def test_a_sheet_that_claims_to_be_endless_is_read_as_far_as_it_goes(read, content):
    name = "x.ods" if b"opendocument" in content else "x.xlsx"
    assert read(content, name).table().lines[0].cells[0] == "Laget"


def test_a_sheet_that_cannot_be_read_is_not_left_out_in_silence(read):
    book = openpyxl.Workbook()
    book.active.append(["Navn", "Postnr"])
    book.active.append(["Laget", "3256"])
    book.create_sheet("Resten").append(["Flere lag"])
    book.create_chartsheet("Graf")
    out, again = io.BytesIO(), io.BytesIO()
    book.save(out)
    assert list(read(out.getvalue(), "x.xlsx").sheets) == ["Sheet", "Resten"]
    with zipfile.ZipFile(out) as made, zipfile.ZipFile(again, "w") as archive:
        for entry in made.namelist():
            content = made.read(entry)
            archive.writestr(entry, content[: len(content) // 2] if entry.endswith("sheet2.xml") else content)
    with pytest.raises(Unreadable) as refused:
        read(again.getvalue(), "x.xlsx")
    assert refused.value.problem.code == "file_broken"


def test_a_hidden_sheet_is_taken_only_where_no_other_is_a_list(read):
    book = openpyxl.Workbook()
    old = book.active
    old.title = "Gammel"
    old.sheet_state = "hidden"
    for row in LIST:
        old.append(row)
    fresh = book.create_sheet("Ny")
    for row in LIST[:3]:
        fresh.append(row)
    out = io.BytesIO()
    book.active = 1
    book.save(out)
    assert read(out.getvalue(), "x.xlsx").table().sheet == "Ny"
    book.remove(fresh)
    book.create_sheet("Merknad").append(["bare tekst"])
    book.save(out := io.BytesIO())
    assert read(out.getvalue(), "x.xlsx").table().sheet == "Gammel"


def test_names_of_sheets_are_made_short(read):
    sheets = raw_ods(ODS_HEAD + ods_row("Laget"), name="x" * 5_000)
    assert [len(name) for name in read(sheets, "x.ods").sheets] == [tables.MAX_SHEET_NAME]


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"", {"file_empty"}),
        (b" \r\n \r\n", {"file_empty"}),
        (bytes(range(256)) * 40, {"file_binary"}),
        (b"\x89PNG\r\n\x1a\n" + b"\x00\x01\x02\x03" * 500, {"file_binary"}),
        (b"PK\x03\x04 not a zip at all", {"file_broken"}),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 not a workbook", {"file_broken"}),
        (as_csv([["Navn", "Postnr"]]), {"no_rows"}),
        (b'Navn;Adresse\nA;"Gata 1\nB;Gata 2\nC;x;y;z\n', {"quote_open"}),
        (b"Navn;Adresse\n" + b"A;B\n" * (tables.MAX_ROWS + 200), {"too_many_rows"}),
        (bomb, {"file_bomb"}),
        (lying_bomb, {"file_bomb", "file_broken"}),
        (far_cell, {"file_bomb", "too_many_columns"}),
    ],
)
def test_files_that_cannot_be_read_are_refused_in_words(read, content, codes):
    content = content() if callable(content) else content
    with pytest.raises(Unreadable) as refused:
        read(content, "x").table()
    assert refused.value.problem.code in codes
    assert "%(" not in str(refused.value)


def test_a_file_over_the_limit_is_not_opened(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(200 * 1024**2)
    with pytest.raises(Unreadable, match="200 MB"):
        tables.read(path)


def test_stray_quotes_do_not_swallow_rows(read):
    table = read(b'Navn;Postnr\nKlubben "Fram";3256\n"Fram" IL;3257\nSiste;3258\n').table()
    assert [line.cells[0] for line in table.lines] == ['Klubben "Fram"', '"Fram" IL', "Siste"]


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("Organisasjonsnr.", "org_number"), ("Org.nr", "org_number"), ("ORG NR:", "org_number"), ("organisasjons-nummer", "org_number"), ("Organisation number", "org_number"),
        ("Aldersgruppe", "age"), ("Alder (fra–til)", "age"), ("Alder fra", "age_from"), ("Age to", "age_to"),
        ("E-post", "email"), ("E-postadresse", "email"), ("E-mail", "email"), ("EPOST", "email"), ("Kontaktperson e-post", "email"),
        ("Hjemmeside/nettside", "website"), ("Web", "website"), ("Nettside (lenke)", "website"), ("WWW", "website"),
        ("Navn (arabisk)", "name_ar"), ("Name EN", "name_en"), ("description_sv", "description_sv"), ("Navn på engelsk", "name_en"), ("Arabisk navn", "name_ar"), ("Beskrivelse - ukrainsk", "description_uk"), ("name:fi", "name_fi"),
        ("Post nr.", "postcode"), ("Postnr/sted", "postcode_city"), ("Poststed", "city"), ("Gateadresse", "address"),
        ("Målgruppe *", "target"), ("Kategorier", "category"), ("Er det gratis?", "free"), ("Pris (kr)", "price"), ("Tilrettelagt?", "adapted"),
        ("Når?", "sessions"), ("Dag og tid", "sessions"), ("Ukedag", "weekday"), ("Klokkeslett", "time"), ("Breddegrad", "lat"), ("Longitude", "lon"),
        ("Forening", "provider_name"), ("Navn på lag/forening", "provider_name"), ("Aktivitet", "activity_name"), ("Sted", "place_name"), ("Organsiasjonsnummer", "org_number"),
        ("Pris barn/voksen", "price"), ("Kurspris", "price"), ("Årlig kontingent", "price"), ("Kontingent 2025/2026", "price"), ("Månedspris", "price"), ("Semesteravgift", "price"),
        ("Treningstid", "sessions"), ("Treningsdag", "weekday"), ("Møtedager", "weekday"), ("Klokkeslett fra", "time_from"), ("Alder f.o.m.", "age_from"), ("Øvre alder", "age_to"),
        ("Oppmøtested", "place_name"), ("Treningssted", "place_name"), ("Idrettsanlegg", "place_name"), ("Kontaktinfo", "contact_name"), ("Navn på leder", "contact_name"), ("Telefon leder", "phone"),
        ("Hjemmeside/Facebook", "website"), ("Lenke til Facebook", "social"), ("Info om tilbudet", "description"), ("Målgr.", "target"), ("Påmeldingslenke", "first_contact"), ("Lagets navn", "provider_name"),
        ("Importresultat", "own_report"), ("Import remark", "own_report"),
    ],
)  # fmt: skip
def test_headings_are_recognised_however_they_are_written(heading, key):
    found = headers.meaning(heading)
    assert found is not None
    assert found[0].key == key


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "Blodtype",
        "Xyzzy",
        "Merknad internt",
        "1234",
        "a" * 200,
        "Organisasjonsform",
        "Pris barn",
        "Antall medlemmer",
        "Fødselsår",
    ],
)
def test_headings_nobody_knows(heading):
    assert headers.meaning(heading) is None


def test_given_columns_go_first_and_mistakes_are_told():
    names = ["Hvem da", "Navn", "Kode"]
    assert {i: f.key for i, f in headers.recognise(names, {"name": "hvem da"}).items()} == {0: "name", 2: "own_id"}
    for given, code in (({"name": "Borte"}, "map_unknown_header"), ({"navnet": "Navn"}, "map_unknown_field")):
        with pytest.raises(Unreadable) as refused:
            headers.recognise(names, given)
        assert refused.value.problem.code == code


def test_every_word_for_a_heading_means_one_thing():
    """A word that stands under two fields would silently be the first of them."""
    seen = {}
    for field, ways in headers.FIELDS.items():
        for way in {headers.compact(w) for w in ways.split(",")}:
            assert seen.setdefault(way, field) == field, way


def test_every_sentence_can_be_said():
    for code in SENTENCES:
        assert "%(" not in tables.Unreadable(code).problem.sentence()
