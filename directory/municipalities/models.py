"""The tenant, its staff, and its neighbourhoods."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import BaseLogEntry
from wagtail.models.audit_log import BaseLogEntryManager

from portal.kit.texts import Text, best
from portal.languages import CODES

if TYPE_CHECKING:
    from portal.accounts.models import User


def default_languages() -> list[str]:
    return ["nb", "en"]


def check_languages(value: Any) -> None:
    """A list of known language codes, each once, the municipality's own first."""
    if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value) or set(map(str, value)) - set(CODES):
        raise ValidationError(_("Choose at least one language, each once."))


class Feature(models.TextChoices):
    """Parts of the product that a municipality may have or leave out."""

    CALENDAR = "calendar", _("calendar")
    CARDS = "cards", _("activity card")
    CLAIMS = "claims", _("fees paid")
    SEATS = "seats", _("seats for school classes")
    NEWSLETTERS = "newsletters", _("newsletters")


def check_features(value: Any) -> None:
    """A list of known features, each once."""
    if not isinstance(value, list) or len(set(map(str, value))) != len(value) or set(map(str, value)) - set(Feature.values):
        raise ValidationError(_("These parts are not known."))


class MunicipalityQuerySet(models.QuerySet["Municipality"]):
    def of_staff(self, user: User) -> MunicipalityQuerySet:
        """The municipalities a member of staff may work in; all of them for who runs the installation."""
        if user.is_superuser and user.is_active:
            return self
        return self.filter(staff_roles__user=user, staff_roles__user__is_active=True).distinct()


class Municipality(models.Model):
    """One municipality: the tenant. Its host and page tree hang on a Wagtail site."""

    number = models.CharField(_("municipality number"), max_length=4, unique=True, validators=[RegexValidator(r"^\d{4}$")])
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("short name for addresses"), max_length=60, unique=True)
    site = models.OneToOneField("wagtailcore.Site", on_delete=models.SET_NULL, null=True, blank=True, related_name="municipality")
    languages = models.JSONField(
        _("languages, in the order they are offered"), default=default_languages, validators=[check_languages]
    )
    checked_languages = models.JSONField(_("languages a speaker has checked"), default=default_languages, blank=True)
    features = models.JSONField(_("parts in use"), default=list, blank=True, validators=[check_features])
    boundary = models.JSONField(_("boundary (GeoJSON geometry)"), null=True, blank=True)
    lat = models.FloatField(_("latitude of the centre"), null=True, blank=True)
    lon = models.FloatField(_("longitude of the centre"), null=True, blank=True)
    contact_email = models.EmailField(_("mail address of the coordinator's office"), blank=True)
    workflow = models.ForeignKey("wagtailcore.Workflow", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    collection = models.ForeignKey("wagtailcore.Collection", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    staff_group = models.ForeignKey("auth.Group", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    is_demo = models.BooleanField(_("demo town"), default=False, editable=False)

    objects = MunicipalityQuerySet.as_manager()

    class Meta:
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    def has(self, feature: Feature) -> bool:
        """Whether this municipality uses a part of the product."""
        return feature in self.features

    def order_for(self, lang: str) -> list[str]:
        """Languages in which to look for a text: the reader's, then the municipality's in order, then all others."""
        return list(dict.fromkeys([lang, *self.languages, *CODES]))


class StaffRole(models.Model):
    """A person's work for a municipality: who may enter its staff screens."""

    class Role(models.TextChoices):
        COORDINATOR = "coordinator", _("coordinator")
        EDITOR = "editor", _("editor")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_roles")
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="staff_roles")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.EDITOR)

    class Meta:
        verbose_name = _("staff role")
        verbose_name_plural = _("staff roles")
        constraints = [models.UniqueConstraint(fields=["user", "municipality"], name="staff_role_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.municipality}"


class District(models.Model):
    """A part of a municipality: a neighbourhood, or a school's catchment. Told by a boundary or by postcodes."""

    class Kind(models.TextChoices):
        NEIGHBOURHOOD = "neighbourhood", _("neighbourhood")
        SCHOOL = "school", _("school catchment")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="districts")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.NEIGHBOURHOOD)
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("short name for addresses"), max_length=80)
    intro = models.TextField(_("introduction"), blank=True)
    boundary = models.JSONField(_("boundary (GeoJSON geometry)"), null=True, blank=True)
    postcodes = models.JSONField(_("postcodes"), default=list, blank=True)
    lat = models.FloatField(_("latitude of the centre"), null=True, blank=True)
    lon = models.FloatField(_("longitude of the centre"), null=True, blank=True)

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")
        ordering: ClassVar[list[str]] = ["kind", "name_nb"]
        constraints = [models.UniqueConstraint(fields=["municipality", "slug"], name="district_slug_once")]

    def __str__(self) -> str:
        return best(self, "name", CODES).value

    def name_in(self, order: Iterable[str]) -> Text:
        return best(self, "name", order)


def out_of_order() -> int:
    """A number for a row that no other has or will get, and that says nothing of when it was given."""
    return -secrets.randbits(62) - 1


class TenantLogManager(BaseLogEntryManager):
    """Finds log entries by row and by municipality.

    `viewable_by_user` does not ask Wagtail's: that one keeps the content types of whichever log it is asked about
    first on the user, and entries of the others then go missing.

    Of rows that say so (`logged_out_of_order`) entries are not numbered one after the other: when such an entry loses its row
    and its day, no gap between its neighbours tells them.
    """

    def log_action(self, instance: models.Model, action: str, **kwargs: Any) -> Any:
        from directory.municipalities.tenancy import tenant_id  # stands on this module

        if getattr(instance, "logged_out_of_order", False):
            kwargs.setdefault("id", out_of_order())
        return super().log_action(instance, action, object_id=str(instance.pk), municipality_id=tenant_id(instance), **kwargs)

    def for_instance(self, instance: models.Model) -> models.QuerySet[Any]:
        content_type = ContentType.objects.get_for_model(instance, for_concrete_model=False)
        return self.filter(content_type=content_type, object_id=str(instance.pk))

    def viewable_by_user(self, user: Any) -> models.QuerySet[Any]:
        from directory.municipalities.tenancy import municipality_ids

        if user.is_active and user.is_superuser:
            return self.all()
        return self.filter(municipality__in=municipality_ids(user))


class TenantLogEntry(BaseLogEntry):
    """Who did what with a row of a municipality."""

    object_id = models.CharField(max_length=255, db_index=True)
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")

    objects = TenantLogManager()

    class Meta(BaseLogEntry.Meta):
        verbose_name = _("log entry")
        verbose_name_plural = _("log entries")
        ordering: ClassVar[list[str]] = ["-timestamp", "-id"]

    def __str__(self) -> str:
        return f"{self.action}: {self.label}"
