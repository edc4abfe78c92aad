"""The bounded counter, and the journal of what changed its bounds."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Counted(models.Model):
    """A row that counts something scarce: `used` never passes `quantity`, which the database repeats as a CHECK.

    Moved only by cards/ledger/counter.py: one conditional UPDATE, in the transaction that writes the journal row.
    Subclasses name the CHECK: `constraints = [bounded("allowance_within_quantity")]`.
    """

    quantity = models.BigIntegerField(_("quantity"))
    used = models.BigIntegerField(_("used"), default=0, editable=False)

    class Meta:
        abstract = True

    @property
    def left(self) -> int:
        return self.quantity - self.used


def bounded(name: str) -> models.CheckConstraint:
    """0 ≤ used ≤ quantity."""
    return models.CheckConstraint(name=name, condition=Q(used__gte=0) & Q(used__lte=F("quantity")))


class CountChange(models.Model):
    """One change of a bound: raised, lowered, withdrawn, released, given back. Appended, never edited.

    Names the row by table and number. Changes of single cards name their batch or card type instead (`what`, `ref`) and how
    many cards: a log must not tell one holder from another.
    """

    what = models.CharField(_("what"), max_length=40)  # "offer", "stock", "quota", "card-type-line", "batch", "ceiling"
    ref = models.BigIntegerField(_("number of the row"))
    kind = models.CharField(_("kind"), max_length=20)  # "raise", "lower", "withdraw", "release", "return", "taken", "extra"
    before = models.BigIntegerField(_("before"), null=True, blank=True)
    after = models.BigIntegerField(_("after"), null=True, blank=True)
    rows = models.PositiveIntegerField(_("rows changed"), default=1)
    reason = models.CharField(_("why"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("change of a quantity")
        verbose_name_plural = _("changes of quantities")
        ordering: ClassVar[list[str]] = ["at", "pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["what", "ref"], name="count_change_of")]

    def __str__(self) -> str:
        return f"{self.what} {self.ref}: {self.before} → {self.after}"
