"""Packages that mean harm, or were broken on the way: refused in words, or read without what a database cannot hold."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from directory.listings.actions import give_labels
from directory.providers.models import Provider
from directory.sources.json_stream import UnreadableFile, documents
from directory.sources.models import ImportRow
from directory.sources.openreferral.actions import import_package
from directory.sources.openreferral.package import read_package
from tests.factories.directory import default_municipality

SERVICES = "id,name,status,organization_id\n1,Kor,active,o1\n" * 200


def packed(path: Path, *entries: tuple[str | zipfile.ZipInfo, str], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as out:
        for name, content in entries:
            out.writestr(name, content, compress_type=method)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_STORED])
def test_zip_damaged_in_the_middle_is_refused_in_words(tmp_path: Path, method: int) -> None:
    path = packed(tmp_path / "p.zip", ("services.csv", SERVICES), method=method)
    data = bytearray(path.read_bytes())
    data[60:90] = b"\xff" * 30
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match="cannot be unpacked"):
        read_package(path)


def test_zip_whose_names_are_no_text_is_refused_in_words(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.zip", ("servicæs.csv", SERVICES))
    path.write_bytes(path.read_bytes().replace("æ".encode(), b"\xff\xfe"))
    with pytest.raises(UnreadableFile):
        read_package(path)


def test_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("id,name,description\n7,Hemmelig,x\n")
    link = zipfile.ZipInfo("services.csv")
    link.external_attr = 0o120777 << 16
    path = packed(tmp_path / "p.zip", (link, str(tmp_path / "secret.csv")), ("organizations.csv", "id,name\n1,x\n"))
    assert read_package(path).tables == {"organization": {"1": {"id": "1", "name": "x"}}}


def test_link_in_a_folder_leads_nowhere_outside(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "organizations.csv").write_text("id,name,description\n1,x,y\n")
    (tmp_path / "secret.csv").write_text("id,name,status\n7,Hemmelig,active\n")
    (folder / "services.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "again").symlink_to(folder)
    assert set(read_package(folder).tables) == {"organization"}


@pytest.mark.parametrize("text", ["[" * 100_000, '{"contents":[' * 5_000, '{"a":' * 5_000 + "1" + "}" * 5_000])
def test_json_nested_without_end_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "services.json"
    path.write_text(text)
    for read in (read_package, lambda p: list(documents(p))):
        with pytest.raises(UnreadableFile):
            read(path)


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"contents":[', "]}")])
def test_lists_in_lists_are_read_or_refused(tmp_path: Path, opens: str, closes: str) -> None:
    """The decoder's limit of depth is not ours: what it lets through must not fell the walk through it."""
    path = tmp_path / "services.json"
    refused = 0
    for depth in range(400, 1100, 7):
        path.write_text(opens * depth + '{"id":"1","name":"x","status":"active"}' + closes * depth)
        try:
            assert read_package(path).rows_read == 1
        except UnreadableFile:
            refused += 1
    assert 0 < refused < 100


def test_one_endless_line_of_json_is_refused_without_filling_the_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out, out.open("services.json", "w") as file:
        file.write('{"id":"1","name":"\U0001f600'.encode())
        for _ in range(60):
            file.write(b"x" * (1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile, match="far too large"):
            read_package(path)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 500 * 1000**2


ODD = [
    {"name": "Kor\x00et", "description": "a\x00b"},
    {"name": "Kor\ud800et", "description": "\udfff"},
    {"name": "Kor", "description": "x", "year_incorporated": float("nan"), "website": "https://x\x00.example.org"},
    {"name": "Kor", "description": "x" * 200_000, "email": "a\x00@b.no", "\x00\ud800": "\ud800\x00"},
    {"name": {"deep": 1}, "description": ["x"]},
    {"name": "x" * 5_000, "description": "y", "id": "i" * 5_000},
    {"name": 12345678901234567890, "description": True, "year_incorporated": 1e999},
]


@pytest.mark.django_db
@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_values_no_database_holds_come_in_without_harm(tmp_path: Path, odd: dict[str, Any]) -> None:
    """NUL and half characters are refused by PostgreSQL, in texts and in JSON; NaN is no number of JSON."""
    town = default_municipality()
    give_labels(municipality=town)
    service = {
        "id": "s", "status": "active", "minimum_age": float("nan"), "maximum_age": 1e999, "organization_id": "o", **odd,
        "schedules": [{"id": "t", "freq": "WEEKLY", "byday": "MO\x00", "opens_at": "9" * 50, "closes_at": float("inf")}],
        "cost_options": [{"id": "c", "amount": float("nan"), "option": "\ud800"}],
        "service_at_locations": [{"id": "l", "location": {
            "id": "p", "location_type": "physical", "latitude": float("nan"), "longitude": float("inf"), **odd}}],
    }  # fmt: skip
    (tmp_path / "x.json").write_text(json.dumps({"services": [service], "organizations": [{"id": "o", **odd}]}))
    (tmp_path / "organizations.csv").write_bytes(b"id,name,description,\x00\n2,Lag\x00et,b\x00\n3,\x00,\x00\n")

    outcome = import_package(
        municipality=town,
        package=read_package(tmp_path),
        source_name="P\x00",
        at=timezone.make_aware(datetime(2026, 3, 1, 12)),
        file_name="p\x00",
        lang="nb",
    )

    assert Provider.objects.filter(name_nb="Laget").exists()
    assert ImportRow.objects.count() == outcome.log.counts()["read"]
    assert "\x00" not in json.dumps(list(ImportRow.objects.values_list("cells", "name")))
