"""Compiles the catalogues of texts without the gettext tools.

A language whose catalogue is not compiled does not exist for Django, so demo, test, build and the start of the
site all call `compile_missing`.

A language that offers content only gets the Norwegian texts, and the framework's words of public pages with them: its
pages are then in one language around the content, and say so, instead of half in one and half in another.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portal.framework import FRAMEWORK, of_django
from portal.languages import CODES, COMPLETE

LOCALE = Path(__file__).resolve().parent.parent / "locale"
LENDER = "nb"
BORROWING = frozenset(CODES) - frozenset(COMPLETE)


def add_framework(catalogue: Catalog) -> None:
    """Django's own Norwegian words of public pages: months, days, and what a form finds wrong."""
    theirs = of_django(LENDER)
    for text, context in FRAMEWORK:
        if isinstance(text, str):
            catalogue.add(text, theirs.get(f"{context}\x04{text}" if context else text, ""), context=context)
        else:
            catalogue.add(text, (theirs[text[0], 0], theirs[text[0], 1]), context=context)


def compile_missing(folder: Path = LOCALE) -> list[Path]:
    """Compile every catalogue whose .mo is missing or older than its .po; returns those written.

    Safe when several processes start together: each writes a file of its own and renames it.
    """
    written = []
    for po in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        borrowed = po.parent.parent.name in BORROWING
        source = folder / LENDER / "LC_MESSAGES" / po.name if borrowed else po
        # The code counts too: what is borrowed, and from where, stands here.
        if mo.exists() and mo.stat().st_mtime >= max(source.stat().st_mtime, Path(__file__).stat().st_mtime):
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=None)
        if borrowed:
            add_framework(catalogue)
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
