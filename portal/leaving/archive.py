"""The file a municipality leaves with: a zip of JSON lines, sheets and files, with a list of all of it and their checksums.

Written as a stream, so that its size costs no memory. Read with suspicion: nothing in it is unpacked by its name, nothing is
read that the list does not name, and nothing grows beyond what the list says.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from portal.kit.refusals import Refused, refuse_if

FORMAT = "frittfram-municipality"
VERSION = 1
MANIFEST = "manifest.json"
SAFE_NAME = re.compile(r"(?:[a-z]+/)?[A-Za-z0-9][A-Za-z0-9_.\-]{0,119}")
MOST_FILES = 200_000
MOST_BYTES = 50 * 1024**3
MOST_RATIO = 400  # rows of 250 mostly empty columns shrink to a fiftieth; a bomb to a thousandth
MOST_MANIFEST = 64 * 1024**2
MOST_LINE = 64 * 1024**2  # a boundary has some hundred thousand points
CHUNK = 1 << 20


class Why(TextChoices):
    """Why a file is not read."""

    NO_ZIP = "no-zip", _("This is not a file made by export_municipality: it cannot be opened as a zip file.")
    NO_MANIFEST = "no-manifest", _("This is not a file made by export_municipality: it has no list of what it holds.")
    VERSION = "version", _("The file was made by a newer version (format %(found)s). Upgrade this installation and try again.")
    NAME = "name", _("The file holds something under a name it may not have: “%(name)s”. Nothing was read.")
    UNLISTED = "unlisted", _("What the file holds is not what its list says: “%(name)s”. Nothing was read.")
    TOO_BIG = "too-big", _("“%(name)s” is larger than it says, or grows too much when unpacked. Nothing was read.")
    CHECKSUM = "checksum", _("“%(name)s” is damaged: its checksum is not the one in the list. Nothing was read.")
    LINE = "line", _("Line %(line)s of “%(name)s” cannot be read: %(fault)s. Nothing was read.")


class Writer:
    """Writes the file. It appears under its name only when it is whole."""

    def __init__(self, path: Path, at: datetime) -> None:
        self.path, self.at = path, at
        self.part = path.with_name(path.name + ".part")
        self.files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        self.part.touch(mode=0o600)  # it holds people's names and addresses
        self.part.chmod(0o600)
        self.zip = zipfile.ZipFile(self.part, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.zip.close()
        if error is None:
            self.part.replace(self.path)
        else:
            self.part.unlink(missing_ok=True)

    @contextmanager
    def entry(self, name: str) -> Iterator[Entry]:
        """One file in it, written piece by piece."""
        info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # the same content gives the same bytes
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self.zip.open(info, "w", force_zip64=True) as stream:
            entry = Entry(stream)
            yield entry
        self.files[name] = {"sha256": entry.digest.hexdigest(), "bytes": entry.size, "lines": entry.lines}

    def put(self, name: str, content: bytes) -> None:
        """One small file."""
        with self.entry(name) as entry:
            entry.write(content)

    def finish(self, facts: dict[str, Any]) -> None:
        """The list of everything, last."""
        listed = {"format": FORMAT, "version": VERSION, **facts, "files": dict(sorted(self.files.items()))}
        self.zip.writestr(
            zipfile.ZipInfo(MANIFEST, date_time=(1980, 1, 1, 0, 0, 0)),
            json.dumps(listed, ensure_ascii=False, indent=1).encode(),
            zipfile.ZIP_DEFLATED,
        )


class Entry:
    """A file that is being written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.digest, self.size, self.lines = stream, hashlib.sha256(), 0, 0

    def write(self, data: bytes) -> None:
        self.stream.write(data)
        self.digest.update(data)
        self.size += len(data)

    def line(self, row: Any) -> None:
        """One row."""
        self.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self.lines += 1


