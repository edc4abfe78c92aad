"""What Django says on public pages, and in which languages it cannot say it."""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import Any

import django.conf
from django.utils.translation import to_locale

KEPT = "from the framework"  # the mark of such texts in our catalogues
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SHORT_MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Django gives these languages days and months with capitals, which no sentence in them has.
LOWER_CASE_DAYS = frozenset({"pl", "uk", "ru"})
# What Django says on public pages: dates, and forms that were not filled in right.
FRAMEWORK: tuple[tuple[str | tuple[str, str], str | None], ...] = (
    *((name, None) for name in _MONTHS),
    *((name, "alt. month") for name in _MONTHS),
    *((name, "abbrev. month") for name in _SHORT_MONTHS),
    *((name, None) for name in _DAYS),
    *((name[:3], None) for name in _DAYS),
    ("This field is required.", None),
    ("Enter a valid email address.", None),
    ("Select a valid choice. %(value)s is not one of the available choices.", None),
    ("Null characters are not allowed.", None),
    (
        (
            "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
            "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        ),
        None,
    ),
)


@cache
def of_django(code: str) -> dict[Any, str]:
    """Django's own catalogue of a language; empty where there is none."""
    folder = Path(django.conf.__file__).parent / "locale"
    try:
        return gettext.translation("django", folder, [to_locale(code)])._catalog  # type: ignore[attr-defined]
    except FileNotFoundError:
        return {}


def of_framework(code: str) -> list[tuple[str | tuple[str, str], str | None]]:
    """Texts of Django on public pages for which Django has no translation into this language."""
    if code == "en":
        return []
    theirs = of_django(code)
    lacking = []
    for text, context in FRAMEWORK:
        name = text if isinstance(text, str) else text[0]
        key = f"{context}\x04{name}" if context else name
        written = theirs.get(key) or theirs.get((key, 0)) or ""
        if not written or (code in LOWER_CASE_DAYS and text in (*_MONTHS, *_DAYS) and written[0].isupper()):
            lacking.append((text, context))
    return lacking
