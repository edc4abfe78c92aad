"""Whatever changes a translated row leaves a mark; the worker looks at the row a little later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from portal.kit.changes import listing_changed

#: Saved often, or while the database is being made.
UNTRANSLATED = {"translating", "migrations", "contenttypes", "sessions", "auth", "search", "django_tasks_database"}


class TranslatingConfig(AppConfig):
    name = "portal.translating"
    label = "translating"

    def ready(self) -> None:
        listing_changed.connect(listings_changed, dispatch_uid="translating: listings")
        # Which models are translated is known only when every app is ready; so all are listened to.
        post_save.connect(row_changed, dispatch_uid="translating: saved")
        post_delete.connect(row_changed, dispatch_uid="translating: deleted")


def listings_changed(sender: type[Model], *, pks: Iterable[int], **kwargs: Any) -> None:
    """Listings were written, in whatever way."""
    mark(sender, list(pks))


def row_changed(sender: type[Model], instance: Model, raw: bool = False, **kwargs: Any) -> None:
    """A label, district, page or municipality was saved or is gone. Listings are changed in bulk too and tell so themselves."""
    if raw or sender._meta.app_label in UNTRANSLATED:
        return
    from directory.listings.models import Listing
    from directory.municipalities.models import Municipality
    from portal.translating.pieces import translated_models

    if sender is Municipality or (sender in translated_models() and not issubclass(sender, Listing)):
        mark(sender, [instance.pk])


def mark(model: type[Model], pks: list[int]) -> None:
    """Have these rows looked at. One insert, whatever their number."""
    from django.contrib.contenttypes.models import ContentType

    from portal.translating.models import Changed

    if pks:
        Changed.objects.create(content_type=ContentType.objects.get_for_model(model), pks=pks)
