from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CardsConfig(AppConfig):
    name = "cards"
    verbose_name = _("activity card")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cards.ledger import checks  # noqa: F401 - registers itself

        # Wagtail's index of references would keep which use belongs to which card after the link has been cut, and would
        # put a task into the queue for every clip. Said here, before Wagtail asks (our apps stand first).
        for model in self.get_models():
            model.wagtail_reference_index_ignore = True  # type: ignore[attr-defined]
