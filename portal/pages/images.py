"""The form by which staff send in pictures."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL.Image import DecompressionBombError, UnidentifiedImageError
from wagtail.images.forms import BaseImageForm


class ImageForm(BaseImageForm):
    """Wagtail's, which answers with a fault of its own where a file is cut off or unpacks to far more than it should."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("file"):
            read = field.to_python

            def carefully(data: Any) -> Any:
                try:
                    return read(data)
                except DecompressionBombError:
                    raise ValidationError(_("This picture has far too many pixels. Make it smaller and try again.")) from None
                except (UnidentifiedImageError, SyntaxError, ValueError):
                    raise ValidationError(_("This file is damaged or is not a picture. Try another.")) from None

            field.to_python = carefully  # type: ignore[method-assign]
