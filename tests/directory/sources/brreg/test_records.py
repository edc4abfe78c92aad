"""Reading what the registers say into what may be kept."""

from __future__ import annotations

import dataclasses
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from directory.listings.actions import starting_labels
from directory.sources.brreg.icnpo import CATEGORY_OF, all_purposes, category_slugs, tidy_code
from directory.sources.brreg.names import readable_name, repaired_url
from directory.sources.brreg.records import Closed, entities_of, joined_lines, purposes_of, read_entity, read_purposes
from directory.sources.json_stream import UnreadableFile, documents
from tests.directory.sources.brreg.recorded import SECRET, entity, page, purposes
from tests.factories.directory import org_number


@pytest.mark.parametrize(
    ("written", "readable"),
    [
        ("FJORDBYEN IDRETTSLAG", "Fjordbyen idrettslag"),
        ("LARVIK OG OMEGN RØDE KORS", "Larvik og Omegn Røde Kors"),
        ("IL FRAM", "IL Fram"),
        ("LARVIK IF", "Larvik IF"),
        ("NANSET BK", "Nanset BK"),
        ("STAVERN 4H", "Stavern 4H"),
        ("KFUK-KFUM SPEIDERNE I LARVIK", "KFUK-KFUM Speiderne i Larvik"),
        ("TJØLLING HISTORIELAG", "Tjølling historielag"),
        ("IDRETTSLAGET ØRN", "Idrettslaget Ørn"),
        ("NMK LARVIK", "NMK Larvik"),
        ("ST. OLAVS ORDEN", "St. Olavs Orden"),
        ("BARN/UNGDOM I VEKST", "Barn/Ungdom i Vekst"),
        ("(DEN) GLADE GJENG", "(Den) Glade Gjeng"),
        ("Larvik Turn & IF", "Larvik Turn & IF"),
        ("KOR PÅ TUR", "Kor på Tur"),
        ("ÅRUM VEL", "Årum vel"),
        ("", ""),
    ],
)
def test_name_in_capitals_becomes_readable(written: str, readable: str) -> None:
    assert readable_name(written) == readable


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("www.example.no", "https://www.example.no"),
        ("example.no/lag", "https://example.no/lag"),
        ("http://www.example.no/", "http://www.example.no/"),
        ("https:/example.no", "https://example.no"),
        ("htttp://example.no", "https://example.no"),
        ("http//example.no", "https://example.no"),
        ("www,example.no", "https://www.example.no"),
        ("WWW.EXAMPLE.NO/Side", "https://www.example.no/Side"),
        ("www.example.no, www.annen.no", "https://www.example.no"),
        ("post@example.no", ""),
        ("ingen", ""),
        ("-", ""),
        ("javascript:alert(1)", ""),
        ("www.example", ""),
        ("127.0.0.1", ""),
        ("", ""),
    ],
)
def test_homepage_is_repaired_or_left_out(written: str, url: str) -> None:
    assert repaired_url(written) == url


def test_lines_are_joined_and_divided_words_made_whole() -> None:
    assert joined_lines(["Breddeidrett for barn, ung-", "dom og voksne."]) == "Breddeidrett for barn, ungdom og voksne."
    assert joined_lines(["Sang- og musikk", "for alle"]) == "Sang- og musikk for alle"
    assert joined_lines(["Barne-", "og ungdomsarbeid"]) == "Barne- og ungdomsarbeid"
    assert joined_lines(None) == ""
    assert joined_lines([None, 3, "x"]) == "x"


def test_entity_holds_nothing_private() -> None:
    found = read_entity(entity(1))
    assert SECRET not in repr(dataclasses.asdict(found))
    assert (found.postcode, found.city, found.municipality) == ("3256", "Larvik", "3909")
    assert found.about == "Breddeidrett for barn, ungdom og voksne."
    assert (found.founded, found.website, found.voluntary, found.closed) == (1921, "https://www.lag1.no", True, None)


def test_sole_trader_is_never_read() -> None:
    with pytest.raises(ValueError, match="sole trader"):
        read_entity(entity(1, organisasjonsform={"kode": "ENK"}))


