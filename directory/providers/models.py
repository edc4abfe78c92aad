"""Providers: anyone listed as offering something, and who may act for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind
from directory.listings.models import Listing
from directory.municipalities.models import District, Municipality
from directory.providers.rules import is_org_number


def check_org_number(value: str) -> None:
    """Nine digits with the right check digit."""
    if not is_org_number(value):
        raise ValidationError(_("This is not an organisation number: nine digits, the last of them a check digit."))


class Provider(Listing):
    """An association or anyone else who offers something to take part in."""

    KIND = Kind.PROVIDER
    OUTSIDE_DRAFT = (*Listing.OUTSIDE_DRAFT, "publishes_at_once", "register_name", "register_form", "register_seen_at")

    class ProviderKind(models.TextChoices):
        ASSOCIATION = "association", _("association")
        INFORMAL = "informal", _("informal group")
        HOST = "host", _("meeting place host")
        COMMITTEE = "committee", _("neighbourhood committee")
        VOLUNTEER_CENTRE = "volunteer-centre", _("volunteer centre")
        MUNICIPAL = "municipal", _("municipal service")
        COMMERCIAL = "commercial", _("commercial")
        FAITH = "faith", _("faith community")

    kind = models.CharField(_("kind"), max_length=20, choices=ProviderKind.choices, default=ProviderKind.ASSOCIATION)
    org_number = models.CharField(_("organisation number"), max_length=9, blank=True, validators=[check_org_number])
    logo = models.ForeignKey(
        "wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("logo")
    )
    founded = models.PositiveSmallIntegerField(_("founded in"), null=True, blank=True)
    membership_note = models.TextField(_("membership"), blank=True, help_text=_("What membership costs and how one joins."))
    membership_fee = models.DecimalField(
        _("membership fee a year, kroner"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    committee_of = models.ForeignKey(
        District,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="committees",
        verbose_name=_("neighbourhood committee of"),
    )
    publishes_at_once = models.BooleanField(_("trusted: publishes without approval"), default=False)
    icnpo_codes = models.JSONField(_("purposes in the voluntary register (ICNPO)"), default=list, blank=True)

    # As the public register has it; outside the draft
    register_name = models.CharField(max_length=200, blank=True, editable=False)
    register_form = models.CharField(max_length=20, blank=True, editable=False)
    register_seen_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(Listing.Meta):
        abstract = False
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        constraints = [
            *Listing.Meta.constraints,
            models.UniqueConstraint(
                fields=["municipality", "org_number"], condition=~Q(org_number=""), name="provider_org_number_once"
            ),
        ]

    @classmethod
    def dependants_of(cls, pks: list[int]) -> Iterable[tuple[type[Listing], int]]:
        """What they offer and run."""
        from directory.activities.models import Activity
        from directory.places.models import Place
        from directory.support.models import SupportScheme

        for model in (Activity, Place, SupportScheme):
            for pk in model.objects.filter(provider__in=pks).values_list("pk", flat=True):
                yield model, pk


class Membership(models.Model):
    """A user's role at a provider."""

    class Role(models.TextChoices):
        EDITOR = "editor", _("editor")
        TREASURER = "treasurer", _("treasurer")
        TILL = "till", _("till")

    tenant_path = "provider__municipality"  # see municipalities/tenancy.py

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.EDITOR)
    since = models.DateField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering: ClassVar[list[str]] = ["provider", "user", "role"]
        constraints = [models.UniqueConstraint(fields=["user", "provider", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.provider} · {self.get_role_display()}"


class AccessRequest(models.Model):
    """Somebody asks to keep a provider's page: one that is listed (`provider`), or a new one (`name`, `org_number`)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for the municipality")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="access_requests")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_requests")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, null=True, blank=True, related_name="access_requests")
    name = models.CharField(_("name"), max_length=160, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Provider.ProviderKind.choices, blank=True)
    org_number = models.CharField(_("organisation number"), max_length=9, blank=True)
    message = models.TextField(_("who you are there"), max_length=1000, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(_("asked"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    answer = models.TextField(_("answer"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("request to keep a page")
        verbose_name_plural = _("requests to keep pages")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "provider"], condition=Q(state="waiting", provider__isnull=False), name="access_request_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.provider or self.name}"


class Invitation(models.Model):
    """A letter that asks somebody to keep a provider's page. Its link holds the row's number and works once."""

    tenant_path = "provider__municipality"

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("mail address"))
    role = models.CharField(_("role"), max_length=12, choices=Membership.Role.choices, default=Membership.Role.EDITOR)
    takes_over = models.BooleanField(_("takes over: those who keep the page now go"), default=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("invited by")
    )
    sent_at = models.DateTimeField(_("sent"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering: ClassVar[list[str]] = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "email", "role"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.provider}"


class Attestation(models.Model):
    """That a provider has seen police certificates of those who work with children: when, and who says so. No document."""

    tenant_path = "provider__municipality"

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="attestations")
    seen_on = models.DateField(_("certificates seen on"))
    said_by = models.CharField(_("who has seen them"), max_length=120)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )
    recorded_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("police certificate attestation")
        verbose_name_plural = _("police certificate attestations")
        ordering: ClassVar[list[str]] = ["-seen_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.provider} · {self.seen_on}"
