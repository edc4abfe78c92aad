"""Changes beside a listing that change what the search knows of it: removals, districts, seasons."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save, pre_delete
from django.utils import timezone

from directory.activities.models import Activity, Season
from directory.listings.models import Listing, MovedListing, tell
from directory.municipalities.models import District


def listing_goes(sender: type[Listing], instance: Listing, **kwargs: Any) -> None:
    """A listing is about to be removed: who shows facts of it can be found only now."""
    instance.left_behind = list(sender.dependants_of([instance.pk]))  # type: ignore[attr-defined]


def listing_gone(sender: type[Listing], instance: Listing, **kwargs: Any) -> None:
    """A listing was removed: its address says so for good, when residents may have met it."""
    if instance.live or instance.first_published_at:
        MovedListing.objects.update_or_create(
            municipality_id=instance.municipality_id,
            kind=sender.KIND.value,
            slug=instance.slug,
            defaults={"to_id": None, "at": timezone.now()},
        )
    tell(sender, [instance.pk])
    for model, pk in getattr(instance, "left_behind", ()):
        tell(model, [pk])


def district_changed(sender: type[District], instance: District, **kwargs: Any) -> None:
    """A district has other borders or is gone: which listings lie in it is found anew for the whole municipality."""
    for model in Listing.__subclasses__():
        tell(model, model.objects.filter(municipality=instance.municipality_id).values_list("pk", flat=True))


def season_changed(sender: type[Season], instance: Season, **kwargs: Any) -> None:
    """A season has another name or address."""
    tell(Activity, Activity.objects.filter(seasons=instance.pk).values_list("pk", flat=True))


def connect(app: AppConfig) -> None:
    """Listen. A cascade calls neither delete() of the model nor of its queryset; only these signals see every change."""
    for model in app.get_models():
        if issubclass(model, Listing):
            pre_delete.connect(listing_goes, sender=model, dispatch_uid=f"goes: {model.__name__}")
            post_delete.connect(listing_gone, sender=model, dispatch_uid=f"gone: {model.__name__}")
    for signal in (post_save, post_delete):
        signal.connect(district_changed, sender=District, dispatch_uid="district changed")
    post_save.connect(season_changed, sender=Season, dispatch_uid="season changed")
