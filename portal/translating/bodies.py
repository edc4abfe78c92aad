"""The blocks of a page, as they are stored, made ready for another language.

    copied(source)                 blocks to begin a translation with
    joined(source, target, …)      the blocks of a translation, and behind their neighbours those it lacks
    without(raw, key, all, gone)   blocks without the texts that are gone, as whole blocks where nothing else is in them

Paths are those of `pieces.leaves`: "body/<id of the block>/<name of the part>/…".
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from copy import deepcopy
from typing import Any


def copied(items: list[Any]) -> list[Any]:
    """Blocks of one language to translate into another. Captions are words of a language too, in a file of their own."""
    found = deepcopy(items)
    for item in found:
        if isinstance(item, dict) and item.get("type") == "film" and isinstance(item.get("value"), dict):
            item["value"]["captions"] = None
    return found


def joined(source: Any, target: Any, key: str, skip: Callable[[str], bool]) -> Any:
    """The target's own blocks, and those of the source it lacks. `skip`: whether what stands under a path stays away."""
    if isinstance(source, dict) and isinstance(target, dict):
        for name, value in source.items():
            target[name] = joined(value, target[name], f"{key}/{name}", skip) if name in target else deepcopy(value)
    elif _have_ids(source) and _have_ids(target):
        place = 0
        for item in source:
            path = f"{key}/{item['id']}"
            here = next((number for number, one in enumerate(target) if one["id"] == item["id"]), None)
            if here is not None:
                target[here]["value"] = joined(item["value"], target[here]["value"], path, skip)
                place = here + 1
            elif not skip(path):
                target[place:place] = copied([item])
                place += 1
    elif isinstance(source, list) and isinstance(target, list):
        target += deepcopy(source[len(target) :])  # a list from before lists had ids
    return target


def without(raw: Any, key: str, every: Collection[str], gone: Collection[str]) -> Any:
    """What is left where the texts under the paths `gone` are taken out. `every`: the paths of all texts there are."""

    def lives(path: str) -> bool:
        inside = {one for one in every if one == path or one.startswith(f"{path}/")}
        return not inside or not inside <= set(gone)

    if isinstance(raw, dict):
        return {name: without(value, f"{key}/{name}", every, gone) for name, value in raw.items()}
    if _have_ids(raw):
        kept = [item for item in raw if lives(f"{key}/{item['id']}")]
        return [item | {"value": without(item["value"], f"{key}/{item['id']}", every, gone)} for item in kept]
    return raw


def _have_ids(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(one, dict) and "id" in one and "value" in one for one in items)
