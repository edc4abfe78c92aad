"""Every form of a package becomes the same tables; what is no package, or a trap, is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from directory.sources.json_stream import UnreadableFile
from directory.sources.openreferral import package as module
from directory.sources.openreferral.package import Package, kind_of, read_package

DATA = Path(__file__).parents[3] / "data" / "hsds"
SERVICE = "ac148810-d857-441c-9679-408f346de14b"


@pytest.mark.parametrize(
    "path", sorted(p for p in DATA.rglob("*.json") if p.name not in ("base.json", "datapackage.json")), ids=str
)
def test_every_json_example_is_read(path: Path) -> None:
    assert read_package(path).rows_read


@pytest.mark.parametrize("version", ["3.0", "3.1", "uk-profile-3.0"])
def test_csv_and_nested_json_say_the_same(version: str) -> None:
    tables = read_package(DATA / version / "csv")
    nested = read_package(DATA / version / "service_full.json")
    for row in ("name", "description", "organization_id", "minimum_age"):
        assert str(tables.table("service")[SERVICE][row]) == str(nested.table("service")[SERVICE][row])
    for table in ("organization", "location", "service_at_location", "language"):
        assert set(tables.table(table)) == set(nested.table(table))
    assert not tables.doubles


def test_nested_rows_know_what_they_were_nested_in() -> None:
    nested = read_package(DATA / "3.1" / "service_full.json")
    phone = next(iter(nested.table("phone").values()))
    assert phone["service_id"] == SERVICE
    assert phone["contact_id"] in nested.table("contact")
    assert next(iter(nested.table("address").values()))["location_id"] in nested.table("location")
    attribute = next(iter(nested.table("attribute").values()))
    assert (attribute["link_id"], attribute["taxonomy_term_id"]) == (SERVICE, next(iter(nested.table("taxonomy_term"))))


def test_zip_is_read_like_its_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as packed:
        for file in (DATA / "3.1" / "csv").glob("*.csv"):
            packed.write(file, f"package/{file.name}")
        packed.writestr("__MACOSX/._services.csv", "junk")
        packed.writestr("../../outside.csv", "never written anywhere")
    assert read_package(tmp_path / "p.zip").tables == read_package(DATA / "3.1" / "csv").tables
    assert not (tmp_path.parent / "outside.csv").exists()


def test_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("services.csv", "id,name\n" + "x" * (8 << 20))
    with pytest.raises(UnreadableFile, match="far more"):
        read_package(tmp_path / "p.zip")


def test_zip_of_very_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 3)
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as packed:
        for n in range(5):
            packed.writestr(f"{n}/services.csv", "id,name\n1,x\n")
    with pytest.raises(UnreadableFile, match="more than 3"):
        read_package(tmp_path / "p.zip")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b""),
        ("a.json", b"{"),
        ("a.json", b"[]"),
        ("a.json", b'{"hello": "world"}'),
        ("a.json", b"[" * 100_000),
        ("a.zip", b"PK\x03\x04rubbish"),
        ("a.exe", b"MZ"),
        ("services.csv", b"\x00\x01\x02" * 500),
        ("other.csv", b"id,name\n1,x\n"),
        ("services.csv", b""),
    ],
)
def test_rubbish_is_refused_in_words(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableFile):
        read_package(tmp_path / name)


def test_nothing_at_the_path_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="nothing at"):
        read_package(tmp_path / "none")
    with pytest.raises(UnreadableFile, match="No Open Referral"):
        read_package(tmp_path)


def test_folders_of_json_answers_and_lists_are_put_together(tmp_path: Path) -> None:
    for name in ("service_list.json", "organization_list.json", "service_full.json"):
        (tmp_path / name).write_bytes((DATA / "3.1" / name).read_bytes())
    found = read_package(tmp_path)
    assert len(found.table("service")) == len(found.table("organization")) == 1


def test_ids_that_stand_twice_in_a_table_are_told(tmp_path: Path) -> None:
    (tmp_path / "organizations.csv").write_text("id,name,description\n1,A,x\n1,B,y\n,C,z\n")
    found = read_package(tmp_path)
    assert found.table("organization")["1"]["name"] == "A"
    assert [row["name"] for _table, _key, row in found.doubles] == ["B"]
    assert [row["name"] for _table, row in found.nameless] == ["C"]


def test_old_encodings_and_newline_json_are_read(tmp_path: Path) -> None:
    (tmp_path / "organizations.csv").write_bytes("id,name,description\n1,Ærfuglen båtlag,Sjø\n".encode("cp1252"))
    (tmp_path / "more.ndjson").write_text("\n".join(json.dumps({"id": n, "name": "x", "description": "y"}) for n in (2, 3)))
    found = read_package(tmp_path)
    assert {key: row["name"] for key, row in found.table("organization").items()} == {"1": "Ærfuglen båtlag", "2": "x", "3": "x"}


def test_object_that_nests_without_end_is_refused() -> None:
    item: dict[str, object] = {"id": "0", "name": "x", "status": "active"}
    for n in range(30):
        item = {"id": str(n + 1), "name": "x", "status": "active", "services": [item]}
    with pytest.raises(UnreadableFile, match="deeper"):
        Package().take_apart("service", item)


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"id": "1", "name": "x", "status": "active"}, "service"),
        ({"id": "1", "location_type": "physical"}, "location"),
        ({"id": "1", "name": "x", "description": "y"}, "organization"),
        ({"version": "3.0", "openapi_url": "x"}, ""),
        ({"id": "1"}, ""),
    ],
)
def test_object_is_known_by_its_keys(item: dict[str, object], kind: str) -> None:
    assert kind_of(item) == kind
