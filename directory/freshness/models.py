"""What is done so that nothing goes stale silently: letters that ask, addresses that bounce, links that are dead."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind
from directory.municipalities.models import Municipality
from directory.providers.models import Provider


class Asking(models.Model):
    """That a provider was asked whether its listings still hold: one row for each letter of a round.

    A round begins when the oldest of its listings becomes due. What a link may confirm is the round's: its number is in the
    link, and an answered round answers no more.
    """

    class Step(models.TextChoices):
        ASK = "ask", _("asked")
        REMIND = "remind", _("reminded")
        LAST = "last", _("last reminder before hiding")
        HIDDEN = "hidden", _("told that it is hidden")

    class Answer(models.TextChoices):
        CONFIRMED = "confirmed", _("all is still right")
        CHANGED = "changed", _("something was changed")
        CLOSED = "closed", _("we have closed")

    tenant_path = "provider__municipality"  # see municipalities/tenancy.py

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="askings")
    round = models.DateField(_("round"))  # the day its first letter was due
    step = models.CharField(_("letter"), max_length=10, choices=Step.choices)
    sent_at = models.DateTimeField(_("sent"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=10, choices=Answer.choices, blank=True)

    class Meta:
        verbose_name = _("question whether all is right")
        verbose_name_plural = _("questions whether all is right")
        ordering: ClassVar[list[str]] = ["-sent_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["provider", "round", "step"], name="asking_step_once")]

    def __str__(self) -> str:
        return f"{self.provider} · {self.get_step_display()}"


class UndeliverableAddress(models.Model):
    """A mail address that letters come back from, or whose owner has complained. Nothing but necessary letters goes there."""

    class Cause(models.TextChoices):
        BOUNCED = "bounced", _("letters come back")
        COMPLAINED = "complained", _("the receiver reported it as unwanted")

    email = models.EmailField(_("mail address"), unique=True)
    cause = models.CharField(_("cause"), max_length=12, choices=Cause.choices, default=Cause.BOUNCED)
    said = models.CharField(_("what the mail server said"), max_length=300, blank=True)
    since = models.DateTimeField(_("since"))
    last_at = models.DateTimeField(_("last"))
    count = models.PositiveIntegerField(_("how often"), default=1)

    class Meta:
        verbose_name = _("address that letters come back from")
        verbose_name_plural = _("addresses that letters come back from")
        ordering: ClassVar[list[str]] = ["-last_at"]

    def __str__(self) -> str:
        return self.email


class LinkCheck(models.Model):
    """How the website of a listing answered when it was last asked."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    listing_id = models.PositiveBigIntegerField()
    url = models.URLField(_("address"), max_length=400)
    status = models.CharField(_("answer"), max_length=60, blank=True)  # "200", "404", or the name of what went wrong
    is_dead = models.BooleanField(_("dead"), default=False)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row; one failure is no death
    asked_at = models.DateTimeField(_("asked"))

    class Meta:
        verbose_name = _("check of a link")
        verbose_name_plural = _("checks of links")
        ordering: ClassVar[list[str]] = ["-asked_at"]
        constraints = [models.UniqueConstraint(fields=["kind", "listing_id", "url"], name="link_check_once")]

    def __str__(self) -> str:
        return f"{self.url}: {self.status}"


class WeeklyTruth(models.Model):
    """How true the directory was in one week: all of it, one part of town, one category or one kind (`part` and `key`)."""

    class Part(models.TextChoices):
        ALL = "all", _("the whole directory")
        DISTRICT = "district", _("part of town")
        CATEGORY = "category", _("category")
        KIND = "kind", _("kind")

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    week = models.DateField(_("week"))  # its Monday
    part = models.CharField(_("part"), max_length=10, choices=Part.choices, default=Part.ALL)
    key = models.CharField(_("which"), max_length=80, blank=True)  # the slug of a district or category, the value of a kind
    pages = models.PositiveIntegerField(_("pages"))
    confirmed = models.PositiveIntegerField(_("confirmed within a year"))
    marked = models.PositiveIntegerField(_("not confirmed for a long time"))
    hidden = models.PositiveIntegerField(_("hidden"))

    class Meta:
        verbose_name = _("weekly count of what is confirmed")
        verbose_name_plural = _("weekly counts of what is confirmed")
        ordering: ClassVar[list[str]] = ["-week", "part", "key"]
        constraints = [models.UniqueConstraint(fields=["municipality", "week", "part", "key"], name="weekly_truth_once")]

    def __str__(self) -> str:
        return f"{self.week}: {self.key or self.part}"
