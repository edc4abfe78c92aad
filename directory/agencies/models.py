"""Agencies that guide families and hand out cards, and who works for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import Municipality
from portal.kit.texts import Text, best
from portal.languages import CODES


class Agency(models.Model):
    """An office of a municipality, or beside it, that meets families: what it offers, when, and how it is reached.

    Every agency of a municipality sees these facts of the others, and nothing else of them.
    """

    class Kind(models.TextChoices):
        NAV = "nav", _("NAV")
        INTRODUCTION = "introduction", _("introduction centre")
        REFUGEES = "refugees", _("refugee service")
        HEALTH = "health", _("school nurse or health centre")
        CHILD_WELFARE = "child-welfare", _("child welfare")
        CRISIS = "crisis", _("crisis centre")
        SCHOOL = "school", _("school or kindergarten")
        LIBRARY = "library", _("library")
        VOLUNTEER_CENTRE = "volunteer-centre", _("volunteer centre")
        OTHER = "other", _("other service")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="agencies")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.OTHER)
    name = models.CharField(_("name"), max_length=120)
    offers = models.TextField(_("what families get here"), blank=True)
    hours = models.TextField(_("when it is open"), blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("mail address"), blank=True)
    website = models.URLField(_("website"), max_length=400, blank=True)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering: ClassVar[list[str]] = ["sort_order", "name_nb", "pk"]

    def __str__(self) -> str:
        return best(self, "name", CODES).value

    def text(self, field: str, order: Iterable[str]) -> Text:
        """A text for a reader, in the first language of `order` that has one."""
        return best(self, field, order)


class AgencyRole(models.Model):
    """A frontline worker's place at an agency: the role ends with the row, and all access with it."""

    class Role(models.TextChoices):
        WORKER = "worker", _("frontline worker")
        LEADER = "leader", _("leader of the agency")  # keeps its text and its people

    tenant_path = "agency__municipality"  # see municipalities/tenancy.py

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agency_roles")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.WORKER)
    since = models.DateField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("role at an agency")
        verbose_name_plural = _("roles at agencies")
        ordering: ClassVar[list[str]] = ["agency", "user"]
        constraints = [models.UniqueConstraint(fields=["user", "agency"], name="agency_role_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.agency} · {self.get_role_display()}"
