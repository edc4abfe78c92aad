"""Compiles the catalogues of texts without the gettext tools.

A language whose catalogue is not compiled does not exist for Django, so demo, test, build and the start of the
site all call `compile_missing`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_missing(folder: Path = LOCALE) -> list[Path]:
    """Compile every catalogue whose .mo is missing or older than its .po; returns those written.

    Safe when several processes start together: each writes a file of its own and renames it.
    """
    written = []
    for po in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as file:
            catalogue = read_po(file, locale=None)
        try:
            descriptor, name = tempfile.mkstemp(dir=mo.parent, suffix=".tmp")
            with os.fdopen(descriptor, "wb") as file:
                write_mo(file, catalogue)
            os.chmod(name, 0o644)
            os.replace(name, mo)
        except PermissionError:
            if not mo.exists():
                raise
        written.append(mo)
    return written
