"""How counts are told, so that nothing about one person can be read out of them.

The finest count there is (a cell: one page, in one language, in one week, …) is rounded once to a multiple of five, up or
down by a lot that a secret key draws for that cell; the lot falls so that many cells together come out right. Every figure
that anybody sees, on screen, in a chart or in a file, is a sum of such cells and of nothing else.

So it does not matter which figures are compared: different times, narrowed or not, all of them together say no more than
the cells, and a cell that says 0 was anything from 0 to 4, one that says 5 anything from 1 to 9. Rounding each total by
itself does not do this: of overlapping times, each rounded from the true total, hidden figures can be worked out.

A new secret key draws all lots anew; two draws say more about a cell than one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.utils.crypto import salted_hmac
from django.utils.formats import number_format
from django.utils.translation import gettext as _

BASE = 5


def lots() -> Callable[[str], int]:
    """Draws 0 to 4 for a name: always the same, and nobody without the key can tell which."""
    key = salted_hmac("portal.kit.small_numbers", "lots", algorithm="sha256").digest()

    def lot(name: str) -> int:
        drawn = hashlib.blake2b(name.encode(), key=key, digest_size=8).digest()
        return int.from_bytes(drawn, "big") % BASE

    return lot


def protected(count: int, lot: int) -> int:
    """The count of a cell as it may be told: up or down to a multiple of five; on average it is the count itself."""
    return (count + lot) // BASE * BASE


def in_words(told: int | None) -> str:
    """A sum of cells as people read it."""
    return number_format(told, force_grouping=True) if told else _("few or none")


def share(part: int, whole: int) -> int | None:
    """Per cent of the whole; None where either is too small to say anything."""
    return None if min(part, whole) < BASE else min(100, round(100 * part / whole))
