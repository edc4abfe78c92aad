"""How shares and kroner are told in figures and statements."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def per_cent(part: int, whole: int) -> Decimal | None:
    """The one rule for shares: one decimal, half of it upwards (473 of 643 is 73.6). None where there is nothing to share."""
    return Decimal((2000 * part + whole) // (2 * whole)) / 10 if whole > 0 else None


def share_in_words(part: int, whole: int) -> str:
    """ "73,6 %"."""
    share = per_cent(part, whole)
    return "–" if share is None else _("%(number)s %%") % {"number": number_format(share, 1)}


@dataclass(frozen=True, slots=True)
class Kroner:
    """An amount as a cell of a sheet. It is a number and no text: one below nought is not taken for a formula."""

    ore: int

    def __str__(self) -> str:
        """As spreadsheet programs in Norway read it."""
        return f"{self.amount:.2f}".replace(".", ",")

    @property
    def amount(self) -> Decimal:
        return Decimal(self.ore) / 100
