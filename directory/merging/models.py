"""What staff decided about two listings that look like one."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind
from directory.municipalities.models import Municipality


class Comparison(models.Model):
    """Two listings of a kind that were looked at side by side: merged into one, or found to be two.

    `facts` of a merge says all that it moved and changed, so that it can be undone.
    """

    class Outcome(models.TextChoices):
        MERGED = "merged", _("merged")
        UNDONE = "undone", _("merged, and undone")
        DIFFERENT = "different", _("not the same")

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    kept_id = models.PositiveBigIntegerField()
    other_id = models.PositiveBigIntegerField()  # the one that went; of two different ones the higher number
    names = models.CharField(_("names"), max_length=340)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    at = models.DateTimeField(_("decided"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    facts = models.JSONField(default=dict, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("comparison of two listings")
        verbose_name_plural = _("comparisons of listings")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.names
