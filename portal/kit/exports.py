"""Cells of exported sheets, made harmless."""

from __future__ import annotations

import re
from typing import Any

# A spreadsheet program runs a cell that starts like this as a formula.
SIGNS = "=+\\-@＝＋－＠﹦−"
STARTS_LIVE = re.compile(rf"[{SIGNS}\t\r\n]")
# A program set to another separator than the file's cuts a cell in two; the second half must not come alive. "200,-" stays.
INNER_LIVE = re.compile(rf"([;,\t\r\n])([{SIGNS}])(?=[\w(@\"'])")
INNER_TAMED = re.compile(rf"([;,\t\r\n])'([{SIGNS}])(?=[\w(@\"'])")


def harmless(value: Any) -> Any:
    """The cell's value, with an apostrophe before text that a spreadsheet program would run; numbers stay numbers."""
    if not isinstance(value, str):
        return value
    tamed = INNER_LIVE.sub(r"\1'\2", value)
    return f"'{tamed}" if STARTS_LIVE.match(value) else tamed


def as_typed(value: str) -> str:
    """What `harmless` made of a text, turned back (for a report that is mended and sent again)."""
    if value.startswith("'") and STARTS_LIVE.match(value[1:]):
        value = value[1:]
    return INNER_TAMED.sub(r"\1\2", value)
