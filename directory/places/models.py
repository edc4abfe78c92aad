"""Places: venues, meeting places, lending places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.models import Orderable

from directory.listings.kinds import Kind
from directory.listings.models import Listing
from directory.providers.models import Provider


class Place(Listing):
    """Somewhere things happen, people meet, or gear is lent."""

    KIND = Kind.PLACE

    class PlaceKind(models.TextChoices):
        VENUE = "venue", _("venue")
        MEETING = "meeting", _("meeting place")
        LENDING = "lending", _("lending place")

    kind = models.CharField(_("kind"), max_length=10, choices=PlaceKind.choices, default=PlaceKind.VENUE)
    provider = models.ForeignKey(
        Provider, on_delete=models.SET_NULL, null=True, blank=True, related_name="places", verbose_name=_("run by")
    )
    is_free = models.BooleanField(_("free to use"), null=True, blank=True)
    price = models.DecimalField(_("price, kroner"), max_digits=8, decimal_places=2, null=True, blank=True)
    price_note = models.CharField(_("about the price"), max_length=300, blank=True)
    opening_note = models.TextField(_("about opening hours"), blank=True)
    equipment = models.TextField(_("what can be borrowed"), blank=True)
    loan_terms = models.TextField(_("how borrowing works"), blank=True)

    class Meta(Listing.Meta):
        abstract = False
        verbose_name = _("place")
        verbose_name_plural = _("places")

    @classmethod
    def dependants_of(cls, pks: list[int]) -> Iterable[tuple[type[Listing], int]]:
        """What is held there."""
        from directory.activities.models import Activity, Session

        # Two statements: joined into one they would go through all activities.
        for links, activity in ((Session, "activity_id"), (Activity.places.through, "activity_id")):
            for pk in links.objects.filter(place__in=pks).values_list(activity, flat=True).distinct():
                yield Activity, pk


class OpeningTime(Orderable):
    """When a place is open on one weekday."""

    tenant_path = "place__municipality"  # see municipalities/tenancy.py

    place = ParentalKey(Place, on_delete=models.CASCADE, related_name="opening_times")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=[(n, n) for n in range(1, 8)])  # 1 Monday … 7 Sunday
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))
    note = models.CharField(_("note"), max_length=160, blank=True)

    class Meta(Orderable.Meta):
        verbose_name = _("opening time")
        verbose_name_plural = _("opening times")
        ordering: ClassVar[list[str]] = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="opening_weekday"),
            models.CheckConstraint(condition=~Q(opens=F("closes")), name="opening_not_empty"),
        ]
