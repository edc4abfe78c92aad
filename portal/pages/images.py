"""How pictures that people send in are read, and the form by which staff do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL.Image import DecompressionBombError, UnidentifiedImageError
from wagtail.images.forms import BaseImageForm


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

    field.to_python = carefully  # type: ignore[method-assign]


class ImageForm(BaseImageForm):
    """Wagtail's, which answers such a file with a fault of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("file"):
            read_carefully(field)
