from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    name = "directory"
    verbose_name = _("directory")

    def ready(self) -> None:
        from directory.listings.models import Listing, tell

        def gone(sender: type[Listing], instance: Listing, **kwargs: Any) -> None:
            tell(sender, [instance.pk])

        # A cascade calls neither delete() of the model nor of its queryset; this is the one place that sees every removal.
        for model in self.get_models():
            if issubclass(model, Listing):
                post_delete.connect(gone, sender=model, weak=False, dispatch_uid=f"listing gone: {model.__name__}")
