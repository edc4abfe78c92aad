"""What is kept of families who were guided: a mail address for ten weeks if they asked to be reminded, and sums of answers.

hand-over (nothing kept but the letter itself, see actions.py) ──▶ Nudge, if asked for ──▶ one answer, two ──▶ OutcomeSum
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind
from directory.municipalities.models import Municipality
from directory.providers.models import Provider


class Outcome(models.TextChoices):
    """How it went, in the words people choose from. There is no room for others: nothing about anybody can be told."""

    HANDED_OVER = "handed-over", _("said that they are coming")
    STARTED = "started", _("got started")
    NOT_YET = "not-yet", _("has not started yet, but will")
    NOT_PRICE = "not-price", _("did not start: it costs too much")
    NOT_FULL = "not-full", _("did not start: there was no room")
    NOT_TIME = "not-time", _("did not start: the time does not suit")
    NOT_FAR = "not-far", _("did not start: it is hard to get there")
    NOT_ANSWER = "not-answer", _("did not start: nobody answered")
    NOT_OTHER = "not-other", _("did not start: something else")
    STILL = "still", _("still going after eight weeks")
    STOPPED_PRICE = "stopped-price", _("stopped: it costs too much")
    STOPPED_TIME = "stopped-time", _("stopped: the time does not suit")
    STOPPED_FAR = "stopped-far", _("stopped: it is hard to get there")
    STOPPED_WELCOME = "stopped-welcome", _("stopped: did not feel welcome")
    STOPPED_LIKE = "stopped-like", _("stopped: did not like it")
    STOPPED_OTHER = "stopped-other", _("stopped: something else")


class Nudge(models.Model):
    """Where to ask how it went, twice. No name, no age; erased with the last answer, or ten weeks after they asked for it."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    listing_id = models.PositiveBigIntegerField()
    email = models.EmailField()
    lang = models.CharField(max_length=5)
    first_on = models.DateField()  # the day after the first visit
    second_on = models.DateField(db_index=True)
    erase_on = models.DateField(db_index=True)
    first_sent_at = models.DateTimeField(null=True, blank=True)
    second_sent_at = models.DateTimeField(null=True, blank=True)
    first_answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("reminder to a family")
        verbose_name_plural = _("reminders to families")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(first_on__lt=F("second_on")) & Q(second_on__lt=F("erase_on")), name="nudge_days_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.listing_id}, {self.first_on}"


class OutcomeSum(models.Model):
    """How many answered what in a month, by kind of provider and part of town. Nothing leads from here to a person."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    month = models.DateField(_("month"))  # its first day
    provider_kind = models.CharField(_("kind of provider"), max_length=20, choices=Provider.ProviderKind.choices, blank=True)
    district = models.CharField(_("part of town"), max_length=80, blank=True)
    outcome = models.CharField(_("answer"), max_length=20, choices=Outcome.choices)
    count = models.PositiveIntegerField(_("how many"), default=0)

    class Meta:
        verbose_name = _("sum of answers")
        verbose_name_plural = _("sums of answers")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["municipality", "month", "provider_kind", "district", "outcome"], name="outcome_sum_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.outcome}: {self.count}"


class UsedDraft(models.Model):
    """That a hand-over was sent: the code on the worker's screen works once. A hash, forgotten after two days."""

    mark = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.mark[:8]
