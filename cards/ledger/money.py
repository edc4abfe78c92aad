"""Money is whole øre everywhere; kroner are how people read and write it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import get_format

from directory.listings.words import kroner

MOST_ORE = 100_000_000_00  # a hundred million kroner: more is a slip of the finger


def in_kroner(ore: int) -> str:
    """ "1 200 kr"; øre only where there are any."""
    return kroner(Decimal(ore) / 100)


class KronerField(forms.DecimalField):
    """Kroner as people write them, "1 200" and "45,50": a field of numbers lets nobody do so. What comes out is øre."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MOST_ORE // 100, "decimal_places": 2, **kwargs})
        self.widget.attrs.setdefault("inputmode", "decimal")

    def prepare_value(self, value: Any) -> Any:
        """What stands in the field: øre of the row as kroner; what was typed as it was typed."""
        if isinstance(value, int):
            sign = "," if get_format("DECIMAL_SEPARATOR") == "," else "."
            return f"{value // 100}" if value % 100 == 0 else f"{Decimal(value) / 100:.2f}".replace(".", sign)
        return value

    def to_python(self, value: Any) -> Any:
        text = value.replace("\u00a0", "").replace(" ", "").replace(",", ".") if isinstance(value, str) else value
        return super().to_python(text)

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        kroner = super().clean(value)
        return None if kroner is None else int(kroner * 100)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(data) != initial
        except forms.ValidationError:
            return True
