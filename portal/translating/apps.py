"""Whatever changes a translated row leaves a mark; the worker looks at the row a little later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from portal.kit.changes import listing_changed


class TranslatingConfig(AppConfig):
    name = "portal.translating"
    label = "translating"

    def ready(self) -> None:
        from directory.listings.models import Listing
        from directory.municipalities.models import Municipality
        from portal.translating.pieces import translated_models

        listing_changed.connect(listings_changed, dispatch_uid="translating: listings")
        # Listings are also changed in bulk and tell so themselves; all others are saved one by one.
        for model in [*(model for model in translated_models() if not issubclass(model, Listing)), Municipality]:
            for signal in (post_save, post_delete):
                signal.connect(row_changed, sender=model, dispatch_uid=f"translating: {model.__name__}")


def listings_changed(sender: type[Model], *, pks: Iterable[int], **kwargs: Any) -> None:
    """Listings were written, in whatever way."""
    mark(sender, list(pks))


def row_changed(sender: type[Model], instance: Model, raw: bool = False, **kwargs: Any) -> None:
    """A label, district, page or municipality was saved or is gone."""
    if not raw:
        mark(sender, [instance.pk])


def mark(model: type[Model], pks: list[int]) -> None:
    """Have these rows looked at. One insert, whatever their number."""
    from django.contrib.contenttypes.models import ContentType

    from portal.translating.models import Changed

    if pks:
        Changed.objects.create(content_type=ContentType.objects.get_for_model(model), pks=pks)
