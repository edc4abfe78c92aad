"""Notices, and members' word that one of them should not hang there."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.agencies.models import Agency
from directory.municipalities.models import District, Municipality
from directory.providers.models import Provider
from portal.languages import direction


class NoticeKind(models.TextChoices):
    """What a notice is about."""

    LOOKING = "looking", _("We are looking for")
    OFFERING = "offering", _("We offer")
    LENDING = "lending", _("To lend and borrow")
    PREMISES = "premises", _("Rooms and places")
    VOLUNTEERS = "volunteers", _("Volunteers wanted")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def hanging(self, day: date | None = None) -> Self:
        """What hangs on the board: neither over, nor closed, nor taken down."""
        return self.filter(until__gte=day or timezone.localdate(), closed_at=None, removed_at=None)


class Notice(models.Model):
    """A notice in its author's own words, on behalf of a provider, of an agency, or of the municipality."""

    wagtail_reference_index_ignore = True

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(_("kind"), max_length=12, choices=NoticeKind.choices)
    title = models.CharField(_("heading"), max_length=100)
    text = models.TextField(_("text"), max_length=2000)
    lang = models.CharField(_("language"), max_length=8)
    district = models.ForeignKey(
        District, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("part of town")
    )
    until = models.DateField(_("hangs until"))
    provider = models.ForeignKey(
        Provider, on_delete=models.CASCADE, null=True, blank=True, related_name="notices", verbose_name=_("on behalf of")
    )
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, null=True, blank=True, related_name="notices")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("put up"))
    changed_at = models.DateTimeField(_("changed"))
    closed_at = models.DateTimeField(_("taken down by its author"), null=True, blank=True)
    removed_at = models.DateTimeField(_("taken down by staff"), null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    removed_reason = models.CharField(_("reason"), max_length=400, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notice board")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["municipality", "until", "created_at"], name="notice_hanging"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"  # what somebody wrote must stand in no log

    @property
    def dir(self) -> str:
        return direction(self.lang)

    @property
    def is_up(self) -> bool:
        """Whether it hangs on the board today."""
        return self.closed_at is None and self.removed_at is None and self.until >= timezone.localdate()


class NoticeReport(models.Model):
    """A member's word to staff about a notice."""

    wagtail_reference_index_ignore = True
    tenant_path = "notice__municipality"  # see municipalities/tenancy.py

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="reports")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    text = models.CharField(_("what is wrong"), max_length=400)
    created_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("report of a notice")
        verbose_name_plural = _("reports of notices")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["notice", "user"], name="notice_reported_once")
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
