"""A person's own wish to be erased."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ErasureRequest(models.Model):
    """Somebody wants to be erased. It is done when `due_at` has come, unless they think better of it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="erasure_request")
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("erased on"), db_index=True)

    class Meta:
        verbose_name = _("wish to be erased")
        verbose_name_plural = _("wishes to be erased")

    def __str__(self) -> str:
        return f"{self.user_id} {self.due_at:%Y-%m-%d}"