class Reader:
    """Reads such a file. Raises Refused for whatever is not as the list says."""

    def __init__(self, path: Path) -> None:
        try:
            self.zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError):
            raise Refused(Why.NO_ZIP) from None
        try:
            self.manifest = self._read_manifest()
            self.files: dict[str, dict[str, Any]] = self.manifest["files"]
            self._compare()
        except BaseException:
            self.zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.zip.close()

    def _read_manifest(self) -> dict[str, Any]:
        try:
            info = self.zip.getinfo(MANIFEST)
            if info.file_size > MOST_MANIFEST:
                raise Refused(Why.TOO_BIG, name=MANIFEST)
            found = json.loads(self.zip.read(info))
        except (KeyError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
            raise Refused(Why.NO_MANIFEST) from None
        good = (
            isinstance(found, dict)
            and found.get("format") == FORMAT
            and isinstance(found.get("files"), dict)
            and isinstance(found.get("version"), int)
            and all(
                isinstance(facts, dict) and isinstance(facts.get("bytes"), int) and isinstance(facts.get("sha256"), str)
                for facts in found["files"].values()
            )
        )
        refuse_if(None if good else Why.NO_MANIFEST)
        refuse_if(Why.VERSION if found["version"] > VERSION else None, found=found["version"])
        return found  # type: ignore[no-any-return]

    def _compare(self) -> None:
        """Every name is one that an export gives, stands once, is listed, and unpacks to what the list says."""
        infos = self.zip.infolist()
        refuse_if(Why.TOO_BIG if len(infos) > MOST_FILES else None, name=f"{len(infos)} files")
        seen: set[str] = set()
        total = 0
        for info in infos:
            name = info.filename
            bad = not SAFE_NAME.fullmatch(name) or ".." in name or info.is_dir() or info.flag_bits & 1
            refuse_if(Why.NAME if bad or name in seen else None, name=name[:120])
            seen.add(name)
            if name == MANIFEST:
                continue
            refuse_if(Why.UNLISTED if name not in self.files else None, name=name)
            total += info.file_size
            big = (
                info.file_size != self.files[name]["bytes"]
                or info.file_size > 4096 + info.compress_size * MOST_RATIO
                or total > MOST_BYTES
            )
            refuse_if(Why.TOO_BIG if big else None, name=name)
        for name in self.files:
            refuse_if(Why.UNLISTED if name not in seen else None, name=str(name)[:120])

    def check(self) -> None:
        """Read everything once and compare the checksums."""
        for name in self.files:
            for _piece in self.pieces(name):
                pass

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of one file, piece by piece; whether it was the right one is known at its end."""
        facts = self.files[name]
        digest, size = hashlib.sha256(), 0
        try:
            with self.zip.open(name) as stream:
                while piece := stream.read(CHUNK):
                    size += len(piece)
                    refuse_if(Why.TOO_BIG if size > facts["bytes"] else None, name=name)
                    digest.update(piece)
                    yield piece
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise Refused(Why.CHECKSUM, name=name) from error
        except Exception as error:  # zlib.error has no base of its own
            if type(error).__module__ == "zlib":
                raise Refused(Why.CHECKSUM, name=name) from error
            raise
        refuse_if(Why.CHECKSUM if digest.hexdigest() != facts["sha256"] or size != facts["bytes"] else None, name=name)

    def rows(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The lines of a file of rows, with their numbers."""
        rest, number = b"", 0
        for piece in self.pieces(name):
            *lines, rest = (rest + piece).split(b"\n")
            refuse_if(Why.TOO_BIG if len(rest) > MOST_LINE else None, name=name)
            for line in lines:
                number += 1
                yield number, self._row(name, number, line)
        refuse_if(Why.LINE if rest else None, name=name, line=number + 1, fault="no end of line")

    def _row(self, name: str, number: int, line: bytes) -> dict[str, Any]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Refused(Why.LINE, name=name, line=number, fault=type(error).__name__) from error
        refuse_if(None if isinstance(row, dict) else Why.LINE, name=name, line=number, fault="no row")
        return row  # type: ignore[no-any-return]
