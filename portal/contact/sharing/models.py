"""Who said yes to standing in the municipality's list of contacts, and links that show the list to somebody outside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import District, Municipality
from directory.providers.models import Provider

GOOD_FOR = timedelta(days=30)  # a link to the list


class ContactConsent(models.Model):
    """That a provider wants to stand in the list of contacts: since when, who said it, and since when no more."""

    wagtail_reference_index_ignore = True
    tenant_path = "provider__municipality"  # see municipalities/tenancy.py
    stays_when_merged = True  # see directory/merging/actions.py

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, related_name="contact_consent")
    given_at = models.DateTimeField(_("said yes"))
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("took it back"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent to the list of contacts")
        verbose_name_plural = _("consents to the list of contacts")

    def __str__(self) -> str:
        return str(self.provider)


class SharedList(models.Model):
    """A link that shows the list of contacts, narrowed or whole, to whoever has it. Read only; ends by itself."""

    wagtail_reference_index_ignore = True

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="shared_lists")
    category = models.SlugField(_("category"), max_length=80, blank=True)
    # With its part of town a link goes: without it, it would show everybody.
    district = models.ForeignKey(District, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    words = models.CharField(_("words looked for"), max_length=100, blank=True, default="", db_default="")
    whom_for = models.CharField(_("for whom"), max_length=120)
    created_at = models.DateTimeField(_("made"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField(_("ends"))
    revoked_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta:
        verbose_name = _("link to the list of contacts")
        verbose_name_plural = _("links to the list of contacts")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"  # for whom it is must stand in no log

    def is_open(self, at: datetime) -> bool:
        """Whether the link still leads to the list."""
        return self.revoked_at is None and self.expires_at > at
