"""The parts of a letter as they went out, kept for its page: what is in the directory may be another tomorrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import Any

from portal.kit.letters import Block, Button, Entries, Entry, Heading, Paragraph, Picture, Rich

#: What a letter of the editor is made of (writing.Composer).
SHAPES: dict[str, type[Block]] = {kind.__name__.lower(): kind for kind in (Heading, Paragraph, Rich, Button, Picture, Entries)}


def frozen(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Parts as a column keeps them."""
    return [{"shape": block.shape, **asdict(block)} for block in blocks]


def unfrozen(kept: Iterable[dict[str, Any]]) -> Iterator[Block]:
    """The same parts again."""
    for part in kept:
        fields = {name: value for name, value in part.items() if name != "shape"}
        if "items" in fields:
            fields["items"] = [Entry(**entry) for entry in fields["items"]]
        yield SHAPES[part["shape"]](**fields)


def led_to(block: Block, lang: str, reader: str) -> Block:
    """The part with its links leading to the pages of the reader's language, where they led to those of `lang`."""
    if lang == reader:
        return block

    def turned(href: str) -> str:
        return f"/{reader}{href.removeprefix(f'/{lang}')}" if href == f"/{lang}" or href.startswith(f"/{lang}/") else href

    if isinstance(block, Button):
        return replace(block, href=turned(block.href))
    if isinstance(block, Entries):
        return replace(block, items=[replace(entry, href=turned(entry.href)) for entry in block.items])
    if isinstance(block, Rich):
        return replace(block, html=block.html.replace(f'href="/{lang}/', f'href="/{reader}/'))
    return block
