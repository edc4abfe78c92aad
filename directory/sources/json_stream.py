"""JSON of any size, record by record: arrays, documents one after the other, plain or gzipped.

The register of entities comes as one array of more than a million records; it is never held whole.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

_CHUNK = 1 << 20
_LARGEST_RECORD = 32 << 20  # characters: a page of a thousand entities is three million


class UnreadableFile(Exception):
    """The file cannot be read; the message says why."""


def documents(path: Path) -> Iterator[Any]:
    """The JSON documents of a file one by one: the items of an array, or documents one after the other."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else cast("IO[bytes]", raw)
            yield from decoded(TextIOWrapper(stream, encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UnreadableFile(f"There is no file “{path}”.") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"“{path.name}” cannot be read: {error}") from error


def decoded(text: IO[str]) -> Iterator[Any]:
    """The JSON documents of an open text."""
    decoder = json.JSONDecoder()
    rest = ""
    in_array = False
    started = False
    while True:
        chunk = text.read(_CHUNK)
        rest = (rest + chunk).lstrip()
        if not started and rest:
            started = True
            if rest[0] == "[":
                in_array, rest = True, rest[1:]
            elif rest[0] != "{":
                raise UnreadableFile("The file does not hold JSON.")
        while rest := rest.lstrip().removeprefix(",").lstrip() if in_array else rest.lstrip():
            if in_array and rest[0] == "]":
                return
            try:
                document, end = decoder.raw_decode(rest)
            except ValueError:
                break  # not all of it is here yet
            yield document
            rest = rest[end:]
        if not chunk:
            if rest or in_array or not started:
                raise UnreadableFile("The file ends in the middle, or does not hold JSON. Fetch it again.")
            return
        if len(rest) > _LARGEST_RECORD:
            raise UnreadableFile("One record of the file is far too large, or the file does not hold JSON.")
