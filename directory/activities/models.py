"""Activities, when they meet, and the seasons that gather them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.models import Orderable

from directory.listings.kinds import Kind, PricePer, Visibility
from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from portal.kit.texts import Text, best
from portal.languages import CODES


class Season(models.Model):
    """A programme with a beginning and an end that gathers activities: a holiday programme."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="seasons")
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name for addresses"), max_length=80)
    intro = models.TextField(_("introduction"), blank=True)
    starts = models.DateField(_("first day"))
    ends = models.DateField(_("last day"))

    class Meta:
        verbose_name = _("season")
        verbose_name_plural = _("seasons")
        ordering: ClassVar[list[str]] = ["starts"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "slug"], name="season_slug_once"),
            models.CheckConstraint(condition=Q(starts__lte=F("ends")), name="season_days_in_order"),
        ]

    def __str__(self) -> str:
        return best(self, "name", CODES).value

    def name_in(self, order: Iterable[str]) -> Text:
        return best(self, "name", order)


class Activity(Listing):
    """Something one can take part in."""

    KIND = Kind.ACTIVITY

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="activities", verbose_name=_("provider"))
    places = ParentalManyToManyField(Place, blank=True, related_name="+", verbose_name=_("places"))
    seasons = ParentalManyToManyField(Season, blank=True, related_name="+", verbose_name=_("seasons"))

    is_free = models.BooleanField(_("free"), null=True, blank=True, help_text=_("Leave unknown when nobody has said."))
    price = models.DecimalField(_("price, kroner"), max_digits=8, decimal_places=2, null=True, blank=True)
    price_per = models.CharField(_("price is for"), max_length=8, choices=PricePer.choices, blank=True)
    price_note = models.CharField(_("about the price"), max_length=300, blank=True)

    low_threshold = models.BooleanField(_("just turn up: no sign-up, no skills needed"), default=False)
    trial = models.CharField(
        _("trying it out"), max_length=300, blank=True, help_text=_("For example: the first three times are free.")
    )
    first_steps = models.TextField(_("how to start"), blank=True, help_text=_("One step a line."))
    bring = models.CharField(_("what to bring"), max_length=300, blank=True)
    first_contact_name = models.CharField(_("first contact"), max_length=120, blank=True)
    first_contact_phone = models.CharField(_("first contact's telephone"), max_length=40, blank=True)
    first_contact_email = models.EmailField(_("first contact's mail address"), blank=True)
    first_contact_visibility = models.CharField(
        _("who sees the first contact"), max_length=10, choices=Visibility.choices, default=Visibility.STAFF
    )

    class Meta(Listing.Meta):
        abstract = False
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            *Listing.Meta.constraints,
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0), name="activity_price_not_negative"),
        ]

    def public_places(self) -> list[Place]:
        """Where residents may see that it meets: the places of its sessions, then the others."""
        met = [session.place for session in self.sessions.all() if session.place]
        return [place for place in dict.fromkeys([*met, *self.places.all()]) if place.is_public]

    def first_contact(self, level: str = Visibility.PUBLIC) -> dict[str, str]:
        """Name, phone and email of the first contact as somebody with `level` may see them; empty when they may not."""
        levels = [Visibility.PUBLIC, Visibility.PROVIDERS, Visibility.STAFF]
        if levels.index(Visibility(self.first_contact_visibility)) > levels.index(Visibility(level)):
            return {}
        return {name: value for name in ("name", "phone", "email") if (value := getattr(self, f"first_contact_{name}"))}


class Session(Orderable):
    """When and where an activity meets: a weekday in a season of the year, or one date."""

    class Weeks(models.TextChoices):
        EVERY = "every", _("every week")
        ODD = "odd", _("odd weeks")
        EVEN = "even", _("even weeks")
        FIRST = "first", _("first in the month")
        LAST = "last", _("last in the month")

    tenant_path = "activity__municipality"  # see municipalities/tenancy.py

    activity = ParentalKey(Activity, on_delete=models.CASCADE, related_name="sessions")
    place = models.ForeignKey(
        Place, on_delete=models.SET_NULL, null=True, blank=True, related_name="sessions", verbose_name=_("place")
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"), null=True, blank=True, choices=[(n, n) for n in range(1, 8)]
    )  # 1 Monday … 7 Sunday
    date = models.DateField(_("date"), null=True, blank=True)
    starts = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("to"), null=True, blank=True)
    weeks = models.CharField(_("which weeks"), max_length=5, choices=Weeks.choices, default=Weeks.EVERY)
    first_day = models.DateField(_("season starts"), null=True, blank=True)
    last_day = models.DateField(_("season ends"), null=True, blank=True)
    cancelled = models.JSONField(_("cancelled on"), default=list, blank=True)
    note = models.CharField(_("note"), max_length=160, blank=True)

    def clean(self) -> None:
        super().clean()
        if self.starts and self.ends and self.ends <= self.starts:
            raise ValidationError(
                {"ends": _("It ends before it begins. If it goes on past midnight, let it end at 23:59 and say so in the note.")}
            )

    class Meta(Orderable.Meta):
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.CheckConstraint(condition=Q(weekday=None) ^ Q(date=None), name="session_weekday_or_date"),
            models.CheckConstraint(condition=Q(weekday=None) | Q(weekday__range=(1, 7)), name="session_weekday"),
            models.CheckConstraint(
                condition=Q(first_day=None) | Q(last_day=None) | Q(first_day__lte=F("last_day")), name="session_days_in_order"
            ),
        ]
