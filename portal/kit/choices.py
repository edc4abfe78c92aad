"""Choices whose words may be in another language than the page: each says which, to ears as to eyes."""

from __future__ import annotations

from typing import Any

from django import forms

from portal.kit.texts import Text


class MarkedSelect(forms.Select):
    """A list of choices; a label that is a `Text` carries its language."""

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, str(label), *args, **kwargs)
        if isinstance(label, Text):
            option["attrs"] |= {"lang": label.lang, "dir": label.dir}
        return option
