from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    name = "directory"
    verbose_name = _("directory")

    def ready(self) -> None:
        from directory.listings import changes
        from directory.proposals import emails

        changes.connect(self)
        emails.connect()
