"""Support schemes: who may apply, for what, and how."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind
from directory.listings.models import Listing
from directory.providers.models import Provider


class SupportScheme(Listing):
    """Help to take part: a fee fund, a companion card, free loan of gear, a grant."""

    KIND = Kind.SUPPORT

    class Applicant(models.TextChoices):
        ANYBODY = "anybody", _("anybody")
        GUARDIAN = "guardian", _("guardian or the young person")
        PROFESSIONAL = "professional", _("a professional around the child")
        ASSOCIATION = "association", _("the association")

    provider = models.ForeignKey(
        Provider, on_delete=models.SET_NULL, null=True, blank=True, related_name="support_schemes", verbose_name=_("run by")
    )
    applicant = models.CharField(_("who applies"), max_length=12, choices=Applicant.choices, default=Applicant.GUARDIAN)
    who_may_apply = models.TextField(_("who may get it"), blank=True)
    covers = models.TextField(_("what it pays for"), blank=True)
    how_to_apply = models.TextField(_("how to apply"), blank=True, help_text=_("One step a line."))
    max_amount = models.DecimalField(_("highest amount, kroner"), max_digits=9, decimal_places=2, null=True, blank=True)
    deadline = models.DateField(_("next deadline"), null=True, blank=True)
    application_url = models.URLField(_("address of the application"), max_length=400, blank=True)

    class Meta(Listing.Meta):
        abstract = False
        verbose_name = _("support scheme")
        verbose_name_plural = _("support schemes")
