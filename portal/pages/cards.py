"""Pages as cards, where one page leads to others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.kit.texts import Text


@dataclass(frozen=True, slots=True)
class PageCard:
    """A page in a list."""

    href: str
    heading: Text
    intro: Text
    image: Any = None
    day: date | None = None
    deadline: date | None = None
    is_open: bool = False


def page_cards(pages: Iterable[Any]) -> list[PageCard]:
    """Cards of pages, in their order."""
    return [
        PageCard(href=page.url or "", heading=page.name(), intro=page.text("intro"), image=getattr(page, "image", None))
        for page in pages
    ]
