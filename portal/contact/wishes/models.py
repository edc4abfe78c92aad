"""One wish: what is missing, where and for which age. Nobody's name, no address, and the day instead of the hour."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.listings.models import Category
from directory.municipalities.models import District, Municipality
from portal.languages import direction

#: So long the words of a wish are kept; what was wished for, where and at what age is counted on.
KEPT = timedelta(days=365)


class AgeBand(models.TextChoices):
    """About how old somebody is. Numbers read the same in every language."""

    SIX = "6-9", "6–9"
    TEN = "10-12", "10–12"
    THIRTEEN = "13-15", "13–15"
    SIXTEEN = "16-19", "16–19"
    TWENTY = "20-25", "20–25"
    UNSAID = "", _("I do not want to say")


class WordsState(models.TextChoices):
    """What staff have decided about the words of a wish."""

    NONE = "none", _("no words")
    WAITING = "waiting", _("not looked at")
    SHOWN = "shown", _("shown to everybody")
    HIDDEN = "hidden", _("not shown")


class Wish(models.Model):
    """What somebody young would like to be there."""

    wagtail_reference_index_ignore = True

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="wishes")
    category = models.ForeignKey(
        Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    text = models.CharField(_("in their own words"), max_length=200, blank=True)
    lang = models.CharField(_("language"), max_length=8)
    age_band = models.CharField(_("age"), max_length=6, choices=AgeBand.choices, blank=True)
    district = models.ForeignKey(
        District, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("part of town")
    )
    day = models.DateField(_("day"), db_index=True)
    words = models.CharField(_("words"), max_length=8, choices=WordsState.choices, default=WordsState.NONE)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("words of a wish")
        verbose_name_plural = _("words of wishes")
        ordering: ClassVar[list[str]] = ["-day", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="wish_words_have_a_state", condition=Q(text="") | ~Q(words=WordsState.NONE)),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"  # the words must stand in no log

    @property
    def dir(self) -> str:
        """The direction of its words."""
        return direction(self.lang)
