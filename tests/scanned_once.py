"""The static files of the site are looked for once, not for every browser a test starts."""

from __future__ import annotations

from typing import Any, ClassVar

from whitenoise.middleware import WhiteNoiseMiddleware


class ScannedOnceMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise as the site has it, with what the first of them found."""

    found: ClassVar[dict[str, Any] | None] = None

    def add_files_from_finders(self) -> None:
        if ScannedOnceMiddleware.found is None:
            super().add_files_from_finders()
            ScannedOnceMiddleware.found = dict(self.files)
        self.files |= ScannedOnceMiddleware.found
