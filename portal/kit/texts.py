"""Translated texts as the public sees them: the value, and in which language it was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.languages import direction


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the language it is written in; false when there is none."""

    value: str
    lang: str

    @property
    def dir(self) -> str:
        """`rtl` or `ltr`, for the HTML attribute."""
        return direction(self.lang)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __str__(self) -> str:
        return self.value


def best(obj: Any, field: str, order: Iterable[str]) -> Text:
    """The text of `obj.field` in the first language of `order` that has one.

    `order` is the reader's language followed by the municipality's (`Municipality.order_for`). `obj` is a
    model instance with `field_xx` columns, or a mapping of language code to text (then `field` is not used).
    """
    codes = list(order)
    for code in codes:
        value = obj.get(code) if isinstance(obj, Mapping) else getattr(obj, f"{field}_{code}", None)
        if value and value.strip():
            return Text(value, code)
    return Text("", codes[0] if codes else "nb")
