"""A file that is not what it says is refused, and nothing of it is read."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wagtail.models import Page

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.kit.refusals import Refused
from portal.leaving import archive
from portal.leaving.reading import Why, import_municipality
from tests.factories.directory import default_municipality, make_municipality
from tests.portal.leaving.conftest import contents, empty_everything, export, furnish

pytestmark = pytest.mark.one_database

Change = Callable[[dict[str, bytes], dict[str, Any]], None]


GOOD: list[bytes] = []  # the good file, made once: what stands in the database is another test's business


@pytest.fixture
def file(db: Any, files: Path, tmp_path: Path) -> Path:
    """A good file, and an installation that lacks what is in it."""
    path = tmp_path / "good.zip"
    if GOOD:
        path.write_bytes(GOOD[0])
    else:
        export(furnish(default_municipality()).municipality, path)
        GOOD.append(path.read_bytes())
        empty_everything(files)
    make_municipality("4001", "Porsgrunn")
    return path


def changed(path: Path, change: Change, *, relist: bool = True) -> Path:
    """The file with something else in it; `relist` writes a list that fits."""
    inside = contents(path)
    manifest = json.loads(inside.pop(archive.MANIFEST))
    change(inside, manifest)
    if relist:
        for name, data in inside.items():
            facts = manifest["files"].setdefault(name, {})
            facts |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "lines": data.count(b"\n")}
        manifest["files"] = {name: facts for name, facts in manifest["files"].items() if name in inside}
    out = path.with_name("changed.zip")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in inside.items():
            written.writestr(name, data)
        written.writestr(archive.MANIFEST, json.dumps(manifest))
    return out


def refused(path: Path) -> Any:
    """The reason why a file is refused; that nothing was kept is looked at too."""
    before = (Page.objects.count(), User.objects.count(), Municipality.objects.count())
    with pytest.raises(Refused) as told:
        import_municipality(path)
    assert (Page.objects.count(), User.objects.count(), Municipality.objects.count()) == before
    assert str(told.value)
    return told.value.reason


def put(name: str, data: bytes) -> Change:
    return lambda inside, manifest: inside.__setitem__(name, data)


def edit(label: str, how: Callable[[dict[str, Any]], Any], which: int = 0) -> Change:
    """Change one row."""

    def change(inside: dict[str, bytes], manifest: dict[str, Any]) -> None:
        name = f"rows/{label.lower()}.jsonl"
        lines = inside[name].splitlines()
        row = json.loads(lines[which])
        how(row)
        lines[which] = json.dumps(row).encode()
        inside[name] = b"\n".join(lines) + b"\n"

    return change


def test_a_file_that_is_no_zip(db: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    for content in (b"", b"hei", b"PK\x03\x04" + b"\0" * 50):
        path.write_bytes(content)
        assert refused(path) == archive.Why.NO_ZIP


def test_another_zip(db: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    for manifest in (None, "[]", "{", json.dumps({"format": "other", "version": 1, "files": {}}), '{"format":' * 2000):
        with zipfile.ZipFile(path, "w") as written:
            written.writestr("a.txt", "x")
            if manifest is not None:
                written.writestr(archive.MANIFEST, manifest)
        assert refused(path) == archive.Why.NO_MANIFEST


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "files/../../x.png",
        "files\\..\\x.png",
        "rows/a/b.jsonl",
        "C:x",
        "files/.",
        "files/ø.png",
    ],
)
def test_a_name_that_leads_out(file: Path, name: str) -> None:
    assert refused(changed(file, put(name, b"x"))) == archive.Why.NAME


def test_a_name_that_stands_twice(file: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "a") as written:
        written.writestr("rows/accounts.user.jsonl", b"")
    assert refused(file) == archive.Why.NAME


def test_something_that_is_not_listed_and_something_that_is_missing(file: Path) -> None:
    assert refused(changed(file, put("files/x-y-1.png", b"x"), relist=False)) == archive.Why.UNLISTED
    lost = changed(file, lambda inside, manifest: inside.pop("README.md") and None, relist=False)
    assert refused(lost) == archive.Why.UNLISTED


def test_one_other_byte(file: Path) -> None:
    other = changed(file, lambda inside, _m: inside.__setitem__("README.md", inside["README.md"][:-1] + b"!"), relist=False)
    assert refused(other) == archive.Why.CHECKSUM


def test_a_bomb(file: Path) -> None:
    assert refused(changed(file, put("files/wagtailimages.image-file-9.png", b"\0" * 30_000_000))) == archive.Why.TOO_BIG


def test_a_newer_format(file: Path) -> None:
    newer = changed(file, lambda inside, manifest: manifest.update(version=archive.VERSION + 1))
    assert refused(newer) == archive.Why.VERSION


def test_a_model_and_a_column_that_nobody_knows(file: Path) -> None:
    assert refused(changed(file, put("rows/directory.spaceship.jsonl", b"{}\n"))) == Why.MODEL
    assert refused(changed(file, put("rows/sessions.session.jsonl", b"{}\n"))) == Why.MODEL
    assert refused(changed(file, edit("directory.Provider", lambda row: row.update(colour="red")))) == Why.COLUMN


@pytest.mark.parametrize("column", ["password", "is_superuser", "is_staff"])
def test_nobody_is_given_power_by_a_file(file: Path, column: str) -> None:
    for which in (0, 1):  # the first row is looked at before; a later one when it is written
        reason = refused(changed(file, edit("accounts.User", lambda row: row.update({column: True}), which)))
        assert reason in {Why.COLUMN, archive.Why.LINE}


def test_a_file_that_visitors_browsers_would_run(file: Path) -> None:
    assert refused(changed(file, put("files/wagtailimages.image-file-9.svg", b"<svg/>"))) == Why.ENDING
    assert refused(changed(file, put("files/wagtaildocs.document-file-9.html", b"<script>"))) == Why.ENDING


def test_a_file_keeps_to_its_folder_and_its_ending(file: Path, files: Path) -> None:
    def lead_out(row: dict[str, Any]) -> None:
        row["file"] = "../../../outside/evil.html"

    assert refused(changed(file, edit("wagtailimages.Image", lead_out))) == archive.Why.LINE
    assert not list(files.rglob("evil*"))


@pytest.mark.parametrize(
    ("label", "how"),
    [
        ("directory.Provider", lambda row: row.update(municipality=99)),
        ("directory.Provider", lambda row: row.update(confirmed_at="soon")),
        ("directory.Provider", lambda row: row.update(slug="x" * 500)),
        ("directory.Activity", lambda row: row.update(provider=None)),
        ("directory.Provider", lambda row: row.update({"#": 10**12})),
        ("directory.Provider", lambda row: row.update({"#": "1"})),
        ("wagtailcore.Page", lambda row: row.update(path="../")),
        ("directory.Membership", lambda row: row.update(user={"a": 1})),
    ],
)
def test_rows_that_do_not_fit(file: Path, label: str, how: Callable[[dict[str, Any]], None]) -> None:
    assert refused(changed(file, edit(label, how))) in {archive.Why.LINE, Why.ROWS, Why.NO_SITE}


def test_two_rows_with_one_number(file: Path) -> None:
    twice = changed(file, edit("directory.Category", lambda row: row.update({"#": 1, "slug": "x"}), -1))
    assert refused(twice) in {Why.ROWS, archive.Why.LINE}


def test_a_failure_in_the_middle_leaves_nothing(file: Path, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.leaving.reading import Landing

    def fail(self: Landing) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(Landing, "_index", fail)
    before = Page.objects.count()
    with pytest.raises(RuntimeError):
        import_municipality(file)
    assert Page.objects.count() == before
    assert not Municipality.objects.filter(number="3909").exists()
    assert not [path for path in (files / "media_root").rglob("*") if path.is_file()]
    assert not [path for path in (files / "private_root").rglob("*") if path.is_file()]


def test_a_number_a_name_or_a_host_that_is_taken(file: Path) -> None:
    with pytest.raises(Refused) as told:
        import_municipality(file, as_number="4001")
    assert told.value.reason == Why.EXISTS
    with pytest.raises(Refused) as told:
        import_municipality(file, as_number="39")
    assert told.value.reason == Why.NUMBER
    with pytest.raises(Refused) as told:
        import_municipality(file, host="porsgrunn.localhost:80")
    assert told.value.reason == Why.HOST
    Municipality.objects.update(slug="larvik")
    assert refused(file) == Why.SLUG
