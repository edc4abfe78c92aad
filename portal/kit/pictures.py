"""How pictures that people send in are read, by whatever form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL.Image import DecompressionBombError, UnidentifiedImageError


def read_carefully(field: forms.Field) -> None:
    """Let a field for pictures answer in words where a file is cut off or unpacks to far more than it should."""
    read = field.to_python

    def carefully(data: Any) -> Any:
        try:
            return read(data)
        except DecompressionBombError:
            raise ValidationError(_("This picture has far too many pixels. Make it smaller and try again.")) from None
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
            raise ValidationError(_("This file is damaged or is not a picture. Try another.")) from None

    field.to_python = carefully  # type: ignore[method-assign,assignment]
