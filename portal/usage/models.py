"""Sums of what was shown and asked for, and words that wait until enough have asked for them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import Municipality

MOST_KEY = 100


class What(models.TextChoices):
    """What a sum is of. `key` names the page of a view, and the words of the last two."""

    VIEW = "view", _("pages shown")
    SEARCH = "search", _("searches")
    NOTHING = "nothing", _("searches without a hit")
    WORDS = "words", _("words that found something")
    UNMET = "unmet", _("words that found nothing")


class DailySum(models.Model):
    """How often on one day. `lang` is empty for words that were held back when they were asked for."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(_("day"))
    what = models.CharField(_("what"), max_length=10, choices=What.choices)
    lang = models.CharField(_("language"), max_length=8, blank=True)
    district = models.CharField(_("part of town"), max_length=80, blank=True)
    kiosk = models.BooleanField(_("on a public screen"), default=False)
    key = models.CharField(_("page or words"), max_length=MOST_KEY, blank=True)
    count = models.PositiveBigIntegerField(_("how often"))

    class Meta:
        verbose_name = _("daily sum")
        verbose_name_plural = _("daily sums")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["municipality", "day", "what", "lang", "district", "kiosk", "key"], name="daily_sum_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.what} {self.key}: {self.count}"


class HeldWords(models.Model):
    """Words of searches. Until enough have asked for them there is only a keyed hash (`tag`) and how often; then `words`."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    tag = models.CharField(max_length=32)
    count = models.PositiveIntegerField(default=0)
    days = models.PositiveIntegerField(default=1)  # on how many different days they were asked for
    since = models.DateField()
    seen = models.DateField()
    words = models.CharField(max_length=MOST_KEY, blank=True)

    class Meta:
        verbose_name = _("words of searches")
        verbose_name_plural = _("words of searches")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["municipality", "tag"], name="held_words_once")
        ]

    def __str__(self) -> str:
        return self.words or self.tag
