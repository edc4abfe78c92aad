"""The form by which staff send in pictures."""

from __future__ import annotations

from typing import Any

from wagtail.images.forms import BaseImageForm

from portal.kit.pictures import read_carefully


class ImageForm(BaseImageForm):
    """Wagtail's, which answers a damaged file with a fault of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("file"):
            read_carefully(field)
