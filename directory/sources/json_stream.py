"""JSON of any size, record by record: arrays, documents one after the other, plain or gzipped.

The register of entities comes as one array of more than a million records; it is never held whole.
"""

from __future__ import annotations

import gzip
import json
import re
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
    rest, at = "", 0  # what is read and not yet decoded starts at `at`; it is cut once a chunk, not once a record
    in_array = started = False
    while True:
        chunk = text.read(_CHUNK)
        rest, at = rest[at:] + chunk, 0
        while (at := _skip(rest, at, in_array)) < len(rest):
            if not started:
                started = True
                if rest[at] == "[":
                    in_array, at = True, at + 1
                    continue
                if rest[at] != "{":
                    raise UnreadableFile("The file does not hold JSON.")
            if in_array and rest[at] == "]":
                return
            try:
                document, at = decoder.raw_decode(rest, at)
            except ValueError:
                break  # not all of it is here yet
            except RecursionError as error:
                raise UnreadableFile("The file nests its records deeper than can be read.") from error
            yield document
        if not chunk:
            if at < len(rest) or in_array or not started:
                raise UnreadableFile("The file ends in the middle, or does not hold JSON. Fetch it again.")
            return
        if len(rest) - at > _LARGEST_RECORD:
            raise UnreadableFile("One record of the file is far too large, or the file does not hold JSON.")


_BETWEEN = re.compile(r"\s*,?\s*"), re.compile(r"\s*")


def _skip(text: str, at: int, in_array: bool) -> int:
    """Past the white space, and the comma in an array, at `at`."""
    found = _BETWEEN[0 if in_array else 1].match(text, at)
    return found.end() if found else at