def test_every_key_may_be_missing_or_null() -> None:
    whole = entity(1)
    assert read_entity({}).name == ""
    for key in whole:
        read_entity({k: v for k, v in whole.items() if k != key})
        read_entity({**whole, key: None})
    for junk in ([], "x", 7, {"kode": None}, {"postnummer": 3256}):
        for key in whole:
            read_entity({**whole, key: junk})


@pytest.mark.parametrize(
    ("changes", "closed"),
    [
        ({}, None),
        ({"konkurs": True}, Closed.BANKRUPT),
        ({"underAvvikling": True}, Closed.DISSOLVING),
        ({"underTvangsavviklingEllerTvangsopplosning": True}, Closed.FORCED),
        ({"slettedato": "2025-01-01"}, Closed.DELETED),
        ({"respons_klasse": "SlettetEnhet"}, Closed.DELETED),
        ({"konkurs": "false"}, None),
    ],
)
def test_closed_bodies_are_told_with_their_reason(changes: dict[str, Any], closed: Closed | None) -> None:
    assert read_entity(entity(1, **changes)).closed is closed


def test_old_municipality_number_is_told_by_the_postcode() -> None:
    old = {"postnummer": "3256", "poststed": "LARVIK", "landkode": "NO", "kommunenummer": "0709"}
    assert read_entity(entity(1, forretningsadresse=old)).municipality == "3909"


def test_purposes_are_ordered_by_rank_not_by_place() -> None:
    number, codes = read_purposes(purposes(1, "1200", "13 100", "01100"))
    assert (number, codes) == (org_number(1), ("1200", "13100", "1100"))
    assert read_purposes({}) == ("", ())
    assert read_purposes({"icnpoKategorier": [None, {}, {"icnpoNummer": "1200", "rekkefoelge": None}]}) == ("", ("1200",))


def test_code_list_is_whole_and_every_leaf_has_a_category() -> None:
    leaves = [purpose for purpose in all_purposes().values() if purpose.parent]
    assert (len(all_purposes()), len(leaves)) == (46, 32)
    assert all(purpose.code[:-3] == purpose.parent for purpose in leaves)
    assert all(category_slugs([purpose.code]) for purpose in leaves)
    assert set(CATEGORY_OF.values()) <= set(starting_labels()["categories"])
    assert tidy_code("01 200") == "1200"


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────
def records_in(path: Path) -> list[str]:
    return [record["organisasjonsnummer"] for document in documents(path) for record in entities_of(document)]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps([entity(1), entity(2), entity(3)]),
        json.dumps([entity(1), entity(2), entity(3)], indent=2),
        json.dumps(page([entity(1), entity(2), entity(3)])),
        json.dumps(page([entity(1)])) + "\n" + json.dumps(page([entity(2), entity(3)])),
        "\n".join(json.dumps(entity(n)) for n in (1, 2, 3)),
        json.dumps([page([entity(1), entity(2)]), page([entity(3)])]),
        "\ufeff" + json.dumps([entity(1), entity(2), entity(3)]),
    ],
)
def test_extract_is_read_in_every_usual_form(tmp_path: Path, text: str, packed: bool) -> None:
    path = tmp_path / "extract.json"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert records_in(path) == [org_number(1), org_number(2), org_number(3)]


def test_large_extract_is_read_as_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("directory.sources.json_stream._CHUNK", 700)
    path = tmp_path / "extract.json"
    path.write_text(json.dumps([entity(n) for n in range(50)]))
    assert len(records_in(path)) == 50


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        b"[",
        b'[{"organisasjonsnummer": "1"}',
        b"navn;nummer",
        b'{"a": ',
        gzip.compress(b"[1,2]", mtime=0)[:-9],
        b"\xff\xfe[]",
    ],
)
def test_rubbish_is_refused_in_words(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "extract.json"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile):
        records_in(path)


def test_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="There is no file"):
        records_in(tmp_path / "none.json")


def test_page_without_hits_holds_nothing() -> None:
    assert entities_of(page([])) == []
    assert purposes_of({"_links": {}}) == []
    assert entities_of(None) == []
