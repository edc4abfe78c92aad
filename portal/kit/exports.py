"""Cells of exported sheets, made harmless."""

from __future__ import annotations

from typing import Any

# A spreadsheet program runs a cell that starts like this as a formula.
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(value: Any) -> Any:
    """The cell's value, with an apostrophe before text that a spreadsheet program would run; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(LIVE):
        return f"'{value}"
    return value


def as_typed(value: str) -> str:
    """What `harmless` made of a text, turned back (for a report that is mended and sent again)."""
    if value.startswith("'") and value[1:].startswith(LIVE):
        return value[1:]
    return value
