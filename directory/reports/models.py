"""What visitors tell staff: something on a page is wrong."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind
from directory.municipalities.models import Municipality


class ErrorReport(models.Model):
    """A visitor's word that a listing is wrong. Holds no name and no address: nobody is asked who they are."""

    class Topic(models.TextChoices):
        CLOSED = "closed", _("It does not exist any more")
        TIME = "time", _("The time is wrong")
        PLACE = "place", _("The place or address is wrong")
        PRICE = "price", _("The price is wrong")
        CONTACT = "contact", _("Nobody answers, or the contact is wrong")
        OTHER = "other", _("Something else")
        # Only those who keep the page ask for these; visitors are not offered them.
        REOPEN = "reopen", _("Its provider asks to open it again")
        MERGE = "merge", _("Its provider asks to merge it with another page")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="error_reports")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    listing_id = models.PositiveBigIntegerField()
    listing_name = models.CharField(_("listing"), max_length=160)
    topic = models.CharField(_("what is wrong"), max_length=10, choices=Topic.choices)
    text = models.TextField(_("in the visitor's words"), max_length=2000, blank=True)
    lang = models.CharField(_("language"), max_length=5, blank=True)
    created_at = models.DateTimeField(_("received"), auto_now_add=True)
    handled_at = models.DateTimeField(_("dealt with"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("dealt with by"),
    )

    note = models.TextField(_("what was done"), max_length=2000, blank=True, default="")

    class Meta:
        verbose_name = _("error report")
        verbose_name_plural = _("error reports")
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.listing_name}: {self.get_topic_display()}"


class FormUse(models.Model):
    """That a form token was used, or that a sender (a keyed hash of the day) sent something. Forgotten within two hours."""

    key = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key.split(":")[0]
