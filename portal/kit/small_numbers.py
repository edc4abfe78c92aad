"""How counts are published: small ones hidden, all rounded, so that nothing about one person can be read out of them.

The rule, the same for screen, chart and export:
- a count below 5 is shown as "fewer than 5", and nought is among these;
- every other count is rounded to the nearest 5, and totals are rounded from the true total, never added up from what is
  shown. So nobody finds a hidden number by taking the shown ones from the total: rounding leaves several answers open.
Hiding alone is not enough: with totals beside them, nearly all hidden cells of a table can be worked out.
"""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _

BASE = 5


def rounded(count: int) -> int | None:
    """The count as it may be told; None where it is too small to be."""
    return None if count < BASE else (count + BASE // 2) // BASE * BASE


def in_words(shown: int | None) -> str:
    """What `rounded` gave, as people read it."""
    return _("fewer than %(number)s") % {"number": BASE} if shown is None else number_format(shown, force_grouping=True)


def share(part: int, whole: int) -> int | None:
    """Per cent of the whole, from rounded numbers; None where either is too small."""
    some, all_ = rounded(part), rounded(whole)
    return None if some is None or all_ is None else min(100, round(100 * some / all_))
